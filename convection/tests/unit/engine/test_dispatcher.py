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
"""Which executor gets which run."""

from oslotest import base

from convection.engine.core import states
from convection.engine import dispatcher
from convection.tests.unit.engine import loops
from convection.tests.unit.engine import stores as suite


class TestDispatcher(base.BaseTestCase):
    """One engine's queues."""

    def setUp(self) -> None:
        """Make one."""
        super().setUp()
        self.dispatcher = dispatcher.Dispatcher('e')

    def hear(self, name: str, actions=('test.work',), **values) -> None:
        """Hear an executor that offers actions."""
        stub = loops.Executor(name)
        self.dispatcher.hear(stub.heartbeat(**values).message, 0.0)
        self.dispatcher.register({
            'executor_id': name, 'actions_digest': 'd',
            'actions': [{'name': action} for action in actions]}, 0.0)

    def enqueue(self, name: str = 'test.work', priority: int = 0,
                target: str | None = None):
        """Let a run wait; return its job and itself."""
        job = suite.new_job('e', priority=priority)
        run = suite.add_call(job, name)
        run.state, run.target = states.WAITING, target
        self.dispatcher.enqueue(job, run)
        return job, run

    def test_credits(self):
        self.hear('x', credits=2)
        waiting = [self.enqueue() for _ in range(3)]
        self.assertEqual(waiting[:2], self.dispatcher.assign(1.0))
        self.assertEqual([], self.dispatcher.assign(1.0))
        job, run = waiting[0]
        self.assertEqual(('x', states.RUNNING), (run.executor_id, run.state))
        self.dispatcher.finish(job.part_id(run.number), 'x')
        self.assertEqual(waiting[2:], self.dispatcher.assign(1.0))

    def test_the_load_is_spread(self):
        self.hear('x', credits=2)
        self.hear('y', credits=2)
        for _ in range(4):
            self.enqueue()
        given = [run.executor_id for _job, run in self.dispatcher.assign(1.0)]
        self.assertEqual(['x', 'x', 'y', 'y'], sorted(given))

    def test_priority_goes_before_age(self):
        self.hear('x', ('test.work', 'other'), credits=3)
        low = self.enqueue()
        middle = self.enqueue('other', priority=1)
        high = self.enqueue(priority=2)
        self.enqueue(priority=-1)
        self.assertEqual([high, middle, low], self.dispatcher.assign(1.0))

    def test_targets(self):
        self.hear('x', host='one')
        self.hear('y', host='two', tags=['gpu'])
        runs = {target: self.enqueue(target=target)[1]
                for target in ('one', 'two', 'gpu', 'nowhere')}
        self.dispatcher.assign(1.0)
        self.assertEqual(
            {'one': 'x', 'two': 'y', 'gpu': 'y', 'nowhere': None},
            {target: run.executor_id for target, run in runs.items()})

    def test_what_nobody_offers_holds_up_nothing(self):
        self.hear('x')
        odd = self.enqueue('unknown', priority=9)
        work = self.enqueue()
        self.assertEqual([work], self.dispatcher.assign(1.0))
        self.hear('y', ('unknown',))
        self.assertEqual([odd], self.dispatcher.assign(1.0))

    def test_only_those_that_are_up_and_described(self):
        self.dispatcher.hear(loops.Executor('x').heartbeat().message, 0.0)
        self.assertTrue(self.dispatcher.messages(0.0)[0]['describe'])
        self.hear('y', state='draining')
        run = self.enqueue()
        self.assertEqual([], self.dispatcher.assign(1.0))
        self.hear('x')
        self.assertEqual([run], self.dispatcher.assign(1.0))

    def test_what_is_dropped_is_not_given(self):
        job, run = self.enqueue()
        self.dispatcher.drop(job.part_id(run.number))
        other = self.enqueue()
        self.hear('x')
        self.assertEqual([other], self.dispatcher.assign(1.0))

    def test_a_lost_executor_gets_nothing(self):
        self.hear('x')
        job, run = self.enqueue()
        self.dispatcher.assign(1.0)
        self.assertEqual(['x'], self.dispatcher.silent(100.0, 10.0))
        self.assertEqual([job.part_id(run.number)],
                         self.dispatcher.lose('x', 100.0))
        self.enqueue()
        self.assertEqual([], self.dispatcher.assign(100.0))


class TestExecutors(loops.LoopTest):
    """Executors that end, and what they had."""

    def test_what_was_refused_goes_to_another(self):
        job_id = self.created('work')
        run = self.executors.runs[0]
        other = loops.Executor('y')
        self.engine.submit(other.heartbeat())
        self.engine.submit(other.register())
        self.engine.submit(self.executors.heartbeat(state='draining'))
        self.engine.submit(self.executors.report(refused=[run['id']]))
        self.engine.run_batch()
        row = self.engine.store.action_run(run['id'])
        self.assertEqual(('y', 'RUNNING'), (row['executor_id'],
                                            row['state']))
        self.assertEqual('RUNNING', self.state(job_id))

    def test_an_executor_that_stopped(self):
        taken, never = self.created('work'), self.created('work')
        runs = {run['job_id']: run['id'] for run in self.executors.runs}
        self.engine.submit(self.executors.heartbeat(
            state='stopped',
            running=[{'id': runs[taken], 'engine_id': 'e'}]))
        self.engine.run_batch()
        self.assertEqual('ERROR', self.state(taken))
        self.assertEqual('WAITING', self.engine.store.action_run(
            runs[never])['state'])

    def test_an_executor_that_is_silent(self):
        job_id = self.created('work')
        for _ in range(4):
            self.clock.now += 1.0
            self.engine.run_batch()
        # The database's clock stands still meanwhile.
        with self.database.writer() as connection:
            connection.exec_driver_sql(
                "UPDATE services SET updated_at = '2020-01-01 00:00:00.0' "
                "WHERE kind = 'executor'")
        for _ in range(20):
            self.clock.now += 1.0
            self.engine.run_batch()
        self.assertEqual('ERROR', self.state(job_id))
