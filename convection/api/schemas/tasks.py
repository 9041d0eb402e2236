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
"""Schemas of tasks."""

from convection.api.schemas import parts

STATES = ('IDLE', 'WAITING', 'RUNNING', 'DELAYED', 'PAUSED', 'SUCCESS',
          'ERROR', 'CANCELLED', 'SKIPPED')

TASK = parts.resource({
    'id': parts.identifier('The id.'),
    'job_id': parts.identifier('The job.'),
    'project_id': parts.line('The project that it belongs to.'),
    'name': parts.line('The name in the workflow.'),
    'kind': parts.word('What it calls.', 'action', 'workflow'),
    'state': parts.word('The state.', *STATES),
    'state_info': parts.optional(parts.text('Why it is in this state.')),
    'error_handled': parts.boolean('Whether on-error led on from here.'),
    'published': parts.free_object('The variables that it published.'),
    'result': parts.anything('The result of its action; a list with '
                             'with-items. Null before there is one.'),
    'attempts': parts.integer('How often it was tried so far.', 0, 2 ** 31),
    'waits_for': {
        'type': ['array', 'null'], 'items': parts.line('The name.'),
        'description': 'The tasks that a WAITING join waits for.'},
    'created_at': parts.time('When it was made.'),
    'started_at': parts.optional(parts.time('When it began.')),
    'finished_at': parts.optional(parts.time('When it ended.')),
})
LARGE_FIELDS = frozenset({'published', 'result', 'waits_for'})

_FILTERS = {
    'name': parts.line('Tasks with this name only.'),
    'state': parts.words(parts.word(
        'This state only; any of them when given several times.', *STATES)),
    'kind': parts.word('This kind only.', 'action', 'workflow'),
}
LIST_QUERY = parts.listing(TASK, {
    'job_id': parts.identifier('Tasks of this job only.'), **_FILTERS,
}, ('id',))
OF_JOB_QUERY = parts.listing(TASK, _FILTERS,
                             ('id', 'created_at', 'name', 'state'))
SHOW_QUERY = parts.showing(TASK)
