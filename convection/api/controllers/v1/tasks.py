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
"""Tasks."""

import collections
from typing import Any

import pecan

from convection.api.controllers.v1 import jobs as job_controllers
from convection.api.views import base as views
from convection.api.views import tasks as task_views
from convection.api.views import waiting
from convection.db import action_runs
from convection.db import jobs
from convection.db import tasks
from convection.db import workflows

#: What the result of a task is made of.
_RUN_COLUMNS = ('task_id', 'index', 'accepted', 'result')


class TasksController(job_controllers.JobsController):
    """``/v1/tasks`` and ``/v1/jobs/{job}/tasks``."""

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any) -> dict[str, Any]:
        """List the tasks of all jobs of the project."""
        self.authorize(req)
        return self._page(req, self.project(req), {})

    @pecan.expose('json')
    def list_of_job(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """List the tasks of a job in the order in which they were made."""
        with self.reading() as conn:
            job = self.found(conn, req, ref)
        return self._page(req, job['project_id'], {'job_id': job['id']})

    @pecan.expose('json')
    def get(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Show a task."""
        fields = task_views.VIEW.chosen(req.query.get('fields'))
        with self.reading() as conn:
            row = tasks.get(conn, self.project(req), ref)
            self.authorize_row(req, row)
            _complete(conn, [row], fields)
        return task_views.VIEW.show(row, fields)

    def _page(self, req: Any, project_id: str | None,
              more: dict[str, Any]) -> dict[str, Any]:

        def fetch(fields: tuple[str, ...], filters: dict[str, Any],
                  **query: Any) -> list[views.Row]:
            columns = {'job_id', 'name', 'state',
                       *task_views.VIEW.columns(fields)}
            with self.reading() as conn:
                rows = tasks.list_(conn, project_id, fields=columns,
                                   filters={**filters, **more}, **query)
                _complete(conn, rows, fields)
                return rows

        return self.page(req, 'tasks', task_views.VIEW, fetch)


def _complete(conn: Any, rows: list[views.Row],
              fields: tuple[str, ...]) -> None:
    """Add to the rows of tasks what is not in their table."""
    if 'result' in fields:
        _add_runs(conn, rows)
    if 'waits_for' in fields:
        for row in rows:
            row['waits_for'] = (_waits_for(conn, row)
                                if row['state'] == 'WAITING' else None)


def _add_runs(conn: Any, rows: list[views.Row]) -> None:
    runs = collections.defaultdict(list)
    if rows:
        for run in action_runs.list_(
                conn, None, fields=_RUN_COLUMNS,
                filters={'task_id': [row['id'] for row in rows]}):
            runs[run['task_id']].append(run)
    for row in rows:
        row['runs'] = runs[row['id']]


def _waits_for(conn: Any, row: views.Row) -> list[str]:
    [job] = jobs.list_(conn, None, filters={'id': row['job_id']},
                       fields=['workflow_revision_id'])
    revision = workflows.get_revision_by_id(conn,
                                            job['workflow_revision_id'])
    others = tasks.list_(conn, None, filters={'job_id': row['job_id']},
                         fields=['name', 'next_tasks'])
    return waiting.waits_for(revision['data'], row['name'],
                             waiting.arrivals(others, row['name']))
