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
"""The engine's store on MySQL or MariaDB."""

import sqlalchemy as sa

from convection.engine import store as stores
from convection.tests.functional.engine import races
from convection.tests.functional.fixtures import database
from convection.tests.unit.engine import stores as suite


class TestStore(races.Races):
    """See the base."""

    fixture_class = database.MySQL
    connection_id = 'SELECT CONNECTION_ID()'
    end_connection = 'KILL {}'

    def wait_for_lock(self) -> None:
        """See the base."""
        self.poll('SELECT count(*) FROM information_schema.innodb_trx '
                  "WHERE trx_state = 'LOCK WAIT'")

    def test_a_row_above_the_servers_limit_is_refused(self):
        self.start('a')
        with self.database.reader() as connection:
            limit = connection.scalar(sa.text('SELECT @@max_allowed_packet'))
        innocent = suite.new_job('a')
        self.assertRaises(
            stores.WriteRefused, self.store.commit, suite.write(
                innocent, suite.new_job('a', input={'a': 'x' * limit})), 'a')
        self.assertIsNone(self.store.job(innocent.id))
