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
"""Exceptions, with the server's code, detail and places.

``str()`` of each is what a user is shown: one line, or for a document with
several faults one line per fault.
"""

from typing import Any


class ConvectionClientError(Exception):
    """The base of all that this library raises."""


class ConnectionFailed(ConvectionClientError):
    """The service did not answer at all; a safe request may be repeated."""


class WaitTimeout(ConvectionClientError):
    """The job had not ended when the caller's patience did.

    :param job: the job as last seen.
    """

    def __init__(self, job: Any, seconds: float) -> None:
        self.job = job
        super().__init__(
            f'Job {job.name} ({job.id}) is still {job.state} after '
            f'{seconds:g} seconds.')


class HTTPError(ConvectionClientError):
    """The service refused.

    :param status: the HTTP status, an int.
    :param errors: the dicts of the body's list ``errors``; never empty.
    """

    def __init__(self, status: int, errors: list[dict[str, Any]]) -> None:
        self.status = status
        self.errors = errors
        first = errors[0]
        #: Stable and machine-readable, like ``job.not_found``.
        self.code: str = first.get('code') or f'http.{status}'
        self.title: str = first.get('title') or ''
        self.detail: str = first.get('detail') or self.title
        self.request_id: str | None = first.get('request_id')
        #: Where the first fault is: ``path``, ``line``, ``column``; or None.
        self.location: dict[str, Any] | None = first.get('location')
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [fault_line(error.get('detail') or error.get('title') or
                            f'HTTP {self.status}', error.get('location'))
                 for error in self.errors]
        if len(lines) == 1:
            return lines[0]
        return '\n'.join([f'{len(lines)} errors:', *lines])


class BadRequest(HTTPError):
    """400: the request cannot be understood or asks the impossible."""


class Unauthorized(HTTPError):
    """401: who asks is not known."""


class Forbidden(HTTPError):
    """403: the caller's roles do not allow it."""


class NotFound(HTTPError):
    """404: no such thing in the caller's project."""


class Conflict(HTTPError):
    """409: the thing is not in a state that allows it."""


class TooLarge(HTTPError):
    """413: more than the operator allows."""


class Unavailable(HTTPError):
    """503: a part of the service is away; trying again is safe."""


_BY_STATUS: dict[int, type[HTTPError]] = {
    400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound,
    409: Conflict, 413: TooLarge, 502: Unavailable, 503: Unavailable,
    504: Unavailable}


def fault_line(message: str, location: dict[str, Any] | None) -> str:
    """Say one fault in one line, its place first: ``4:7 (path): text``.

    :param location: ``path``, ``line`` and ``column``, each may be missing.
    """
    message = ' '.join(str(message).split())
    location = location or {}
    place = ''
    if location.get('line') is not None:
        place = f'{location["line"]}:{location.get("column") or 1}'
    if location.get('path'):
        place = f'{place} ({location["path"]})' if place \
            else str(location['path'])
    return f'{place}: {message}' if place else message


def from_response(response: Any) -> HTTPError:
    """Make the exception that fits an HTTP answer of 400 and above.

    :param response: a ``requests.Response``.
    """
    try:
        errors = response.json()['errors']
        errors = [e for e in errors if isinstance(e, dict)]
    except (ValueError, KeyError, TypeError):
        errors = []
    if not errors:
        reason = response.reason or 'error'
        errors = [{'title': reason,
                   'detail': f'The server answered {response.status_code} '
                             f'({reason}) without saying why.',
                   'request_id': response.headers.get(
                       'x-openstack-request-id')}]
    kind = _BY_STATUS.get(response.status_code, HTTPError)
    return kind(response.status_code, errors)
