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
"""The engine's store on PostgreSQL."""

from convection.tests.functional.engine import races
from convection.tests.functional.fixtures import database


class TestStore(races.Races):
    """See the base."""

    fixture_class = database.PostgreSQL
    connection_id = 'SELECT pg_backend_pid()'
    end_connection = 'SELECT pg_terminate_backend({})'

    def wait_for_lock(self) -> None:
        """See the base."""
        self.poll('SELECT count(*) FROM pg_stat_activity WHERE '
                  "wait_event_type = 'Lock' AND "
                  'datname = current_database()')
