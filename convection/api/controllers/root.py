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
"""The top of the API: version discovery and the OpenAPI document."""

from typing import Any

import pecan

from convection.api import microversions
from convection.api import openapi


class RootController:
    """``/``, ``/v1`` and ``/v1/openapi.json``."""

    def __init__(self) -> None:
        self._openapi = openapi.document()

    @pecan.expose('json')
    def versions(self, req: Any, resp: Any) -> dict[str, Any]:
        """List the versions."""
        return {'versions': [_version(req)]}

    @pecan.expose('json')
    def version(self, req: Any, resp: Any) -> dict[str, Any]:
        """Show version 1."""
        return {'version': _version(req)}

    @pecan.expose('json')
    def openapi(self, req: Any, resp: Any) -> dict[str, Any]:
        """Show the OpenAPI document."""
        return self._openapi


def _version(req: Any) -> dict[str, Any]:
    return {'id': 'v1', 'status': 'CURRENT',
            'min_version': microversions.MIN_VERSION,
            'max_version': microversions.MAX_VERSION,
            'version': microversions.MAX_VERSION,
            'links': [{'rel': 'self', 'href': f'{req.application_url}/v1'},
                      {'rel': 'describedby',
                       'href': f'{req.application_url}/v1/openapi.json'}]}
