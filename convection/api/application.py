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
"""Pecan, led by the table of routes."""

from typing import Any, Callable

from pecan import core

from convection.api import request


class Application(core.ExplicitPecan):
    """Serves requests with the handlers of controllers.

    Pecan looks at the signatures of handlers twice for every request, which
    takes longer than all else it does; here the table of routes says what is
    called with which values, and handlers return data or None.

    :param controllers: by the names that the routes use.
    """

    def __init__(self, controllers: dict[str, Any], hooks: list) -> None:
        super().__init__(None, hooks=hooks, request_cls=request.Request)
        self._controllers = controllers

    def find_controller(self, state: Any) -> tuple[Callable, list, dict]:
        """Return the handler of the route and what it is called with."""
        self.handle_hooks(self.hooks, 'on_route', state)
        req = state.request
        controller = self._controllers[req.route.controller]
        state.controller = getattr(controller, req.route.handler)
        return state.controller, [req, state.response, *req.values], {}

    def invoke_controller(self, controller: Callable, args: list,
                          kwargs: dict, state: Any) -> None:
        """Call the handler and put what it returns into the answer."""
        result = controller(*args)
        route, response = state.request.route, state.response
        response.status_int = route.status
        if route.answer is not None:
            response.content_type = request.JSON
            response.body = request.dump(result).encode('ascii')
