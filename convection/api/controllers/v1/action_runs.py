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
"""Action runs."""

from typing import Any

import pecan

from convection.api.controllers import base
from convection.api.views import action_runs as action_run_views
from convection.api.views import base as views
from convection.db import action_runs
from convection.db import tasks


class ActionRunsController(base.Controller):
    """``/v1/action-runs`` and ``/v1/tasks/{task}/action-runs``."""

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any) -> dict[str, Any]:
        """List the action runs of a job, a task or the whole project."""
        self.authorize(req)
        return self._page(req, self.project(req), {})

    @pecan.expose('json')
    def list_of_task(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """List the action runs of a task in the order of their making."""
        with self.reading() as conn:
            task = tasks.get(conn, self.project(req), ref)
        self.authorize_row(req, task)
        return self._page(req, task['project_id'], {'task_id': task['id']})

    @pecan.expose('json')
    def get(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Show an action run."""
        return action_run_views.VIEW.show(
            self._found(req, ref),
            action_run_views.VIEW.chosen(req.query.get('fields')))

    @pecan.expose('json')
    def complete(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Give the result of an asynchronous action."""
        row = self._found(req, ref)
        values = req.data()
        return action_run_views.VIEW.show(self.engine.complete_action_run(
            req.ctxt.acting_in(row['project_id']), action_run_id=row['id'],
            state=values.get('state', 'SUCCESS'),
            result=values.get('result')))

    def _found(self, req: Any, ref: str) -> views.Row:
        with self.reading() as conn:
            row = action_runs.get(conn, self.project(req), ref)
        self.authorize_row(req, row)
        return row

    def _page(self, req: Any, project_id: str | None,
              more: dict[str, Any]) -> dict[str, Any]:

        def fetch(fields: tuple[str, ...], filters: dict[str, Any],
                  **query: Any) -> list[views.Row]:
            with self.reading() as conn:
                return action_runs.list_(
                    conn, project_id, filters={**filters, **more},
                    fields=action_run_views.VIEW.columns(fields), **query)

        return self.page(req, 'action_runs', action_run_views.VIEW, fetch)
