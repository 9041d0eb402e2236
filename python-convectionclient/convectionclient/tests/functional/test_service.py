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
"""The library against the real service."""

from convectionclient import exceptions
from convectionclient.tests.functional import base

DOCUMENT = """
version: '2.0'
greet:
  input: [who]
  output:
    text: <% $.text %>
  tasks:
    say:
      action: std.echo output=<% 'hello ' + $.who %>
      publish:
        text: <% task().result %>
      on-success: nap
    nap:
      action: std.sleep seconds=<% 0.1 %>
outer:
  tasks:
    call:
      workflow: inner
inner:
  tasks:
    fine:
      action: std.noop
      on-success: bang
    bang:
      action: std.fail error_data='no such luck'
ask:
  output:
    answer: <% $.answer %>
  tasks:
    wait_for_it:
      action: std.async_noop
      publish:
        answer: <% task().result %>
"""

BAD = """
version: '2.0'
broken:
  tasks:
    a:
      action: std.noop
      on-success: nowhere
    b:
      colour: red
"""


class TestService(base.TestCase):
    """Each test has a project of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.stored = self.client.workflows.create(DOCUMENT)

    def wait_for_run(self, job_id: str) -> object:
        """Wait until the asynchronous action of a job has started."""
        for event in self.client.jobs.events(job_id, wait=5, timeout=20):
            if event.kind == 'task.started':
                break
        return next(self.client.action_runs.list(job_id=job_id))

    def test_workflows(self) -> None:
        names = {found.name for found in self.stored['workflows']}
        self.assertEqual({'greet', 'outer', 'inner', 'ask'}, names)
        found = self.client.workflows.get('greet')
        self.assertEqual(DOCUMENT, found.definition)
        changed = DOCUMENT.replace('hello', 'good day')
        self.client.workflows.update(changed)
        numbers = [revision.revision for revision in
                   self.client.workflows.revisions('greet')]
        self.assertEqual([1, 2], sorted(numbers))
        first = self.client.workflows.revision('greet', 1)
        self.assertEqual(DOCUMENT, first.definition)
        self.assertRaises(exceptions.Conflict, self.client.workflows.create,
                          DOCUMENT)
        self.client.workflows.delete('ask')
        self.assertRaises(exceptions.NotFound, self.client.workflows.get,
                          'ask')

    def test_all_faults_with_their_places(self) -> None:
        error = self.assertRaises(exceptions.BadRequest,
                                  self.client.workflows.create, BAD)
        lines = {fault['location']['line'] for fault in error.errors}
        self.assertEqual(set(), {7, 9} - lines)
        found = self.client.workflows.validate(BAD)
        self.assertFalse(found['valid'])
        lines = {problem['line'] for problem in found['problems']}
        self.assertEqual(set(), {7, 9} - lines)
        self.assertTrue(self.client.workflows.validate(DOCUMENT)['valid'])

    def test_a_job(self) -> None:
        kinds = []
        job = self.client.jobs.create('greet', input={'who': 'world'},
                                      tags=['x'], name='first')
        job = self.client.jobs.wait(
            job.id, timeout=base.TIMEOUT,
            on_event=lambda event: kinds.append(event.kind))
        self.assertEqual(('SUCCESS', {'text': 'hello world'}),
                         (job.state, job.output))
        self.assertEqual('job.started', kinds[0])
        self.assertEqual('job.finished', kinds[-1])
        self.assertEqual(2, kinds.count('task.finished'))
        self.assertEqual(job, self.client.jobs.get('first'))
        names = [task.name for task in self.client.jobs.tasks(job.id)]
        self.assertEqual(['say', 'nap'], names)
        self.client.jobs.delete(job.id)
        self.assertRaises(exceptions.NotFound, self.client.jobs.get, job.id)

    def test_the_same_key_is_the_same_job(self) -> None:
        ids = {self.client.jobs.create('greet', input={'who': 'x'},
                                       idempotency_key='k').id
               for _ in range(3)}
        self.assertEqual(1, len(ids))

    def test_pages(self) -> None:
        made = [self.client.jobs.create('greet', input={'who': 'x'}).id
                for _ in range(5)]
        listed = [job.id for job in self.client.jobs.list(
            limit=4, sort='created_at:asc')]
        self.assertEqual(made[:4], listed)
        rest = [job.id for job in self.client.jobs.list(
            marker=listed[-1], sort='created_at:asc')]
        self.assertEqual(made[4:], rest)

    def test_wrong_input(self) -> None:
        error = self.assertRaises(exceptions.BadRequest,
                                  self.client.jobs.create, 'greet')
        self.assertEqual('job.input_invalid', error.code)
        self.assertIn('who', str(error))
        error = self.assertRaises(exceptions.NotFound,
                                  self.client.jobs.create, 'nothing')
        self.assertEqual('workflow.not_found', error.code)

    def test_root_cause(self) -> None:
        job = self.run_job('outer')
        self.assertEqual('ERROR', job.state)
        causes = self.client.jobs.root_cause(job)
        self.assertEqual(['call', 'bang'], [task.name for task in causes])
        self.assertIn('no such luck', causes[-1].state_info)

    def test_complete_an_asynchronous_action(self) -> None:
        job = self.client.jobs.create('ask')
        run = self.wait_for_run(job.id)
        self.client.action_runs.complete(run.id, result=[1, None])
        job = self.client.jobs.wait(job.id, timeout=base.TIMEOUT)
        self.assertEqual({'answer': [1, None]}, job.output)

    def test_pause_resume_cancel(self) -> None:
        job = self.client.jobs.create('ask')
        self.wait_for_run(job.id)
        self.assertEqual('PAUSED', self.client.jobs.pause(job.id).state)
        self.assertEqual('RUNNING', self.client.jobs.resume(job.id).state)
        self.assertRaises(exceptions.Conflict, self.client.jobs.delete,
                          job.id)
        self.client.jobs.cancel(job.id, 'enough')
        job = self.client.jobs.wait(job.id, timeout=base.TIMEOUT)
        self.assertEqual('CANCELLED', job.state)
        self.assertIn('enough', job.state_info)

    def test_wait_gives_up(self) -> None:
        job = self.client.jobs.create('ask')
        self.assertRaises(exceptions.WaitTimeout, self.client.jobs.wait,
                          job.id, timeout=0.5)

    def test_projects_see_their_own_only(self) -> None:
        other = self.make_client('somebody-else')
        self.assertEqual([], list(other.workflows.list()))
        self.assertRaises(exceptions.NotFound, other.workflows.get, 'greet')

    def test_actions_and_services(self) -> None:
        self.assertIn('std.echo',
                      {found.name for found in self.client.actions.list()})
        found = self.client.actions.get('std.echo')
        self.assertIn('output', found.parameters['properties'])
        self.assertRaises(exceptions.Forbidden, list,
                          self.client.services.list())
        admin = self.make_client('p', 'admin')
        self.assertIn('engine',
                      {found.kind for found in admin.services.list()})
