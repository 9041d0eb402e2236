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
"""Tests of the executor as a whole: scripted in one thread, and running."""

import itertools

from convection.executor import catalogue
from convection.executor import ledger
from convection.executor import service
from convection.rpc import inprocess
from convection.rpc import topics
from convection.tests.unit.actions import helpers as action_helpers
from convection.tests.unit.executor import helpers


class Script:
    """A runner in which nothing happens but what the test says."""

    def __init__(self, listener):
        self.listener = listener
        self.waiting = {}
        self.running = {}
        self.interrupted = []
        self.stuck = 0

    @property
    def used(self):
        return len(self.running)

    def submit(self, work):
        self.waiting[work.run_id] = work

    def withdraw(self, run_id):
        return self.waiting.pop(run_id, None) is not None

    def withdraw_all(self):
        withdrawn, self.waiting = list(self.waiting), {}
        return withdrawn

    def interrupt(self, run_id):
        self.interrupted.append(run_id)

    def abandon(self, run_id):
        self.stuck += 1
        return run_id in self.running

    def stop(self):
        self.withdraw_all()

    def begin(self, run_id, deadline=None):
        self.running[run_id] = self.waiting.pop(run_id)
        if deadline is not None:
            self.listener.began(run_id, deadline, 1.0)

    def end(self, run_id, state='SUCCESS', result=None):
        del self.running[run_id]
        self.listener.ended(run_id, ledger.record(run_id, state, result), 0,
                            0.1)


