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
"""Running a service as worker processes under oslo.service."""

import threading
from typing import Callable

from oslo_config import cfg
from oslo_service import service


class Process(service.ServiceBase):
    """One worker; everything in it is made after the fork.

    :param make: makes an object with ``start`` and ``stop``.
    """

    def __init__(self, make: Callable) -> None:
        self._make = make
        self._service = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Make the service and start it."""
        self._service = self._make()
        self._service.start()

    def stop(self) -> None:
        """Stop the service; returns when it has handed over its work."""
        if self._service is not None:
            self._service.stop()
        self._ended.set()

    def wait(self) -> None:
        """Wait until the service was stopped."""
        self._ended.wait()

    def reset(self) -> None:
        """Do nothing: a reload makes new workers."""


def run(conf: cfg.ConfigOpts, make: Callable, workers: int) -> None:
    """Run workers until SIGTERM; SIGHUP replaces them by new ones."""
    launcher = service.launch(conf, Process(make), workers=workers,
                              restart_method='mutate')
    launcher.wait()
