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
"""``convection-all``: API, engine and executor in one process.

For a laptop and for tests: SQLite unless another database is configured, no
broker, no authentication, loopback only. It is the same code as the separate
services with another transport.
"""

import os
import pathlib
import signal
import threading

from oslo_config import cfg
from oslo_db import options
from oslo_log import log as logging

from convection.api import app
from convection.cmd import api as api_command
from convection.cmd import checks
from convection.common import config
from convection.db import api
from convection.db import migration
from convection.engine import service as engine_service
from convection.executor import service as executor_service
from convection.rpc import client
from convection.rpc import inprocess

LOG = logging.getLogger(__name__)


def set_defaults(conf: cfg.ConfigOpts) -> None:
    """Change the defaults that suit a single user; files override them."""
    folder = pathlib.Path(conf.all.data_path).expanduser()
    options.set_defaults(
        conf, f'sqlite:///{folder.absolute()}/convection.sqlite')
    conf.set_default('auth_strategy', 'noauth', group='api')
    # Examples and tests call servers on this machine.
    for group in ('action_http', 'action_email', 'action_ssh'):
        conf.set_default('denied_cidrs', [], group=group)
    if conf.database.connection.startswith(f'sqlite:///{folder.absolute()}'):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemExit(f'The folder {folder} cannot be made: '
                             f'{error.strerror}') from None


class AllInOne:
    """The three services of one process."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.database = api.Database(conf)
        migration.upgrade(self.database)
        self.transport = inprocess.InProcessTransport()
        self._engine = engine_service.EngineService(conf, self.database,
                                                    self.transport)
        self._executor = executor_service.ExecutorService(conf,
                                                          self.transport)
        self._server = api_command.HttpServer(conf, app.build_application(
            conf, self.database, client.EngineClient(
                self.transport, conf.rpc.attempts)))

    def start(self) -> None:
        """Start the engine, then what needs it.

        :raises OSError: the API's address is not free.
        """
        self._server.start()
        self._engine.start()
        self._executor.start()

    def stop(self) -> None:
        """Stop in the opposite order; what is at work is reported first."""
        self._server.stop()
        self._executor.stop()
        self._engine.stop()
        self.transport.close()
        self.database.dispose()


def main() -> None:
    """Serve everything until SIGTERM or SIGINT."""
    conf = config.load(prog='convection-all')
    set_defaults(conf)
    api_command.check_address(conf)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    api_command.check_port(conf)
    with checks.explained(conf):
        services = AllInOne(conf)
    try:
        services.start()
    except OSError as error:
        raise SystemExit(api_command.not_free(conf, error)) from None
    print(f'convection-all is ready: http://{conf.api.host}:{conf.api.port} '
          f'(process {os.getpid()})', flush=True)
    stopped.wait()
    services.stop()
