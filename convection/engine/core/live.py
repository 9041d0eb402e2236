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
"""What the rules remember of a job in memory only: counters and indexes.

All of it follows from the rows (:mod:`convection.engine.core.reload`). It is
there so that an event costs the same in a job of ten thousand tasks as in
one of ten: no rule scans the tasks.
"""

import dataclasses
from typing import Any

from convection.engine.core import dataflow
from convection.engine.core import model


@dataclasses.dataclass(slots=True)
class Items:
    """The ``with-items`` of the current attempt of one task."""

    count: int
    #: The values of each variable; None when every item was started.
    values: dict[str, list] | None
    #: How many may run at once; 0 for no limit.
    concurrency: int
    #: The index of the next item to start.
    next: int = 0
    #: How many run.
    open: int = 0
    failed: int = 0

    @property
    def room(self) -> bool:
        """Whether another item may start now."""
        return self.next < self.count and not (
            self.concurrency and self.open >= self.concurrency)


@dataclasses.dataclass(slots=True)
class Join:
    """One join that waits, or that has had enough."""

    task: model.Task
    #: How many inbound tasks must lead here, and how many there are.
    needed: int
    total: int
    #: Which pass of a loop this is; 0 outside of loops.
    generation: int
    #: Inbound task to ``(task number, event, context)`` of what came.
    arrived: dict[str, list[tuple[int, str, dataflow.Context]]]
    #: Inbound tasks that can no longer lead here.
    lost: dict[str, None]


@dataclasses.dataclass(slots=True)
class Live:
    """The indexes of one job."""

    #: The tasks that have not finished, by number.
    open_tasks: dict[int, model.Task] = dataclasses.field(
        default_factory=dict)
    #: Numbers of the tasks in ERROR that no ``on-error`` entry handled.
    unhandled: list[int] = dataclasses.field(default_factory=list)
    #: Numbers of the tasks that were cancelled.
    cancelled: list[int] = dataclasses.field(default_factory=list)
    #: The outbound contexts of the finished tasks that led to no other.
    ends: dict[int, dataflow.Context] = dataclasses.field(
        default_factory=dict)
    #: ``(task name, generation)`` to the join.
    joins: dict[tuple[str, int], Join] = dataclasses.field(
        default_factory=dict)
    #: How many of the unfinished tasks are joins that wait.
    waiting: int = 0
    #: Who may still run; None in a workflow without joins.
    routes: Any = None
    #: Task number to its ``with-items``.
    items: dict[int, Items] = dataclasses.field(default_factory=dict)
    #: Numbers of the tasks that have room for another item.
    filling: dict[int, None] = dataclasses.field(default_factory=dict)
    #: Reverse workflow: how many requirements of a task have not ended.
    missing: dict[str, int] = dataclasses.field(default_factory=dict)
    #: Reverse workflow: the outbound contexts of the tasks that ended.
    outbound: dict[str, dataflow.Context] = dataclasses.field(
        default_factory=dict)
    #: Action name to the validator of its parameters, or None.
    validators: dict[str, Any] = dataclasses.field(default_factory=dict)
