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
"""``convection-api``: the REST API on a server written in Python.

For small sites and tests; larger ones let uWSGI or mod_wsgi load
``convection.wsgi.api:application``.
"""

import ipaddress
import socket
import threading

from cheroot import wsgi
from oslo_config import cfg
from oslo_log import log as logging

from convection.api import app
from convection.cmd import checks
from convection.cmd import processes
from convection.common import config
from convection.db import api
from convection.rpc import client
from convection.rpc import messaging

LOG = logging.getLogger(__name__)

_KEPT_CONNECTIONS = 1000
#: Bytes of the request line and the headers; tokens fit in many times.
_MAX_HEADER_SIZE = 128 * 1024


class _Gateway(wsgi.Gateway_10):
    """Keeps what is left of a body from being more than it is.

    cheroot would take the rest of a body in chunks for the next request of
    the connection, believe any size that a chunk claims, and read a body
    that was refused for its size to the end.
    """

    def respond(self) -> None:
        """Serve a request."""
        limit = self.req.server.wsgi_app_limit
        if self.req.chunked_read:
            self.req.close_connection = True
            # Each chunk has some bytes round it.
            self.req.rfile.maxlen = 2 * limit
        elif self.req.rfile.remaining > limit:
            self.req.close_connection = True
        super().respond()


class HttpServer:
    """Serves a WSGI application from a thread of its own."""

    def __init__(self, conf: cfg.ConfigOpts, application) -> None:
        self._server = wsgi.Server(
            (conf.api.host, conf.api.port), application,
            numthreads=conf.api.threads, server_name='convection-api',
            request_queue_size=socket.SOMAXCONN,
            reuse_port=conf.api.workers > 1)
        self._server.gateway = _Gateway
        self._server.wsgi_app_limit = conf.api.max_request_size
        self._server.max_request_header_size = _MAX_HEADER_SIZE
        # Idle connections wait in one selector and cost no thread.
        self._server.keep_alive_conn_limit = _KEPT_CONNECTIONS
        self._thread = threading.Thread(target=self._server.serve,
                                        name='http', daemon=True)

    def start(self) -> None:
        """Listen, and serve from now on.

        :raises OSError: the address is not free.
        """
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests at work and listen no more."""
        self._server.stop()
        self._thread.join()


def check_address(conf: cfg.ConfigOpts) -> None:
    """Refuse to serve everybody without authentication.

    :raises SystemExit: with the reason.
    """
    if conf.api.auth_strategy != 'noauth' or conf.api.force_noauth_listen:
        return
    if not _is_loopback(conf.api.host):
        raise SystemExit(
            f'[api] auth_strategy is noauth and [api] host is '
            f'{conf.api.host}, which others can reach: whoever does could '
            'do everything. Use a loopback address or keystone, or set '
            '[api] force_noauth_listen.')


def not_free(conf: cfg.ConfigOpts, error: OSError) -> str:
    """Say that the API's address cannot be listened on."""
    return (f'{conf.api.host}:{conf.api.port} cannot be listened on: '
            f'{error.strerror or error}')


def check_port(conf: cfg.ConfigOpts) -> None:
    """Refuse to start where somebody else listens.

    Before workers are forked: one that fails is started again and again.

    :raises SystemExit: with the reason.
    """
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            conf.api.host, conf.api.port, type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
    except OSError as error:
        raise SystemExit(not_free(conf, error)) from None


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(entry[4][0]).is_loopback
               for entry in found)


class _Api:
    """The API with its own connections."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._transport = messaging.MessagingTransport(conf)
        self._database = api.Database(conf)
        self._server = HttpServer(conf, app.build_application(
            conf, self._database, client.EngineClient(
                self._transport, conf.rpc.attempts)))

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
        self._transport.close()
        self._database.dispose()


def main() -> None:
    """Serve the API until SIGTERM."""
    conf = config.load(prog='convection-api')
    check_address(conf)
    check_port(conf)
    checks.check_broker(conf)
    checks.check_database(conf)
    processes.run(conf, lambda: _Api(conf), conf.api.workers)
