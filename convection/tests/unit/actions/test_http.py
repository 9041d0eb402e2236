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
"""Tests of ``std.http`` and of those made from it, on real servers."""

import base64
import json
import socket
import threading
from unittest import mock

from convection.actions import base
from convection.actions.std import callback_http
from convection.actions.std import http
from convection.tests.unit.actions import helpers


class HttpTest(helpers.ActionTestCase):
    """A call, its result, its limits."""

    def setUp(self):
        super().setUp()
        self.conf = helpers.configuration()
        self.action = http.Http()

    def serve(self, answer):
        server = helpers.http_server(answer)
        port = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return f'http://127.0.0.1:{port}'

    def run_action(self, **parameters):
        return self.action.run(helpers.context(self.conf), **parameters)

    def test_json_result(self):
        url = self.serve(lambda handler: handler.reply(
            200, b'{"a": [1, 2]}', Content_Type='application/json',
            Set_Cookie='c=1'))
        result = self.run_action(url=url + '/x')
        self.assertEqual({'a': [1, 2]}, result['content'])
        self.assertEqual(200, result['status'])
        self.assertEqual('OK', result['reason'])
        self.assertEqual(url + '/x', result['url'])
        self.assertEqual([], result['history'])
        self.assertEqual({'c': '1'}, result['cookies'])
        self.assertEqual('application/json',
                         result['headers']['Content-Type'])
        self.assertIsInstance(result['elapsed'], float)
        self.assertIn('encoding', result)
        json.dumps(result, allow_nan=False)

    def test_content_that_is_no_json_is_text(self):
        bodies = {b'plain': 'plain', 'ä'.encode(): 'ä', b'\xff': '\ufffd',
                  b'': '', b'NaN': 'NaN', b'[' * 100000: '[' * 100000}
        for body, text in bodies.items():
            url = self.serve(lambda handler, body=body: handler.reply(
                200, body))
            self.assertEqual(text, self.run_action(url=url)['content'])

    def test_everything_is_sent(self):
        seen = {}

        def answer(handler):
            seen.update(method=handler.command, path=handler.path,
                        headers=dict(handler.headers), body=handler.body())
            handler.reply(201)

        url = self.serve(answer)
        self.run_action(
            url=url, method='PUT', params={'q': 'a b'}, body={'x': 1},
            headers={'X-Number': 5}, cookies={'c': 'd'}, auth='user:p:w')
        self.assertEqual('PUT', seen['method'])
        self.assertEqual('/?q=a+b', seen['path'])
        self.assertEqual({'x': 1}, json.loads(seen['body']))
        self.assertEqual('5', seen['headers']['X-Number'])
        self.assertEqual('c=d', seen['headers']['Cookie'])
        self.assertEqual(
            'Basic ' + base64.b64encode(b'user:p:w').decode(),
            seen['headers']['Authorization'])
        self.run_action(url=url, method='POST', json=['y'])
        self.assertEqual('application/json', seen['headers']['Content-Type'])
        self.assertEqual(['y'], json.loads(seen['body']))
        self.run_action(url=url, method='POST', body='text ü')
        self.assertEqual('text ü'.encode(), seen['body'])

    def test_body_and_json_exclude_each_other(self):
        error = self.assert_fails(self.action, self.conf,
                                  url='http://127.0.0.1:1', body='a', json=1)
        self.assertIn('Only one of body and json', error.message)

    def test_an_error_status_fails_with_the_map(self):
        for status in (199, 307, 404, 500):
            url = self.serve(lambda handler, status=status: handler.reply(
                status, b'"no"'))
            if status < 200:
                continue
            error = self.assert_fails(self.action, self.conf, url=url)
            self.assertEqual(status, error.result['status'])
            self.assertEqual('no', error.result['content'])
            self.assertIn(str(status), error.message)

    def test_redirects_are_followed_on_request_only(self):
        def answer(handler):
            if handler.path == '/a':
                handler.reply(302, b'', Location='/b')
            else:
                handler.reply(200, b'end')

        url = self.serve(answer)
        self.assertEqual(302, self.run_action(url=url + '/a')['status'])
        result = self.run_action(url=url + '/a', allow_redirects=True)
        self.assertEqual('end', result['content'])
        self.assertEqual([{'status': 302, 'url': url + '/a'}],
                         result['history'])

    def test_endless_redirects_end(self):
        url = self.serve(lambda handler: handler.reply(
            302, b'', Location=handler.path + 'x'))
        error = self.assert_fails(self.action, self.conf, url=url,
                                  allow_redirects=True)
        self.assertIn('redirects', error.message)

    def test_network_failures_are_plain(self):
        with socket.socket() as closed:
            closed.bind(('127.0.0.1', 0))
            port = closed.getsockname()[1]
        error = self.assert_fails(self.action, self.conf,
                                  url=f'http://127.0.0.1:{port}')
        self.assertEqual('Failed to send HTTP request: [Errno 111] '
                         'Connection refused', error.message)
        for url in ('ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense',
                    'http://', 'http://[::1', 'http://a..b/'):
            error = self.assert_fails(self.action, self.conf, url=url)
            self.assertNotIn('0x', error.message)

    def test_a_name_without_address(self):
        with mock.patch('socket.getaddrinfo', autospec=True,
                        side_effect=socket.gaierror(-2, 'Name unknown')):
            error = self.assert_fails(self.action, self.conf,
                                      url='http://nowhere.test/')
        self.assertIn('Name unknown', error.message)

    def test_the_size_of_a_response_is_limited(self):
        self.conf.set_override('max_response_size', 2000, 'action_http')
        url = self.serve(lambda handler: handler.reply(
            200, b'x' * (3000 if handler.path == '/big' else 2000)))
        self.assertEqual(2000, len(self.run_action(url=url)['content']))
        error = self.assert_fails(self.action, self.conf, url=url + '/big')
        self.assertIn('2000 bytes', error.message)

    def test_the_size_of_a_stream_and_a_redirection_is_limited(self):
        self.conf.set_override('max_response_size', 2000, 'action_http')

        def answer(handler):
            if handler.path == '/redirect':
                handler.send_response(302)
                handler.send_header('Location', '/')
            else:
                handler.send_response(200)
            handler.end_headers()
            while True:
                handler.wfile.write(b'x' * 1000)

        url = self.serve(answer)
        for path in ('/', '/redirect'):
            error = self.assert_fails(self.action, self.conf, url=url + path,
                                      allow_redirects=True)
            self.assertIn('2000 bytes', error.message)

    def test_the_timeout_is_for_the_whole_call(self):
        ended = threading.Event()
        self.addCleanup(ended.set)

        def drip(handler):
            handler.wfile.write(b'HTTP/1.0 200 OK\r\n')
            while not ended.wait(0.02):
                handler.wfile.write(b'X: y\r\n'[:1])

        url = self.serve(drip)
        error = self.assert_fails(self.action, self.conf, url=url,
                                  timeout=0.3)
        self.assertIn('no complete response came within 0.3 s',
                      error.message)

    def test_a_cancel_breaks_the_call(self):
        called, ended = threading.Event(), threading.Event()
        self.addCleanup(ended.set)

        def answer(handler):
            called.set()
            ended.wait(helpers.BOUND)

        context = helpers.context(self.conf)
        finish = self.in_thread(self.action.run, context,
                                url=self.serve(answer))
        self.assertTrue(called.wait(helpers.BOUND))
        context.cancel()
        self.assertIsInstance(finish()['error'], base.ActionInterrupted)


