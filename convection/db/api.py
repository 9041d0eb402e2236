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
"""Transactions: the one object that every part reaches the database by.

Built on oslo.db's enginefacade; hands out SQLAlchemy Core connections, for
the rows are plain dicts and the ORM would cost more than the statements.
"""

import contextlib
import os
import threading
from typing import Iterator

from oslo_config import cfg
from oslo_db import options
from oslo_db.sqlalchemy import enginefacade
import sqlalchemy as sa

from convection.db import tuning


class _Context(threading.local):
    """Where enginefacade keeps a thread's transaction under way."""


class Database:
    """The database named in the group ``[database]`` of a configuration.

    Connects when it is first used, so that it may be made before a fork;
    connections made before a fork are not used after it. Safe to use from
    several threads: each has its own transactions. Within a thread a
    ``reader`` or ``writer`` inside another one joins its transaction; a
    ``writer`` inside a ``reader`` is a TypeError.

    :param conf: a configuration; oslo.db's options are registered on it.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        conf.register_opts(options.database_opts, 'database')
        settings = {name: conf.database[name] for name in conf.database}
        settings['connection_parameters'] = tuning.connection_parameters(
            conf.database.connection, conf.database.connection_parameters)
        # A pause for green threads, of which there are none.
        settings['thread_checkin'] = False
        manager = enginefacade.transaction_context()
        manager.configure(**settings)
        manager.append_on_engine_create(self._listen)
        self._reader = manager.reader.connection
        self._writer = manager.writer.connection
        self._context = _Context()
        self._mode = threading.local()
        self._process = os.getpid()

    @property
    def engine(self) -> sa.Engine:
        """The engine; connects when nobody did yet."""
        return self._writer.get_engine()

    @property
    def dialect_name(self) -> str:
        """``postgresql``, ``mysql`` (MariaDB too) or ``sqlite``."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def reader(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction that is rolled back."""
        self._check_process()
        with self._reader.using(self._context) as connection:
            yield connection

    @contextlib.contextmanager
    def writer(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction that is committed at the end.

        :raises oslo_db.exception.DBError: its subclasses for whatever the
            database refuses: DBDuplicateEntry, DBDeadlock,
            DBConnectionError (with a commit under way: nobody knows whether
            it happened).
        """
        self._check_process()
        outer = getattr(self._mode, 'writing', False)
        self._mode.writing = True
        try:
            with self._writer.using(self._context) as connection:
                yield connection
        finally:
            self._mode.writing = outer

    def dispose(self) -> None:
        """Close the connections that nobody uses at the moment."""
        if self._writer.is_started:
            self.engine.dispose()

    def _check_process(self) -> None:
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        if self._writer.is_started:
            # Forget the parent's connections; closing them would end them
            # for the parent too.
            self.engine.dispose(close=False)

    def _listen(self, engine: sa.Engine) -> None:
        # Values are inputs and results of tenants, secrets among them; what
        # an error says is logged.
        engine.hide_parameters = True
        sa.event.listen(engine, 'engine_connect', self._prepare)

    def _prepare(self, connection: sa.Connection) -> None:
        tuning.prepare(connection, getattr(self._mode, 'writing', False))
