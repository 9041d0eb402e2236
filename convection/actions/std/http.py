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
"""``std.http``."""

import json
from typing import Any

import requests

from convection.actions import base
from convection.actions import network
from convection.actions.std import http_session

#: Statuses that are a success; 300 to 306 are what is left of redirections.
_GOOD = range(200, 307)

_MAP = {'type': ['object', 'null']}
PARAMETERS: dict[str, Any] = {
    'type': 'object',
    'properties': {
        'url': {'type': 'string', 'minLength': 1,
                'description': 'What to call: an http or https URL.'},
        'method': {'type': 'string', 'minLength': 1, 'default': 'GET',
                   'description': 'The HTTP method.'},
        'params': {'type': ['object', 'string', 'null'],
                   'description': 'The query to add to the URL.'},
        'body': {'description': 'The body: a text as it is, any other value '
                                'as JSON text.'},
        'json': {'description': 'The body, as JSON with its content type; '
                                'not together with body.'},
        'headers': {**_MAP, 'description': 'Headers to send.'},
        'cookies': {**_MAP, 'description': 'Cookies to send.'},
        'auth': {'type': ['string', 'null'],
                 'description': '"user:password" for basic '
                                'authentication.'},
        'timeout': {'type': ['number', 'null'], 'exclusiveMinimum': 0,
                    'description': 'Seconds that the whole call may take.'},
        'allow_redirects': {'type': ['boolean', 'null'], 'default': False,
                            'description': 'Follow redirections.'},
        'proxies': {**_MAP, 'description': 'Proxy URLs by scheme of the '
                                           'URL.'},
        'verify': {'type': ['boolean', 'null'], 'default': True,
                   'description': 'Check the certificate of the server.'},
    },
    'required': ['url'],
    'additionalProperties': False,
}


class Http(base.Action):
    """Call an HTTP server.

    The result is a map with ``content`` (parsed JSON, or text), ``status``,
    ``headers``, ``url``, ``history`` (the redirections followed, each with
    ``status`` and ``url``), ``encoding``, ``reason``, ``cookies`` and
    ``elapsed`` (seconds). A status outside of 200 to 306 is an error with
    the same map as its result.

    The operator may limit which hosts can be called, how long a call may
    take and how long a response may be.
    """

    parameters = PARAMETERS

    def run(self, context: base.ActionContext, **parameters: Any) -> Any:
        """Call the server."""
        return call(context, parameters)


def call(context: base.ActionContext, parameters: dict[str, Any],
         extra_headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Call an HTTP server, with the parameters of ``std.http``.

    :param extra_headers: headers to send beside the user's.
    :returns: the result map.
    :raises ActionError: there was no response, or one of an error.
    """
    options = context.conf.action_http
    timeout = parameters.get('timeout') or options.default_timeout
    with network.guarded(context, options, timeout) as guard:
        try:
            response = _send(options, guard, timeout, parameters,
                             extra_headers or {})
            if guard.late:
                # The end of the stream was ours, not the server's.
                raise TimeoutError()
        except (requests.RequestException, OSError, ValueError) as error:
            context.raise_if_cancelled()
            cause = (f'no complete response came within {timeout:g} s'
                     if guard.late or _is_timeout(error) else _cause(error))
            raise base.ActionError(
                f'Failed to send HTTP request: {cause}') from error
        context.raise_if_cancelled()
    result = _result(response)
    if response.status_code not in _GOOD:
        raise base.ActionError(
            f'The server answered with the status {response.status_code} '
            f'{response.reason or ""}'.rstrip() + '.', result)
    return result


def _send(options: Any, guard: network.Guard, timeout: float,
          parameters: dict[str, Any],
          extra_headers: dict[str, str]) -> requests.Response:
    if parameters.get('body') is not None and (
            parameters.get('json') is not None):
        raise base.ActionError('Only one of body and json may be given.')
    verify: bool | str = parameters.get('verify') is not False
    if verify and options.ca_file:
        verify = options.ca_file
    with http_session.make(network.Policy(options), guard,
                           max_size=options.max_response_size,
                           max_redirects=options.max_redirects) as session:
        return session.request(
            parameters.get('method') or 'GET', parameters['url'],
            params=parameters.get('params'),
            data=_body(parameters.get('body')),
            json=parameters.get('json'),
            headers={**_texts(parameters.get('headers')), **extra_headers},
            cookies=_texts(parameters.get('cookies')),
            auth=_auth(parameters.get('auth')), timeout=timeout,
            allow_redirects=bool(parameters.get('allow_redirects')),
            proxies=parameters.get('proxies'), verify=verify)


def _body(body: Any) -> bytes | None:
    if body is None:
        return None
    text = body if isinstance(body, str) else json.dumps(body)
    return text.encode('utf-8')


def _texts(values: dict[str, Any] | None) -> dict[str, str]:
    """Return a map with texts as values; null entries are left out."""
    return {name: value if isinstance(value, str) else json.dumps(value)
            for name, value in (values or {}).items() if value is not None}


def _auth(auth: str | None) -> tuple[str, str] | None:
    if not auth:
        return None
    user, _, password = auth.partition(':')
    return user, password


def _result(response: requests.Response) -> dict[str, Any]:
    return {'content': _content(response),
            'status': response.status_code,
            'headers': dict(response.headers.items()),
            'url': response.url,
            'history': [{'status': hop.status_code, 'url': hop.url}
                        for hop in response.history],
            'encoding': response.encoding,
            'reason': response.reason,
            'cookies': dict(response.cookies.items()),
            'elapsed': response.elapsed.total_seconds()}


def _content(response: requests.Response) -> Any:
    """Return the body as JSON if it is any, else as text."""
    try:
        return json.loads(response.content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass
    try:
        return response.content.decode(response.encoding or 'utf-8',
                                       'replace')
    except LookupError:
        return response.content.decode('utf-8', 'replace')


def _no_constant(name: str) -> None:
    raise ValueError(f'{name} is no JSON value')


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, (requests.Timeout, TimeoutError))


def _cause(error: BaseException) -> str:
    """Return what is behind an error of requests, in plain words."""
    while True:
        inner = next((part for part in (
            getattr(error, 'reason', None), *reversed(error.args),
            error.__cause__) if isinstance(part, Exception)), None)
        if inner is None or inner is error:
            return str(error) or type(error).__name__
        error = inner
