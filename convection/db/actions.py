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
"""Actions: the projects' ad-hoc ones and the executors' plug-ins."""

from typing import Any, Iterable

import sqlalchemy as sa

from convection.common import exception
from convection.db import models
from convection.db import query

_TABLE = models.actions

#: The owner of the plug-ins, which all projects see.
NOBODY = ''


def get(connection: sa.Connection, project_id: str | None, ref: str,
        namespace: str = '') -> dict[str, Any]:
    """Return the action with that id, else with that name.

    An ad-hoc action of the project comes before a plug-in of its name.

    :param project_id: None looks in all projects.
    :raises exception.NotFound: the project sees none.
    """
    statement = sa.select(_TABLE).where(*_within(project_id))
    row = query.first(connection, statement.where(_TABLE.c.id == ref))
    if row is None:
        row = query.first(connection, statement.where(
            _TABLE.c.name == ref,
            _TABLE.c.namespace.in_({namespace, ''})).order_by(
                (_TABLE.c.project_id == NOBODY),
                (_TABLE.c.namespace == namespace).desc(), _TABLE.c.id))
    if row is None:
        raise exception.NotFound(noun='action', ref=ref)
    return row


def list_(connection: sa.Connection, project_id: str | None,
          filters: query.Filters | None = None, marker: str | None = None,
          limit: int | None = None, sort_key: str = 'name',
          sort_dir: str = 'asc',
          fields: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return a page of the actions that a project sees; see ``query``."""
    return query.page(connection, _TABLE, _within(project_id),
                      filters=filters, marker=marker, limit=limit,
                      sort_key=sort_key, sort_dir=sort_dir, fields=fields)


def create(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Insert an action.

    :raises oslo_db.exception.DBDuplicateEntry: the name is taken.
    """
    connection.execute(_TABLE.insert().values(row))


def update(connection: sa.Connection, action_id: str,
           values: dict[str, Any]) -> bool:
    """Change an action; whether it was there."""
    return bool(connection.execute(_TABLE.update().where(
        _TABLE.c.id == action_id).values(values)).rowcount)


def delete(connection: sa.Connection, action_id: str) -> bool:
    """Delete an action; whether it was there."""
    return bool(connection.execute(
        _TABLE.delete().where(_TABLE.c.id == action_id)).rowcount)


def _within(project_id: str | None) -> list[sa.ColumnElement]:
    if project_id is None:
        return []
    return [_TABLE.c.project_id.in_({project_id, NOBODY})]
