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
"""Workflows and their revisions."""

import re
from typing import Any

import pecan

from convection.api.controllers import base
from convection.api.views import actions as action_views
from convection.api.views import base as views
from convection.api.views import workflows as workflow_views
from convection.common import exception
from convection.db import workflows

_NUMBER = re.compile(r'[1-9][0-9]{0,8}\Z')
#: What an engine tells of a workflow that it has just stored.
_STORED_FIELDS = tuple(name for name in workflow_views.VIEW.fields
                       if name != 'input')


class WorkflowsController(base.Controller):
    """``/v1/workflows``."""

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any) -> dict[str, Any]:
        """List the workflows of the project and the public ones."""
        self.authorize(req)
        project_id = self.project(req)

        def fetch(fields: tuple[str, ...], **query: Any) -> list[views.Row]:
            with self.reading() as conn:
                rows = workflows.list_(
                    conn, project_id,
                    fields=workflow_views.VIEW.columns(fields), **query)
                if workflow_views.OF_REVISION.isdisjoint(fields):
                    return rows
                return [self._with_revision(conn, row) for row in rows]

        return self.page(req, 'workflows', workflow_views.VIEW, fetch)

    @pecan.expose('json')
    def create(self, req: Any, resp: Any) -> dict[str, Any]:
        """Store what a document defines."""
        self.authorize(req)
        return self._store(req, self.engine.create_workflows)

    @pecan.expose('json')
    def update(self, req: Any, resp: Any) -> dict[str, Any]:
        """Store new revisions of what a document defines."""
        self.authorize(req)
        return self._store(req, self.engine.update_workflows)

    @pecan.expose('json')
    def validate(self, req: Any, resp: Any) -> dict[str, Any]:
        """Check a document; a bad one is a good answer, too."""
        self.authorize(req)
        document = req.document()
        return self.engine.validate_workflows(req.ctxt, **document)

    @pecan.expose('json')
    def get(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Show a workflow with the document of its latest revision."""
        fields = workflow_views.VIEW.chosen(req.query.get('fields'))
        with self.reading() as conn:
            row = self._found(conn, req, ref)
            if not workflow_views.OF_REVISION.isdisjoint(fields):
                row = self._with_revision(conn, row)
        return workflow_views.VIEW.show(row, fields)

    @pecan.expose('json')
    def delete(self, req: Any, resp: Any, ref: str) -> None:
        """Delete a workflow."""
        with self.reading() as conn:
            row = self._found(conn, req, ref)
        self.engine.delete_workflow(req.ctxt.acting_in(row['project_id']),
                                    workflow_id=row['id'])

    @pecan.expose('json')
    def list_revisions(self, req: Any, resp: Any,
                       ref: str) -> dict[str, Any]:
        """List the revisions of a workflow, the newest first."""
        with self.reading() as conn:
            workflow = self._found(conn, req, ref)

        view = workflow_views.REVISION_VIEW

        def fetch(fields: tuple[str, ...], filters: dict[str, Any],
                  **query: Any) -> list[views.Row]:
            with self.reading() as conn:
                return workflows.list_revisions(
                    conn, workflow['id'], fields=view.columns(fields),
                    **query)

        return self.page(req, 'revisions', view, fetch)

    @pecan.expose('json')
    def get_revision(self, req: Any, resp: Any, ref: str,
                     number: str) -> dict[str, Any]:
        """Show a revision of a workflow."""
        view = workflow_views.REVISION_VIEW
        fields = view.chosen(req.query.get('fields'))
        with self.reading() as conn:
            workflow = self._found(conn, req, ref)
            if not _NUMBER.match(number):
                raise exception.NotFound(noun='revision', ref=number)
            row = workflows.get_revision(conn, workflow['id'], int(number))
        return view.show(row, fields)

    def _store(self, req: Any, store: Any) -> dict[str, Any]:
        document = req.document()
        if document.get('scope') == 'public':
            self.authorize(req, 'workflows:publicize')
        stored = store(req.ctxt, **document)
        return {'workflows': [workflow_views.VIEW.show(row, _STORED_FIELDS)
                              for row in stored if row['noun'] == 'workflow'],
                'actions': [action_views.VIEW.show(row) for row in stored
                            if row['noun'] == 'action']}

    def _found(self, conn: Any, req: Any, ref: str) -> views.Row:
        row = workflows.get(conn, self.project(req), ref,
                            namespace=req.query.get('namespace', ''))
        if req.route.method == 'GET' and row['scope'] == workflows.PUBLIC:
            # Everybody's to look at.
            self.authorize(req)
        else:
            self.authorize_row(req, row)
        return row

    @staticmethod
    def _with_revision(conn: Any, row: views.Row) -> views.Row:
        revision = workflows.get_revision(conn, row['id'], row['revision'])
        return workflow_views.with_revision(row, revision)
