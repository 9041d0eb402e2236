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
"""The API behind keystonemiddleware."""

from typing import Any
import uuid

import fixtures
from keystoneauth1 import exceptions as keystone_exceptions
from keystonemiddleware import fixture as auth_fixture
from oslotest import base
import webob

from convection.tests.unit.api import fakes
from convection.tests.unit.api import seed


class KeystoneTest(base.BaseTestCase):
    """``auth_strategy = keystone`` with tokens of a Keystone of ours."""

    def setUp(self) -> None:
        super().setUp()
        self.tokens = self.useFixture(auth_fixture.AuthTokenFixture())
        self.site = self.useFixture(fakes.Api(auth_strategy='keystone'))
        seed.plant(self.site)

    def _get(self, path: str, **headers: str) -> webob.Response:
        request = webob.Request.blank(path, headers={
            name.replace('_', '-'): value for name, value in headers.items()})
        return request.get_response(self.site.application)

    def _token(self, **kwargs: Any) -> str:
        token = uuid.uuid4().hex
        self.tokens.add_token_data(token_id=token, **kwargs)
        return token

    def test_no_token(self) -> None:
        answer = self._get('/v1/jobs')
        self.assertEqual(401, answer.status_int)
        self.assertEqual('request.unauthorized',
                         answer.json['errors'][0]['code'])
        self.assertIn('Keystone uri=', answer.headers['WWW-Authenticate'])

    def test_a_wrong_token(self) -> None:
        self.assertEqual(401, self._get('/v1/jobs',
                                        X_Auth_Token='nonsense').status_int)

    def test_headers_are_not_believed(self) -> None:
        self.assertEqual(401, self._get(
            '/v1/jobs', X_Project_Id='demo', X_User_Id='demo',
            X_Roles='admin', X_Identity_Status='Confirmed').status_int)

    def test_discovery_needs_no_token(self) -> None:
        for path in ('/', '/v1', '/v1/openapi.json', '/healthcheck'):
            self.assertEqual(200, self._get(path).status_int)

    def test_a_member(self) -> None:
        token = self._token(
            project_id='demo', role_list=['member', 'reader'])
        answer = self._get('/v1/jobs', X_Auth_Token=token,
                           X_Project_Id='elsewhere', X_Roles='admin')
        self.assertEqual({'demo'}, {job['project_id']
                                    for job in answer.json['jobs']})
        self.assertEqual(403, self._get('/v1/services',
                                        X_Auth_Token=token).status_int)

    def test_a_member_of_another_project(self) -> None:
        token = self._token(project_id='third', role_list=['member'])
        self.assertEqual(404, self._get(f'/v1/jobs/{seed.JOB}',
                                        X_Auth_Token=token).status_int)

    def test_a_token_without_a_project(self) -> None:
        token = self._token(role_list=['admin'])
        answer = self._get('/v1/jobs', X_Auth_Token=token)
        self.assertEqual(403, answer.status_int)
        self.assertIn('project', answer.json['errors'][0]['detail'])


class KeystoneAwayTest(base.BaseTestCase):
    """Nobody can tell whether a token is valid."""

    def test_try_again(self) -> None:
        self.useFixture(fixtures.MockPatch(
            'keystonemiddleware.auth_token._identity.IdentityServer.'
            'verify_token',
            side_effect=keystone_exceptions.ConnectFailure()))
        site = self.useFixture(fakes.Api(auth_strategy='keystone'))
        answer = webob.Request.blank('/v1/jobs', headers={
            'X-Auth-Token': 'x' * 32}).get_response(site.application)
        self.assertEqual(503, answer.status_int)
        self.assertEqual('service.unavailable',
                         answer.json['errors'][0]['code'])
