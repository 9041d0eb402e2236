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
"""The API for a WSGI server: ``convection.wsgi.api:application``.

Built when the first request comes, in the process that serves it: a server
may load this module before it forks, and neither database connections nor
those to the broker survive a fork.
"""

import threading
from typing import Any, Callable, Iterable

from oslo_service import backend

# Before anything below imports oslo.messaging, which would choose eventlet.
backend.init_backend(backend.BackendType.THREADING)

from convection.api import app  # noqa: E402
from convection.common import config  # noqa: E402
from convection.db import api  # noqa: E402
from convection.rpc import client  # noqa: E402
from convection.rpc import messaging  # noqa: E402


def _build() -> Callable[..., Iterable[bytes]]:
    # The command line is that of the WSGI server.
    conf = config.load([], prog='convection-api')
    engine = client.EngineClient(messaging.MessagingTransport(conf),
                                 conf.rpc.attempts)
    return app.build_application(conf, api.Database(conf), engine)


class _Lazy:
    """Builds an application at the first request, once, and serves it."""

    def __init__(self, build: Callable[[], Callable]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._application: Callable[..., Iterable[bytes]] | None = None

    def __call__(self, environ: dict[str, Any],
                 start_response: Callable) -> Iterable[bytes]:
        if self._application is None:
            with self._lock:
                if self._application is None:
                    self._application = self._build()
        return self._application(environ, start_response)


application = _Lazy(_build)