class ScriptedTest(helpers.ExecutorTestCase):
    """One thread, made-up time."""

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.renamed = []
        ids = itertools.count(1)
        self.make(action_helpers.configuration(executor={
            'host': 'here', 'tags': ['fast'], 'slots': 4, 'prefetch': 0}),
            clock=lambda: self.now, make_runner=self.runner,
            new_id=lambda: f'x{next(ids)}', renamed=self.renamed.append)

    def runner(self, listener):
        self.script = Script(listener)
        return self.script

    def tick(self, seconds=0.0):
        self.now += seconds
        return self.executor.tick(self.now)

    def test_hello(self):
        self.assertEqual(self.now + 3, self.tick())
        self.assertEqual([{
            'executor_id': 'x1', 'actions': self.catalogue.describe(),
            'actions_digest': self.catalogue.digest()}],
            self.engines.registers)
        heartbeat, = self.engines.heartbeats
        self.assertEqual(
            {'executor_id': 'x1', 'host': 'here', 'tags': ['fast'],
             'slots': 4, 'used': 0, 'credits': 4, 'running': [],
             'state': 'up', 'started_at': 1000.0,
             'actions_digest': self.catalogue.digest()},
            {key: value for key, value in heartbeat.items()
             if key not in ('load', 'memory', 'pid', 'version')})
        self.assertGreater(heartbeat['memory'], 1000000)
        self.tick(2.9)
        self.assertEqual(1, len(self.engines.heartbeats))
        self.tick(0.1)
        self.assertEqual(2, len(self.engines.heartbeats))
        self.dispatch(describe=True)
        self.tick()
        self.assertEqual(2, len(self.engines.registers))

    def test_a_run(self):
        self.dispatch(('a', 'echo'))
        self.script.begin('a')
        self.assertEqual(1000.005, self.tick())
        self.script.end('a', result=5)
        self.tick()
        (engine_id, message), = self.engines.reports
        self.assertEqual('e', engine_id)
        self.assertEqual(
            {'executor_id': 'x1', 'engine_id': 'e', 'seq': 1, 'acks': [1],
             'refused': [], 'credits': 4, 'results': [{
                 'id': 'a', 'state': 'SUCCESS', 'result': 5,
                 'error': None}]}, message)
        self.tick(3)
        self.assertEqual([{'id': 'a', 'engine_id': 'e'}],
                         self.engines.heartbeats[-1]['running'])
        self.dispatch(acks=[1])
        self.tick(3)
        self.assertEqual([], self.engines.heartbeats[-1]['running'])

    def test_a_client_that_raises(self):
        self.engines.fault = OSError('no broker')
        self.dispatch(('a', 'echo'))
        self.script.begin('a')
        self.script.end('a')
        self.tick()
        self.engines.fault = None
        self.tick(1)
        self.assertEqual('SUCCESS', self.engines.results['a']['state'])

    def test_messages_for_another_are_ignored(self):
        self.dispatch(('a', 'echo'), executor_id='x0')
        self.assertEqual({}, self.script.waiting)

    def test_a_timeout(self):
        self.dispatch(('a', 'echo'), ('b', 'echo'))
        self.script.begin('a', self.now + 5)
        self.script.begin('b', self.now + 5)
        self.tick()
        self.tick(5)
        self.assertEqual(['a', 'b'], self.script.interrupted)
        self.script.end('a', 'CANCELLED')
        self.tick()
        self.assertIn('timeout', self.engines.results['a']['error'])
        self.assertNotIn('b', self.engines.results)
        self.tick(1)
        self.assertIn('could not be stopped',
                      self.engines.results['b']['error'])
        self.script.end('b', 'SUCCESS')
        self.tick(1)
        self.assertEqual('ERROR', self.engines.results['b']['state'])

    def test_an_end_just_before_the_cancel_counts(self):
        self.dispatch(('a', 'echo'))
        self.script.begin('a')
        self.script.end('a')
        self.dispatch(cancels=['a'])
        self.tick()
        self.assertEqual('SUCCESS', self.engines.results['a']['state'])

    def test_stuck_slots_give_no_credit(self):
        self.script.stuck = 3
        self.tick()
        self.assertEqual(1, self.engines.heartbeats[0]['credits'])

    def test_dead(self):
        self.tick()
        self.dispatch(('a', 'echo'), ('b', 'echo'))
        self.script.begin('a')
        old = self.script
        self.dispatch(dead=True)
        self.assertEqual('x2', self.executor.executor_id)
        self.assertEqual({}, old.waiting)
        self.tick()
        self.assertEqual(1, self.executor._ledger.credits.stuck)
        old.end('a')
        self.tick()
        self.assertEqual(0, self.executor._ledger.credits.stuck)
        self.assertEqual(['x2'], self.renamed)
        self.assertEqual({}, self.engines.results)
        self.assertEqual('x2', self.engines.registers[-1]['executor_id'])
        self.assertEqual([], self.engines.heartbeats[-1]['running'])
        # The same order again, for the id it had, means nothing.
        self.dispatch(dead=True, executor_id='x1')
        self.assertEqual('x2', self.executor.executor_id)
        # Under the new id the run is a new one.
        self.dispatch(('b', 'echo'))
        self.assertEqual(['b'], list(self.script.waiting))

    def test_drain(self):
        self.dispatch(('a', 'echo'), ('b', 'echo'))
        self.script.begin('a')
        self.executor.drain()
        self.dispatch(('c', 'echo'))
        self.tick()
        self.assertEqual({'b', 'c'}, self.engines.refused)
        self.assertEqual('draining', self.engines.heartbeats[-1]['state'])
        self.assertEqual(0, self.engines.heartbeats[-1]['credits'])
        self.script.end('a')
        self.tick()
        self.assertEqual('SUCCESS', self.engines.results['a']['state'])
        self.acknowledge()
        self.tick()
        self.executor.leave(self.now)
        self.assertEqual('stopped', self.engines.heartbeats[-1]['state'])

    def test_nothing_to_do_costs_nothing(self):
        self.dispatch(('a', 'echo'))
        self.script.begin('a')
        self.tick()
        self.assertEqual(1003.0, self.tick(0.01))


