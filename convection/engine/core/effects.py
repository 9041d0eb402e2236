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
"""What has to happen after a step: the only way out of the core.

Ordering contract: the shell saves the job's changed rows *before* it carries
out any effect of the step, and carries them out in the order given. Every
effect can be derived again from the saved rows, so a crash between the two
loses nothing (:func:`convection.engine.core.machine.outstanding`).
"""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class RunAction:
    """Give this action run to an executor.

    :param run_number: number of the action run in the job; its row holds the
        action's name, input, timeout and wishes for an executor.
    """

    run_number: int


@dataclasses.dataclass(frozen=True, slots=True)
class CancelAction:
    """Tell the executor that has this action run to stop it."""

    run_number: int


@dataclasses.dataclass(frozen=True, slots=True)
class StartJob:
    """Start a sub-job for this action run.

    :param run_number: the action run; its ``sub_job_id`` names the new job,
        its ``name`` the workflow, its ``input`` the sub-job's input.
    """

    run_number: int


@dataclasses.dataclass(frozen=True, slots=True)
class CancelJob:
    """Cancel the sub-job of this action run."""

    run_number: int
    reason: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class PauseJob:
    """Pause the sub-job of this action run."""

    run_number: int


@dataclasses.dataclass(frozen=True, slots=True)
class ResumeJob:
    """Resume the sub-job of this action run.

    :param again: sent once more after a load (``ResumeRequested.again``).
    """

    run_number: int
    again: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class SetTimer:
    """Send ``TimerFired(due, task_number, name, due)`` at the time ``due``."""

    task_number: int
    name: str
    due: float


@dataclasses.dataclass(frozen=True, slots=True)
class Publish:
    """Add an entry to the job's history.

    :param kind: what happened, such as ``task.finished``.
    :param at: when, in seconds since the epoch.
    :param task_number: the task concerned, if any.
    :param data: a small JSON object with the details.
    """

    kind: str
    at: float
    task_number: int | None
    data: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class FinishParentTask:
    """Tell the parent job that this sub-job came to its end."""

    state: str
    output: Any
    state_info: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class PauseParentTask:
    """Tell the parent job that this sub-job paused itself."""


@dataclasses.dataclass(frozen=True, slots=True)
class ResumeParentTask:
    """Tell the parent job that this sub-job was resumed by itself."""


@dataclasses.dataclass(frozen=True, slots=True)
class Continue:
    """Send ``Continued`` soon: the step was cut to keep other jobs going."""


Effect = (RunAction | CancelAction | StartJob | CancelJob | PauseJob |
          ResumeJob | SetTimer | Publish | FinishParentTask |
          PauseParentTask | ResumeParentTask | Continue)
