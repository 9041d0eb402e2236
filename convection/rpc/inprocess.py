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
"""The transport of ``convection-all``: processes that are objects of one.

Messages make the same journey through JSON as on a broker, so that nothing
is shared by accident. A cast runs the receiving method in the sender's
thread: receivers only take note and return.
"""

import json
import threading
from typing import Any

from oslo_log import log as logging

from convection.common import exception

LOG = logging.getLogger(__name__)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


class InProcessServer:
    """Hears messages for one endpoint of a topic."""

    def __init__(self, transport: 'InProcessTransport', topic: str,
                 server: str, endpoint: Any) -> None:
        self._transport = transport
        self._address = (topic, server)
        self._endpoint = endpoint

    def start(self) -> None:
        """Hear messages from now on."""
        self._transport.add(self._address, self._endpoint)

    def stop(self) -> None:
        """Hear no more."""
        self._transport.remove(self._address)


class InProcessTransport:
    """Brings calls and casts to endpoints of the same process."""

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def add(self, address: tuple[str, str], endpoint: Any) -> None:
        """Let an endpoint be found."""
        with self._lock:
            self._endpoints[address] = endpoint

    def remove(self, address: tuple[str, str]) -> None:
        """Let an endpoint be found no more."""
        with self._lock:
            self._endpoints.pop(address, None)

    def _find(self, topic: str, server: str | None) -> list[Any]:
        with self._lock:
            return [endpoint
                    for address, endpoint in self._endpoints.items()
                    if address[0] == topic and server in (None, address[1])]

    def call(self, topic: str, method: str, context: Any,
             arguments: dict[str, Any], server: str | None = None) -> Any:
        """See :meth:`convection.rpc.transport.Transport.call`."""
        found = self._find(topic, server)
        if not found:
            raise exception.Unavailable(
                reason=f'Nobody answers on the topic {topic}.')
        return _copy(getattr(found[0], method)(context, **_copy(arguments)))

    def cast(self, topic: str, method: str, arguments: dict[str, Any],
             server: str | None = None, fanout: bool = False) -> None:
        """See :meth:`convection.rpc.transport.Transport.cast`."""
        found = self._find(topic, server)
        for endpoint in found if fanout else found[:1]:
            try:
                getattr(endpoint, method)(None, **_copy(arguments))
            except Exception:
                LOG.exception('The receiver of %s on %s failed', method,
                              topic)

    def serve(self, topic: str, server: str,
              endpoint: Any) -> InProcessServer:
        """See :meth:`convection.rpc.transport.Transport.serve`."""
        return InProcessServer(self, topic, server, endpoint)

    def close(self) -> None:
        """Forget every endpoint."""
        with self._lock:
            self._endpoints.clear()