class HttpLimitsTest(helpers.ActionTestCase):
    """What may be connected to: checked on the address really used."""

    def setUp(self):
        super().setUp()
        self.conf = helpers.configuration()
        self.conf.clear_override('denied_cidrs', 'action_http')
        self.calls = []
        server = helpers.http_server(self.answer)
        self.port = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def answer(self, handler):
        self.calls.append(handler.path)
        handler.reply(302, b'', Location=f'http://127.0.0.1:{self.port}/in')

    def test_loopback_and_link_local_are_denied(self):
        hosts = ('127.0.0.1', 'localhost', '127.9.9.9', '[::1]', '0.0.0.0',
                 '169.254.169.254', '[fe80::1]', '[::ffff:127.0.0.1]',
                 '[64:ff9b::7f00:1]', '2130706433', '0x7f.1',
                 '[::127.0.0.1]', '[::ffff:0:127.0.0.1]')
        for host in hosts:
            error = self.assert_fails(http.Http(), self.conf,
                                      url=f'http://{host}:{self.port}/')
            self.assertRegex(error.message, 'may not connect|no host name|'
                             'Failed to send', host)
        self.assertEqual([], self.calls)

    def test_the_checked_address_is_the_one_connected_to(self):
        # A name that changes its address between two look-ups: the first
        # is allowed, any later one would lead to loopback.
        real = socket.getaddrinfo
        asked = []

        def rebind(host, port, *args, **kwargs):
            if host != 'evil.test':
                return real(host, port, *args, **kwargs)
            asked.append(host)
            return real('127.0.0.1' if len(asked) > 1 else '192.0.2.1', port,
                        *args, **kwargs)

        with mock.patch('socket.getaddrinfo', rebind), \
                mock.patch('convection.actions.network.Guard._connect',
                           autospec=True,
                           side_effect=OSError('no way')) as connect:
            error = self.assert_fails(http.Http(), self.conf,
                                      url='http://evil.test/')
        self.assertIn('no way', error.message)
        self.assertEqual(['evil.test'], asked)
        self.assertEqual('192.0.2.1', connect.call_args.args[1])

    def test_redirects_are_checked(self):
        self.conf.set_override('denied_cidrs', ['127.0.0.1/32'],
                               'action_http')
        with helpers.http_server(self.answer, '127.0.0.2') as port:
            error = self.assert_fails(
                http.Http(), self.conf, url=f'http://127.0.0.2:{port}/out',
                allow_redirects=True)
        self.assertIn('may not connect', error.message)
        self.assertEqual(['/out'], self.calls)

    def test_allowed_hosts(self):
        self.conf.set_override('denied_cidrs', [], 'action_http')
        self.conf.set_override('allowed_hosts', ['127.0.0.1', '*.test'],
                               'action_http')
        url = f'http://127.0.0.1:{self.port}/'
        http.Http().run(helpers.context(self.conf), url=url)
        for host in ('localhost', '127.0.0.2', 'evil-test'):
            error = self.assert_fails(http.Http(), self.conf,
                                      url=f'http://{host}:{self.port}/')
            self.assertIn('not on the list', error.message)
        self.assertEqual(['/'], self.calls)

    def test_a_proxy_is_checked_too(self):
        url = f'http://127.0.0.1:{self.port}'
        error = self.assert_fails(http.Http(), self.conf,
                                  url='http://192.0.2.1/',
                                  proxies={'http': url})
        self.assertIn('may not connect', error.message)
        self.conf.set_override('denied_cidrs', ['192.0.2.0/24'],
                               'action_http')
        error = self.assert_fails(http.Http(), self.conf,
                                  url='http://192.0.2.1/',
                                  proxies={'http': url})
        self.assertIn('may not connect', error.message)
        self.assertEqual([], self.calls)
        http.Http().run(helpers.context(self.conf), url='http://198.51.100.1',
                        proxies={'http': url})
        self.assertEqual(['http://198.51.100.1/'], self.calls)

    def test_the_environment_gives_no_proxy(self):
        self.conf.set_override('denied_cidrs', [], 'action_http')
        with mock.patch.dict('os.environ', http_proxy='http://127.0.0.1:1'):
            http.Http().run(helpers.context(self.conf),
                            url=f'http://127.0.0.1:{self.port}/')
        self.assertEqual(['/'], self.calls)


