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
"""Jobs."""

from typing import Any, Callable

import pecan

from convection.api.controllers import base
from convection.api import errors
from convection.api.views import base as views
from convection.api.views import jobs as job_views
from convection.db import jobs


class JobsController(base.Controller):
    """``/v1/jobs``."""

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any) -> dict[str, Any]:
        """List jobs."""
        self.authorize(req)
        project_id = self.project(req)

        def fetch(fields: tuple[str, ...], **query: Any) -> list[views.Row]:
            with self.reading() as conn:
                return jobs.list_(conn, project_id,
                                  fields=job_views.VIEW.columns(fields),
                                  **query)

        return self.page(req, 'jobs', job_views.VIEW, fetch)

    @pecan.expose('json')
    def create(self, req: Any, resp: Any) -> dict[str, Any]:
        """Start a job; it is stored when this answers."""
        self.authorize(req)
        values = req.data()
        env = values.pop('env', None)
        if env is not None:
            if 'env' in values.get('params', ()):
                raise errors.invalid('body_invalid', 'The environment is '
                                     'given twice.', 'body.params.env')
            values['params'] = {**values.get('params', {}), 'env': env}
        row = self.engine.create_job(req.ctxt, **values)
        resp.location = f'{req.path_url.rstrip("/")}/{row["id"]}'
        return job_views.VIEW.show(row)

    @pecan.expose('json')
    def get(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Show a job."""
        with self.reading() as conn:
            row = self.found(conn, req, ref)
        return job_views.VIEW.show(
            row, job_views.VIEW.chosen(req.query.get('fields')))

    @pecan.expose('json')
    def delete(self, req: Any, resp: Any, ref: str) -> None:
        """Delete a finished job."""
        self._ask(req, ref, self.engine.delete_job)

    @pecan.expose('json')
    def pause(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Pause a job."""
        return job_views.VIEW.show(
            self._ask(req, ref, self.engine.pause_job, **req.data()))

    @pecan.expose('json')
    def resume(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Let a paused job go on."""
        return job_views.VIEW.show(
            self._ask(req, ref, self.engine.resume_job, **req.data()))

    @pecan.expose('json')
    def cancel(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Cancel a job."""
        return job_views.VIEW.show(
            self._ask(req, ref, self.engine.cancel_job, **req.data()))

    def found(self, conn: Any, req: Any, ref: str) -> views.Row:
        """Return the job that the caller may reach.

        :raises NotFound: there is none.
        :raises Forbidden: the caller may not do it.
        """
        row = jobs.get(conn, self.project(req), ref)
        self.authorize_row(req, row)
        return row

    def _ask(self, req: Any, ref: str, method: Callable[..., Any],
             **arguments: Any) -> Any:
        with self.reading() as conn:
            row = self.found(conn, req, ref)
        return method(req.ctxt.acting_in(row['project_id']),
                      job_id=row['id'], **arguments)
