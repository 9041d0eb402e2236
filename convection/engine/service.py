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
"""One engine process: the loop's thread and the RPC server round it."""

import importlib.metadata
import os
import socket
import threading
import time
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from convection.db import api
from convection.engine import definitions
from convection.engine import endpoint
from convection.engine import loop
from convection.engine import ownership
from convection.engine import store
from convection.rpc import client
from convection.rpc import topics
from convection.rpc import transport as transports

LOG = logging.getLogger(__name__)

#: Exit status of a process whose loop failed (EX_SOFTWARE).
_LOOP_FAILED = 70


class SystemClock:
    """The time of this machine."""

    def time(self) -> float:
        """Return the seconds since the epoch, UTC."""
        return time.time()


class EngineService:
    """Runs an engine between :meth:`start` and :meth:`stop`.

    :param transport: brings calls here, and messages to executors.
    """

    def __init__(self, conf: cfg.ConfigOpts, database: api.Database,
                 transport: transports.Transport) -> None:
        self._conf = conf
        self._database = database
        self._transport = transport
        self._definitions = definitions.Definitions(database)
        self._engine: Any = None
        self._server: Any = None
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name='engine-loop',
                                        daemon=True)

    def start(self) -> None:
        """Take over what nobody owns, and answer calls."""
        self._definitions.load_plugins()
        if self._begin():
            self._thread.start()

    def stop(self) -> None:
        """Finish what was asked, hand the jobs over and end.

        Order: no new calls, then the last commits, then the jobs are
        released, then the other engines are told to look for them.
        """
        with self._lock:
            self._stopping = True
            server, engine = self._server, self._engine
        if engine is None:
            # Stopped before it could start.
            return
        server.stop()
        engine.stop()
        self._thread.join()
        client.EngineClient(self._transport).released(engine.id)
        LOG.info('The engine %s has stopped', engine.id)

    def _begin(self) -> bool:
        """Begin under a new id; False when the service is to stop."""
        engine = loop.Engine(
            store=store.Store(self._database), definitions=self._definitions,
            executors=client.ExecutorClient(self._transport),
            clock=SystemClock(), service=self._service(),
            settings=self._conf.engine)
        server = self._transport.serve(
            topics.ENGINE, engine.id, endpoint.EngineEndpoint(
                engine, self._database, self._definitions, self._conf))
        with self._lock:
            if self._stopping:
                return False
            self._engine, self._server = engine, server
        server.start()
        LOG.info('The engine %s has started', engine.id)
        return True

    @staticmethod
    def _service() -> dict[str, Any]:
        return {'host': socket.gethostname(),
                'version': importlib.metadata.version('convection'),
                'info': {'pid': os.getpid()}}

    def _run(self) -> None:
        while True:
            try:
                self._engine.run()
                return
            except ownership.Superseded:
                self._server.stop()
            except Exception:
                # A process without its loop is worse than none: whoever
                # supervises it starts another, which takes the jobs over.
                LOG.exception('The loop of the engine failed')
                os._exit(_LOOP_FAILED)
            if not self._begin():
                return
