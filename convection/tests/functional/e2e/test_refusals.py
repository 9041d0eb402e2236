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
"""What the API refuses, and that nothing it is sent breaks it."""

import json
import pathlib
import random
import socket

import yaml

from convection.tests.functional.e2e import base

CASES = yaml.safe_load(
    (pathlib.Path(__file__).parent / 'refusals.yaml').read_text())

STORED = """
version: '2.0'
{name}:
  input: [a, {{b: 1}}]
  tasks:
    t: {{action: std.noop}}
"""

#: Values for every place where one may stand.
HOSTILE = (None, True, 0, -1, 10 ** 30, 1e308, '', ' ', 'x' * 70000,
           'a\x00b', '\U0001f600', '%00', '../..', "' OR 1=1 --",
           '<% $.a %>', '{{ 7 * 7 }}', [], [[]], {}, {'': None},
           {'a': {'b': [1, None]}}, '2026-11-23T10:00:00Z', 'SUCCESS')

#: What may stand for an id in a path.
REFERENCES = ('none', '%00', '%ff', 'x' * 300, '%2e%2e', '%F0%9F%98%80')


class TestRefusals(base.EndToEndTestCase):
    """Each request is refused with a code, a place and a cause."""

    extra = '[api]\nmax_request_size = 200000\n'

    def tearDown(self):
        """Nothing went wrong inside."""
        logs = self.deployment.logs(None)
        self.assertNotIn('Traceback', logs)
        super().tearDown()

    def check_refused(self, answer, status):
        """Check the form of an error, and return its entries."""
        self.assertEqual(status, answer.status_code,
                         (answer.request.url, answer.text))
        self.assertNotIn('Traceback', answer.text)
        found = answer.json()['errors']
        for error in found:
            self.assertEqual(status, error['status'])
            self.assertTrue(error['code'] and error['title'])
            self.assertTrue(error['detail'] and error['request_id'])
        return found

    def test_table(self):
        """Every case of the table."""
        name = self.unique('refused')
        self.store(STORED.format(name=name))
        wrong = []
        for case in CASES:
            case = json.loads(json.dumps(case).replace('{name}', name))
            answer = self.send_case(case)
            if answer.status_code != case['status']:
                wrong.append((case['title'], answer.text))
                continue
            seen = self.check_refused(answer, case['status'])[0]
            wanted = {key: case[key] for key in ('code', 'place', 'line')
                      if key in case}
            place = seen.get('location', {})
            found = {'code': seen['code'], 'place': place.get('path'),
                     'line': place.get('line')}
            if (any(found[key] != wanted[key] for key in wanted)
                    or case['cause'] not in seen['detail']):
                wrong.append((case['title'], seen))
        self.assertEqual([], wrong)

    def send_case(self, case):
        """Send the request of a case."""
        method = next(m for m in ('get', 'post', 'put') if m in case)
        headers = case.get('headers', {})
        arguments = {}
        if 'text' in case:
            headers = {**headers, 'Content-Type': case['type']}
            arguments['data'] = case['text'].encode('utf-8',
                                                    'surrogatepass')
        elif 'body' in case:
            arguments['json'] = case['body']
        return self.deployment.request(method.upper(), case[method],
                                       headers=headers, **arguments)

    def test_all_problems(self):
        """A document's errors come all at once."""
        text = ("version: '2.0'\nx:\n  tasks:\n"
                '    a: {action: std.noop, on-success: gone}\n'
                '    b: {action: std.noop, retry: {count: many}}\n'
                '    c: {action: std.noop, unknown-key: 1}\n')
        answer = self.deployment.request(
            'POST', '/v1/workflows', data=text,
            headers={'Content-Type': 'text/yaml'})
        lines = {error['location']['line']
                 for error in self.check_refused(answer, 400)}
        self.assertEqual({4, 5, 6}, lines)

    def test_large_body(self):
        """A body above the limit."""
        answer = self.deployment.request('POST', '/v1/jobs', json={
            'workflow': 'x', 'input': {'a': 'x' * 300000}})
        error = self.check_refused(answer, 413)[0]
        self.assertEqual('request.too_large', error['code'])

    def test_deep_body(self):
        """A body nested deeper than the limit."""
        answer = self.deployment.request(
            'POST', '/v1/jobs', data='[' * 50000 + ']' * 50000,
            headers={'Content-Type': 'application/json'})
        self.check_refused(answer, 400)

    def test_hostile_values(self):
        """Whatever stands in a body or a query, it is never a 500."""
        document = self.request('GET', '/v1/openapi.json', 200)
        source = random.Random(self.id())
        for path, operations in document['paths'].items():
            for method, operation in operations.items():
                if method in ('get', 'post', 'put', 'delete'):
                    for _ in range(6):
                        self.send_hostile(source, method.upper(), path,
                                          operation)

    def send_hostile(self, source, method, path, operation):
        """Send one request with hostile values in all its places."""
        url = '/'.join(source.choice(REFERENCES) if piece.startswith('{')
                       else piece for piece in path.split('/'))
        query = {p['name']: source.choice(HOSTILE)
                 for p in operation.get('parameters', ())
                 if p['in'] == 'query' and source.random() < 0.3}
        schema = operation.get('requestBody', {}).get('content', {}).get(
            'application/json', {}).get('schema', {})
        body = {name: source.choice(HOSTILE)
                for name in schema.get('properties', ())
                if source.random() < 0.6}
        answer = self.deployment.request(
            method, url, params=query, data=json.dumps(body),
            headers={'Content-Type': 'application/json',
                     'X-Roles': 'admin'})
        self.assertLess(answer.status_code, 500,
                        (method, url, query, body, answer.text))
        if answer.status_code >= 400:
            self.check_refused(answer, answer.status_code)

    def test_raw_garbage(self):
        """What is no HTTP gets an answer or a closed connection."""
        for garbage in (b'\x00\xff\n\n', b'GET / HTTP/9.9\r\n\r\n',
                        b'POST /v1/jobs HTTP/1.1\r\nHost: x\r\n'
                        b'Content-Length: -5\r\n\r\n',
                        b'GET /' + b'x' * 100000 + b' HTTP/1.1\r\n\r\n'):
            with socket.create_connection(
                    ('127.0.0.1', self.deployment.port), 10) as peer:
                peer.sendall(garbage)
                peer.shutdown(socket.SHUT_WR)
                answer = peer.recv(4096)
            self.assertNotIn(b'HTTP/1.1 5', answer.replace(b'505', b''))
        self.request('GET', '/', 200)
