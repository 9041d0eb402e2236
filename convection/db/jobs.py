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
"""Jobs: reading them. Their owner's store writes them."""

from typing import Any, Iterable

import sqlalchemy as sa

from convection.common import exception
from convection.db import models
from convection.db import query

_TABLE = models.jobs


def get(connection: sa.Connection, project_id: str | None,
        ref: str) -> dict[str, Any]:
    """Return the job with that id, else the latest with that name.

    :param project_id: None looks in all projects.
    :raises exception.NotFound: the project has none.
    """
    statement = sa.select(_TABLE).where(*_within(project_id))
    row = query.first(connection, statement.where(_TABLE.c.id == ref))
    if row is None:
        # Ids are ordered by time.
        row = query.first(connection, statement.where(
            _TABLE.c.name == ref).order_by(_TABLE.c.id.desc()))
    if row is None:
        raise exception.NotFound(noun='job', ref=ref)
    return row


def get_by_idempotency_key(connection: sa.Connection, project_id: str,
                           key: str) -> dict[str, Any] | None:
    """Return the job that a client has made with that key, if any."""
    return query.first(connection, sa.select(_TABLE).where(
        _TABLE.c.project_id == project_id,
        _TABLE.c.idempotency_key == key))


def list_(connection: sa.Connection, project_id: str | None,
          filters: query.Filters | None = None, marker: str | None = None,
          limit: int | None = None, sort_key: str = 'created_at',
          sort_dir: str = 'desc',
          fields: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return a page of the jobs of a project, or of all; see ``query``."""
    return query.page(connection, _TABLE, _within(project_id),
                      filters=filters, marker=marker, limit=limit,
                      sort_key=sort_key, sort_dir=sort_dir, fields=fields)


def _within(project_id: str | None) -> list[sa.ColumnElement]:
    return [] if project_id is None else [_TABLE.c.project_id == project_id]
