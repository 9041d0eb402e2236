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
"""Whatever comes in, nothing but a proper error goes out."""

import json
import os
from typing import Any

import hypothesis
from hypothesis import strategies
from oslo_db import exception as db_exception
from oslotest import base
import webob
import yaml

from convection.api import routes
from convection.common import exception
from convection.tests.unit.api import fakes
from convection.tests.unit.api import seed


def _table() -> list[dict[str, Any]]:
    path = os.path.join(os.path.dirname(__file__), 'bad_requests.yaml')
    with open(path, encoding='utf-8') as file:
        return yaml.safe_load(file)


def _request(row: dict[str, Any]) -> webob.Request:
    method, path = row['request'].split(' ', 1)
    path += 'x' * row.get('repeat_path', 0)
    request = webob.Request.blank(path, method=method)
    body = row.get('body', '').encode()
    if 'bytes' in row:
        body = bytes.fromhex(row['bytes'])
    if body:
        request.body = body * row.get('repeat', 1)
    if body or 'type' in row:
        request.environ['CONTENT_TYPE'] = row.get('type', 'application/json')
    request.headers.update(row.get('headers', {}))
    return request


class _Broken:
    """A body that cannot be read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, size: int) -> bytes:
        raise self._error


class BadRequestsTest(base.BaseTestCase):
    """The table ``bad_requests.yaml``, and what no table can hold."""

    def setUp(self) -> None:
        super().setUp()
        self.site = self.useFixture(fakes.Api(max_request_size=65536))
        seed.plant(self.site)

    def _errors(self, answer: webob.Response) -> list[dict[str, Any]]:
        found = answer.json['errors']
        for error in found:
            self.assertEqual(answer.status_int, error['status'])
            self.assertTrue(error['code'] and error['detail'])
            self.assertEqual(answer.headers['x-openstack-request-id'],
                             error['request_id'])
        self.assertNotIn('Traceback', answer.text)
        return found

    def test_table(self) -> None:
        for row in _table():
            with self.subTest(row['name']):
                self._check(row)

    def _check(self, row: dict[str, Any]) -> None:
        answer = _request(row).get_response(self.site.application)
        self.assertEqual(row['status'], answer.status_int, answer.text)
        first = self._errors(answer)[0]
        if 'code' in row:
            self.assertEqual(row['code'], first['code'])
        for name in ('path', 'line'):
            if name in row:
                self.assertEqual(row[name], first['location'][name])
        if 'allow' in row:
            self.assertEqual(row['allow'], answer.headers['Allow'])

    def test_a_long_fault_is_cut(self) -> None:
        answer = _request({'request': 'POST /v1/jobs', 'body': json.dumps(
            {'workflow': 'x' * 60000})}).get_response(self.site.application)
        self.assertEqual(400, answer.status_int)
        self.assertLess(len(answer.text), 1000)

    def test_a_body_in_chunks(self) -> None:
        for body, status in ((b'{"workflow": "greet"}', 201),
                             (b' ' * 70000, 413)):
            request = _request({'request': 'POST /v1/jobs'})
            request.body = body
            del request.environ['CONTENT_LENGTH']
            request.environ['wsgi.input_terminated'] = True
            request.environ['CONTENT_TYPE'] = 'application/json'
            self.assertEqual(status, request.get_response(
                self.site.application).status_int)

    def test_a_body_that_breaks_off(self) -> None:
        for error, status, code in (
                (TimeoutError('timed out'), 408, 'request.timeout'),
                (ConnectionResetError(), 400, 'request.body_incomplete'),
                (ValueError('Bad chunked transfer size'), 400,
                 'request.body_incomplete')):
            for length in ('20', ''):
                request = _request({'request': 'POST /v1/jobs'})
                request.environ.update({
                    'wsgi.input': _Broken(error), 'CONTENT_LENGTH': length,
                    'wsgi.input_terminated': True})
                answer = request.get_response(self.site.application)
                self.assertEqual(status, answer.status_int)
                self.assertEqual(code, self._errors(answer)[0]['code'])

    def test_the_version_is_told_as_it_is_written(self) -> None:
        answer = _request({
            'request': 'GET /v1/jobs',
            'headers': {'OpenStack-API-Version': 'convection 001.0'}
        }).get_response(self.site.application)
        self.assertEqual('convection 1.0',
                         answer.headers['OpenStack-API-Version'])

    def test_what_engines_refuse(self) -> None:
        for error, status, code in (
                (exception.Unavailable(reason='Nobody.'), 503,
                 'service.unavailable'),
                (exception.InvalidInput(reason='No.'), 400,
                 'job.input_invalid'),
                (db_exception.DBConnectionError(), 503,
                 'service.unavailable'),
                (KeyError('secret'), 500, 'internal')):
            self.site.engine.fail_with = error
            answer = _request({
                'request': 'POST /v1/jobs',
                'body': '{"workflow": "greet"}'}).get_response(
                    self.site.application)
            self.assertEqual(status, answer.status_int)
            self.assertEqual(code, self._errors(answer)[0]['code'])
            self.assertNotIn('secret', answer.text)

    def test_nan_of_an_action_is_null(self) -> None:
        with self.site.database.writer() as conn:
            job = fakes.jobs.get(conn, fakes.PROJECT, seed.DONE_JOB)
            fakes.add_task(conn, job, 1, name='a')
            fakes.add_run(conn, job, 2, 1, accepted=True,
                          result=[float('nan'), {'a': float('inf')}])
        answer = _request({
            'request': f'GET /v1/tasks/{seed.DONE_JOB[:-1]}1?fields=result'
        }).get_response(self.site.application)
        self.assertEqual({'result': [None, {'a': None}]}, answer.json)

    @hypothesis.settings(
        max_examples=150, deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow])
    @hypothesis.given(
        method=strategies.sampled_from(['GET', 'POST', 'PUT', 'DELETE']),
        path=strategies.one_of(
            strategies.sampled_from([r.path for r in routes.ROUTES]),
            strategies.binary(max_size=20).map(
                lambda raw: '/v1/' + raw.decode('latin-1'))),
        query=strategies.binary(max_size=30),
        body=strategies.one_of(
            strategies.binary(max_size=40),
            strategies.recursive(
                strategies.none() | strategies.booleans() |
                strategies.floats() | strategies.integers() |
                strategies.text(),
                lambda inner: strategies.lists(inner) |
                strategies.dictionaries(strategies.sampled_from(
                    ['workflow', 'input', 'definition', 'state', 'tags']) |
                    strategies.text(), inner),
                max_leaves=8).map(lambda data: json.dumps(data).encode())),
        media=strategies.sampled_from(['application/json', 'text/yaml',
                                       'multipart/form-data', '']),
        version=strategies.sampled_from([None, 'convection 1.0', '\xff',
                                         'convection', 'convection 1']))
    def test_anything(self, method: str, path: str, query: bytes,
                      body: bytes, media: str, version: str | None) -> None:
        request = webob.Request.blank('/', method=method, body=body)
        request.environ.update({
            'PATH_INFO': path, 'QUERY_STRING': query.decode('latin-1'),
            'CONTENT_TYPE': media})
        if version is not None:
            request.environ['HTTP_OPENSTACK_API_VERSION'] = version
        answer = request.get_response(self.site.application)
        self.assertLess(answer.status_int, 500)
        if answer.status_int >= 400:
            self._errors(answer)
