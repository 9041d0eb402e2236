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
"""One step at work: the job, the time, and the effects so far.

Rules never call each other in circles. What would close a circle is left
here for the loop in :mod:`convection.engine.core.machine`: the joins that
became impossible, and the end of the job.
"""

import collections
import dataclasses
from typing import Any

from convection.engine.core import effects
from convection.engine.core import model


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """How a command, a request or an error ends the job before its time.

    :param reason: a sentence for the ``state_info`` of the job; None for
        a ``succeed`` without a message.
    :param tasks_reason: a sentence for the tasks that are stopped by it.
    """

    state: str
    reason: str | None
    tasks_reason: str


class Step:
    """What the rules share during one step."""

    __slots__ = ('job', 'at', 'effects', 'failing', 'ending', 'starts')

    def __init__(self, job: model.Job, at: float) -> None:
        self.job = job
        #: The time of the event, seconds since the epoch.
        self.at = at
        self.effects: list[effects.Effect] = []
        #: Joins that can no longer be reached, with the sentence why.
        self.failing: collections.deque[tuple[model.Task, str]] = (
            collections.deque())
        #: Set once; the loop then ends the job and nothing else.
        self.ending: Ending | None = None
        #: How many tasks and items this step started.
        self.starts = 0

    def emit(self, effect: effects.Effect) -> None:
        """Add an effect."""
        self.effects.append(effect)

    def note(self, kind: str, task: model.Task | None = None,
             **data: Any) -> None:
        """Add an entry to the job's history."""
        self.effects.append(effects.Publish(
            kind, self.at, None if task is None else task.number, data))

    def end(self, ending: Ending) -> None:
        """Ask for the end of the job; the first to ask is heard."""
        if self.ending is None:
            self.ending = ending
