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
"""One direction of the stream between an engine and an executor. Pure.

Casts may be lost, repeated and reordered. Each message of a stream has a
number and is sent again until the other side acknowledges that number; an
acknowledgement that gets lost only means one more repetition, which the
receiver recognises by the ids inside.
"""

from typing import Any


class Outbox:
    """The sending half: what was sent and not acknowledged yet.

    :param retry: seconds until a message is sent again for the first time.
    :param retry_limit: the interval doubles up to so many seconds.
    """

    def __init__(self, retry: float = 1.0, retry_limit: float = 10.0) -> None:
        self._retry = retry
        self._retry_limit = retry_limit
        self._last = 0
        # number -> [message, when to send again, the interval now]
        self._unacknowledged: dict[int, list] = {}

    def __len__(self) -> int:
        return len(self._unacknowledged)

    def add(self, message: dict[str, Any], now: float) -> dict[str, Any]:
        """Number a message, put the number in as ``seq`` and return it."""
        self._last += 1
        message['seq'] = self._last
        self._unacknowledged[self._last] = [message, now + self._retry,
                                            self._retry]
        return message

    def acknowledge(self, numbers: list[int]) -> None:
        """Forget the messages with these numbers."""
        for number in numbers:
            self._unacknowledged.pop(number, None)

    def opens_at(self, window: int, age: float) -> float:
        """Return when fewer messages than the window are on their way.

        :param age: seconds after which one does not count any more.
        """
        if len(self._unacknowledged) < window:
            return 0.0
        sent = sorted(again - interval for _message, again, interval
                      in self._unacknowledged.values())
        return sent[-window] + age

    def due(self, now: float) -> list[dict[str, Any]]:
        """Return the messages to send again now."""
        again = []
        for entry in self._unacknowledged.values():
            if entry[1] <= now:
                entry[2] = min(entry[2] * 2, self._retry_limit)
                entry[1] = now + entry[2]
                again.append(entry[0])
        return again

    def next_due(self) -> float | None:
        """Return when the next message must be sent again, if any."""
        return min((entry[1] for entry in self._unacknowledged.values()),
                   default=None)
