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
"""The database's clock: the one that all engines share."""

import sqlalchemy as sa

from convection.db import tuning
from convection.db import types


def now_expression(dialect: sa.Dialect) -> sa.ColumnElement:
    """Return the SQL for the time now, a value for an ``EpochTime``.

    The time of the statement, not of the transaction; to milliseconds on
    SQLite, to microseconds on the others.
    """
    if dialect.name == 'postgresql':
        text = "timezone('utc', clock_timestamp())"
    elif dialect.name in tuning.MYSQL_NAMES:
        text = 'UTC_TIMESTAMP(6)'
    else:
        # Six digits, as SQLAlchemy writes and reads times there.
        text = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    return sa.literal_column(text, types.EpochTime())


def now(connection: sa.Connection) -> float:
    """Return the database's time in seconds since the epoch, UTC."""
    return connection.scalar(sa.select(now_expression(connection.dialect)))
