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
"""A keystoneauth plug-in for a service that runs without Keystone.

The service takes the caller's name from plain headers then (``auth_strategy
= noauth``). It is known to OpenStackClient as ``--os-auth-type
convection-noauth``.
"""

from typing import Any

from keystoneauth1 import loading
from keystoneauth1 import plugin

#: Where ``convection-all`` listens unless told otherwise.
DEFAULT_ENDPOINT = 'http://127.0.0.1:8790'


class NoAuth(plugin.FixedEndpointPlugin):
    """Name the caller in headers, unproven.

    :param endpoint: URL of the API.
    :param roles: role names separated by commas.
    """

    def __init__(self, endpoint: str | None = None,
                 project_id: str | None = None, user_id: str | None = None,
                 roles: str | None = None) -> None:
        super().__init__(endpoint or DEFAULT_ENDPOINT)
        names = {'X-Project-Id': project_id, 'X-User-Id': user_id,
                 'X-Roles': roles}
        self._headers = {k: v for k, v in names.items() if v}

    def get_token(self, session: Any, **kwargs: Any) -> None:
        """There is none."""
        return None

    def get_headers(self, session: Any) -> dict[str, str]:
        """Return what names the caller."""
        return dict(self._headers)


class Loader(loading.BaseLoader):
    """Makes :class:`NoAuth` from options named ``--os-…``."""

    @property
    def plugin_class(self) -> type[NoAuth]:
        """What is loaded."""
        return NoAuth

    def get_options(self) -> list[loading.Opt]:
        """List what can be set."""
        return [
            loading.Opt('endpoint', help='URL of the API.',
                        default=DEFAULT_ENDPOINT),
            loading.Opt('project-id', help='Project to act in.'),
            loading.Opt('user-id', help='User to act as.'),
            loading.Opt('roles', help='Role names, separated by commas.'),
        ]
