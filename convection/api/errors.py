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
"""How errors look: the body of every answer of 400 and above.

``{"errors": [{"status", "code", "title", "detail", "request_id",
"location"?}]}``, one entry per fault. The code is stable and never used for
something else; a location says where in the request or in the document.
"""

import http
from typing import Any

from oslo_db import exception as db_exception
from oslo_log import log as logging
import sqlalchemy as sa

from convection.common import exception

LOG = logging.getLogger(__name__)

#: What a location says, in this order.
_PLACE = ('path', 'line', 'column', 'code')


class Unauthorized(exception.ConvectionException):
    """The caller is not known."""

    code = 'request.unauthorized'
    status = 401
    message_format = 'A valid token of a project is needed.'


class MethodNotAllowed(exception.ConvectionException):
    """The path exists, but not with this method."""

    code = 'request.method_not_allowed'
    status = 405
    message_format = '{method} is not allowed here; allowed are: {allowed}.'


class NotAcceptable(exception.ConvectionException):
    """The microversion is not one that this server speaks."""

    code = 'request.version_unsupported'
    status = 406
    message_format = '{reason}'


class RequestTimeout(exception.ConvectionException):
    """The body did not come within the time that the server waits."""

    code = 'request.timeout'
    status = 408
    message_format = 'The body did not arrive in time.'


class UnsupportedMediaType(exception.ConvectionException):
    """The body is of a type that cannot be read here."""

    code = 'request.content_type_unsupported'
    status = 415
    message_format = ('The content type "{found}" is not supported here; use '
                      '{wanted}.')


def invalid(code: str, reason: str, path: str | None = None,
            **place: Any) -> exception.Invalid:
    """Make the error of a request that cannot be understood.

    :param code: what is wrong, the last part of the stable code.
    :param reason: the cause, one sentence.
    :param path: where, like ``body.tags[2]`` or ``query.limit``.
    :param place: ``line`` and ``column``.
    """
    locations = []
    if path is not None or place:
        locations = [{'message': reason, 'path': path, **place}]
    return exception.Invalid(reason=reason, code=f'request.{code}',
                             locations=locations)


def translate(error: Exception) -> exception.ConvectionException:
    """Return what the caller may see of an error; log what is ours."""
    if isinstance(error, exception.ConvectionException):
        return error
    LOG.exception('A request failed')
    if isinstance(error, (db_exception.DBConnectionError,
                          db_exception.DBDeadlock,
                          sa.exc.OperationalError, sa.exc.TimeoutError)):
        return exception.Unavailable(
            reason='The database does not answer; try again later.')
    return exception.ConvectionException()


def body(error: exception.ConvectionException,
         request_id: str | None) -> dict[str, Any]:
    """Return the body that tells of an error."""
    common = {'status': error.status, 'code': error.code,
              'title': http.HTTPStatus(error.status).phrase,
              'request_id': request_id}
    faults = error.locations or [{}]
    return {'errors': [{**common,
                        'detail': fault.get('message') or error.message,
                        **_location(fault)} for fault in faults]}


def _location(fault: dict[str, Any]) -> dict[str, Any]:
    place = {name: fault[name] for name in _PLACE
             if fault.get(name) is not None}
    return {'location': place} if place else {}
