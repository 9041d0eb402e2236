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
"""Transactions."""

import os
import threading

from oslo_db import exception as db_exception
import sqlalchemy as sa

from convection.db import models
from convection.tests.unit.db import base

_COUNT = sa.select(sa.func.count()).select_from(models.tasks)


class _Refused(Exception):
    pass


class TestTransactions(base.DatabaseTest):
    """What is kept and what is not."""

    def _count(self) -> int:
        with self.database.reader() as connection:
            return connection.scalar(_COUNT)

    def test_writer_commits(self) -> None:
        self.insert(models.tasks, base.task(1))
        self.assertEqual(1, self._count())

    def test_writer_rolls_back_on_an_exception(self) -> None:
        def write() -> None:
            with self.database.writer() as connection:
                connection.execute(models.tasks.insert().values(base.task(1)))
                raise _Refused()
        self.assertRaises(_Refused, write)
        self.assertEqual(0, self._count())

    def test_reader_keeps_nothing(self) -> None:
        with self.database.reader() as connection:
            connection.execute(models.tasks.insert().values(base.task(1)))
        self.assertEqual(0, self._count())

    def test_inner_transactions_join(self) -> None:
        with self.database.writer() as connection:
            connection.execute(models.tasks.insert().values(base.task(1)))
            with self.database.reader() as inner:
                self.assertIs(connection, inner)
            self.assertEqual(1, self._count())

    def test_no_writer_in_a_reader(self) -> None:
        def write() -> None:
            with self.database.reader(), self.database.writer():
                pass
        self.assertRaises(TypeError, write)

    def test_a_key_twice(self) -> None:
        self.insert(models.tasks, base.task(1))
        self.assertRaises(db_exception.DBDuplicateEntry, self.insert,
                          models.tasks, base.task(2), base.task(1))
        self.assertEqual(1, self._count())

    def test_an_error_does_not_tell_the_data(self) -> None:
        secret = {**base.task(1), 'state_info': 'secret', 'name': None}
        error = self.assertRaises(db_exception.DBError, self.insert,
                                  models.tasks, secret)
        # PostgreSQL adds the row in a second line, which nobody is shown.
        told = str(error).splitlines()[0]
        self.assertIn('name', told)
        self.assertNotIn('secret', told)

    def test_writers_side_by_side_wait_for_each_other(self) -> None:
        self.insert(models.jobs, base.job(id='j', priority=0))
        failed: list[Exception] = []

        def grow() -> None:
            try:
                for _ in range(5):
                    self._grow()
            except Exception as error:
                failed.append(error)
        threads = [threading.Thread(target=grow) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failed)
        with self.database.reader() as connection:
            self.assertEqual(20, connection.scalar(
                sa.select(models.jobs.c.priority)))

    def _grow(self) -> None:
        table = models.jobs
        with self.database.writer() as connection:
            # The read before the write is what SQLite cannot upgrade.
            connection.execute(sa.select(table)).all()
            connection.execute(table.update().values(
                priority=table.c.priority + 1))

    def test_a_child_process_has_connections_of_its_own(self) -> None:
        self.insert(models.tasks, base.task(1))
        child = os.fork()
        if not child:
            try:
                self.insert(models.tasks, base.task(2))
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(0, os.waitpid(child, 0)[1])
        self.insert(models.tasks, base.task(3))
        self.assertEqual(3, self._count())

    def test_a_dead_idle_connection_is_replaced(self) -> None:
        name = self.database.dialect_name
        if name == 'sqlite':
            self.skipTest('SQLite has no connections to lose')
        with self.database.reader() as connection:
            if name == 'mysql':
                number = connection.exec_driver_sql(
                    'SELECT CONNECTION_ID()').scalar()
                kill = f'KILL {number}'
            else:
                number = connection.exec_driver_sql(
                    'SELECT pg_backend_pid()').scalar()
                kill = f'SELECT pg_terminate_backend({number})'
            record = connection.connection._connection_record
        with self.fixture.open().reader() as other:
            other.exec_driver_sql(kill)
        record.info['convection_used_at'] -= 60
        self.assertEqual(0, self._count())
