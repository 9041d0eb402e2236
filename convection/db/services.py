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
"""Services: engines, executors and API servers, and when they last spoke.

``updated_at`` is always the database's time, so that silence is measured by
one clock.
"""

from typing import Any, Iterable

import sqlalchemy as sa

from convection.common import exception
from convection.db import clock
from convection.db import models
from convection.db import query

_TABLE = models.services


def save(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Write a service's row, new or not; it has spoken now.

    :param row: the columns but for ``updated_at``; those left out of a row
        that is there stay as they are.
    """
    values = {**row,
              'updated_at': clock.now_expression(connection.dialect)}
    result = connection.execute(
        _TABLE.update().where(_TABLE.c.id == row['id']).values(values))
    # Its own row: nobody else makes it in between.
    if not result.rowcount:
        connection.execute(_TABLE.insert().values(values))


def get(connection: sa.Connection, ref: str) -> dict[str, Any]:
    """Return the service with that id.

    :raises exception.NotFound: there is none.
    """
    row = query.first(connection,
                      sa.select(_TABLE).where(_TABLE.c.id == ref))
    if row is None:
        raise exception.NotFound(noun='service', ref=ref)
    return row


def list_(connection: sa.Connection, filters: query.Filters | None = None,
          marker: str | None = None, limit: int | None = None,
          sort_key: str = 'started_at', sort_dir: str = 'asc',
          fields: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return a page of the services; see ``query``."""
    return query.page(connection, _TABLE, filters=filters, marker=marker,
                      limit=limit, sort_key=sort_key, sort_dir=sort_dir,
                      fields=fields)


def list_silent(connection: sa.Connection, kind: str,
                seconds: float) -> list[dict[str, Any]]:
    """Return the services of a kind not heard of for so many seconds."""
    before = clock.now(connection) - seconds
    return query.rows(connection, sa.select(_TABLE).where(
        _TABLE.c.kind == kind, _TABLE.c.updated_at < before).order_by(
            _TABLE.c.updated_at))


def delete(connection: sa.Connection, service_id: str) -> bool:
    """Delete a service's row; whether it was there."""
    return bool(connection.execute(
        _TABLE.delete().where(_TABLE.c.id == service_id)).rowcount)
