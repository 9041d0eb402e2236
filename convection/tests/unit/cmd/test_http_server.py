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
"""What the server in Python makes of bodies that are not what they say."""

import socket

from oslo_config import cfg
from oslotest import base

from convection.cmd import api
from convection import conf as options
from convection.tests.functional.fixtures import deployment

#: Bytes of a body.
LIMIT = 4096
INNER = b'GET /inner HTTP/1.1\r\nHost: x\r\n\r\n'
HEAD = b'POST /outer HTTP/1.1\r\nHost: x\r\n'
CHUNKED = HEAD + b'Transfer-Encoding: chunked\r\n\r\n'


class HttpServerTest(base.BaseTestCase):
    """A server whose application notes what it is asked."""

    def setUp(self) -> None:
        super().setUp()
        conf = cfg.ConfigOpts()
        options.register_options(conf)
        self.port = deployment.free_port()
        conf([], default_config_files=[], default_config_dirs=[])
        conf.set_override('host', '127.0.0.1', 'api')
        conf.set_override('port', self.port, 'api')
        conf.set_override('max_request_size', LIMIT, 'api')
        self.paths: list[str] = []
        self.read = 0
        self.failure: Exception | None = None
        server = api.HttpServer(conf, self._serve)
        server.start()
        self.addCleanup(server.stop)

    def _serve(self, environ, start_response):
        self.paths.append(environ['PATH_INFO'])
        try:
            environ['wsgi.input'].read(self.read)
        except Exception as error:
            self.failure = error
        start_response('200 OK', [('Content-Length', '0')])
        return [b'']

    def _send(self, raw: bytes) -> bytes:
        with socket.create_connection(('127.0.0.1', self.port), 20) as peer:
            peer.sendall(raw)
            peer.shutdown(socket.SHUT_WR)
            answer = b''
            try:
                while data := peer.recv(4096):
                    answer += data
            except ConnectionResetError:
                # What was sent after the end of the connection.
                pass
        return answer

    def test_the_rest_of_a_body_is_no_request(self) -> None:
        for raw in (CHUNKED + b'-5\r\n' + INNER,
                    CHUNKED + b'%x\r\n' % len(INNER) + INNER + b'\r\n0\r\n'
                    b'\r\n' + INNER,
                    HEAD + b'Content-Length: 100000\r\n\r\n' + INNER):
            for self.read in (0, 10):
                self.paths.clear()
                answer = self._send(raw)
                self.assertEqual(['/outer'], self.paths)
                self.assertEqual(1, answer.count(b'HTTP/1.1 '))

    def test_a_connection_is_kept(self) -> None:
        self._send(HEAD + b'Content-Length: 3\r\n\r\nabc' + INNER)
        self.assertEqual(['/outer', '/inner'], self.paths)

    def test_a_chunk_that_claims_to_be_huge(self) -> None:
        self.read = LIMIT + 1
        self._send(CHUNKED + b'ffffffffffff\r\nabc')
        self.assertIsInstance(self.failure, OSError)

    def test_headers_that_are_too_long(self) -> None:
        answer = self._send(b'GET /a HTTP/1.1\r\nX-A: ' + b'x' * 300000 +
                            b'\r\n\r\n')
        self.assertEqual([], self.paths)
        self.assertIn(answer[:12], (b'HTTP/1.1 413', b''))
