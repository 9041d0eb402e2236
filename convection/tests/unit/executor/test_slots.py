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
"""Tests of the slots: threads and processes, with real ones of both."""

import os
import tempfile
import time

import fixtures

from convection.executor import processes
from convection.executor import watch
from convection.tests.unit.actions import helpers as action_helpers
from convection.tests.unit.executor import helpers


def _alive(pid):
    """Whether a process runs; one that waits to be collected does not."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


class SlotsTestCase(helpers.ExecutorTestCase):
    """An executor that runs."""

    def setUp(self):
        super().setUp()
        self.conf = action_helpers.configuration(
            executor={'slots': 2, 'max_result_size': 5000},
            action_command={'programs': ['a', 'b']})
        self.patience(helpers.BOUND)
        self.skipped = 0.0
        self.make(self.conf,
                  clock=lambda: time.time() + self.skipped).start()
        self.addCleanup(self.stop)

    def patience(self, seconds):
        """Set how long what was told to stop may take to do it."""
        self.useFixture(fixtures.MockPatchObject(watch, 'MOMENT', seconds))

    def stop(self):
        stubborn = self.catalogue.get('stubborn')
        stubborn.release.set()
        self.executor.drain()
        self.eventually(lambda: not self.executor._ledger.unfinished)
        self.acknowledge()
        self.executor.stop(0)


class ThreadsTest(SlotsTestCase):
    """Actions in threads."""

    def test_results(self):
        self.dispatch(('a', 'echo', {'output': {'x': (1, 2)}}),
                      ('b', 'noop'), ('c', 'async'),
                      ('d', 'fail', {'error_data': [1]}))
        self.assertEqual({'id': 'a', 'state': 'SUCCESS', 'error': None,
                          'result': {'x': [1, 2]}}, self.result('a'))
        self.assertIsNone(self.result('b')['result'])
        self.assertEqual('RUNNING', self.result('c')['state'])
        failed = self.result('d')
        self.assertEqual(('ERROR', [1]), (failed['state'], failed['result']))
        self.assertIn('std.fail', failed['error'])

    def test_what_no_author_foresaw(self):
        cases = {'': 'The action failed: KeyError', 'exit': 'SystemExit: 3',
                 'object': 'not a JSON value', 'nan': 'not a JSON value',
                 'surrogate': 'not a JSON value', 'deep': 'not a JSON value'}
        for kind, text in cases.items():
            self.dispatch((f'r{kind}', 'raises', {'kind': kind}))
            result = self.result(f'r{kind}')
            self.assertEqual('ERROR', result['state'])
            self.assertIn(text, result['error'])
        self.dispatch(('w', 'noop', {'unexpected': 1}), ('u', 'unknown'))
        self.assertIn('TypeError', self.result('w')['error'])
        self.assertIn('does not offer the action "unknown"',
                      self.result('u')['error'])

    def test_large_results_are_refused(self):
        self.dispatch(('a', 'echo', {'output': 'x' * 4990}),
                      ('b', 'echo', {'output': 'x' * 5000}),
                      ('c', 'fail', {'error_data': 'ü' * 2500}))
        self.assertEqual('SUCCESS', self.result('a')['state'])
        self.assertIn('5002 bytes', self.result('b')['error'])
        self.assertIn('5002 bytes', self.result('c')['error'])

    def test_cancel_stops_what_listens(self):
        self.dispatch(('a', 'sleep', {'seconds': 1000}))
        self.eventually(lambda: self.executor._runner.used == 1)
        self.dispatch(cancels=['a'])
        result = self.result('a')
        self.assertEqual('CANCELLED', result['state'])
        self.assertEqual('The action was stopped: the action run was '
                         'cancelled.', result['error'])

    def test_timeout_stops_what_listens(self):
        self.dispatch(('a', 'sleep', {'seconds': 1000}, {'timeout': 0.05}))
        result = self.result('a')
        self.assertEqual('ERROR', result['state'])
        self.assertEqual('The action was stopped: it took longer than its '
                         'timeout of 0.05 s.', result['error'])

    def test_what_does_not_listen_keeps_its_slot(self):
        self.patience(0.01)
        stubborn = self.catalogue.get('stubborn')
        self.dispatch(('a', 'stubborn', {}, {'timeout': 0.05}))
        result = self.result('a')
        self.assertEqual('ERROR', result['state'])
        self.assertIn('could not be stopped', result['error'])
        self.assertEqual(1, self.executor._runner.stuck)
        self.dispatch(('b', 'echo', {'output': 1}))
        self.assertEqual(1, self.result('b')['result'])
        stubborn.release.set()
        self.eventually(lambda: not self.executor._runner.used)
        self.assertEqual(0, self.executor._runner.stuck)
        self.dispatch(('c', 'echo', {'output': 1}))
        self.result('c')
        self.assertEqual('ERROR', self.engines.results['a']['state'])

    def test_cancel_of_what_has_not_begun(self):
        stubborn = self.catalogue.get('stubborn')
        self.dispatch(('a', 'stubborn'), ('b', 'stubborn'),
                      ('c', 'echo', {'output': 1}))
        self.assertTrue(stubborn.began.wait(helpers.BOUND))
        self.eventually(lambda: self.executor._runner.used == 2)
        self.dispatch(cancels=['c'])
        result = self.result('c')
        self.assertEqual('CANCELLED', result['state'])
        self.assertIn('before it began', result['error'])


class ProcessesTest(SlotsTestCase):
    """Actions in processes of their own."""

    def ask(self, run_id, what, value=None, **fields):
        self.dispatch((run_id, 'foreign', {'what': what, 'value': value},
                       fields))

    def test_a_process_is_kept_for_the_next_run(self):
        self.ask('a', 'echo', {'x': 'ü'})
        first = self.result('a')['result']
        self.assertEqual(({'x': 'ü'}, 'a'), (first['value'], first['run']))
        self.assertNotEqual(os.getpid(), first['pid'])
        self.ask('b', 'echo')
        self.assertEqual(first['pid'], self.result('b')['result']['pid'])
        self.ask('c', 'option')
        self.assertEqual(['a', 'b'], self.result('c')['result'])
        self.ask('d', 'write')
        self.assertEqual('', self.result('d')['result'])

    def test_failures(self):
        self.ask('a', 'fail')
        result = self.result('a')
        self.assertEqual(('It failed.', {'a': 1}),
                         (result['error'], result['result']))
        self.ask('b', 'raise_error')
        self.assertEqual("The action failed: KeyError: 'x'",
                         self.result('b')['error'])
        self.ask('c', 'big', 6000)
        self.assertIn('6002 bytes', self.result('c')['error'])

    def test_the_end_of_the_process_is_an_error(self):
        self.ask('a', 'leave')
        self.assertEqual('The process of the action ended with the exit '
                         'status 7.', self.result('a')['error'])
        self.ask('b', 'crash')
        self.assertEqual('The process of the action ended by the signal '
                         'SIGSEGV.', self.result('b')['error'])
        self.ask('c', 'echo', 1)
        self.assertEqual(1, self.result('c')['result']['value'])

    def hang(self, run_id, **fields):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, 'pids')
        self.ask(run_id, 'hang', path, **fields)
        return path

    def pids(self, path):
        self.eventually(lambda: os.path.exists(path))
        with open(path, encoding='utf-8') as file:
            return [int(pid) for pid in file.read().split()]

    def test_a_cancel_kills_it_with_what_it_started(self):
        pids = self.pids(self.hang('a'))
        self.assertEqual([True, True], [_alive(pid) for pid in pids])
        self.dispatch(cancels=['a'])
        self.assertEqual('The action was stopped: the action run was '
                         'cancelled.', self.result('a')['error'])
        self.eventually(lambda: not any(_alive(pid) for pid in pids))
        self.assertEqual(0, self.executor._runner.stuck)

    def test_a_timeout_kills_it(self):
        pids = self.pids(self.hang('a', timeout=1000))
        self.skipped = 2000.0
        self.dispatch()
        self.assertEqual('The action was stopped: it took longer than its '
                         'timeout of 1000 s.', self.result('a')['error'])
        self.eventually(lambda: not any(_alive(pid) for pid in pids))

    def test_it_ends_when_the_executor_has_gone(self):
        path = self.hang('a')
        pids = self.pids(path)
        # As if this process had died: the pipe closes.
        process, = _busy(self.executor)
        process._child.stdin.close()
        self.eventually(lambda: not any(_alive(pid) for pid in pids))
        self.assertEqual('ERROR', self.result('a')['state'])


def _busy(executor):
    """Return the processes that run something."""
    work, = executor._runner._running.values()
    return [callback.__self__ for callback in work.context._callbacks
            if isinstance(callback.__self__, processes._Process)]
