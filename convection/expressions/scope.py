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
"""What an expression may ask of the job that it is evaluated for."""

import abc
from typing import Any


class Scope(abc.ABC):
    """The world as one evaluation sees it; implemented by the core.

    Whatever it hands out is JSON data that nobody changes afterwards: results
    of expressions may be parts of it.
    """

    __slots__ = ()

    #: What ``$`` and ``_`` stand for: a ``Mapping`` with layered look-up, or
    #: any JSON value (the result that an ad-hoc action's ``output`` is about).
    variables: Any

    @abc.abstractmethod
    def env(self) -> dict[str, Any]:
        """Return the environment of the topmost job."""

    @abc.abstractmethod
    def execution(self) -> dict[str, Any]:
        """Describe the job: id, name, spec, input, params, times."""

    @abc.abstractmethod
    def task(self, name: str | None = None) -> dict[str, Any] | None:
        """Describe a task of the job, or the current one without a name.

        :returns: None when no task of that name ran.
        :raises LookupError: without a name, when there is no current task.
        """

    @abc.abstractmethod
    def tasks(self) -> list[dict[str, Any]]:
        """Describe the tasks of the job that there are, in order."""

    @abc.abstractmethod
    def global_variable(self, name: str) -> Any:
        """Return a variable of the workflow's own, or None."""

    @abc.abstractmethod
    def new_uuid(self) -> str:
        """Draw a UUID: the same one when the job is replayed."""

    @abc.abstractmethod
    def now(self) -> float:
        """Return the time of the event at hand, in epoch seconds, UTC."""
