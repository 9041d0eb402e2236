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
"""The library: managers, paging, errors, following a job."""

from unittest import mock

import fixtures

from convectionclient import exceptions
from convectionclient.tests.unit import base
from convectionclient.tests.unit import stub
from convectionclient.v1 import jobs

TASK_EVENTS = [
    {'kind': 'task.started', 'task_id': 't1', 'data': {'name': 'a'}},
    {'kind': 'task.finished', 'task_id': 't1',
     'data': {'name': 'a', 'state': 'SUCCESS'}}]


class TestRequests(base.TestCase):
    """What goes over the wire, and what comes back."""

    def test_names_the_caller_and_the_version(self) -> None:
        self.client.workflows.create('w')
        headers = self.last('POST')['headers']
        self.assertEqual('p', headers['X-Project-Id'])
        self.assertEqual('u', headers['X-User-Id'])
        self.assertEqual('member', headers['X-Roles'])
        self.assertEqual('convection 1.0', headers['OpenStack-API-Version'])

    def test_an_endpoint_may_end_in_v1(self) -> None:
        self.client.http.endpoint_override = self.stub.url + '/v1/'
        self.assertEqual([], list(self.client.jobs.list()))
        self.assertEqual('/v1/jobs', self.last()['path'])

    def test_pages_are_fetched_as_needed(self) -> None:
        self.stub.page = 2
        self.client.workflows.create('a b c d e')
        names = [w.name for w in self.client.workflows.list()]
        self.assertEqual(list('abcde'), names)
        before = len(self.stub.requests)
        first = next(self.client.workflows.list())
        self.assertEqual('a', first.name)
        self.assertEqual(before + 1, len(self.stub.requests))

    def test_limit_counts_over_pages(self) -> None:
        self.stub.page = 2
        self.client.workflows.create('a b c d e')
        names = [w.name for w in self.client.workflows.list(limit=3)]
        self.assertEqual(list('abc'), names)

    def test_names_are_quoted_in_paths(self) -> None:
        self.client.workflows.create('a/b?c')
        self.assertEqual('a/b?c', self.client.workflows.get('a/b?c').name)

    def test_every_noun(self) -> None:
        client = self.client
        for noun in ('tasks', 'action_runs', 'actions', 'services'):
            getattr(self.stub, noun).append({'id': '1', 'name': 'x'})
            manager = getattr(client, noun)
            self.assertEqual(['1'], [row.id for row in manager.list()])
            self.assertEqual('x', manager.get('1').name)
        client.action_runs.complete('1', 'ERROR', [1])
        self.assertEqual({'state': 'ERROR', 'result': [1]},
                         self.last('POST')['body'])
        client.actions.delete('x')
        self.assertEqual([], self.stub.actions)

    def test_revisions(self) -> None:
        self.client.workflows.create('a')
        found = list(self.client.workflows.revisions('a'))
        self.assertEqual([1], [r.revision for r in found])
        self.assertEqual('a', self.client.workflows.revision(
            'a', 7).definition)

    def test_a_resource_has_only_what_was_sent(self) -> None:
        self.client.workflows.create('a')
        found = self.client.workflows.get('a')
        self.assertRaises(AttributeError, getattr, found, 'colour')
        self.assertIsNone(found.get('colour'))


class TestErrors(base.TestCase):
    """Errors carry the server's code, detail and places."""

    def test_not_found(self) -> None:
        error = self.assertRaises(exceptions.NotFound,
                                  self.client.jobs.get, 'x')
        self.assertEqual('job.not_found', error.code)
        self.assertEqual('req-1', error.request_id)
        self.assertEqual('No job has the id or name "x".', str(error))

    def test_all_faults_of_a_document(self) -> None:
        error = self.assertRaises(exceptions.BadRequest,
                                  self.client.workflows.create, stub.BAD)
        self.assertEqual(
            '2 errors:\n'
            '4:7 (workflows.a.tasks.t): Unknown key.\n'
            '9:1 (workflows.b): No tasks.', str(error))
        self.assertEqual(4, error.location['line'])

    def test_an_answer_that_is_not_of_the_service(self) -> None:
        response = mock.Mock(status_code=418, reason='I am a teapot',
                             headers={})
        response.json.side_effect = ValueError
        error = exceptions.from_response(response)
        self.assertEqual('http.418', error.code)
        self.assertIn('418', str(error))

    def test_nobody_answers(self) -> None:
        self.client.http.endpoint_override = 'http://127.0.0.1:1'
        error = self.assertRaises(exceptions.ConnectionFailed, list,
                                  self.client.jobs.list())
        self.assertEqual('Cannot reach Convection at http://127.0.0.1:1: '
                         'connection refused.', str(error))


