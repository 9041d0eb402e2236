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
"""A few seeds of the simulation, from a fresh base that is printed.

More of them: ``python -m convection.tests.simulation``.
"""

import os
import secrets

from oslotest import base

from convection.executor import ledger
from convection.tests.simulation import world

#: How many; a failing one is named by the message and replays by itself.
SEEDS = int(os.environ.get('CONVECTION_SIMULATION_SEEDS', '60'))


class TestSeeds(base.BaseTestCase):
    """Worlds with every fault there is."""

    def test_fresh_seeds(self):
        """Nothing is lost, nothing done twice, nobody is stuck."""
        first = secrets.randbelow(10 ** 9)
        for seed in range(first, first + SEEDS):
            world.check(seed)

    def test_same_seed_same_world(self):
        """A seed decides everything, so that a failure can be replayed."""
        stories = []
        for _ in range(2):
            one = world.World(4711)
            one.run()
            stories.append((one.history, sorted(one.store.job_events.items(),
                                                key=repr)))
        self.assertEqual(*stories)


class TestChecks(base.BaseTestCase):
    """The simulation notices what it is there for."""

    def _broken(self, breakage):
        """Return what a world without faults says of a broken engine."""
        one = world.World(1, faults=False, chosen=['chain'])
        breakage(one)
        return self.assertRaises(world.Violation, one.run)

    def test_job_that_is_stuck(self):
        """Every result is lost."""
        def lose(one):
            one.report = lambda message, engine_id: None
        self.assertIn('stuck', str(self._broken(lose)))

    def test_action_that_runs_twice(self):
        """An executor forgets what it has taken."""
        def forget(one):
            ledger = one.executors[0].executor._ledger
            taken = ledger._is_new

            def again(run_id, engine_id):
                ledger._entries.pop(run_id, None)
                ledger._over.pop(run_id, None)
                return taken(run_id, engine_id)

            ledger._is_new = again
            one.network.weather.repeat = 1.0
        self.assertIn('ran twice', str(self._broken(forget)))

    def test_message_before_its_commit(self):
        """The database forgets to write action runs."""
        def forget(one):
            one.store.assigned = _Nothing()
        self.assertIn('before its commit', str(self._broken(forget)))

    def test_write_by_another(self):
        """The fence is open when the jobs were given to another engine."""
        def open_fence(one):
            def steal():
                for row in one.store.jobs.values():
                    row['engine_id'] = 'another'
                one.after(0.5, steal)
            one.store.fence = lambda write, engine_id: set()
            steal()
        self.assertIn('another engine', str(self._broken(open_fence)))


class TestSilence(base.BaseTestCase):
    """Who does not listen must not say that others are silent."""

    def _end_with(self, trouble):
        """Return the end of a long action with trouble in its midst."""
        one = world.World(1, faults=False, chosen=['unsafe'])
        one.script = lambda order: (40.0, ledger.record(
            order['id'], 'SUCCESS', order['input']['value']))
        one.after(12.0, trouble, one)
        return one.run()['unsafe-0']

    def test_engine_that_was_held_up(self):
        def hold(one):
            one.engines[0].paused_until = one.clock.now + 20.0
        self.assertEqual(world.expected('unsafe'), self._end_with(hold))

    def test_database_that_did_not_answer(self):
        def hang(one):
            beat = one.store.beat

            def late(*arguments):
                one.store.beat = beat
                one.clock.now += 20.0
                return beat(*arguments)
            one.store.beat = late
        self.assertEqual(world.expected('unsafe'), self._end_with(hang))

    def test_database_that_was_away(self):
        def go(one):
            one.database_down = True
            one.after(20.0, one._find_database)
        self.assertEqual(world.expected('unsafe'), self._end_with(go))

    def test_executor_that_is_gone(self):
        def kill(one):
            one.executors[0].crash()
        self.assertIn('lost', self._end_with(kill)['state_info'])


class _Nothing(set):
    """A set that keeps nothing."""

    def add(self, item):
        """Forget it."""
