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
"""What happens to each request before its controller runs."""

from typing import Any

from pecan import hooks

from convection.api import errors
from convection.api import routes
from convection.common import context
from convection.common import exception


class RouteHook(hooks.PecanHook):
    """Finds the operation; :mod:`convection.api.application` calls it."""

    def __init__(self, router: routes.Router) -> None:
        self._router = router

    def on_route(self, state: Any) -> None:
        """Set the route and the values of its variables."""
        req = state.request
        req.route, req.values = self._router.find(req.method, req.path_info)


class ContextHook(hooks.PecanHook):
    """Finds out who asks; everything with a rule needs to know."""

    #: After the route is known.
    priority = 101

    def on_route(self, state: Any) -> None:
        """Set the context of the caller.

        :raises Unauthorized: the caller is not known.
        :raises Forbidden: the token is not that of a project.
        """
        req = state.request
        if req.route.rule is None:
            return
        if req.environ.get('HTTP_X_IDENTITY_STATUS') != 'Confirmed':
            raise errors.Unauthorized()
        ctxt = context.RequestContext.from_environ(req.environ)
        if not ctxt.project_id:
            raise exception.Forbidden(
                reason='A token of a project is needed; this one has another '
                       'scope.')
        req.ctxt = ctxt
