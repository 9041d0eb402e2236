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
"""The library's front door: :class:`Client`."""

import logging
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ks_exceptions

from convectionclient import exceptions
from convectionclient.v1 import action_runs
from convectionclient.v1 import actions
from convectionclient.v1 import jobs
from convectionclient.v1 import services
from convectionclient.v1 import tasks
from convectionclient.v1 import workflows

LOG = logging.getLogger(__name__)

#: In the service catalogue, and in the header OpenStack-API-Version.
SERVICE_TYPE = 'convection'

#: The microversion that this library was written for.
API_VERSION = '1.0'


class HTTPClient(adapter.Adapter):
    """Speaks JSON with the service, and turns its errors into exceptions."""

    def request(self, url: str, method: str, **kwargs: Any) -> Any:
        """Send a request below ``/v1``.

        :raises convectionclient.exceptions.HTTPError: it was refused.
        :raises convectionclient.exceptions.ConnectionFailed: nobody
            answered.
        """
        kwargs.setdefault('raise_exc', False)
        try:
            endpoint = self.get_endpoint() or ''
            if not endpoint.rstrip('/').endswith('/v1'):
                url = '/v1' + url
            response = super().request(url, method, **kwargs)
        except ks_exceptions.ConnectFailure as error:
            raise exceptions.ConnectionFailed(
                f'Cannot reach Convection at {endpoint}: '
                f'{_cause(error)}.') from error
        except ks_exceptions.ClientException as error:
            raise exceptions.ConvectionClientError(
                ' '.join(str(error).split())) from error
        if response.status_code >= 400:
            raise exceptions.from_response(response)
        return response

    def get_json(self, url: str, **kwargs: Any) -> Any:
        """GET and return the decoded body."""
        return _decode(self.get(url, **kwargs))

    def send_json(self, method: str, url: str, body: Any = None,
                  **kwargs: Any) -> Any:
        """Send a JSON body and return the decoded answer, None if empty."""
        if body is not None:
            kwargs['json'] = body
        response = self.request(url, method, **kwargs)
        return _decode(response) if response.content else None


def _decode(response: Any) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise exceptions.ConvectionClientError(
            f'{response.url} did not answer with JSON; is it the Convection '
            'API?') from error


def _cause(error: BaseException) -> str:
    """Return the innermost, most telling cause of a failed connection."""
    text = str(error)
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror.lower()
        reason = getattr(seen, 'reason', None)
        inner = seen.args[0] if seen.args else None
        seen = next((e for e in (reason, inner, seen.__cause__,
                                 seen.__context__)
                     if isinstance(e, BaseException) and e is not seen),
                    None)
    for known in ('refused', 'timed out', 'Name or service not known'):
        if known in text:
            return {'refused': 'connection refused'}.get(known, known)
    return ' '.join(text.split())


class Client:
    """Convection's API, version 1.

    :param session: a ``keystoneauth1.session.Session``.
    :param service_type: in the service catalogue.
    :param endpoint_override: the URL, instead of the catalogue's.
    :param interface: public, internal or admin.
    :param api_version: the microversion to speak, like ``1.1``.
    :param adapter_options: whatever else a keystoneauth ``Adapter`` takes.
    """

    def __init__(self, session: Any, *, service_type: str = SERVICE_TYPE,
                 endpoint_override: str | None = None,
                 interface: str | None = 'public',
                 region_name: str | None = None,
                 api_version: str = API_VERSION,
                 **adapter_options: Any) -> None:
        adapter_options.setdefault('user_agent', 'python-convectionclient')
        self.http = HTTPClient(
            session, service_type=service_type,
            endpoint_override=endpoint_override, interface=interface,
            region_name=region_name, default_microversion=api_version,
            **adapter_options)
        self.workflows = workflows.WorkflowManager(self.http)
        self.jobs = jobs.JobManager(self.http)
        self.tasks = tasks.TaskManager(self.http)
        self.action_runs = action_runs.ActionRunManager(self.http)
        self.actions = actions.ActionManager(self.http)
        self.services = services.ServiceManager(self.http)
