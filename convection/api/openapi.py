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
"""The OpenAPI document, made of the table of routes and the schemas."""

import re
from typing import Any

from convection.api import microversions
from convection.api import routes

_VARIABLE = re.compile(r'\{(\w+)\}')
_ERROR = {
    'type': 'object', 'required': ['errors'], 'properties': {
        'errors': {'type': 'array', 'minItems': 1, 'items': {
            'type': 'object',
            'required': ['status', 'code', 'title', 'detail', 'request_id'],
            'properties': {
                'status': {'type': 'integer'},
                'code': {'type': 'string', 'description':
                         'Stable, for programs.'},
                'title': {'type': 'string'},
                'detail': {'type': 'string', 'description': 'The cause.'},
                'request_id': {'type': ['string', 'null']},
                'location': {'type': 'object', 'properties': {
                    'path': {'type': 'string'},
                    'line': {'type': 'integer'},
                    'column': {'type': 'integer'},
                    'code': {'type': 'string'}}}}}}}}
#: Statuses that every operation with a rule may answer.
_COMMON_ERRORS = ('400', '401', '403', '406', '500', '503')


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the whole API."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes.ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = \
            _operation(route)
    return {
        'openapi': '3.1.0',
        'info': {'title': 'Convection',
                 'description': 'Workflow-as-a-Service for OpenStack.',
                 'version': microversions.MAX_VERSION},
        'paths': paths,
        'components': {
            'schemas': {'Error': _ERROR},
            'securitySchemes': {'token': {
                'type': 'apiKey', 'in': 'header', 'name': 'X-Auth-Token'}}},
    }


def _operation(route: routes.Route) -> dict[str, Any]:
    operation = {
        'operationId': f'{route.controller}.{route.handler.rstrip("_")}',
        'tags': [route.controller],
        'summary': route.summary,
        'parameters': _path_parameters(route) + _query_parameters(route),
        'responses': _responses(route),
    }
    if route.rule is not None:
        operation['security'] = [{'token': []}]
        operation['x-policy'] = route.rule
        operation['parameters'].append(
            {'in': 'header', 'name': microversions.HEADER,
             'schema': {'type': 'string', 'enum': [
                 f'{microversions.SERVICE_TYPE} {version}'
                 for version, _ in microversions.HISTORY]}})
    if route.body is not None:
        operation['requestBody'] = _request_body(route)
    return operation


def _path_parameters(route: routes.Route) -> list[dict[str, Any]]:
    return [{'in': 'path', 'name': name, 'required': True,
             'schema': {'type': 'string', 'minLength': 1}}
            for name in _VARIABLE.findall(route.path)]


def _query_parameters(route: routes.Route) -> list[dict[str, Any]]:
    return [{'in': 'query', 'name': name, 'schema': schema,
             'description': schema.get('description', '')}
            for name, schema in route.query['properties'].items()]


def _request_body(route: routes.Route) -> dict[str, Any]:
    content = {'application/json': {'schema': route.body}}
    if route.takes_yaml:
        content['application/yaml'] = {'schema': {'type': 'string'}}
    return {'content': content, 'required': bool(route.body.get('required'))}


def _responses(route: routes.Route) -> dict[str, Any]:
    good: dict[str, Any] = {'description': 'Done.'}
    if route.answer is not None:
        good['content'] = {'application/json': {'schema': route.answer}}
    codes = []
    if route.rule is not None:
        codes += _COMMON_ERRORS
        if _VARIABLE.search(route.path):
            codes.append('404')
        if route.method != 'GET':
            codes += ['404', '408', '409', '413', '415']
    error = {'description': 'An error.', 'content': {'application/json': {
        'schema': {'$ref': '#/components/schemas/Error'}}}}
    return {str(route.status): good,
            **{code: error for code in sorted(set(codes))}}
