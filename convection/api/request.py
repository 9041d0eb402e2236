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
"""What a controller gets: the request, and the answer it fills in."""

import functools
import json
from typing import Any

from pecan import core

from convection.api import body
from convection.api import errors
from convection.api import routes
from convection.common import context
from convection.common import exception

JSON = 'application/json'
#: YAML has one registered name and some older ones.
_YAML = ('application/yaml', 'text/yaml', 'application/x-yaml',
         'text/x-yaml', 'text/plain')


class Request(core.Request):
    """A request with its route, its caller and its checked data."""

    #: Set by the hooks.
    route: routes.Route | None = None
    values: list[str] | None = None
    ctxt: context.RequestContext | None = None

    @functools.cached_property
    def query(self) -> dict[str, Any]:
        """The parameters of the query.

        :raises Invalid: they do not fit the schema.
        """
        query_string = self.environ.get('QUERY_STRING')
        if not query_string:
            return {}
        properties = self.route.query['properties']
        values = body.parse_query(query_string, properties)
        self.route.check_query(values)
        return values

    def data(self) -> dict[str, Any]:
        """Return the JSON body; an empty one counts as ``{}``.

        :raises Invalid: it is malformed or does not fit the schema.
        :raises UnsupportedMediaType: it is not JSON.
        :raises TooLarge: it is longer than the operator allows.
        """
        raw = self._raw()
        return self._checked_json(raw)

    def document(self) -> dict[str, Any]:
        """Return a body that is a YAML document, or JSON that holds one.

        With YAML, what else the JSON could say is taken from the query.
        """
        raw = self._raw()
        if raw and self._media_type() in _YAML:
            data = {'definition': body.text(raw)}
        else:
            data = self._checked_json(raw)
        for name in self.query.keys() & data.keys():
            raise errors.invalid('query_invalid', 'The body says it, too.',
                                 f'query.{name}')
        return {**self.query, **data}

    def _raw(self) -> bytes:
        return body.read(self.environ,
                         self.environ['convection.max_request_size'])

    def _checked_json(self, raw: bytes) -> dict[str, Any]:
        data = {}
        if raw:
            found = self._media_type()
            if found != JSON:
                wanted = JSON
                if self.route.takes_yaml:
                    wanted += f' or {_YAML[0]}'
                raise errors.UnsupportedMediaType(found=found[:80],
                                                  wanted=wanted)
            data = body.parse_json(raw,
                                   self.environ['convection.max_json_depth'])
        self.route.check_body(data)
        return data

    def _media_type(self) -> str:
        """Return the type of the body in lower case, without parameters."""
        header = self.environ.get('CONTENT_TYPE') or ''
        media_type, *parameters = header.lower().split(';')
        for parameter in parameters:
            name, _, value = parameter.strip().partition('=')
            if name == 'charset' and value.strip('"') not in ('utf-8',
                                                              'utf8'):
                raise errors.UnsupportedMediaType(
                    found=header[:80], wanted='UTF-8')
        return media_type.strip()


_encode = json.JSONEncoder(separators=(',', ':'), check_circular=False,
                           allow_nan=False).encode


def dump(data: Any) -> str:
    """Return the JSON of data of our own, in ASCII."""
    try:
        return _encode(data)
    except ValueError:
        # An action may give NaN or an infinity, which JSON cannot say.
        return _encode(_without_nan(data))


def _without_nan(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_nan(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_without_nan(value) for value in data]
    if isinstance(data, float) and data - data != 0:
        return None
    return data


def answer_error(error: exception.ConvectionException,
                 request_id: str | None) -> 'core.Response':
    """Make the answer that tells of an error."""
    response = core.Response(status=error.status, content_type=JSON)
    response.body = dump(errors.body(error, request_id)).encode('ascii')
    return response
