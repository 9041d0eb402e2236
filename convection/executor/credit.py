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
"""How many action runs engines may have on an executor. Pure.

An executor offers its free slots and, on top, what its slots can do in a
short time: short actions travel in large batches, long ones wait in the
engine, where priority and fairness decide and another executor can have
them. The sum is divided over the engines heard from of late.
"""

#: How much the duration of the latest run counts in the average.
_WEIGHT = 0.05


class Credits:
    """Counts the credits that one executor grants.

    :param slots: how many runs it works on at once.
    :param prefetch: how many may wait for a slot, at most.
    :param prefetch_time: seconds of work that may wait for a slot.
    :param window: seconds after which a silent engine has no share.
    """

    def __init__(self, slots: int, prefetch: int = 1000,
                 prefetch_time: float = 0.1, window: float = 60.0) -> None:
        self.slots = slots
        #: Slots held by threads that could not be stopped.
        self.stuck = 0
        self._prefetch = prefetch
        self._prefetch_time = prefetch_time
        self._window = window
        self._heard: dict[str, float] = {}
        # The first guess makes as many wait as there are slots.
        self._seconds = prefetch_time

    def hear(self, engine_id: str, now: float) -> None:
        """Take note of a sign of life."""
        self._heard[engine_id] = now

    def gone(self, engine_id: str, now: float) -> bool:
        """Say whether an engine has no share any more, and forget it so."""
        if now - self._heard.get(engine_id, 0.0) <= self._window:
            return False
        self._heard.pop(engine_id, None)
        return True

    def ran(self, seconds: float) -> None:
        """Take note of how long a run held its slot."""
        self._seconds += _WEIGHT * (seconds - self._seconds)

    @property
    def capacity(self) -> int:
        """How many unfinished runs all engines together may have."""
        free = max(0, self.slots - self.stuck)
        wait = self._prefetch
        if self._seconds * wait > self._prefetch_time * free:
            wait = int(self._prefetch_time * free / self._seconds)
        return free + wait

    def each(self, now: float) -> int:
        """Return the share of one engine: at least 1."""
        recent = sum(now - heard <= self._window
                     for heard in self._heard.values())
        return max(1, self.capacity // max(1, recent))
