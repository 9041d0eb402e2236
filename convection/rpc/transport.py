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
"""What a transport offers to the clients and servers of this package.

Two implementations: :mod:`convection.rpc.inprocess` for one process and
:mod:`convection.rpc.messaging` for a broker through oslo.messaging.
"""

from typing import Any, Protocol


class Server(Protocol):
    """Something that hears messages for an endpoint."""

    def start(self) -> None:
        """Hear messages from now on."""

    def stop(self) -> None:
        """Hear no more; what was begun is finished first."""


class Transport(Protocol):
    """Brings calls and casts to the endpoints of other processes."""

    def call(self, topic: str, method: str, context: Any,
             arguments: dict[str, Any], server: str | None = None) -> Any:
        """Call a method and return its answer.

        :param server: the one process to ask; any of the topic when None.
        :raises Unavailable: no answer came in time.
        :raises ConvectionException: as raised by the method.
        """

    def cast(self, topic: str, method: str, arguments: dict[str, Any],
             server: str | None = None, fanout: bool = False) -> None:
        """Send a message that may be lost, and return at once."""

    def serve(self, topic: str, server: str, endpoint: Any) -> Server:
        """Make a server for the endpoint; it is not started yet."""

    def close(self) -> None:
        """Send what is waiting, and let go of all connections."""
