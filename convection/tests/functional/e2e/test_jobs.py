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
"""Single jobs: each construct once, through the API."""

from convection.tests.functional.e2e import base

CHAIN = """
version: '2.0'
{name}:
  input: [greeting, {{count: 3}}]
  output:
    said: <% $.said %>
    size: <% $.size %>
  tasks:
    first:
      action: std.echo output=<% $.greeting %>
      publish: {{said: <% task().result %>}}
      on-success: second
    second:
      action: std.test_dict size=<% $.count %> key_prefix='k' val='v'
      publish: {{size: <% task().result.len() %>}}
"""

FAN = """
version: '2.0'
{name}:
  output: {{total: <% $.a + $.b %>}}
  tasks:
    start: {{on-success: [left, right]}}
    left:
      action: std.test_dict size=2
      publish: {{a: <% task().result.len() %>}}
      on-success: end
    right:
      action: std.echo output=40
      publish: {{b: <% task().result %>}}
      on-success: end
    end: {{join: all}}
"""

ITEMS = """
version: '2.0'
{name}:
  input: [numbers]
  output: {{sizes: <% task(each).result.select($.len()) %>}}
  tasks:
    each:
      with-items: n in <% $.numbers %>
      concurrency: 3
      action: std.test_dict size=<% $.n %>
"""

NESTED = """
version: '2.0'
{name}:
  output: {{answer: <% task(call).result.answer %>}}
  tasks:
    call: {{workflow: {name}_inner x=20}}
{name}_inner:
  input: [x]
  output: {{answer: <% $.x + 22 %>}}
  tasks:
    work: {{action: std.test_dict}}
"""

RETRIED = """
version: '2.0'
{name}:
  input: [url]
  tasks:
    call:
      action: std.http url=<% $.url %> timeout=1
      retry: {{count: 2, delay: 0}}
      on-error: [{{fail: <% false %>}}, handled]
    handled: {{action: std.noop}}
"""

CALLBACK = """
version: '2.0'
{name}:
  output: {{answer: <% $.answer %>}}
  tasks:
    ask:
      action: std.async_noop
      publish: {{answer: <% task().result %>}}
      on-success: thank
    thank: {{action: std.test_dict}}
"""

SLEEPER = """
version: '2.0'
{name}:
  tasks:
    nap: {{action: std.sleep seconds=300, on-success: after}}
    after: {{action: std.noop}}
"""


class TestJobs(base.EndToEndTestCase):
    """Each construct once."""

    def named(self, document):
        """Store a document under a new name and return the name."""
        name = self.unique('wf')
        self.store(document.format(name=name))
        return name

    def success(self, workflow, **body):
        """Run a job that must succeed."""
        job = self.run_job(workflow, **body)
        self.assertEqual('SUCCESS', job['state'], job['state_info'])
        return job

    def test_chain(self):
        """A task, its result published, a task that uses it."""
        job = self.success(self.named(CHAIN), input={'greeting': 'hello'})
        self.assertEqual({'said': 'hello', 'size': 3}, job['output'])
        names = [task['name'] for task in self.tasks(job['id'])]
        self.assertEqual(['first', 'second'], names)

    def test_fan(self):
        """Two branches and a join."""
        job = self.success(self.named(FAN))
        self.assertEqual({'total': 42}, job['output'])

    def test_items(self):
        """One task for a list, three at a time."""
        job = self.success(self.named(ITEMS),
                           input={'numbers': list(range(10))})
        self.assertEqual({'sizes': list(range(10))}, job['output'])

    def test_nested(self):
        """A workflow as a task of another."""
        job = self.success(self.named(NESTED))
        self.assertEqual({'answer': 42}, job['output'])
        inner = self.request(
            'GET', f'/v1/jobs?root_job_id={job["id"]}', 200)['jobs']
        self.assertEqual(2, len(inner))

    def test_retried(self):
        """Failing, trying again, and a way on from the error."""
        job = self.success(self.named(RETRIED),
                           input={'url': 'http://127.0.0.1:9/'})
        task = self.tasks(job['id'])[0]
        self.assertEqual(('ERROR', 3), (task['state'], task['attempts']))

    def test_callback(self):
        """An action that a call completes."""
        job_id = self.start_job(self.named(CALLBACK))['id']
        task = self.wait_for(lambda: self.tasks(job_id), bool)[0]
        run = self.request('GET', f'/v1/tasks/{task["id"]}/action-runs',
                           200)['action_runs'][0]
        complete = f'/v1/action-runs/{run["id"]}/complete'
        body = {'state': 'SUCCESS', 'result': [1, 2]}
        self.request('POST', complete, 200, json=body)
        # The same again is no error; something else is.
        self.request('POST', complete, 200, json=body)
        self.request('POST', complete, 409, json={'state': 'ERROR'})
        job = self.wait(job_id)
        self.assertEqual({'answer': [1, 2]}, job['output'])

    def test_cancel(self):
        """What runs is stopped."""
        job_id = self.start_job(self.named(SLEEPER))['id']
        self.wait_for(lambda: self.tasks(job_id), bool)
        self.request('POST', f'/v1/jobs/{job_id}/cancel', json={})
        self.assertEqual('CANCELLED', self.wait(job_id)['state'])
        self.assertEqual('CANCELLED', self.tasks(job_id)[0]['state'])
        self.request('POST', f'/v1/jobs/{job_id}/pause', 409)

    def test_pause(self):
        """Nothing starts in a paused job."""
        job_id = self.start_job(self.named(CALLBACK))['id']
        task = self.wait_for(lambda: self.tasks(job_id), bool)[0]
        self.request('POST', f'/v1/jobs/{job_id}/pause')
        self.wait(job_id, 'PAUSED')
        run = self.request('GET', f'/v1/tasks/{task["id"]}/action-runs',
                           200)['action_runs'][0]
        self.request('POST', f'/v1/action-runs/{run["id"]}/complete', 200,
                     json={'state': 'SUCCESS', 'result': None})
        self.assertEqual('PAUSED', self.job(job_id)['state'])
        self.assertEqual(['SUCCESS', 'IDLE'], [
            task['state'] for task in self.tasks(job_id)])
        self.request('POST', f'/v1/jobs/{job_id}/resume')
        self.assertEqual('SUCCESS', self.wait(job_id)['state'])

    def test_events(self):
        """What happened, in order."""
        job = self.success(self.named(CHAIN), input={'greeting': 'x'})
        events = self.request('GET', f'/v1/jobs/{job["id"]}/events',
                              200)['events']
        kinds = [event['kind'] for event in events]
        self.assertEqual('job.started', kinds[0])
        self.assertEqual('job.finished', kinds[-1])
        self.assertEqual(2, kinds.count('task.finished'))

    def test_repeated_post(self):
        """One key, one job."""
        name = self.named(CHAIN)
        body = {'input': {'greeting': 'x'}, 'idempotency_key': name}
        first = self.start_job(name, **body)
        again = self.request('POST', '/v1/jobs',
                             json={'workflow': name, **body})
        self.assertEqual(first['id'], again['id'])
