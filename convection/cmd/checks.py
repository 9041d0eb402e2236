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
"""What the programs look at before they start workers.

A worker that fails is started again and again; what only another
configuration can mend is better said once.
"""

import contextlib
import time
from typing import Iterator

from alembic.util import exc as alembic_exception
from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_log import log as logging
import oslo_messaging
import sqlalchemy as sa

from convection.db import api
from convection.db import migration

LOG = logging.getLogger(__name__)

#: What a database raises that does not answer, or that refuses.
_REFUSALS = (db_exception.DBError, sa.exc.DBAPIError)

#: What a wrong configuration raises: no URL, a wrong one, no driver.
_MISTAKES = (db_exception.CantStartEngineError, sa.exc.ArgumentError,
             ModuleNotFoundError, alembic_exception.CommandError)

#: Seconds between two attempts to reach the database.
_PAUSE = 5


def unusable(conf: cfg.ConfigOpts, error: Exception) -> str:
    """Say in one line that the database cannot be used."""
    try:
        name = sa.make_url(conf.database.connection).render_as_string()
    except sa.exc.ArgumentError:
        name = 'of [database] connection'
    cause = (str(error).splitlines() or [type(error).__name__])[0]
    return f'The database {name} cannot be used: {cause}'


@contextlib.contextmanager
def explained(conf: cfg.ConfigOpts) -> Iterator[None]:
    """End the program with one line when the database fails it.

    :raises SystemExit: with the reason.
    """
    try:
        yield
    except _REFUSALS + _MISTAKES as error:
        raise SystemExit(unusable(conf, error)) from None


def check_broker(conf: cfg.ConfigOpts) -> None:
    """Refuse a URL that names no broker.

    :raises SystemExit: with the reason.
    """
    try:
        oslo_messaging.TransportURL.parse(conf)
    except oslo_messaging.InvalidTransportURL as error:
        raise SystemExit(f'[DEFAULT] transport_url: {error}') from None


def check_database(conf: cfg.ConfigOpts) -> None:
    """Refuse a URL that names no database, without connecting to it.

    :raises SystemExit: with the reason.
    """
    with explained(conf):
        api.Database(conf)
        sa.make_url(conf.database.connection)


def wait_for_tables(conf: cfg.ConfigOpts) -> None:
    """Wait until the database answers, and see that it has tables.

    :raises SystemExit: with the reason, when waiting does not help.
    """
    with explained(conf):
        database = api.Database(conf)
    while True:
        with explained(conf):
            try:
                revision = migration.current(database)
                break
            except _REFUSALS as error:
                LOG.warning('%s. Trying again in %s seconds',
                            unusable(conf, error), _PAUSE)
        time.sleep(_PAUSE)
    # What the workers use is made after the fork.
    database.dispose()
    if revision is None:
        raise SystemExit('The database has no tables: run "convection-manage '
                         'db sync".')
