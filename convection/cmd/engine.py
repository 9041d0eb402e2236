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
"""``convection-engine``: owns jobs and moves them forward."""

from convection.cmd import checks
from convection.cmd import processes
from convection.common import config
from convection.db import api
from convection.engine import service
from convection.rpc import messaging


class _Engine:
    """An engine with its own connections."""

    def __init__(self, conf) -> None:
        self._transport = messaging.MessagingTransport(conf)
        self._database = api.Database(conf)
        self._service = service.EngineService(conf, self._database,
                                              self._transport)

    def start(self) -> None:
        self._service.start()

    def stop(self) -> None:
        self._service.stop()
        self._transport.close()
        self._database.dispose()


def main() -> None:
    """Run engines until SIGTERM."""
    conf = config.load(prog='convection-engine')
    checks.check_broker(conf)
    checks.wait_for_tables(conf)
    processes.run(conf, lambda: _Engine(conf), conf.engine.workers)
