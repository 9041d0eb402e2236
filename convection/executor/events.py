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
"""What the slots' threads say, until the reporter hears it."""

import contextlib
import queue
from typing import Any


class Events:
    """A queue of events: that runs began or ended."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self._first: tuple | None = None

    def began(self, run_id: str, deadline: float, timeout: float) -> None:
        """A run with a timeout began."""
        self._queue.put((run_id, deadline, timeout))

    def ended(self, run_id: str, record: dict[str, Any], size: int,
              seconds: float) -> None:
        """A run ended."""
        self._queue.put((run_id, record, size, seconds))

    def wake(self) -> None:
        """Have the reporter look round."""
        self._queue.put(None)

    def wait(self, seconds: float) -> None:
        """Wait until there is something to take. For one thread only."""
        if seconds > 0:
            with contextlib.suppress(queue.Empty):
                self._first = self._queue.get(timeout=seconds)

    def take(self) -> list[tuple]:
        """Take all there is."""
        events = [self._first]
        self._first = None
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._queue.get_nowait())
        return [event for event in events if event is not None]
