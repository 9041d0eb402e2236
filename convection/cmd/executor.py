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
"""``convection-executor``: runs actions."""

from convection.cmd import checks
from convection.cmd import processes
from convection.common import config
from convection.executor import service
from convection.rpc import messaging


class _Executor:
    """An executor with its own connections."""

    def __init__(self, conf) -> None:
        self._transport = messaging.MessagingTransport(conf)
        self._service = service.ExecutorService(conf, self._transport)

    def start(self) -> None:
        self._service.start()

    def stop(self) -> None:
        self._service.stop()
        self._transport.close()


def main() -> None:
    """Run executors until SIGTERM."""
    conf = config.load(prog='convection-executor')
    checks.check_broker(conf)
    processes.run(conf, lambda: _Executor(conf), conf.executor.workers)
