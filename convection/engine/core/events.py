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
"""What may happen to a job: the only way into the core.

Each event carries its own time ``at`` (seconds since the epoch, UTC): the
core never asks a clock. Every event is idempotent: taken twice, the second
changes nothing.
"""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """The base of all events."""

    at: float


@dataclasses.dataclass(frozen=True, slots=True)
class JobStarted(Event):
    """The job was made and its row will be saved with what follows."""


@dataclasses.dataclass(frozen=True, slots=True)
class Continued(Event):
    """Go on with what a step of bounded length left (see ``Continue``)."""


@dataclasses.dataclass(frozen=True, slots=True)
class ActionCompleted(Event):
    """An action run ended: reported by an executor or completed by a call.

    :param run_id: id of the action run.
    :param state: SUCCESS, ERROR or CANCELLED; RUNNING when the call of an
        asynchronous action returned and its completion is yet to come.
    :param result: any JSON value; for ERROR the error's value.
    :param error: one plain sentence when the state is ERROR.
    :param executor_id: who reports it; None for a completion by a call. A
        report by another executor than the one the run was given to is
        refused.
    """

    run_id: str
    state: str
    result: Any = None
    error: str | None = None
    executor_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SubJobCompleted(Event):
    """A job that an action run of this job started came to its end."""

    run_id: str
    state: str
    output: Any = None
    state_info: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SubJobRefused(Event):
    """The sub-job could not be made: no such workflow, or a wrong input."""

    run_id: str
    error: str


@dataclasses.dataclass(frozen=True, slots=True)
class SubJobPaused(Event):
    """A sub-job paused itself: its parent task and job pause too."""

    run_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class SubJobResumed(Event):
    """A sub-job was resumed by itself: its parents may go on."""

    run_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class TimerFired(Event):
    """A timer of a task is due.

    :param task_number: number of the task in the job.
    :param name: which of the task's timers, as given to ``SetTimer``.
    :param due: the time the timer was set for: a timer that was set anew
        or dropped since then is stale and ignored.
    """

    task_number: int
    name: str
    due: float


@dataclasses.dataclass(frozen=True, slots=True)
class ExecutorLost(Event):
    """The executor that had these action runs is gone for good."""

    executor_id: str
    run_ids: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class PauseRequested(Event):
    """Somebody, or the parent job, asked to pause.

    :param by_parent: the parent job asks (the effect ``PauseJob``) and is
        not told of it.
    """

    by_parent: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class ResumeRequested(Event):
    """Somebody, or the parent job, asked to go on.

    :param by_parent: the parent job asks (the effect ``ResumeJob``) and is
        not told of it.
    :param again: the parent job asks once more after a load: a job that
        somebody else paused stays paused.
    """

    by_parent: bool = False
    again: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class CancelRequested(Event):
    """Somebody, or the parent job, asked to stop.

    :param reason: a sentence for ``state_info``.
    """

    reason: str | None = None