class RunningTest(helpers.ExecutorTestCase):
    """With its threads."""

    def setUp(self):
        super().setUp()
        self.make(action_helpers.configuration()).start()

    def test_stop_waits_for_what_runs(self):
        stubborn = self.catalogue.get('stubborn')
        self.dispatch(('a', 'stubborn'), ('b', 'echo', {'output': 1}))
        self.assertTrue(stubborn.began.wait(helpers.BOUND))
        self.result('b')
        finish = action_helpers.ActionTestCase.in_thread(
            self, self.executor.stop, helpers.BOUND)
        self.engines.wait(lambda: any(
            beat['state'] == 'draining' for beat in self.engines.heartbeats))
        self.dispatch(('c', 'noop'))
        self.engines.wait(lambda: 'c' in self.engines.refused)
        stubborn.release.set()
        self.assertEqual('late', self.result('a')['result'])
        self.acknowledge()
        self.assertNotIn('error', finish())
        self.assertEqual('stopped', self.engines.heartbeats[-1]['state'])

    def test_what_outlives_the_grace_is_left_to_the_engines(self):
        stubborn = self.catalogue.get('stubborn')
        self.addCleanup(stubborn.release.set)
        self.dispatch(('a', 'stubborn'), ('s', 'sleep', {'seconds': 1000}))
        self.assertTrue(stubborn.began.wait(helpers.BOUND))
        self.eventually(lambda: self.executor._runner.used == 2)
        self.executor.stop(0)
        self.assertEqual({}, self.engines.results)
        # They are named, so that nobody takes them for never begun.
        self.assertEqual(['a', 's'], sorted(
            run['id'] for run in self.engines.heartbeats[-1]['running']))
        self.assertEqual('stopped', self.engines.heartbeats[-1]['state'])

    def test_a_run_comes_again_after_the_executor_was_declared_dead(self):
        stubborn = self.catalogue.get('stubborn')
        self.addCleanup(stubborn.release.set)
        self.dispatch(('a', 'stubborn'))
        self.assertTrue(stubborn.began.wait(helpers.BOUND))
        old = self.executor._runner
        self.dispatch(dead=True)
        self.dispatch(('a', 'echo', {'output': 'again'}))
        self.assertEqual('again', self.result('a')['result'])
        stubborn.release.set()
        self.eventually(lambda: not old.used)
        self.acknowledge()
        self.executor.stop(helpers.BOUND)
        self.assertEqual('again', self.engines.results['a']['result'])

    def test_many_runs(self):
        runs = [(f'r{number}', 'echo', {'output': number})
                for number in range(2000)]
        for first in range(0, 2000, 100):
            self.dispatch(*runs[first:first + 100])
        self.engines.wait(lambda: len(self.engines.results) == 2000)
        for run_id, _, parameters in runs:
            self.assertEqual(parameters['output'],
                             self.engines.results[run_id]['result'])
        self.assertLess(len(self.engines.reports), 500)
        self.acknowledge()
        self.executor.stop(helpers.BOUND)

    def test_a_fault_does_not_end_the_reporter(self):
        self.break_the_reporter()
        self.dispatch(('a', 'echo', {'output': 1}))
        self.assertEqual(1, self.result('a')['result'])
        self.acknowledge()
        self.executor.stop(helpers.BOUND)

    def break_the_reporter(self):
        self.executor._next_heartbeat = None
        self.executor._events.wake()
        self.eventually(lambda: self.executor._events._queue.empty())
        self.executor._next_heartbeat = 0.0


class Engine:
    """The other end of the wire."""

    def __init__(self):
        self.engines = helpers.Engines()

    def report(self, ctxt, message):
        self.engines.report(message)

    def heartbeat(self, ctxt, message):
        self.engines.heartbeat(message)

    def register(self, ctxt, message):
        self.engines.register(message)


class ServiceTest(helpers.ExecutorTestCase):
    """On a transport."""

    def test_messages_reach_it_under_each_of_its_ids(self):
        transport = inprocess.InProcessTransport()
        engine = Engine()
        engines = engine.engines
        transport.serve(topics.ENGINE, 'e', engine).start()
        wired = service.ExecutorService(
            action_helpers.configuration(), transport,
            catalogue.Catalogue(helpers.ACTIONS))
        wired.start()

        def send(executor_id, **message):
            transport.cast(topics.EXECUTOR, 'dispatch', {'message': {
                'engine_id': 'e', 'executor_id': executor_id, **message}},
                server=executor_id)

        engines.wait(lambda: engines.registers)
        first = engines.registers[0]['executor_id']
        send(first, seq=1, runs=[
            {'id': 'a', 'action': 'echo', 'input': {'output': 1}}])
        engines.wait(lambda: 'a' in engines.results)
        send(first, dead=True)
        engines.wait(lambda: len(engines.registers) > 1)
        second = engines.registers[1]['executor_id']
        self.assertNotEqual(first, second)
        send(second, seq=1, runs=[
            {'id': 'b', 'action': 'echo', 'input': {'output': 2}}])
        engines.wait(lambda: 'b' in engines.results)
        send(second, acks=[message['seq'] for _, message in engines.reports
                           if message['seq'] is not None])
        wired.stop()
        self.assertEqual('stopped', engines.heartbeats[-1]['state'])
        self.assertEqual({}, {
            address: endpoint
            for address, endpoint in transport._endpoints.items()
            if address[0] == topics.EXECUTOR})
