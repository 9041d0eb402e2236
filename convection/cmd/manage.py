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
"""``convection-manage``: the database, and the services known to it."""

import datetime
import sys

from oslo_config import cfg
import sqlalchemy as sa

from convection.cmd import checks
from convection.common import config
from convection.db import api
from convection.db import clock
from convection.db import migration
from convection.db import models
from convection.engine.core import states

#: Seconds after which an executor that says nothing has ended.
_SILENT_FOR = 3600
_UNFINISHED = sorted(states.JOB_STATES - states.FINISHED)


def db_sync(conf: cfg.ConfigOpts, database: api.Database) -> None:
    """Bring the tables to the newest revision, or to the one given."""
    migration.upgrade(database, conf.command.revision)
    print(f'The database is at revision {migration.current(database)}.')


def db_version(conf: cfg.ConfigOpts, database: api.Database) -> None:
    """Print the revision of the tables."""
    print(migration.current(database) or 'The database is empty.')


def service_list(conf: cfg.ConfigOpts, database: api.Database) -> None:
    """Print every engine and executor known, and when it was last heard."""
    with database.reader() as connection:
        rows = connection.execute(sa.select(models.services).order_by(
            models.services.c.kind, models.services.c.host)).mappings()
        form = '{:<36}  {:<8}  {:<9}  {:<24}  {}'
        print(form.format('id', 'kind', 'state', 'host', 'last heard (UTC)'))
        for row in rows:
            heard = datetime.datetime.fromtimestamp(
                row['updated_at'], datetime.timezone.utc)
            print(form.format(row['id'], row['kind'], row['state'],
                              row['host'], f'{heard:%Y-%m-%d %H:%M:%S}'))


def service_clean(conf: cfg.ConfigOpts, database: api.Database) -> None:
    """Forget the services that ended and own no job any more.

    An executor that ended while it had nothing to do was declared dead by
    nobody; one that lives comes back with its next heartbeat.
    """
    services, jobs = models.services.c, models.jobs.c
    owners = sa.select(jobs.engine_id).where(
        jobs.state.in_(_UNFINISHED), jobs.engine_id.is_not(None))
    with database.writer() as connection:
        silent = sa.and_(services.kind == 'executor', services.updated_at <
                         clock.now(connection) - _SILENT_FOR)
        hit = connection.execute(sa.delete(models.services).where(
            sa.or_(services.state.in_(('dead', 'stopped')), silent),
            services.id.not_in(owners)))
    print(f'{hit.rowcount} services were forgotten.')


def _add_commands(subparsers) -> None:
    nouns = {}
    for noun, verb, function in (('db', 'sync', db_sync),
                                 ('db', 'version', db_version),
                                 ('service', 'list', service_list),
                                 ('service', 'clean', service_clean)):
        if noun not in nouns:
            parser = subparsers.add_parser(noun)
            nouns[noun] = parser.add_subparsers(dest='verb', required=True)
        command = nouns[noun].add_parser(
            verb, help=function.__doc__.splitlines()[0])
        command.set_defaults(function=function)
        if function is db_sync:
            command.add_argument('revision', nargs='?', default='head')


def main() -> None:
    """Run one command."""
    cfg.CONF.register_cli_opt(cfg.SubCommandOpt(
        'command', title='Commands', handler=_add_commands))
    conf = config.load(sys.argv[1:], prog='convection-manage')
    with checks.explained(conf):
        conf.command.function(conf, api.Database(conf))