class TestJobs(base.TestCase):
    """Jobs are started, followed and explained."""

    def setUp(self) -> None:
        super().setUp()
        self.client.workflows.create('w')
        self.stub.events = TASK_EVENTS
        self.useFixture(fixtures.MonkeyPatch(
            'convectionclient.v1.jobs.PAUSE', 0.01))

    def test_wait_follows_to_the_end(self) -> None:
        seen = []
        job = self.client.jobs.create('w', input={'a': 1}, priority=3)
        job = self.client.jobs.wait(job.id, on_event=seen.append)
        self.assertEqual('SUCCESS', job.state)
        self.assertTrue(job.finished)
        self.assertEqual({'a': 1}, job.output)
        self.assertEqual(['task.started', 'task.finished', 'job.finished'],
                         [event.kind for event in seen])
        self.assertEqual(['a', 'a', None], [e.subject for e in seen])

    def test_create_sends_only_what_is_given(self) -> None:
        self.client.jobs.create('w', tags=['x'])
        body = self.last('POST')['body']
        self.assertEqual({'workflow', 'tags', 'idempotency_key'}, set(body))

    def test_wait_for_a_job_that_ended_long_ago(self) -> None:
        job = self.client.jobs.create('w')
        self.client.jobs.wait(job.id)
        self.stub.job_events[job.id].clear()
        self.assertEqual('SUCCESS', self.client.jobs.wait(job.id).state)

    def test_wait_for_a_service_that_goes_away(self) -> None:
        job = self.client.jobs.create('w')
        events = self.client.jobs.events(job.id, wait=1)
        self.stub.away = 2
        self.assertEqual(3, len(list(events)))

    def test_a_service_that_stays_away(self) -> None:
        job = self.client.jobs.create('w')
        self.stub.away = 10 ** 6
        with mock.patch.object(jobs, 'PATIENCE', 0.05):
            self.assertRaises(exceptions.Unavailable, list,
                              self.client.jobs.events(job.id, wait=1))

    def test_wait_gives_up(self) -> None:
        self.stub.end = {}
        job = self.client.jobs.create('w')
        error = self.assertRaises(exceptions.WaitTimeout,
                                  self.client.jobs.wait, job.id, timeout=0.1)
        self.assertEqual('RUNNING', error.job.state)

    def test_events_up_to_now(self) -> None:
        job = self.client.jobs.create('w')
        self.client.jobs.wait(job.id)
        numbers = [e.number for e in self.client.jobs.events(job.id)]
        self.assertEqual([1, 2, 3], numbers)
        numbers = [e.number for e in self.client.jobs.events(job.id,
                                                             since=2)]
        self.assertEqual([3], numbers)

    def test_control(self) -> None:
        self.stub.end = {}
        job = self.client.jobs.create('w')
        self.assertEqual('PAUSED', self.client.jobs.pause(job.id).state)
        self.assertEqual('RUNNING', self.client.jobs.resume(job.id).state)
        job = self.client.jobs.cancel(job.id, 'enough')
        self.assertEqual('enough', job.state_info)
        self.assertRaises(exceptions.Conflict, self.client.jobs.pause,
                          job.id)
        self.client.jobs.delete(job.id)
        self.assertEqual([], list(self.client.jobs.list()))

    def test_root_cause_is_found_in_a_sub_job(self) -> None:
        job = self.client.jobs.create('w')
        self.stub.jobs.append({'id': 'child', 'name': 'child',
                               'state': 'ERROR', 'parent_task_id': 't2'})
        self.stub.tasks += [
            {'id': 't1', 'job_id': job.id, 'name': 'handled', 'state':
             'ERROR', 'error_handled': True, 'kind': 'action'},
            {'id': 't2', 'job_id': job.id, 'name': 'outer', 'state':
             'ERROR', 'error_handled': False, 'kind': 'workflow'},
            {'id': 't3', 'job_id': 'child', 'name': 'inner', 'state':
             'ERROR', 'error_handled': False, 'kind': 'action'}]
        names = [task.name for task in self.client.jobs.root_cause(job)]
        self.assertEqual(['outer', 'inner'], names)
