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
"""Schemas of jobs and their events."""

from convection.api.schemas import parts

KINDS = ('batch', 'service', 'timed')
STATES = ('RUNNING', 'PAUSED', 'SUCCESS', 'ERROR', 'CANCELLED')
#: Longest that a request may wait for events, in seconds.
MAX_WAIT = 60

JOB = parts.resource({
    'id': parts.identifier('The id.'),
    'name': parts.line('The name; that of the workflow unless given.'),
    'kind': parts.word('What kind of job it is.', *KINDS),
    'workflow': {
        'type': 'object', 'description': 'What it runs.', 'properties': {
            'id': parts.identifier('The workflow.'),
            'name': parts.line('Its name when the job was started.'),
            'revision': parts.integer('The revision.', 1, 2 ** 31)}},
    'namespace': parts.line('Where sub-workflows and actions are looked up '
                            'first.', 0),
    'project_id': parts.line('The project that it belongs to.'),
    'user_id': parts.optional(parts.line('Who started it.')),
    'description': parts.optional(parts.text('What it is for.')),
    'state': parts.word('The state.', *STATES),
    'state_info': parts.optional(parts.text('Why it is in this state.')),
    'input': parts.free_object('The input, defaults filled in.'),
    'params': parts.free_object('The start parameters.'),
    'output': parts.anything('The output; null before the end.'),
    'priority': parts.priority(),
    'tags': parts.tags(),
    'parent_job_id': parts.optional(parts.identifier(
        'The job that started this one.')),
    'parent_task_id': parts.optional(parts.identifier(
        'The task that started this job.')),
    'root_job_id': parts.optional(parts.identifier(
        'The topmost job above this one.')),
    'engine_id': parts.optional(parts.text('The engine that owns it.')),
    'created_at': parts.time('When it was accepted.'),
    'started_at': parts.optional(parts.time('When it began.')),
    'finished_at': parts.optional(parts.time('When it ended.')),
    'updated_at': parts.time('When it was changed last.'),
})
LARGE_FIELDS = frozenset({'input', 'params', 'output'})

EVENT = parts.resource({
    'job_id': parts.identifier('The job.'),
    'number': parts.integer('Its place in the job\'s history, from 1.', 1,
                            2 ** 53),
    'kind': parts.text('What happened, like task.finished.'),
    'at': parts.time('When it happened.'),
    'task_id': parts.optional(parts.identifier('The task it is about.')),
    'data': parts.anything('What there is to know.'),
})

CREATE_BODY = parts.obj({
    'workflow': parts.line('Id or name of the workflow to run.'),
    'namespace': parts.line('Where a name is looked up; empty for the '
                            'common namespace.', 0),
    'input': parts.free_object('The input of the workflow.'),
    'params': parts.free_object('Start parameters, like task_name for a '
                                'reverse workflow.'),
    'env': parts.free_object('The environment, for the function env().'),
    'name': parts.line('A name for the job; that of the workflow unless '
                       'given.'),
    'description': parts.text('What it is for.', maxLength=4096),
    'kind': parts.word('What kind of job it is; batch by default, and the '
                       'others are refused yet.', *KINDS),
    'priority': parts.priority(),
    'tags': parts.tags(),
    'idempotency_key': parts.line(
        'A job of the project that was started with the same key is answered '
        'instead of starting another; it must run the same workflow.'),
}, required=('workflow',))
CANCEL_BODY = parts.obj({
    'reason': parts.text('Kept in state_info.', maxLength=4096)})
NO_BODY = parts.obj({})

LIST_QUERY = parts.listing(JOB, {
    'name': parts.line('This name only.'),
    'state': parts.words(parts.word(
        'This state only; any of them when given several times.', *STATES)),
    'kind': parts.word('This kind only.', *KINDS),
    'workflow_id': parts.identifier('Jobs of this workflow only.'),
    'workflow_name': parts.line('Jobs of workflows with this name only.'),
    'tags': parts.words(parts.line('Jobs with this tag only; with all of '
                                   'them when given several times.')),
    'user_id': parts.line('Jobs that this user started only.'),
    'project_id': parts.line('Jobs of this project only; with '
                             'all_projects.'),
    'parent_job_id': parts.identifier('Sub-jobs of this job only.'),
    'parent_task_id': parts.identifier('Sub-jobs of this task only.'),
    'root_job_id': parts.identifier('Jobs below this one only.'),
    'engine_id': parts.line('Jobs that this engine owns only.'),
}, ('created_at', 'name', 'state'))
SHOW_QUERY = parts.showing(JOB)
EVENTS_QUERY = parts.obj({
    'since': parts.integer('Events after this number; 0 for all.', 0,
                           2 ** 53),
    'limit': LIST_QUERY['properties']['limit'],
    'wait': parts.integer('When there is no event, wait for one for up to '
                          'so many seconds.', 0, MAX_WAIT),
    **parts.all_projects()})
