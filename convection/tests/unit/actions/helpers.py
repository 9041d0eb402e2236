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
"""What the tests of actions share: a configuration and real servers."""

import contextlib
import http.server
import threading
from typing import Any

from oslo_config import cfg
from oslotest import base as test_base

from convection.actions import base
from convection import conf as options

#: The longest that a test waits for something that must happen.
BOUND = 20.0


def configuration(**overrides: dict[str, Any]) -> cfg.ConfigOpts:
    """Return a configuration; loopback may be connected to.

    :param overrides: values by group and name.
    """
    conf = cfg.ConfigOpts()
    options.register_options(conf)
    conf([], project='convection', default_config_files=[],
         default_config_dirs=[])
    for group in ('action_http', 'action_email', 'action_ssh'):
        conf.set_override('denied_cidrs', [], group=group)
    for group, values in overrides.items():
        for name, value in values.items():
            conf.set_override(name, value, group=group)
    return conf


def context(conf: cfg.ConfigOpts, **order: Any) -> base.ActionContext:
    """Return the context of a run."""
    return base.ActionContext({'id': 'run-1', 'action': 'test', **order},
                              conf)


class ActionTestCase(test_base.BaseTestCase):
    """Runs actions against servers on the loopback interface."""

    def assert_fails(self, action: base.Action, conf: cfg.ConfigOpts,
                     **parameters: Any) -> base.ActionError:
        """Run an action that must fail, and return how."""
        return self.assertRaises(base.ActionError, action.run, context(conf),
                                 **parameters)

    def in_thread(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Begin a call; returns a function that waits for its outcome."""
        outcome: dict[str, Any] = {}

        def call() -> None:
            try:
                outcome['value'] = function(*args, **kwargs)
            except BaseException as error:
                outcome['error'] = error

        thread = threading.Thread(target=call, daemon=True)
        thread.start()

        def finish() -> dict[str, Any]:
            thread.join(BOUND)
            self.assertFalse(thread.is_alive(), 'the call did not end')
            return outcome

        return finish


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


@contextlib.contextmanager
def http_server(answer: Any, address: str = '127.0.0.1') -> Any:
    """Serve HTTP; yields the port.

    :param answer: called with the request handler, for every method.
    """
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

        def reply(self, status: int, body: bytes = b'',
                  **headers: str) -> None:
            """Send a whole response."""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace('_', '-'), value)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def body(self) -> bytes:
            """Read the body of the request."""
            return self.rfile.read(int(self.headers['Content-Length'] or 0))

        def _answer(self) -> None:
            with contextlib.suppress(OSError):
                answer(self)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

    server = _Server((address, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,),
                              daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
