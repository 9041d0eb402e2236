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
"""Where other threads leave requests for the loop."""

import collections
import threading
from typing import Any
from typing import Callable

from convection.common import exception
from convection.engine import requests


class Inbox:
    """Requests in the order in which they came.

    :param clock: gives the time, see :class:`convection.engine.loop.Clock`.
    """

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._requests: collections.deque = collections.deque()
        # When executors were heard since the last round, by their ids.
        self._heard: dict[str, float] = {}
        self._filled = threading.Condition()
        self._stopping = False
        # Nothing is taken any more.
        self._closed = False

    def __len__(self) -> int:
        return len(self._requests)

    # -- for other threads --

    def put(self, request: requests.Request) -> None:
        """Leave a request; it is refused when nobody will take it."""
        with self._filled:
            if self._closed:
                refuse([request])
                return
            self._requests.append(request)
            if isinstance(request, (requests.Heartbeat, requests.Report)):
                # Now: the database may hold up the loop for long.
                self._heard[request.message['executor_id']] = \
                    self._clock.time()
            self._filled.notify()

    def stop(self) -> None:
        """Say that the loop should end when the inbox is empty."""
        with self._filled:
            self._stopping = True
            self._filled.notify()

    # -- for the loop --

    @property
    def ended(self) -> bool:
        """Whether the loop should end: told so, and nothing is left."""
        return self._stopping and not self._requests

    def wait(self, next_due: Callable[[], float]) -> None:
        """Wait for a request, the end, or the time that is due next."""
        with self._filled:
            while not self._requests and not self._stopping:
                left = next_due() - self._clock.time()
                if left <= 0:
                    return
                self._filled.wait(left)

    def take(self, limit: int) -> list[requests.Request]:
        """Take out the next requests; one result of a report at limit 1."""
        with self._filled:
            if limit == 1 and self._requests:
                self._split_first()
            count = min(len(self._requests), limit)
            return [self._requests.popleft() for _ in range(count)]

    def _split_first(self) -> None:
        """Make one request for each result of a report."""
        first = self._requests[0]
        if isinstance(first, requests.Report) and first.whole is None:
            self._requests.popleft()
            self._requests.extendleft(reversed(first.split()))

    def take_heard(self) -> dict[str, float]:
        """Say which executors were heard since the last call, and when."""
        with self._filled:
            heard, self._heard = self._heard, {}
        return heard

    def close(self) -> None:
        """Refuse what is there and what comes: the engine lost its jobs."""
        with self._filled:
            self._closed = True
            left = list(self._requests)
            self._requests.clear()
        refuse(left)


def _lost() -> Exception:
    return exception.Unavailable(
        reason='The engine lost its jobs; trying again is safe.')


def refuse(taken: list[requests.Request],
           make_error: Callable[[], Exception] = _lost) -> None:
    """Settle what is not settled, each with an exception of its own."""
    for request in taken:
        if request.reply is not None and not request.reply.done():
            request.reply.set_exception(make_error())
