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
"""The parts of the API that other tests only pass through."""

import threading

import jsonschema
from oslotest import base

from convection.api import body
from convection.api import openapi
from convection.api import routes
from convection.api.views import waiting
from convection.common import context
from convection.common import exception
from convection.wsgi import api as wsgi


class ContextTest(base.BaseTestCase):
    """What of a context crosses RPC."""

    def test_round_trip_drops_what_grants_rights(self) -> None:
        there = context.RequestContext(
            project_id='demo', user_id='me', roles=['member'],
            auth_token='secret', is_admin=True, overwrite=False)
        self.assertNotIn('secret', str(there.to_dict()))
        here = context.RequestContext.from_dict(
            {**there.to_dict(), 'is_admin': True, 'auth_token': 'x'},
            overwrite=False)
        self.assertFalse(here.is_admin)
        self.assertIsNone(here.auth_token)
        self.assertEqual(there.to_dict(), here.to_dict())

    def test_in_another_project(self) -> None:
        ctxt = context.RequestContext(project_id='demo', user_id='me',
                                      roles=['admin'], overwrite=False)
        self.assertIs(ctxt, ctxt.acting_in('demo'))
        other = ctxt.acting_in('other')
        self.assertEqual(('other', 'me', ctxt.request_id),
                         (other.project_id, other.user_id, other.request_id))


class BodyTest(base.BaseTestCase):
    """Depth, the border exactly."""

    def test_depth(self) -> None:
        self.assertEqual([[1]], body.parse_json(b'[[1]]', 2))
        self.assertRaises(exception.Invalid, body.parse_json, b'[[[]]]', 2)
        self.assertEqual('[[[', body.parse_json(b'"[[["', 2))

    def test_pairs_of_surrogates_are_characters(self) -> None:
        self.assertEqual('\U0001f600', body.parse_json(b'"\\ud83d\\ude00"', 2))


class RoutesTest(base.BaseTestCase):
    """The table and the document made of it."""

    def test_literals_go_first(self) -> None:
        router = routes.Router()
        self.assertEqual(
            'validate', router.find('POST', '/v1/workflows/validate')[0]
            .handler)
        # A workflow may have that name.
        route, values = router.find('GET', '/v1/workflows/validate')
        self.assertEqual(('get', ['validate']), (route.handler, values))

    def test_schemas_are_schemas(self) -> None:
        for route in routes.ROUTES:
            for schema in (route.query, route.body, route.answer):
                if schema is not None:
                    jsonschema.Draft202012Validator.check_schema(schema)

    def test_operations_have_names_of_their_own(self) -> None:
        names = [operation['operationId']
                 for path in openapi.document()['paths'].values()
                 for operation in path.values()]
        self.assertEqual(len(routes.ROUTES), len(set(names)))


class WaitingTest(base.BaseTestCase):
    """Which tasks lead to a join, in every form of a clause."""

    def test_forms(self) -> None:
        data = {'task-defaults': {'on-error': ['j']}, 'tasks': {
            'text': {'on-success': 'j', 'on-error': 'x'},
            'list': {'on-success': ['x', 'j'], 'on-error': 'x'},
            'condition': {'on-complete': [{'j': '<% true %>'}],
                          'on-error': 'x'},
            'advanced': {'on-success': {'publish': {'branch': {}},
                                        'next': ['j']}, 'on-error': 'x'},
            'parameters': {'on-skip': ['j a=1'], 'on-error': 'x'},
            'default': None,
            'never': {'on-error': 'x'},
            'j': {'join': 'all'}}}
        self.assertEqual(
            ['list', 'condition', 'advanced', 'parameters', 'default'],
            waiting.waits_for(data, 'j', {'text'}))


class WSGITest(base.BaseTestCase):
    """The application for a WSGI server."""

    def test_built_once(self) -> None:
        built = []

        def build() -> object:
            built.append(1)
            return lambda environ, start_response: [b'hello']

        lazy = wsgi._Lazy(build)
        self.assertEqual([], built)
        threads = [threading.Thread(target=lazy, args=({}, None))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([b'hello'], lazy({}, None))
        self.assertEqual([1], built)
