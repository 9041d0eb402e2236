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
"""The middleware of our own; the order is in :mod:`convection.api.app`."""

import ipaddress
import re
from typing import Any, Callable, Iterable
from urllib import parse

from keystoneauth1 import exceptions as keystone_exceptions
from keystonemiddleware import auth_token
from oslo_config import cfg

from convection.api import errors
from convection.api import microversions
from convection.api import request
from convection.api import routes
from convection.common import exception

Application = Callable[..., Iterable[bytes]]

#: Who calls when the headers of ``noauth`` do not say.
_DEFAULT_PROJECT = 'demo'
_DEFAULT_USER = 'demo'
_DEFAULT_ROLES = 'member,reader'
#: Ids and roles as Keystone makes them; the columns are this long.
_IDENTITY = re.compile(r'[\x21-\x7e]{1,64}\Z')
_ROLES = re.compile(r'[\x20-\x7e]{1,1024}\Z')


class Errors:
    """Turns every exception into an answer; nothing else leaves.

    :param challenge: value of ``WWW-Authenticate`` for a 401, or None.
    """

    def __init__(self, application: Application,
                 challenge: str | None = None) -> None:
        self._application = application
        self._challenge = challenge

    def __call__(self, environ: dict[str, Any],
                 start_response: Callable) -> Iterable[bytes]:
        """Serve a request."""
        try:
            return self._application(environ, start_response)
        except Exception as error:
            seen = errors.translate(error)
            answer = request.answer_error(
                seen, environ.get('openstack.request_id'))
            if isinstance(seen, errors.MethodNotAllowed):
                answer.headers['Allow'] = seen.kwargs['allowed']
            if seen.status == 401 and self._challenge:
                answer.headers['WWW-Authenticate'] = self._challenge
            return answer(environ, start_response)


class Limits:
    """Tells the request what it may hold, and refuses a path that is none.

    The body is counted, and its depth looked at, when a controller reads it
    (:mod:`convection.api.body`): one that nobody reads costs nothing.
    """

    def __init__(self, application: Application,
                 conf: cfg.ConfigOpts) -> None:
        self._application = application
        self._limits = {
            'convection.max_request_size': conf.api.max_request_size,
            'convection.max_json_depth': conf.api.max_json_depth}

    def __call__(self, environ: dict[str, Any],
                 start_response: Callable) -> Iterable[bytes]:
        """Serve a request."""
        path = environ.get('PATH_INFO', '')
        try:
            # WSGI hands over bytes as Latin-1.
            path.encode('latin-1').decode('utf-8')
        except UnicodeError:
            raise errors.invalid('encoding_invalid',
                                 'The path is not valid UTF-8.',
                                 'path') from None
        if '\x00' in path:
            raise errors.invalid('encoding_invalid',
                                 'The path holds a NUL character.', 'path')
        environ.update(self._limits)
        return self._application(environ, start_response)


class Microversion:
    """Finds the version that is asked for, and says which one was served.

    Version discovery works with any header: it is how a client learns what
    to ask for.
    """

    _HEADER_KEY = f'HTTP_{microversions.HEADER.upper().replace("-", "_")}'
    _ANY_VERSION = frozenset(route.path for route in routes.ROUTES
                             if route.rule is None)

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any],
                 start_response: Callable) -> Iterable[bytes]:
        """Serve a request."""
        header = environ.get(self._HEADER_KEY)
        path = environ.get('PATH_INFO', '').rstrip('/') or '/'
        if path in self._ANY_VERSION:
            header = None
        version = microversions.wanted(header)
        environ['convection.version'] = version
        added = [(microversions.HEADER,
                  f'{microversions.SERVICE_TYPE} {version}'),
                 ('Vary', microversions.HEADER)]

        def start(status: str, headers: list, *args: Any) -> Callable:
            return start_response(status, headers + added, *args)

        return self._application(environ, start)


class Keystone(auth_token.AuthProtocol):
    """Believes tokens.

    Without a valid one the request still goes on, marked as such: the answer
    is ours then, and discovery needs none.
    """

    _AWAY = (keystone_exceptions.ConnectionError,
             keystone_exceptions.DiscoveryFailure,
             keystone_exceptions.RequestTimeout,
             auth_token.ksm_exceptions.ServiceError)

    def __init__(self, application: Application,
                 conf: cfg.ConfigOpts) -> None:
        super().__init__(application, {'oslo_config_config': conf,
                                       'delay_auth_decision': True})

    def fetch_token(self, token: str, **kwargs: Any) -> Any:
        """Return what Keystone says of a token.

        :raises Unavailable: it says nothing. The middleware would take the
            token for an invalid one.
        """
        try:
            return super().fetch_token(token, **kwargs)
        except auth_token.InvalidToken as error:
            if isinstance(error.__context__, self._AWAY):
                raise exception.Unavailable(
                    reason='Keystone does not answer; try again later.'
                ) from error
            raise


def _is_local(environ: dict[str, Any]) -> bool:
    """Whether a request asks for an address, or for what cannot change."""
    try:
        name = parse.urlsplit(f'//{environ.get("HTTP_HOST", "")}').hostname
        if not name or name == 'localhost' or name.endswith('.localhost'):
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class NoAuth:
    """Believes what the caller says: X-Project-Id, X-User-Id, X-Roles.

    Sets what keystonemiddleware sets for a valid token.

    :param any_host: answer under any name of this machine. Otherwise the
        page of a stranger, open in a browser here, could give its own name
        the address of this machine, and do everything.
    """

    def __init__(self, application: Application,
                 any_host: bool = False) -> None:
        self._application = application
        self._any_host = any_host

    def __call__(self, environ: dict[str, Any],
                 start_response: Callable) -> Iterable[bytes]:
        """Serve a request."""
        if not self._any_host and not _is_local(environ):
            raise exception.Forbidden(
                code='request.host_not_allowed',
                reason='Without authentication only requests to localhost '
                       'or to an IP address are served, unless [api] '
                       'force_noauth_listen is set.')
        self._take(environ, 'X-Project-Id', _DEFAULT_PROJECT, _IDENTITY)
        self._take(environ, 'X-User-Id', _DEFAULT_USER, _IDENTITY)
        self._take(environ, 'X-Roles', _DEFAULT_ROLES, _ROLES)
        environ['HTTP_X_IDENTITY_STATUS'] = 'Confirmed'
        return self._application(environ, start_response)

    @staticmethod
    def _take(environ: dict[str, Any], header: str, default: str,
              pattern: re.Pattern) -> None:
        key = f'HTTP_{header.upper().replace("-", "_")}'
        value = environ.get(key) or default
        if not pattern.match(value):
            raise errors.invalid(
                'header_invalid', 'It is too long or holds characters that '
                'are not allowed.', f'header.{header}')
        environ[key] = value
