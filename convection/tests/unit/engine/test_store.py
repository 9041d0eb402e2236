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
"""The store of the engine on SQLite, and its stand-in of the simulation."""

import math

from oslotest import base

from convection.db import clock
from convection.db import models
from convection.engine import store as stores
from convection.tests.simulation import store as simulated
from convection.tests.unit.db import base as db_base
from convection.tests.unit.engine import stores as suite


class TestSimulatedStore(suite.Conformance, base.BaseTestCase):
    """The simulation is worth what its store is worth."""

    def setUp(self) -> None:
        """Make an empty one."""
        super().setUp()
        self.store = simulated.Store(suite.Clock())

    def silence(self, service_id: str) -> None:
        """Let a process be silent for long."""
        self.store.services[service_id]['updated_at'] -= 2 * suite.SILENT


class RealStore(db_base.DatabaseTest):
    """Makes a store on a database of its own."""

    def setUp(self) -> None:
        """Make it."""
        super().setUp()
        self.store = stores.Store(self.database)

    def silence(self, service_id: str) -> None:
        """Let a process be silent for long."""
        services = models.services
        with self.database.writer() as connection:
            connection.execute(services.update().where(
                services.c.id == service_id).values(
                    updated_at=clock.now(connection) - 2 * suite.SILENT))


class TestStore(suite.Conformance, RealStore):
    """What both promise."""

    def _check_refused(self, **values) -> None:
        self.start('a')
        innocent = suite.new_job('a')
        self.assertRaises(
            stores.WriteRefused, self.store.commit,
            suite.write(innocent, suite.new_job('a', **values)), 'a')
        self.assertIsNone(self.store.job(innocent.id))

    def test_a_number_too_large_is_refused(self):
        self._check_refused(priority=2 ** 70)

    def test_a_missing_value_is_refused(self):
        self._check_refused(name=None)

    def test_what_is_not_json_is_refused(self):
        self._check_refused(input={'a': object()})

    def test_what_is_nested_without_end_is_refused(self):
        deep: list = []
        for _ in range(100_000):
            deep = [deep]
        self._check_refused(input={'a': deep})

    def test_no_time_is_refused(self):
        self._check_refused(finished_at=math.inf)

    def test_an_action_run_is_read(self):
        self.start('a')
        job = suite.new_job('a')
        run = suite.add_call(job)
        self.save('a', job)
        row = self.store.action_run(job.part_id(run.number))
        self.assertEqual(('std.echo', 'demo'),
                         (row['name'], row['project_id']))

    def test_without_tables_the_store_is_unavailable(self):
        models.METADATA.drop_all(self.database.engine)
        self.assertRaises(stores.StoreUnavailable, self.store.owned, 'a')
        self.assertRaises(stores.StoreUnavailable, self.store.commit,
                          suite.write(suite.new_job('a')), 'a')
