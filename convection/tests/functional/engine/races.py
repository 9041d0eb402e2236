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
"""Two engines at one database, and connections that end."""

import concurrent.futures
import threading
from typing import Any
from typing import Callable

import sqlalchemy as sa

from convection.common import uuids
from convection.db import models
from convection.engine import store as stores
from convection.tests.unit.engine import stores as suite
from convection.tests.unit.engine import test_store

#: Seconds after which a test that waits for another thread gives up.
LIMIT = 30.0


class HookedStore(stores.Store):
    """Calls a function between the fence of a commit and its writes."""

    def __init__(self, database: Any,
                 hook: Callable[[sa.Connection], None]) -> None:
        super().__init__(database)
        self._hook = hook

    def _fence(self, connection: sa.Connection, *arguments: Any) -> set[str]:
        lost = stores.Store._fence(connection, *arguments)
        self._hook(connection)
        return lost


class Races(test_store.TestStore):
    """What a database with one writer cannot show.

    ``connection_id`` is the SQL for a connection's own number,
    ``end_connection`` the statement that ends one.
    """

    connection_id = ''
    end_connection = ''

    def setUp(self) -> None:
        """Make a second engine's connections."""
        super().setUp()
        self.other = stores.Store(self.fixture.open())
        self.pool = concurrent.futures.ThreadPoolExecutor(4)
        self.addCleanup(self.pool.shutdown)

    def together(self, *calls: Callable[[], Any]) -> list[Any]:
        """Make calls at the same time and return their answers."""
        barrier = threading.Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            barrier.wait(LIMIT)
            return call()

        return [future.result(LIMIT) for future in
                [self.pool.submit(run, call) for call in calls]]

    def insist(self, call: Callable[[], Any]) -> Any:
        """Make a call again while the database rolls it back."""
        for _ in range(20):
            try:
                return call()
            except stores.StoreUnavailable:
                pass
        raise AssertionError('rolled back too often')

    # -- two engines --

    def test_two_engines_claim_at_once(self):
        self.start('a', 'b', 'c')
        trees = [self.tree('a') for _ in range(20)]
        self.silence('a')
        first, second = self.together(
            lambda: self.insist(lambda: self.store.claim('b', 60, 15)),
            lambda: self.insist(lambda: self.other.claim('c', 60, 15)))
        first += self.store.claim('b', 60, 100)
        self.assertEqual(sorted(root.id for root, _its in trees),
                         sorted(first + second))
        for root, sub_job in trees:
            owner = 'b' if root.id in first else 'c'
            self.assertEqual([owner, owner], self.owners(root, sub_job))

    def test_two_engines_claim_the_same_tree(self):
        self.start('a', 'b', 'c')
        for _ in range(10):
            root, sub_job = self.tree('a')
            self.silence('a')
            first, second = self.together(
                lambda r=root: self.insist(
                    lambda: self.store.claim('b', 60, 1, [r.id])),
                lambda r=root: self.insist(
                    lambda: self.other.claim('c', 60, 1, [r.id])))
            self.assertEqual([root.id], first + second)
            owner = 'b' if first else 'c'
            self.assertEqual([owner, owner], self.owners(root, sub_job))

    def test_a_claim_takes_what_a_slow_owner_is_adding(self):
        self.start('a', 'b')
        root, sub_job = self.tree('a')
        self.silence('a')
        reached, go_on = threading.Event(), threading.Event()

        def hold(connection: sa.Connection) -> None:
            reached.set()
            go_on.wait(LIMIT)

        deeper = suite.new_sub_job(
            sub_job, suite.add_call(sub_job, 'sub', 'workflow'))
        slow = HookedStore(self.fixture.open(), hold)
        # Only the sub-job's row is locked, so the claim gets as far as that.
        commit = self.pool.submit(slow.commit, suite.write(sub_job, deeper),
                                  'a')
        self.assertTrue(reached.wait(LIMIT))
        claim = self.pool.submit(
            lambda: self.insist(lambda: self.other.claim('b', 60, 10)))
        self.wait_for_lock()
        go_on.set()
        self.assertEqual(set(), commit.result(LIMIT))
        self.assertEqual([root.id], claim.result(LIMIT))
        self.assertEqual(['b'] * 3, self.owners(root, sub_job, deeper))
        self.assertIn(deeper.id, self.store.commit(suite.write(deeper), 'a'))

    def test_a_commit_that_waited_for_a_claim_writes_nothing(self):
        self.start('a', 'b')
        root, _sub_job = self.tree('a')
        self.silence('a')
        root.state_info = 'changed'
        lost, claimed = self.together(
            lambda: self.insist(lambda: self.store.commit(
                suite.write(root), 'a')),
            lambda: self.insist(lambda: self.other.claim('b', 60, 10)))
        self.assertEqual([root.id], claimed)
        row = self.store.job(root.id)
        self.assertEqual('b', row['engine_id'])
        self.assertEqual(None if lost else 'changed', row['state_info'])

    def test_two_engines_hear_a_new_executor(self):
        self.start('a', 'b')
        for _ in range(10):
            heard = [suite.service(uuids.new_id(), 'executor')
                     for _ in range(3)]
            self.assertEqual([(True, set())] * 2, self.together(
                lambda h=heard: self.insist(
                    lambda: self.store.beat(suite.service('a'), h)),
                lambda h=heard: self.insist(
                    lambda: self.other.beat(suite.service('b'), h[::-1]))))

    def test_a_row_that_another_engine_adds_meanwhile_is_no_dead_one(self):
        """Added between the update that finds none and the look for one."""
        self.start('a', 'b')
        executor = suite.service(uuids.new_id(), 'executor')
        added = []

        def add(connection, statement):
            if statement.is_select and not added:
                added.append(self.other.beat(suite.service('b'), [executor]))

        with self.store._database.writer() as connection:
            watched = _Watched(connection, add)
            self.assertTrue(stores.Store._beat_one(watched, executor, 1e9))
        self.assertEqual([(True, set())], added)

    def test_the_same_key_at_two_engines(self):
        self.start('a', 'b')

        def create(store: stores.Store, owner: str) -> bool:
            try:
                store.commit(suite.write(suite.new_job(
                    owner, idempotency_key='once')), owner)
            except stores.WriteRefused:
                return False
            return True

        self.assertEqual({True, False}, set(self.together(
            lambda: self.insist(lambda: create(self.store, 'a')),
            lambda: self.insist(lambda: create(self.other, 'b')))))

    # -- connections that end --

    def _end(self, connection: sa.Connection) -> None:
        number = connection.scalar(sa.text(self.connection_id))
        self.fixture._run(self.end_connection.format(number))

    def test_a_connection_that_ends_before_the_writes(self):
        self.start('a')
        job = suite.new_job('a')
        self.save('a', job)
        broken = HookedStore(self.fixture.open(), self._end)
        new = suite.new_job('a')
        job.state_info = 'changed'
        self.assertRaises(stores.StoreUnavailable, broken.commit,
                          suite.write(job, new), 'a')
        self.assertIsNone(self.store.job(new.id))
        self.assertIsNone(self.store.job(job.id)['state_info'])
        # The next one takes another connection.
        self.assertEqual(['a'], self.owners(job))

    def test_a_connection_that_ends_at_the_commit(self):
        self.start('a')
        database = self.fixture.open()
        broken = stores.Store(database)
        broken.owned('a')
        sa.event.listen(database.engine, 'commit', self._end, once=True)
        new = suite.new_job('a')
        self.assertRaises(stores.StoreUnavailable, broken.commit,
                          suite.write(new), 'a')
        self.assertIn(broken.job(new.id), (None, self.store.job(new.id)))
        self.assertEqual(set(), broken.commit(
            suite.write(suite.new_job('a')), 'a'))

    def wait_for_lock(self) -> None:
        """Wait until some transaction waits for another."""
        raise NotImplementedError

    def poll(self, query: str) -> None:
        """Wait until a query of the server's own tables counts something."""
        def look() -> int:
            with self.database.reader() as connection:
                return connection.scalar(sa.text(query))

        pause = threading.Event()
        # InnoDB shows nothing new to who looks again within 0.1 seconds.
        for _ in range(int(LIMIT / 0.25)):
            if look():
                return
            pause.wait(0.25)
        raise AssertionError('no transaction waits')

    def test_without_tables_the_store_is_unavailable(self):
        self.other._database.dispose()
        self.database.dispose()
        models.METADATA.drop_all(self.database.engine)
        self.assertRaises(stores.StoreUnavailable, self.store.owned, 'a')


class _Watched:
    """A connection that calls somebody before each statement."""

    def __init__(self, connection: sa.Connection, before: Any) -> None:
        self._connection = connection
        self._before = before

    def execute(self, statement: Any) -> Any:
        self._before(self._connection, statement)
        return self._connection.execute(statement)

    def scalar(self, statement: Any) -> Any:
        self._before(self._connection, statement)
        return self._connection.scalar(statement)
