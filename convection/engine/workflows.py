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
"""Storing workflows and ad-hoc actions: every change is a new revision."""

import time
from typing import Any

from oslo_db import exception as db_exception
import sqlalchemy as sa

from convection.common import exception
from convection.common import uuids
from convection.db import api
from convection.db import models
from convection.lang import document

Row = dict[str, Any]


def validate(definition: str) -> dict[str, Any]:
    """Check a document; return ``valid`` and its ``problems``."""
    parsed = document.parse(definition)
    return {'valid': not parsed.errors,
            'problems': [problem.to_dict() for problem in parsed.problems]}


def _check_size(definition: str, limit: int) -> None:
    size = len(definition.encode())
    if size > limit:
        raise exception.TooLarge(what='The definition', size=size,
                                 limit=limit)


def _parse(definition: str, limit: int) -> document.Document:
    _check_size(definition, limit)
    parsed = document.parse(definition)
    if parsed.errors:
        raise exception.InvalidDefinition(
            count=len(parsed.errors), reason=parsed.errors[0].message,
            locations=[problem.to_dict() for problem in parsed.errors])
    return parsed


class Workflows:
    """Writes the tables of workflows, revisions and actions.

    :param size_limit: of a document, in bytes.
    """

    def __init__(self, database: api.Database, size_limit: int) -> None:
        self._database = database
        self._size_limit = size_limit

    def validate(self, definition: str) -> dict[str, Any]:
        """Check a document; see :func:`validate`.

        :raises TooLarge: it could not be stored anyway.
        """
        _check_size(definition, self._size_limit)
        return validate(definition)

    def create(self, ctxt: Any, definition: str, namespace: str,
               scope: str) -> list[Row]:
        """Store everything a document holds.

        :raises InvalidDefinition: the document breaks the language's rules.
        :raises Conflict: a name is taken; nothing was stored.
        """
        parsed = _parse(definition, self._size_limit)
        now = time.time()
        try:
            with self._database.writer() as connection:
                writer = _Writer(connection, ctxt, definition, namespace, now)
                return [writer.create_action(action)
                        for action in parsed.actions
                        ] + [writer.create_workflow(workflow, scope)
                             for workflow in parsed.workflows]
        except db_exception.DBDuplicateEntry as error:
            raise exception.Conflict(
                code='definition.name_taken',
                reason='A workflow or action of that name exists.'
            ) from error

    def update(self, ctxt: Any, definition: str, namespace: str,
               scope: str | None) -> list[Row]:
        """Store a new revision of everything a document holds.

        :raises InvalidDefinition: the document breaks the language's rules.
        :raises NotFound: one of them does not exist; nothing was stored.
        """
        parsed = _parse(definition, self._size_limit)
        now = time.time()
        with self._database.writer() as connection:
            writer = _Writer(connection, ctxt, definition, namespace, now)
            return [writer.update_action(action) for action in parsed.actions
                    ] + [writer.update_workflow(workflow, scope)
                         for workflow in parsed.workflows]

    def delete(self, ctxt: Any, workflow_id: str) -> None:
        """Free the name of a workflow; its revisions stay for its jobs.

        :raises NotFound: no such workflow in the caller's project.
        """
        workflows = models.workflows.c
        with self._database.writer() as connection:
            hit = connection.execute(sa.update(models.workflows).where(
                workflows.id == workflow_id, workflows.deleted == '',
                workflows.project_id == ctxt.project_id).values(
                    deleted=workflow_id, deleted_at=time.time()))
        if not hit.rowcount:
            raise exception.NotFound(noun='workflow', ref=workflow_id)

    def delete_action(self, ctxt: Any, action_id: str) -> None:
        """Delete an ad-hoc action.

        :raises NotFound: no such ad-hoc action in the caller's project.
        """
        actions = models.actions.c
        with self._database.writer() as connection:
            hit = connection.execute(sa.delete(models.actions).where(
                actions.id == action_id, actions.kind == 'adhoc',
                actions.project_id == ctxt.project_id))
        if not hit.rowcount:
            raise exception.NotFound(noun='action', ref=action_id)


