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
"""``convection-status``: checks before and after an upgrade."""

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck
import sqlalchemy as sa

from convection import conf as options
from convection.db import api
from convection.db import clock
from convection.db import migration
from convection.db import models


class Checks(upgradecheck.UpgradeCommands):
    """What an operator should know before starting new code."""

    def _database(self) -> api.Database:
        options.register_options(cfg.CONF)
        return api.Database(cfg.CONF)

    def _check_database(self) -> upgradecheck.Result:
        """Whether the tables are those that this code needs."""
        found = migration.current(self._database())
        wanted = migration.head()
        if found == wanted:
            return upgradecheck.Result(upgradecheck.Code.SUCCESS)
        return upgradecheck.Result(
            upgradecheck.Code.FAILURE,
            f'The database is at revision {found}, this code needs '
            f'{wanted}: run "convection-manage db sync".')

    def _check_services(self) -> upgradecheck.Result:
        """Whether an engine and an executor are alive."""
        services = models.services.c
        after = (cfg.CONF.engine.takeover_after +
                 cfg.CONF.engine.executor_lost_after)
        database = self._database()
        if migration.current(database) is None:
            return upgradecheck.Result(upgradecheck.Code.WARNING,
                                       'The database has no tables yet.')
        with database.reader() as connection:
            alive = set(connection.execute(sa.select(services.kind).where(
                services.state == 'up', services.updated_at >=
                clock.now(connection) - after)).scalars())
        missing = [kind for kind in ('engine', 'executor')
                   if kind not in alive]
        if not missing:
            return upgradecheck.Result(upgradecheck.Code.SUCCESS)
        return upgradecheck.Result(
            upgradecheck.Code.WARNING,
            f'No {" and no ".join(missing)} was heard in the last '
            f'{after:.0f} seconds.')

    _upgrade_checks = (('Database revision', _check_database),
                       ('Services', _check_services))


def main() -> int:
    """Run the checks; the exit status says how they went."""
    return upgradecheck.main(cfg.CONF, 'convection', Checks())
