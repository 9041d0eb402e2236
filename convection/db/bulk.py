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
"""Many rows in few statements, for the engine's group commit.

What counts is the client's work for each row, so the values are made by the
functions here instead of by SQLAlchemy, and each database gets them in the
way that it takes fastest:

* PostgreSQL: all rows as one JSON text, unpacked on the server. Parsing
  thousands of literals takes the server longer, and the driver too. The
  statements of a script travel together.
* MySQL and MariaDB: a multi-row INSERT, which PyMySQL makes of an
  ``executemany``; an update is the same with ON DUPLICATE KEY UPDATE, for an
  ``executemany`` of UPDATE is a round trip for each row.
* SQLite: ``executemany``.
"""

import functools
import json
import operator
from typing import Any, Callable, Iterator, Sequence

import sqlalchemy as sa

from convection.db import types

Row = dict[str, Any]

#: Most rows, and about the most characters, of one statement to PostgreSQL,
#: which takes no value above 1 GB.
_CHUNK_ROWS = 1000
_CHUNK_LENGTH = 16 << 20

_encode = json.JSONEncoder(separators=(',', ':'),
                           check_circular=False).encode


def insert_many(connection: sa.Connection, table: sa.Table,
                rows: Sequence[Row]) -> None:
    """Insert rows: a script of one part."""
    script = Script(connection)
    script.insert(table, rows)
    script.run()


def update_many(connection: sa.Connection, table: sa.Table,
                rows: Sequence[Row]) -> None:
    """Write rows that are there already: a script of one part."""
    script = Script(connection)
    script.update(table, rows)
    script.run()


