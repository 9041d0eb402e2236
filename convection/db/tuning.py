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
"""How the engines are made: settings that oslo.db has no options for.

SQLAlchemy takes them from a plug-in named in the database's URL, which is
the one way through oslo.db to ``create_engine``.
"""

import functools
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import dialects
from sqlalchemy import pool

_PLUGIN = 'convection'
#: Key in the information kept with a SQLite connection.
_BEGIN = 'convection_begin'
#: Key of when a connection was last used, and for how many seconds after
#: that it is taken to be alive without asking.
_USED_AT = 'convection_used_at'
_TRUSTED_FOR = 1.0
#: The names that SQLAlchemy has for MySQL and MariaDB.
MYSQL_NAMES = ('mysql', 'mariadb')

#: Statements that psycopg2 sends in one go for an UPDATE of many rows.
_BATCH_SIZE = 500
_SQLITE_PRAGMAS = (
    # First: the next one may have to wait for another process.
    'PRAGMA busy_timeout = 30000',
    'PRAGMA journal_mode = WAL',
    # With WAL a crash of the process loses nothing; only a crash of the
    # machine may lose the last commits, and never corrupts the file.
    'PRAGMA synchronous = NORMAL',
)


def connection_parameters(url: str | None, given: str) -> str:
    """Return what oslo.db is to append to the database's URL.

    :param url: the URL as configured.
    :param given: the parameters configured beside it.
    """
    parameters = [given] if given else []
    parameters.append(f'plugin={_PLUGIN}')
    name = sa.make_url(url).get_backend_name() if url else ''
    if (name in MYSQL_NAMES
            and 'charset=' not in f'{url}{given}'):
        # oslo.db's own default is utf8, which has no 4-byte characters.
        parameters.append('charset=utf8mb4')
    return '&'.join(parameters)


class EnginePlugin(sa.CreateEnginePlugin):
    """Adds what each database needs to the arguments of the engine."""

    def __init__(self, url: sa.URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        # Done by the listeners below, where it is worth a round trip.
        kwargs['pool_pre_ping'] = False
        name = url.get_backend_name()
        if name == 'sqlite' and kwargs.get('poolclass') is pool.NullPool:
            # oslo.db opens the file anew for each transaction; closing the
            # last connection makes SQLite write the whole log back.
            kwargs['poolclass'] = pool.QueuePool
            kwargs['max_overflow'] = -1
        elif url.get_driver_name() == 'psycopg2':
            kwargs['executemany_mode'] = 'values_plus_batch'
            kwargs['executemany_batch_page_size'] = _BATCH_SIZE
        elif name in MYSQL_NAMES:
            # As PostgreSQL's default; the locks on gaps of REPEATABLE READ
            # make engines that insert side by side deadlock.
            kwargs['isolation_level'] = 'READ COMMITTED'

    def update_url(self, url: sa.URL) -> sa.URL:
        """Take the plug-in's name out of the URL."""
        return url.difference_update_query(['plugin'])

    def engine_created(self, engine: sa.Engine) -> None:
        """Listen for connections and transactions."""
        if engine.dialect.name == 'sqlite':
            sa.event.listen(engine, 'connect', _connect_sqlite)
            # Before oslo.db's own listener, which then finds it done.
            sa.event.listen(engine, 'begin', _begin_sqlite)
        else:
            sa.event.listen(engine, 'checkin', _note_use)
            sa.event.listen(engine, 'checkout',
                            functools.partial(_check, engine.dialect))


def prepare(connection: sa.Connection, writing: bool) -> None:
    """Say what the transaction to come is for.

    SQLite has one writer: who reads first and then writes fails when
    another wrote in between, and no waiting helps. So writers take the lock
    at once.
    """
    if connection.dialect.name == 'sqlite':
        connection.info[_BEGIN] = 'BEGIN IMMEDIATE' if writing else 'BEGIN'


def _note_use(connection: Any, record: Any) -> None:
    record.info[_USED_AT] = time.monotonic()


def _check(dialect: sa.Dialect, connection: Any, record: Any,
           proxy: Any) -> None:
    used_at = record.info.get(_USED_AT)
    if used_at is None or time.monotonic() - used_at < _TRUSTED_FOR:
        return
    try:
        alive = dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error:
        alive = False
    if not alive:
        # The pool takes another one, and none made before this one.
        raise sa.exc.DisconnectionError('The connection is dead')


def _connect_sqlite(connection: Any, record: Any) -> None:
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.info.pop(_BEGIN, 'BEGIN'))
    connection.info['in_transaction'] = True


dialects.plugins.register(_PLUGIN, __name__, 'EnginePlugin')