class _Writer:
    """Writes the items of one document in one transaction."""

    def __init__(self, connection: sa.Connection, ctxt: Any, definition: str,
                 namespace: str, now: float) -> None:
        self._connection = connection
        self._ctxt = ctxt
        self._definition = definition
        self._namespace = namespace
        self._now = now

    # -- workflows --

    def create_workflow(self, item: Any, scope: str) -> Row:
        self._check_free(models.workflows, 'workflow', item.name,
                         models.workflows.c.deleted == '')
        row = {'id': uuids.new_id(), 'project_id': self._ctxt.project_id,
               'name': item.name, 'namespace': self._namespace,
               'workbook': item.workbook, 'scope': scope, 'revision': 1,
               'description': _text(item.data.get('description')),
               'tags': item.data.get('tags') or [], 'created_at': self._now,
               'updated_at': self._now, 'deleted': '', 'deleted_at': None}
        self._connection.execute(models.workflows.insert().values(**row))
        self._add_revision(row['id'], 1, item.data)
        return {'noun': 'workflow', 'definition': self._definition, **row}

    def update_workflow(self, item: Any, scope: str | None) -> Row:
        row = self._existing(models.workflows, 'workflow', item.name,
                             models.workflows.c.deleted == '')
        changed = {'revision': row['revision'] + 1,
                   'workbook': item.workbook,
                   'scope': scope or row['scope'],
                   'description': _text(item.data.get('description')),
                   'tags': item.data.get('tags') or [],
                   'updated_at': self._now}
        hit = self._connection.execute(sa.update(models.workflows).where(
            models.workflows.c.id == row['id'],
            models.workflows.c.revision == row['revision']).values(**changed))
        if not hit.rowcount:
            raise exception.Conflict(
                code='workflow.changed',
                reason=f'The workflow "{item.name}" was changed at the same '
                       'time.')
        self._add_revision(row['id'], changed['revision'], item.data)
        return {'noun': 'workflow', 'definition': self._definition, **row,
                **changed}

    def _add_revision(self, workflow_id: str, revision: int,
                      data: dict[str, Any]) -> None:
        self._connection.execute(models.workflow_revisions.insert().values(
            id=uuids.new_id(), workflow_id=workflow_id, revision=revision,
            definition=self._definition, data=data,
            user_id=self._ctxt.user_id, created_at=self._now))

    # -- ad-hoc actions --

    def create_action(self, item: Any) -> Row:
        self._check_free(models.actions, 'action', item.name, sa.true())
        row = {'id': uuids.new_id(), 'kind': 'adhoc',
               'project_id': self._ctxt.project_id, 'name': item.name,
               'namespace': self._namespace, 'created_at': self._now,
               **self._action_values(item)}
        self._connection.execute(models.actions.insert().values(**row))
        return {'noun': 'action', **row}

    def update_action(self, item: Any) -> Row:
        row = self._existing(models.actions, 'action', item.name, sa.true())
        changed = self._action_values(item)
        self._connection.execute(sa.update(models.actions).where(
            models.actions.c.id == row['id']).values(**changed))
        return {'noun': 'action', **row, **changed}

    def _action_values(self, item: Any) -> Row:
        spec = item.spec
        return {'workbook': item.workbook, 'data': item.data,
                'description': _text(item.data.get('description')),
                'tags': item.data.get('tags') or [],
                'parameters': _schema(spec), 'asynchronous': False,
                'definition': self._definition, 'updated_at': self._now}

    # -- names --

    def _named(self, table: sa.Table, name: str, alive: Any) -> Any:
        return self._connection.execute(sa.select(table).where(
            table.c.project_id == self._ctxt.project_id,
            table.c.namespace == self._namespace, table.c.name == name,
            alive)).mappings().first()

    def _check_free(self, table: sa.Table, noun: str, name: str,
                    alive: Any) -> None:
        if self._named(table, name, alive) is not None:
            raise exception.Conflict(
                code=f'{noun}.name_taken',
                reason=f'The {noun} "{name}" exists already.')

    def _existing(self, table: sa.Table, noun: str, name: str,
                  alive: Any) -> Row:
        row = self._named(table, name, alive)
        if row is None:
            raise exception.NotFound(noun=noun, ref=name)
        return dict(row)


def _text(value: Any) -> str | None:
    """A description may be any YAML value at the level of a workflow."""
    return value if value is None or isinstance(value, str) else str(value)


def _schema(spec: Any) -> dict[str, Any]:
    """Return the JSON Schema of an ad-hoc action's inputs."""
    return {'type': 'object', 'additionalProperties': False,
            'properties': {i.name: {} if i.required else
                           {'default': i.default} for i in spec.inputs},
            'required': [i.name for i in spec.inputs if i.required]}