class Script:
    """Inserts and updates, in the order given, in few round trips.

    :param connection: in a transaction; see :meth:`run`.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._parts: list[tuple[str, Any]] = []

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Insert rows.

        :param rows: every column of the table in each.
        """
        if rows:
            self._parts += _statements(
                table, self._connection.dialect).insert(rows)

    def update(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Write rows that are there already.

        The caller must know that they are, for instance because it holds the
        lock of their job's row: on MySQL a row that is gone comes back.

        :param rows: every column of the table in each; no row twice.
        """
        if rows:
            self._parts += _statements(
                table, self._connection.dialect).update(rows)

    def run(self) -> None:
        """Send it all.

        :raises oslo_db.exception.DBDuplicateEntry: a key of an insert is
            there already.
        """
        parts = self._parts
        if self._connection.dialect.name == 'postgresql':
            parts = _joined(parts)
        for statement, values in parts:
            self._connection.exec_driver_sql(statement, values)
        self._parts = []


def _joined(parts: list[tuple[str, tuple]]) -> Iterator[tuple[str, tuple]]:
    """Put statements together as long as their values are not too long."""
    statements: list[str] = []
    together: tuple = ()
    length = 0
    for statement, values in parts:
        if length and length + len(values[0]) > _CHUNK_LENGTH:
            yield '; '.join(statements), together
            statements, together, length = [], (), 0
        statements.append(statement)
        together += values
        length += len(values[0])
    if statements:
        yield '; '.join(statements), together


class _Statements:
    """The statements of one table, with values for ``executemany``."""

    #: What stands for the values of a row.
    mark = '%s'

    def __init__(self, table: sa.Table, dialect: sa.Dialect) -> None:
        quote = dialect.identifier_preparer.quote
        names = [column.name for column in table.c]
        keys = [column.name for column in table.primary_key]
        self.names = names
        self.table = quote(table.name)
        self.columns = [quote(name) for name in names]
        self.keys = [quote(name) for name in keys]
        self.others = [quote(name) for name in names if name not in keys]
        # In C: the values of a row in the order of the columns.
        self._key = operator.itemgetter(keys[0])
        self._pick = operator.itemgetter(*names)
        self._converters = [
            (place, converter) for place, column in enumerate(table.c)
            if (converter := _converter(column.type)) is not None]
        self._insert = self._make_insert()
        self._update = self._make_update()

    def insert(self, rows: Sequence[Row]) -> list[tuple[str, Any]]:
        return [(self._insert, [tuple(self._values(row)) for row in rows])]

    def update(self, rows: Sequence[Row]) -> list[tuple[str, Any]]:
        return [(self._update, [tuple(self._values(row)) for row in rows])]

    def _make_insert(self) -> str:
        columns = ', '.join(self.columns)
        marks = ', '.join([self.mark] * len(self.columns))
        return f'INSERT INTO {self.table} ({columns}) VALUES ({marks})'

    def _make_update(self) -> str:
        raise NotImplementedError

    def _values(self, row: Row) -> list:
        values = list(self._pick(row))
        for place, convert in self._converters:
            value = values[place]
            if value is not None:
                values[place] = convert(value)
        return values


class _MySQLStatements(_Statements):

    def _make_update(self) -> str:
        # VALUES() is the one form that MySQL and MariaDB both know.
        sets = ', '.join(f'{name} = VALUES({name})' for name in self.others)
        return f'{self._make_insert()} ON DUPLICATE KEY UPDATE {sets}'


class _SQLiteStatements(_Statements):

    mark = '?'

    def _make_update(self) -> str:
        place = {name: number for number, name
                 in enumerate(self.columns, start=1)}
        sets = ', '.join(f'{name} = ?{place[name]}' for name in self.others)
        where = ' AND '.join(f'{name} = ?{place[name]}' for name in self.keys)
        return f'UPDATE {self.table} SET {sets} WHERE {where}'


class _PostgreSQLStatements(_Statements):

    def _source(self) -> str:
        # The table's own row type says what each value is.
        return f'json_populate_recordset(NULL::{self.table}, %s)'

    def _make_insert(self) -> str:
        columns = ', '.join(self.columns)
        return (f'INSERT INTO {self.table} ({columns}) '
                f'SELECT {columns} FROM {self._source()}')

    def _make_update(self) -> str:
        sets = ', '.join(f'{name} = given.{name}' for name in self.others)
        where = ' AND '.join(f'{self.table}.{name} = given.{name}'
                             for name in self.keys)
        # The planner takes any JSON text for a hundred rows, and would read
        # the whole table to find them; it can count an array.
        return (f'UPDATE {self.table} SET {sets} '
                f'FROM {self._source()} AS given '
                f'WHERE {where} AND {self.table}.{self.keys[0]} = ANY(%s)')

    def insert(self, rows: Sequence[Row]) -> list[tuple[str, Any]]:
        return [(self._insert, (text,))
                for _chunk, text in self._chunks(rows)]

    def update(self, rows: Sequence[Row]) -> list[tuple[str, Any]]:
        return [(self._update, (text, [self._key(row) for row in chunk]))
                for chunk, text in self._chunks(rows)]

    def _chunks(self,
                rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], str]]:
        """Yield some rows and their text at a time."""
        texts: list[str] = []
        length = begin = 0
        for place, row in enumerate(rows):
            text = _encode(dict(zip(self.names, self._values(row))))
            if texts and (len(texts) == _CHUNK_ROWS
                          or length + len(text) > _CHUNK_LENGTH):
                yield rows[begin:place], f'[{",".join(texts)}]'
                texts, length, begin = [], 0, place
            texts.append(text)
            length += len(text)
        yield rows[begin:], f'[{",".join(texts)}]'


def _converter(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, types.Json):
        return types.to_json
    if isinstance(kind, types.EpochTime):
        return types.to_timestamp
    if isinstance(kind, (types.Line, types.Prose)):
        return types.storable
    return None


_STATEMENTS = {
    'postgresql': _PostgreSQLStatements,
    'mysql': _MySQLStatements,
    'mariadb': _MySQLStatements,
    'sqlite': _SQLiteStatements,
}


@functools.lru_cache(maxsize=64)
def _statements(table: sa.Table, dialect: sa.Dialect) -> _Statements:
    return _STATEMENTS[dialect.name](table, dialect)
