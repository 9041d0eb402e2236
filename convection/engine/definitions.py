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
"""Finding workflows and actions for jobs, ready to run.

A revision never changes, so its compiled form is kept. Which revision a name
means, and which ad-hoc actions a project has, is read when a job starts.
"""

import collections
import dataclasses
import operator
import threading
from typing import Any

from oslo_db import exception as db_exception
import sqlalchemy as sa

from convection.common import uuids
from convection.db import api
from convection.db import models
from convection.db import types
from convection.engine.core import model
from convection.engine.core import start
from convection.engine.core import states
from convection.lang import build
from convection.lang import graph
from convection.lang import spec as specs

#: Compiled revisions that are kept.
_KEPT = 1000


# Statements are built once: that takes longer than to run them.

def _revisions() -> sa.Select:
    workflows, revisions = models.workflows.c, models.workflow_revisions.c
    return sa.select(
        workflows.id, revisions.id.label('revision_id'), revisions.revision,
        workflows.name, workflows.namespace, workflows.workbook,
        revisions.data).join(models.workflow_revisions,
                             revisions.workflow_id == workflows.id)


def _find() -> sa.Select:
    workflows, revisions = models.workflows.c, models.workflow_revisions.c
    by_id = workflows.id == sa.bindparam('reference')
    by_name = sa.and_(workflows.name == sa.bindparam('reference'),
                      workflows.namespace == sa.bindparam('namespace'))
    own = workflows.project_id == sa.bindparam('project_id')
    return _revisions().where(
        sa.or_(own, workflows.scope == 'public'), workflows.deleted == '',
        revisions.revision == workflows.revision,
        sa.or_(by_id, by_name)).order_by(
            sa.case((by_id, 0), (own, 1), else_=2)).limit(1)


_FIND = _find()
_REVISION = _revisions().where(
    models.workflow_revisions.c.id == sa.bindparam('revision_id'))
_ADHOC = sa.select(
    models.actions.c.namespace, models.actions.c.name,
    models.actions.c.data).where(
        models.actions.c.project_id == sa.bindparam('project_id'),
        models.actions.c.kind == 'adhoc')


class Refused(Exception):
    """A job cannot be started: no such workflow, or a wrong input."""


@dataclasses.dataclass(frozen=True, slots=True)
class Definition:
    """One revision of a workflow, compiled."""

    workflow_id: str
    revision_id: str
    revision: int
    name: str
    namespace: str
    workbook: str | None
    spec: specs.WorkflowSpec
    graph: graph.Graph


class Catalogue:
    """The actions that a project's jobs may call.

    :param plugins: what executors offer, by name; grows as they register.
    :param adhoc: the project's ad-hoc actions by (namespace, name).
    """

    def __init__(self, plugins: dict[str, dict[str, Any]],
                 adhoc: dict[tuple[str, str], specs.AdhocActionSpec]) -> None:
        self._plugins = plugins
        self._adhoc = adhoc

    def plugin(self, name: str) -> dict[str, Any] | None:
        """See :class:`convection.engine.core.model.Actions`."""
        return self._plugins.get(name)

    def adhoc(self, name: str, namespace: str) -> Any:
        """See :class:`convection.engine.core.model.Actions`."""
        return self._adhoc.get((namespace, name))