class CallbackHttpTest(helpers.ActionTestCase):
    """The call that is answered later."""

    def headers_of(self, action):
        seen = {}

        def answer(handler):
            seen.update(handler.headers)
            handler.reply(404 if handler.path == '/no' else 202)

        conf = helpers.configuration()
        with helpers.http_server(answer) as port:
            url = f'http://127.0.0.1:{port}'
            self.assertIsNone(action.run(
                helpers.context(conf, workflow_name='w', job_id='j',
                                task_id='t', callback_url='http://cb/1'),
                url=url))
            self.assert_fails(action, conf, url=url + '/no')
        return seen

    def test_headers(self):
        action = callback_http.CallbackHttp()
        self.assertTrue(action.asynchronous)
        expected = {'Convection-Workflow-Name': 'w',
                    'Convection-Job-Id': 'j', 'Convection-Task-Id': 't',
                    'Convection-Action-Run-Id': 'run-1',
                    'Convection-Callback-URL': 'http://cb/1'}
        seen = self.headers_of(action)
        self.assertEqual(expected, {k: v for k, v in seen.items()
                                    if k.startswith('Convection')})

    def test_mistral_headers(self):
        seen = self.headers_of(callback_http.MistralHttp())
        self.assertEqual(
            {'Mistral-Workflow-Name': 'w',
             'Mistral-Workflow-Execution-Id': 'j', 'Mistral-Task-Id': 't',
             'Mistral-Action-Execution-Id': 'run-1',
             'Mistral-Callback-URL': 'http://cb/1'},
            {k: v for k, v in seen.items() if k.startswith('Mistral')})
        self.assertEqual('j', seen['Convection-Job-Id'])
