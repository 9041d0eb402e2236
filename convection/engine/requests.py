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
"""What other threads put into the inbox of an engine's loop."""

import concurrent.futures
import dataclasses
from typing import Any

from convection.engine.core import model


@dataclasses.dataclass(slots=True, eq=False)
class Request:
    """The base; ``reply`` is settled after the commit, never before."""

    reply: concurrent.futures.Future | None = None


@dataclasses.dataclass(slots=True, eq=False)
class CreateJob(Request):
    """Save and start this job, whose input was checked."""

    job: model.Job | None = None


@dataclasses.dataclass(slots=True, eq=False)
class CommandJob(Request):
    """Pause, resume or cancel a job.

    :param command: ``pause``, ``resume`` or ``cancel``.
    """

    job_id: str = ''
    project_id: str = ''
    command: str = ''
    reason: str | None = None


@dataclasses.dataclass(slots=True, eq=False)
class CompleteActionRun(Request):
    """Take the result of an asynchronous action."""

    run_id: str = ''
    project_id: str = ''
    state: str = ''
    result: Any = None


@dataclasses.dataclass(slots=True, eq=False)
class Report(Request):
    """Take results from an executor; acknowledged after the commit."""

    message: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: The report that this one is a part of.
    whole: 'Report | None' = None
    #: Something of it was not committed: it must come again.
    failed: bool = False
    #: Results that belong to another engine: {run id: engine id}.
    moved: dict[str, str] = dataclasses.field(default_factory=dict)

    def split(self) -> list['Report']:
        """Return a report for each result.

        The last has the number, and is acknowledged when none of them
        failed.
        """
        results = self.message['results']
        parts = [Report(message={**self.message, 'results': [result],
                                 'refused': [], 'seq': None}, whole=self)
                 for result in results[:-1]]
        parts.append(Report(message={**self.message,
                                     'results': results[-1:]}, whole=self))
        return parts


@dataclasses.dataclass(slots=True, eq=False)
class Heartbeat(Request):
    """Note that an executor lives."""

    message: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True, eq=False)
class Register(Request):
    """Note which actions an executor offers."""

    message: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True, eq=False)
class Released(Request):
    """Another engine gave up its jobs: look for them now."""

    engine_id: str = ''
