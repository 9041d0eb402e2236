# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Schemas of action runs."""

from convection.api.schemas import parts

STATES = ('WAITING', 'RUNNING', 'SUCCESS', 'ERROR', 'CANCELLED')
#: What an asynchronous action may end in.
ENDS = ('SUCCESS', 'ERROR', 'CANCELLED')

ACTION_RUN = parts.resource({
    'id': parts.identifier('The id.'),
    'job_id': parts.identifier('The job.'),
    'task_id': parts.identifier('The task.'),
    'project_id': parts.line('The project that it belongs to.'),
    'name': parts.text('The action or the workflow that runs.'),
    'kind': parts.word('What it calls.', 'action', 'workflow'),
    'state': parts.word('The state.', *STATES),
    'state_info': parts.optional(parts.text('Why it is in this state.')),
    'input': parts.free_object('What the action is called with.'),
    'result': parts.anything('What it gave; null before its end.'),
    'accepted': parts.boolean('Whether the result counts for the task.'),
    'index': {'type': ['integer', 'null'],
              'description': 'The place of its item in a with-items.'},
    'attempt': parts.integer('1 for the first attempt.', 1, 2 ** 31),
    'asynchronous': parts.boolean('Whether it ends by a call of complete.'),
    'target': parts.optional(parts.text('Host or tag that its executor must '
                                        'have.')),
    'executor_id': parts.optional(parts.text('The executor that has it.')),
    'sub_job_id': parts.optional(parts.identifier('The job that it '
                                                  'started.')),
    'created_at': parts.time('When it was made.'),
    'started_at': parts.optional(parts.time('When it was handed to an '
                                            'executor.')),
    'finished_at': parts.optional(parts.time('When it ended.')),
})
LARGE_FIELDS = frozenset({'input', 'result'})

COMPLETE_BODY = parts.obj({
    'state': parts.word('How it ended; SUCCESS by default.', *ENDS),
    'result': parts.anything('What it gave.'),
})

_FILTERS = {
    'name': parts.line('Runs of this action only.'),
    'state': parts.words(parts.word(
        'This state only; any of them when given several times.', *STATES)),
}
LIST_QUERY = parts.listing(ACTION_RUN, {
    'job_id': parts.identifier('Runs of this job only.'),
    'task_id': parts.identifier('Runs of this task only.'), **_FILTERS,
}, ('id',))
OF_TASK_QUERY = parts.listing(ACTION_RUN, _FILTERS,
                              ('id', 'created_at', 'index', 'state'))
SHOW_QUERY = parts.showing(ACTION_RUN)