class Definitions:
    """Reads definitions from the database and keeps them compiled."""

    def __init__(self, database: api.Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._compiled: collections.OrderedDict[str, tuple] = \
            collections.OrderedDict()
        #: Descriptions of the plug-in actions, by name.
        self.plugins: dict[str, dict[str, Any]] = {}

    # -- workflows --

    def find(self, project_id: str, reference: str,
             namespace: str = '') -> Definition | None:
        """Find a workflow by id or by name, in its latest revision.

        A name is looked for in the project first, then among the public
        workflows of others.
        """
        with self._database.reader() as connection:
            row = connection.execute(_FIND, {
                'project_id': project_id,
                # May come from an expression, and hold anything.
                'reference': types.storable(reference),
                'namespace': namespace}).mappings().first()
        return self._definition(row) if row else None

    def find_sub_workflow(self, parent: model.Job,
                          name: str) -> Definition:
        """Find the workflow that a task of a job calls.

        In a workbook its own workflows come first; in a namespace that
        namespace, then the default one.

        :raises Refused: there is none.
        """
        names = [name]
        if parent.workbook:
            names.insert(0, f'{parent.workbook}.{name}')
        for candidate in names:
            for namespace in dict.fromkeys((parent.namespace, '')):
                found = self.find(parent.project_id, candidate, namespace)
                if found is not None:
                    return found
        raise Refused(f'No workflow has the name "{name}".')

    def revision(self, revision_id: str) -> Definition | None:
        """Return one revision; its workflow may be deleted by now."""
        with self._database.reader() as connection:
            row = connection.execute(_REVISION, {
                'revision_id': revision_id}).mappings().first()
        return self._definition(row) if row else None

    def _definition(self, row: Any) -> Definition:
        spec, plan = self._compile(row['revision_id'], row['name'],
                                   row['data'])
        return Definition(row['id'], row['revision_id'], row['revision'],
                          row['name'], row['namespace'], row['workbook'],
                          spec, plan)

    def _compile(self, revision_id: str, name: str, data: Any) -> tuple:
        with self._lock:
            if revision_id in self._compiled:
                self._compiled.move_to_end(revision_id)
                return self._compiled[revision_id]
        spec = build.workflow(name, data)
        compiled = spec, graph.Graph.of(spec)
        with self._lock:
            self._compiled[revision_id] = compiled
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return compiled

    # -- actions --

    def catalogue(self, project_id: str) -> Catalogue:
        """Return the actions for a new or loaded job of the project."""
        with self._database.reader() as connection:
            rows = connection.execute(
                _ADHOC, {'project_id': project_id}).all()
        return Catalogue(self.plugins, {
            (namespace, name): build.action(name, data)
            for namespace, name, data in rows})

    def load_plugins(self) -> None:
        """Read what executors offered before this engine started."""
        actions = models.actions.c
        with self._database.reader() as connection:
            for row in connection.execute(sa.select(
                    actions.name, actions.description, actions.parameters,
                    actions.asynchronous).where(
                        actions.kind == 'plugin')).mappings():
                self.plugins.setdefault(row['name'], dict(row))

    def save_plugins(self, described: list[dict[str, Any]],
                     at: float) -> None:
        """Take a catalogue that an executor registered."""
        changed = [d for d in described
                   if self.plugins.get(d['name']) != _known(d)]
        if not changed:
            return
        try:
            self._save_all(changed, at)
        except db_exception.DBDuplicateEntry:
            # Every engine hears the executor, and another was faster: now
            # the rows are there.
            self._save_all(changed, at)
        for description in changed:
            self.plugins[description['name']] = _known(description)

    def _save_all(self, described: list[dict[str, Any]], at: float) -> None:
        with self._database.writer() as connection:
            for description in sorted(described,
                                      key=operator.itemgetter('name')):
                self._save_plugin(connection, description, at)

    @staticmethod
    def _save_plugin(connection: sa.Connection, description: dict[str, Any],
                     at: float) -> None:
        actions = models.actions.c
        values = {**_known(description), 'updated_at': at}
        hit = connection.execute(sa.update(models.actions).where(
            actions.project_id == '', actions.namespace == '',
            actions.name == description['name']).values(**values))
        if not hit.rowcount:
            connection.execute(models.actions.insert().values(
                id=uuids.new_id(), kind='plugin', project_id='',
                namespace='', tags=[], created_at=at, **values))


def _known(description: dict[str, Any]) -> dict[str, Any]:
    return {key: description[key] for key in
            ('name', 'description', 'parameters', 'asynchronous')}


def check_input(definition: Definition,
                given: dict[str, Any]) -> tuple[dict, dict]:
    """Return the input with its defaults, and the keys that are no input.

    :raises Refused: an input is missing.
    """
    try:
        return start.check_input(definition.spec, given)
    except start.InputError as error:
        raise Refused(str(error)) from error


def check_params(definition: Definition, params: dict[str, Any]) -> None:
    """Check the start parameters of a job.

    :raises Refused: they do not fit the workflow.
    """
    try:
        start.check_params(definition.spec, params)
    except start.InputError as error:
        raise Refused(str(error)) from error


def new_job(definition: Definition, fields: dict[str, Any]) -> model.Job:
    """Make a job of a definition; it has not been started."""
    return model.Job(
        workflow_id=definition.workflow_id,
        workflow_revision_id=definition.revision_id,
        workflow_name=definition.name,
        workflow_revision=definition.revision,
        workbook=definition.workbook, state=states.RUNNING,
        spec=definition.spec, graph=definition.graph, **fields)
