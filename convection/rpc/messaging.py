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
"""The transport of separate processes: oslo.messaging and a broker.

oslo.messaging acknowledges a message before it is dispatched and loses what
a crash leaves behind, so nothing here promises delivery: callers try again
and the streams between engines and executors are acknowledged end to end.
Connections are made at the first use, after any fork.
"""

import collections
import concurrent.futures
import threading
from typing import Any
from typing import Callable

from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging
from oslo_messaging._drivers import amqpdriver

from convection.common import context as request_context
from convection.common import exception
from convection.rpc import topics

LOG = logging.getLogger(__name__)

# After each message oslo.messaging looks every 1, 2, 4, ... ms whether a
# message must be put back into its queue. Nothing is put back here (an RPC
# message is acknowledged when it is heard), and between messages that come
# some milliseconds apart these looks cost more than the messages.
amqpdriver.ACK_REQUEUE_EVERY_SECONDS_MIN = 1.0

#: Messages that may wait while the broker is away; older ones are dropped,
#: since every stream sends again what was not acknowledged.
_CAST_BACKLOG = 2000
#: Addresses of processes that are remembered, those of former ones included.
_KEPT_ADDRESSES = 1000
#: How often a call is sent again to a broker that went away.
_RETRIES = 2
#: Seconds more than a call may take, for its own end to come first.
_SLACK = 1.0


class ContextSerializer(oslo_messaging.NoOpSerializer):
    """Carries a request context as the few fields that may cross.

    Arguments and answers are JSON values by contract: to look into each of
    them, as JsonPayloadSerializer does, costs more than to encode them.
    """

    def serialize_context(self, context: Any) -> dict[str, Any]:
        """Return the fields that may cross."""
        return context.to_dict() if context is not None else {}

    def deserialize_context(self, context: dict[str, Any]) -> Any:
        """Return the request context; a cast between services has none."""
        # oslo.messaging adds keys of its own to an empty one too.
        if 'request_id' not in context:
            return None
        return request_context.RequestContext.from_dict(context)


class _Casts:
    """Sends casts in a thread of its own, in order, one by one.

    The driver waits for the broker's confirmation of each message, and for
    the broker itself when it is away: no engine loop should.
    """

    def __init__(self, send: Any) -> None:
        self._send = send
        self._waiting: collections.deque = collections.deque(
            maxlen=_CAST_BACKLOG)
        self._filled = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name='casts',
                                        daemon=True)
        self._thread.start()

    def put(self, cast: tuple) -> None:
        with self._filled:
            self._waiting.append(cast)
            self._filled.notify()

    def close(self, timeout: float) -> None:
        with self._filled:
            self._closed = True
            self._filled.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._filled:
                while not self._waiting:
                    if self._closed:
                        return
                    self._filled.wait()
                cast = self._waiting.popleft()
            try:
                self._send(*cast)
            except Exception as error:
                LOG.warning('A message was not sent and will be sent again: '
                            '%s', error)


class _Endpoint:
    """An endpoint whose refusals need no traceback in the server's log."""

    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint
        self.target = endpoint.target

    def __getattr__(self, name: str) -> Callable:
        return oslo_messaging.expected_exceptions(
            exception.ConvectionException)(getattr(self._endpoint, name))


