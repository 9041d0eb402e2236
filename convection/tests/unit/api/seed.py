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
"""Rows that tests of the API find in the database."""

from typing import Any

from convection.common import context
from convection.common import uuids
from convection.db import models
from convection.tests.unit.api import fakes

WORKFLOW = """\
version: '2.0'
greet:
  description: Says hello.
  tags: [demo]
  input:
    - who
    - times: 1
  tasks:
    hello:
      action: std.echo output="hello <% $.who %>"
      on-success: both
    wave:
      action: std.noop
      on-success:
        - both: <% $.times > 0 %>
    both:
      join: all
      action: std.noop
"""
#: 2026-11-23T10:00:00.250000Z.
AT = 1795428000.25
JOB = '01a0ae61-7900-7000-8000-000000000000'
OTHER_JOB = '01a0ae61-7901-7000-8000-000000000000'
DONE_JOB = '01a0ae61-7902-7000-8000-000000000000'
EXECUTOR = '11111111-2222-4333-8444-555555555555'


def plant(site: fakes.Api) -> dict[str, Any]:
    """Fill the database; return the workflow's row.

    A running job with three tasks (a finished one, one with items, a join
    that waits), a finished job, a job of another project, a plug-in action
    and an executor.
    """
    ctxt = context.RequestContext(project_id=fakes.PROJECT, user_id='demo',
                                  overwrite=False)
    [workflow] = site.engine.create_workflows(ctxt, definition=WORKFLOW)
    with site.database.writer() as conn:
        revision_id = conn.execute(
            models.workflow_revisions.select()).mappings().one()['id']
        common = {'user_id': 'demo', 'name': 'greet', 'kind': 'batch',
                  'workflow_id': workflow['id'], 'workflow_name': 'greet',
                  'workflow_revision_id': revision_id,
                  'workflow_revision': 1, 'namespace': ''}
        _running(conn, fakes.add_job(
            conn, id=JOB, project_id=fakes.PROJECT, created_at=AT,
            input={'who': 'world'}, tags=['a', 'b'], **common))
        fakes.add_job(conn, id=DONE_JOB, project_id=fakes.PROJECT,
                      created_at=AT + 2, state='SUCCESS',
                      output={'said': 'hello'}, finished_at=AT + 3,
                      **{**common, 'name': 'done'})
        other = fakes.add_job(conn, id=OTHER_JOB, project_id='elsewhere',
                              created_at=AT + 1, **common)
        fakes.add_task(conn, other, 1, name='hello')
        fakes.add_run(conn, other, 2, 1)
        _operators(conn)
    return workflow


def _running(conn: Any, job: dict[str, Any]) -> None:
    fakes.add_task(conn, job, 1, name='hello', state='SUCCESS', attempts=1,
                   published={'said': 'hello'}, publish_order=1,
                   next_tasks=[['both', 'on-success']], started_at=AT,
                   finished_at=AT + 1)
    fakes.add_run(conn, job, 2, 1, state='ERROR', result='no', attempt=1)
    fakes.add_run(conn, job, 3, 1, state='SUCCESS', result='hello',
                  accepted=True, attempt=2)
    fakes.add_task(conn, job, 4, name='wave', state='RUNNING')
    fakes.add_run(conn, job, 5, 4, index=1, state='SUCCESS', result=1,
                  accepted=True)
    fakes.add_run(conn, job, 6, 4, index=0, state='SUCCESS', result=0,
                  accepted=True)
    fakes.add_run(conn, job, 7, 4, index=2, asynchronous=True)
    fakes.add_task(conn, job, 8, name='both', state='WAITING')
    fakes.add_event(conn, job, 1, 'job.started')
    fakes.add_event(conn, job, 2, 'task.finished',
                    f'{JOB[:-8]}00000001', name='hello', state='SUCCESS')


def _operators(conn: Any) -> None:
    conn.execute(models.actions.insert().values(
        id=uuids.new_id(), kind='plugin', project_id='', name='std.echo',
        namespace='', description='Gives back what it gets.', tags=[],
        parameters={'type': 'object'}, asynchronous=False, created_at=AT,
        updated_at=AT))
    conn.execute(models.services.insert().values(
        id=EXECUTOR, kind='executor', host='one', state='up',
        version='1.0', started_at=AT, updated_at=AT, info={'slots': 4}))
