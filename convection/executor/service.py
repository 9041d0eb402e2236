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
"""An executor on the wire: its agent and the server that hears for it."""

import threading
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging

from convection.executor import agent
from convection.executor import catalogue as catalogues
from convection.rpc import client
from convection.rpc import topics
from convection.rpc import transport as transports

LOG = logging.getLogger(__name__)


class Endpoint:
    """What executors serve on the topic ``convection-executor``.

    The history of its version is in
    :class:`convection.rpc.client.ExecutorClient`.
    """

    target = oslo_messaging.Target(version=topics.EXECUTOR_VERSION)

    def __init__(self, executor: agent.Executor) -> None:
        self._executor = executor

    def dispatch(self, ctxt: Any, message: dict[str, Any]) -> None:
        """Take action runs, cancels and acknowledgements of an engine."""
        self._executor.dispatch(message)


class ExecutorService:
    """Runs an executor between :meth:`start` and :meth:`stop`.

    May be embedded in another service's process.

    :param conf: the configuration.
    :param transport: brings messages from and to the engines.
    :param catalogue: the actions there are; those of all plug-ins installed
        when left out.
    """

    def __init__(self, conf: cfg.ConfigOpts, transport: transports.Transport,
                 catalogue: catalogues.Catalogue | None = None) -> None:
        self._conf = conf
        self._transport = transport
        self._lock = threading.Lock()
        self._server: Any = None
        self.executor = agent.Executor(
            conf, client.EngineClient(transport),
            catalogue or catalogues.Catalogue.load(),
            renamed=self._serve_as)
        self._endpoint = Endpoint(self.executor)

    def start(self) -> None:
        """Hear engines and say hello to them."""
        self._serve_as(self.executor.executor_id)
        self.executor.start()
        LOG.info('The executor %s has started', self.executor.executor_id)

    def stop(self) -> None:
        """Let running actions end, report them and say good-bye."""
        self.executor.stop(self._conf.executor.stop_grace)
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()
        LOG.info('The executor %s has stopped', self.executor.executor_id)

    def _serve_as(self, executor_id: str) -> None:
        """Hear messages for this id, and no more for the one before."""
        server = self._transport.serve(topics.EXECUTOR, executor_id,
                                       self._endpoint)
        server.start()
        with self._lock:
            old, self._server = self._server, server
        if old is not None:
            old.stop()
