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
"""Which runs must stop, when, and what is then said of them. Pure.

A run that is to stop, for a cancel or a timeout, is told so first. It gets a
moment to do it; one that does not is given up, and its end is reported all
the same. Times are seconds since the epoch, given by the caller.
"""

import dataclasses
import heapq

#: Seconds that a run gets to stop after it was told to.
MOMENT = 0.25
#: Entries of ended runs that are kept before the heap is cleaned.
_SLACK = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about a run now.

    :ivar give_up: False: tell the run to stop. True: it did not do so in
        time, report its end without it.
    """

    run_id: str
    give_up: bool


class Watch:
    """Keeps the deadlines of runs and what they are stopped for."""

    def __init__(self) -> None:
        # (when, number of the entry, what then)
        self._heap: list[tuple[float, int, Step]] = []
        self._count = 0
        # run id -> (state, reason), of the runs that were told to stop
        self._stopping: dict[str, tuple[str, str]] = {}
        # run id -> seconds, of the runs with a deadline
        self._timeouts: dict[str, float] = {}

    def began(self, run_id: str, deadline: float, timeout: float) -> None:
        """A run with a timeout of so many seconds began."""
        self._timeouts[run_id] = timeout
        self._add(deadline, Step(run_id, False))

    def cancel(self, run_id: str, now: float) -> bool:
        """A run is to stop; False when it was told so already."""
        if run_id in self._stopping:
            return False
        self._stop(run_id, 'CANCELLED', 'The action was stopped: the action '
                   'run was cancelled', now)
        return True

    def forget(self, run_id: str) -> tuple[str, str] | None:
        """A run ended.

        :returns: the state and the reason that it was told to stop for, or
            None when it was not.
        """
        self._timeouts.pop(run_id, None)
        return self._stopping.pop(run_id, None)

    def due(self, now: float) -> list[Step]:
        """Return what is to be done now, in order of time."""
        steps = []
        while self._heap and self._heap[0][0] <= now:
            step = heapq.heappop(self._heap)[2]
            if self._stale(step):
                continue
            if not step.give_up:
                seconds = self._timeouts[step.run_id]
                self._stop(step.run_id, 'ERROR', 'The action was stopped: it '
                           f'took longer than its timeout of {seconds:g} s',
                           now)
            steps.append(step)
        return steps

    def next_due(self) -> float | None:
        """Return when :meth:`due` has something to say, or None."""
        while self._heap and self._stale(self._heap[0][2]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _stop(self, run_id: str, state: str, reason: str,
              now: float) -> None:
        self._stopping[run_id] = (state, reason)
        self._add(now + MOMENT, Step(run_id, True))

    def _stale(self, step: Step) -> bool:
        if step.give_up:
            return step.run_id not in self._stopping
        return (step.run_id not in self._timeouts
                or step.run_id in self._stopping)

    def _add(self, due: float, step: Step) -> None:
        live = len(self._timeouts) + len(self._stopping)
        if len(self._heap) > 2 * live + _SLACK:
            self._heap = [entry for entry in self._heap
                          if not self._stale(entry[2])]
            heapq.heapify(self._heap)
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, step))
