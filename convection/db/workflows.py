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
"""Workflows and their revisions.

A deleted workflow keeps its row and its revisions, for its jobs refer to
them; its name is free for another.
"""

from typing import Any, Iterable

import sqlalchemy as sa

from convection.common import exception
from convection.db import models
from convection.db import query

PUBLIC = 'public'

_TABLE = models.workflows
_REVISIONS = models.workflow_revisions


def get(connection: sa.Connection, project_id: str | None, ref: str,
        namespace: str = '') -> dict[str, Any]:
    """Return the workflow with that id, else with that name.

    The project's own comes before a public one of another project, and the
    oldest of these before the others.

    :param project_id: None looks in all projects.
    :raises exception.NotFound: the project sees none.
    """
    statement = sa.select(_TABLE).where(*_within(project_id))
    row = query.first(connection, statement.where(_TABLE.c.id == ref))
    if row is None:
        order = [_TABLE.c.created_at, _TABLE.c.id]
        if project_id is not None:
            order.insert(0, (_TABLE.c.project_id == project_id).desc())
        row = query.first(connection, statement.where(
            _TABLE.c.name == ref,
            _TABLE.c.namespace == namespace).order_by(*order))
    if row is None:
        raise exception.NotFound(noun='workflow', ref=ref)
    return row


def list_(connection: sa.Connection, project_id: str | None,
          filters: query.Filters | None = None, marker: str | None = None,
          limit: int | None = None, sort_key: str = 'created_at',
          sort_dir: str = 'desc',
          fields: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return a page of the workflows that a project sees; see ``query``."""
    return query.page(connection, _TABLE, _within(project_id),
                      filters=filters, marker=marker, limit=limit,
                      sort_key=sort_key, sort_dir=sort_dir, fields=fields)


def get_revision(connection: sa.Connection, workflow_id: str,
                 revision: int) -> dict[str, Any]:
    """Return one revision of a workflow, deleted or not.

    :raises exception.NotFound: there is none.
    """
    return _found(revision, query.first(
        connection, sa.select(_REVISIONS).where(
            _REVISIONS.c.workflow_id == workflow_id,
            _REVISIONS.c.revision == revision)))


def get_revision_by_id(connection: sa.Connection,
                       revision_id: str) -> dict[str, Any]:
    """Return the revision that a job was made from.

    :raises exception.NotFound: there is none.
    """
    return _found(revision_id, query.first(
        connection,
        sa.select(_REVISIONS).where(_REVISIONS.c.id == revision_id)))


def list_revisions(connection: sa.Connection, workflow_id: str,
                   marker: str | None = None, limit: int | None = None,
                   fields: Iterable[str] | None = None,
                   ) -> list[dict[str, Any]]:
    """Return a page of a workflow's revisions, the newest first."""
    return query.page(connection, _REVISIONS,
                      [_REVISIONS.c.workflow_id == workflow_id],
                      marker=marker, limit=limit, sort_key='revision',
                      sort_dir='desc', fields=fields)


def create(connection: sa.Connection, workflow: dict[str, Any],
           revision: dict[str, Any]) -> None:
    """Insert a workflow and its first revision.

    :raises oslo_db.exception.DBDuplicateEntry: the name is taken.
    """
    connection.execute(_TABLE.insert().values(workflow))
    connection.execute(_REVISIONS.insert().values(revision))


def update(connection: sa.Connection, workflow_id: str,
           values: dict[str, Any], revision: dict[str, Any]) -> bool:
    """Add a revision and change the workflow's row with it.

    :param revision: its ``revision`` is one above the one it was made from.
    :returns: False when the workflow is gone or somebody else added a
        revision in between; nothing is written then.
    """
    number = revision['revision']
    result = connection.execute(_TABLE.update().where(
        _TABLE.c.id == workflow_id, _TABLE.c.deleted == '',
        _TABLE.c.revision == number - 1).values(
            {**values, 'revision': number}))
    if not result.rowcount:
        return False
    connection.execute(_REVISIONS.insert().values(revision))
    return True


def delete(connection: sa.Connection, workflow_id: str, at: float) -> bool:
    """Mark a workflow as deleted; whether it was there."""
    return bool(connection.execute(_TABLE.update().where(
        _TABLE.c.id == workflow_id, _TABLE.c.deleted == '').values(
            deleted=workflow_id, deleted_at=at)).rowcount)


def _within(project_id: str | None) -> list[sa.ColumnElement]:
    where = [_TABLE.c.deleted == '']
    if project_id is not None:
        where.append(sa.or_(_TABLE.c.project_id == project_id,
                            _TABLE.c.scope == PUBLIC))
    return where


def _found(ref: Any, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise exception.NotFound(noun='revision', ref=ref)
    return row
