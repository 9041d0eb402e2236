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
"""Services: the processes that Convection is made of; for operators."""

from typing import Any

import pecan

from convection.api.controllers import base
from convection.api.views import base as views
from convection.api.views import services as service_views
from convection.db import services


class ServicesController(base.Controller):
    """``/v1/services``."""

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any) -> dict[str, Any]:
        """List services."""
        self.authorize(req)

        def fetch(fields: tuple[str, ...], **query: Any) -> list[views.Row]:
            with self.reading() as conn:
                return services.list_(
                    conn, fields=service_views.VIEW.columns(fields), **query)

        return self.page(req, 'services', service_views.VIEW, fetch)

    @pecan.expose('json')
    def get(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """Show a service."""
        self.authorize(req)
        with self.reading() as conn:
            row = services.get(conn, ref)
        return service_views.VIEW.show(
            row, service_views.VIEW.chosen(req.query.get('fields')))
