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
"""The timers of all jobs of an engine, in memory.

They are copies of what the task rows hold; a timer that was dropped or set
anew is not looked for here: the core ignores it when it fires.
"""

import heapq


class Timers:
    """A heap of due times."""

    #: Below so many entries, stale ones are not worth a search.
    _TIDY_FROM = 10_000

    def __init__(self) -> None:
        self._heap: list[tuple[float, str, int, str]] = []
        self._tidy_at = self._TIDY_FROM

    def __len__(self) -> int:
        return len(self._heap)

    def set(self, job_id: str, task_number: int, name: str,
            due: float) -> None:
        """Remember a timer of a task."""
        heapq.heappush(self._heap, (due, job_id, task_number, name))

    def next_due(self) -> float | None:
        """Return when the next timer is due, if there is one."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float,
                limit: int) -> list[tuple[float, str, int, str]]:
        """Take out the timers that are due: (due, job, task, name)."""
        due = []
        while self._heap and self._heap[0][0] <= now and len(due) < limit:
            due.append(heapq.heappop(self._heap))
        return due

    def tidy(self, is_live) -> None:
        """Drop stale timers when they may have become the most.

        :param is_live: called with (job id, task number, name, due).
        """
        if len(self._heap) < self._tidy_at:
            return
        self._heap = [entry for entry in self._heap
                      if is_live(entry[1], entry[2], entry[3], entry[0])]
        heapq.heapify(self._heap)
        self._tidy_at = max(self._TIDY_FROM, 2 * len(self._heap))
