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
"""Actions: the plug-ins of the executors and the project's ad-hoc ones."""

from typing import Any

import pecan

from convection.api.controllers import base
from convection.api.views import actions as action_views
from convection.api.views import base as views
from convection.common import exception
from convection.db import actions


class ActionsController(base.Controller):
    """``/v1/actions``."""

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any) -> dict[str, Any]:
        """List actions."""
        self.authorize(req)
        project_id = self.project(req)

        def fetch(fields: tuple[str, ...], **query: Any) -> list[views.Row]:
            with self.reading() as conn:
                return actions.list_(
                    conn, project_id,
                    fields=action_views.VIEW.columns(fields), **query)

        return self.page(req, 'actions', action_views.VIEW, fetch)

    @pecan.expose('json')
    def get(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Show an action."""
        # Plug-ins belong to nobody: whoever may look may see them.
        self.authorize(req)
        return action_views.VIEW.show(
            self._found(req, ref),
            action_views.VIEW.chosen(req.query.get('fields')))

    @pecan.expose('json')
    def delete(self, req: Any, resp: Any, ref: str) -> None:
        """Delete an ad-hoc action."""
        row = self._found(req, ref)
        if row['project_id'] == actions.NOBODY:
            self.authorize(req)
            raise exception.Conflict(
                code='action.not_deletable',
                reason=f'"{row["name"]}" is a plug-in of the executors; '
                       'only ad-hoc actions can be deleted.')
        self.authorize_row(req, row)
        self.engine.delete_action(req.ctxt.acting_in(row['project_id']),
                                  action_id=row['id'])

    def _found(self, req: Any, ref: str) -> views.Row:
        with self.reading() as conn:
            return actions.get(conn, self.project(req), ref,
                               namespace=req.query.get('namespace', ''))
