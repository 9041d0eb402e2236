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
"""Many jobs and large jobs, over restarts and failures of processes."""

import signal
import threading
import unittest

from convection.tests.functional.e2e import base

WIDE = 1000

CROWD = """
version: '2.0'
{name}:
  input: [url, job]
  tasks:
"""
STEP = """
    t{n}:
      action: std.http url="<% $.url %>/<% $.job %>/t{n}"
"""


def crowd_document(name, length=10):
    """Return a chain of calls to the counting server."""
    text = CROWD.format(name=name)
    for number in range(length):
        text += STEP.format(n=number)
        if number + 1 < length:
            text += f'      on-success: t{number + 1}\n'
    return text


class TestLargeJobs(base.EndToEndTestCase):
    """A thousand tasks in one job."""

    def test_parallel_and_join(self):
        """A thousand parallel tasks and a join."""
        name = self.unique('wide')
        tasks = ''.join(f'    p{n}: {{action: std.test_dict, '
                        'on-success: end}\n' for n in range(WIDE))
        self.store(f"version: '2.0'\n{name}:\n  tasks:\n{tasks}"
                   '    end: {join: all}\n')
        job = self.run_job(name)
        self.assertEqual('SUCCESS', job['state'], job['state_info'])
        states = [task['state'] for task in self.tasks(job['id'])]
        self.assertEqual(['SUCCESS'] * (WIDE + 1), states)

    def test_chain(self):
        """A chain of a thousand tasks."""
        name = self.unique('chain')
        tasks = ''.join(f'    c{n}: {{action: std.test_dict, '
                        f'on-success: c{n + 1}}}\n' for n in range(WIDE))
        self.store(f"version: '2.0'\n{name}:\n  tasks:\n{tasks}"
                   f'    c{WIDE}: {{action: std.noop}}\n')
        job = self.run_job(name)
        self.assertEqual('SUCCESS', job['state'], job['state_info'])
        names = [task['name'] for task in self.tasks(job['id'])]
        self.assertEqual([f'c{n}' for n in range(WIDE + 1)], names)


class Crowd(base.EndToEndTestCase):
    """Two hundred jobs of ten tasks, each action run once."""

    processes = {'engines': 2, 'executors': 2}
    jobs = 200

    def setUp(self):
        """Store the workflow and start the counting server."""
        super().setUp()
        self.counter = self.useFixture(base.Counter())
        self.workflow = self.unique('crowd')
        self.store(crowd_document(self.workflow))

    def submit(self):
        """Start all jobs, ten at a time; return their ids."""
        found = []
        numbers = iter(range(self.jobs))
        lock = threading.Lock()

        def work():
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                job = self.start_job(self.workflow, input={
                    'url': self.counter.url, 'job': str(number)})
                with lock:
                    found.append(job['id'])

        threads = [threading.Thread(target=work) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.jobs, len(found))
        return found

    def check(self, job_ids):
        """Check that every job succeeded and every action ran once."""
        for job_id in job_ids:
            job = self.wait(job_id)
            self.assertEqual('SUCCESS', job['state'], job['state_info'])
        self.assertEqual(self.jobs * 10, len(self.counter.counts))
        self.assertEqual({1}, set(self.counter.counts.values()))

    def half_way(self):
        """Wait until the jobs are in the middle of their work."""
        self.wait_for(lambda: len(self.counter.counts),
                      lambda seen: seen > self.jobs)


class TestCrowd(Crowd):
    """Nothing is disturbed."""

    def test_crowd(self):
        """All succeed."""
        self.check(self.submit())


class TestRestart(Crowd):
    """Everything is stopped by SIGTERM in the middle and started again."""

    def test_restart(self):
        """All succeed."""
        job_ids = self.submit()
        self.half_way()
        self.deployment.stop()
        self.assertLess(len(self.counter.counts), self.jobs * 10)
        self.deployment.start()
        self.check(job_ids)


@unittest.skipIf(base.WIRING == 'all', 'one process has no survivor')
class TestEngineKilled(Crowd):
    """One of two engines is killed; the other goes on with its jobs."""

    def test_engine_killed(self):
        """All succeed."""
        job_ids = self.submit()
        self.half_way()
        self.deployment.kill_one('engine')
        self.check(job_ids)


@unittest.skipIf(base.WIRING == 'all', 'one process has no survivor')
class TestExecutorStopped(Crowd):
    """One of two executors is stopped; the other does the rest."""

    def test_executor_stopped(self):
        """All succeed."""
        job_ids = self.submit()
        self.half_way()
        self.deployment.processes['executor'][0].send_signal(signal.SIGTERM)
        self.check(job_ids)


class TestWorkers(Crowd):
    """Two workers in each process instead of two processes."""

    processes = {'engines': 1, 'executors': 1, 'workers': 2}

    def test_workers(self):
        """All succeed."""
        self.check(self.submit())
