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
"""Action runs: reading them. The store of their job's owner writes them."""

from typing import Any, Iterable

import sqlalchemy as sa

from convection.common import exception
from convection.db import models
from convection.db import query

_TABLE = models.action_runs


def get(connection: sa.Connection, project_id: str | None,
        ref: str) -> dict[str, Any]:
    """Return the action run with that id.

    :param project_id: None looks in all projects.
    :raises exception.NotFound: the project has none.
    """
    row = query.first(connection, sa.select(_TABLE).where(
        *_within(project_id), _TABLE.c.id == ref))
    if row is None:
        raise exception.NotFound(noun='action run', ref=ref)
    return row


def list_(connection: sa.Connection, project_id: str | None,
          filters: query.Filters | None = None, marker: str | None = None,
          limit: int | None = None, sort_key: str = 'id',
          sort_dir: str = 'asc',
          fields: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return a page of the action runs of a project, or of all; see ``query``.

    By id they are in the order of their jobs and of their numbers there.
    """
    return query.page(connection, _TABLE, _within(project_id),
                      filters=filters, marker=marker, limit=limit,
                      sort_key=sort_key, sort_dir=sort_dir, fields=fields)


def _within(project_id: str | None) -> list[sa.ColumnElement]:
    return [] if project_id is None else [_TABLE.c.project_id == project_id]