class _Connecting:
    """Makes the first call in a thread of its own, with a limit.

    With it the driver connects for the answers, and to a broker that is away
    it connects without end. Calls after an answer came are made directly.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: concurrent.futures.Future | None = None

    def call(self, call: Callable[[], Any], limit: float) -> Any:
        """Make a call.

        :raises TimeoutError: the broker was not reached within the limit.
        """
        with self._lock:
            first = self._first
            if first is None:
                self._first = mine = concurrent.futures.Future()
                threading.Thread(target=self._run, args=(call, mine),
                                 name='first-call', daemon=True).start()
        if first is None:
            return mine.result(limit)
        concurrent.futures.wait([first], limit)
        if not first.done():
            raise TimeoutError()
        return call()

    def _run(self, call: Callable[[], Any],
             first: concurrent.futures.Future) -> None:
        try:
            first.set_result(call())
        except Exception as error:
            # Whether the connection stands is not known: once more.
            with self._lock:
                self._first = None
            first.set_exception(error)


class _Server(oslo_messaging.rpc.server.RPCServer):
    """Takes casts in the thread that hears them.

    Their receivers only take note, which is quicker than waking another
    thread. Calls wait for commits and get a thread from the pool.
    """

    def _on_incoming(self, incoming: list) -> None:
        if incoming[0].message.get('method') in topics.CASTS:
            self._process_incoming(incoming)
        else:
            super()._on_incoming(incoming)


class MessagingTransport:
    """Brings calls and casts to other processes through a broker."""

    #: Seconds to wait for casts to leave at a clean stop.
    _CLOSE_TIMEOUT = 5.0

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._lock = threading.Lock()
        self._transport: Any = None
        self._casts: Any = None
        self._clients: dict[str, Any] = {}
        self._connecting = _Connecting()
        # Clients for casts by topic, server and fanout; for one thread.
        self._prepared: dict[tuple, Any] = {}

    def _connected(self) -> Any:
        with self._lock:
            if self._transport is None:
                self._transport = oslo_messaging.get_rpc_transport(
                    self._conf,
                    allowed_remote_exmods=[exception.__name__])
                self._casts = _Casts(self._cast_now)
            return self._transport

    def _client(self, topic: str) -> Any:
        transport = self._connected()
        with self._lock:
            if topic not in self._clients:
                target = oslo_messaging.Target(
                    exchange=topics.EXCHANGE, topic=topic, version='1.0')
                self._clients[topic] = oslo_messaging.get_rpc_client(
                    transport, target, serializer=ContextSerializer(),
                    timeout=self._conf.rpc.timeout, retry=_RETRIES)
            return self._clients[topic]

    def call(self, topic: str, method: str, context: Any,
             arguments: dict[str, Any], server: str | None = None) -> Any:
        """See :meth:`convection.rpc.transport.Transport.call`."""
        client = self._client(topic)
        if server is not None:
            client = client.prepare(server=server)
        try:
            return self._connecting.call(
                lambda: client.call(context, method, **arguments),
                self._conf.rpc.timeout + _SLACK)
        except oslo_messaging.MessagingTimeout as error:
            raise exception.Unavailable(
                reason=f'No answer came on the topic {topic} within '
                       f'{self._conf.rpc.timeout} s.') from error
        except (oslo_messaging.MessageDeliveryFailure,
                TimeoutError) as error:
            raise exception.Unavailable(
                reason='The message broker does not answer.') from error
        except exception.ConvectionException:
            raise
        except Exception as error:
            # Built-in exceptions arrive as what they are, others as a
            # RemoteError.
            LOG.error('%s on %s failed: %s', method, topic, error)
            raise exception.ConvectionException() from error

    def cast(self, topic: str, method: str, arguments: dict[str, Any],
             server: str | None = None, fanout: bool = False) -> None:
        """See :meth:`convection.rpc.transport.Transport.cast`."""
        self._connected()
        self._casts.put((topic, method, arguments, server, fanout))

    def _cast_now(self, topic: str, method: str, arguments: dict[str, Any],
                  server: str | None, fanout: bool) -> None:
        address = topic, server, fanout
        client = self._prepared.get(address)
        if client is None:
            if len(self._prepared) >= _KEPT_ADDRESSES:
                self._prepared.clear()
            client = self._prepared[address] = self._client(topic).prepare(
                server=server, fanout=fanout or None, retry=-1)
        client.cast(None, method, **arguments)

    def serve(self, topic: str, server: str, endpoint: Any) -> Any:
        """See :meth:`convection.rpc.transport.Transport.serve`."""
        target = oslo_messaging.Target(
            exchange=topics.EXCHANGE, topic=topic, server=server)
        return MessagingServer(oslo_messaging.get_rpc_server(
            self._connected(), target, [_Endpoint(endpoint)],
            executor='threading',
            serializer=ContextSerializer(),
            access_policy=oslo_messaging.DefaultRPCAccessPolicy,
            server_cls=_Server))

    def close(self) -> None:
        """See :meth:`convection.rpc.transport.Transport.close`."""
        with self._lock:
            transport, casts = self._transport, self._casts
        if casts is not None:
            casts.close(self._CLOSE_TIMEOUT)
        if transport is not None:
            # It waits for whoever is connecting, and that has no end.
            cleaning = threading.Thread(target=transport.cleanup,
                                        name='close', daemon=True)
            cleaning.start()
            cleaning.join(self._CLOSE_TIMEOUT)


class MessagingServer:
    """Hears messages for one endpoint of a topic."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def start(self) -> None:
        """Hear messages from now on."""
        self._server.start()

    def stop(self) -> None:
        """Hear no more; what was begun is finished first."""
        self._server.stop()
        self._server.wait()
