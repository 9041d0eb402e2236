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
"""Many rows in few statements, for the engine's group commit."""

from typing import Any, Sequence

import sqlalchemy as sa

Row = dict[str, Any]


def insert_many(connection: sa.Connection, table: sa.Table,
                rows: Sequence[Row]) -> None:
    """Insert rows, all with the same keys.

    :raises oslo_db.exception.DBDuplicateEntry: a key is there already.
    """
    if rows:
        connection.execute(table.insert(), list(rows))


def update_many(connection: sa.Connection, table: sa.Table,
                rows: Sequence[Row]) -> None:
    """Write rows that are there already, each given in full.

    :param rows: every column of the table in each.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = table.update().where(*(
        table.c[key] == sa.bindparam(f'_{key}') for key in keys)).values(
            {column.name: sa.bindparam(column.name) for column in table.c
             if column.name not in keys})
    connection.execute(statement, [
        {f'_{key}' if key in keys else key: value
         for key, value in row.items()} for row in rows])
