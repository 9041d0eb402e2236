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
"""The compiled graph of a workflow: who leads where.

What a job makes of it as it goes is the core's: which joins can still be
reached, and which tasks of a reverse workflow are due.
"""

from typing import Mapping

from convection import expressions
from convection.lang import spec as specs


class Graph:
    """The edges of one workflow. Immutable; shared by all of its jobs."""

    #: Names of the tasks of a direct workflow that nothing leads to, in
    #: document order; of a reverse one those that require nothing.
    start_tasks: tuple[str, ...]
    #: Task name to the ``(task name, event)`` that lead to it, in document
    #: order, at most once for each event.
    inbound: dict[str, tuple[tuple[str, str], ...]]
    #: Names of the tasks with a join, in document order.
    joins: tuple[str, ...]
    #: Task name to the names that require it (reverse), in document order.
    dependants: dict[str, tuple[str, ...]]

    def __init__(self, spec: specs.WorkflowSpec) -> None:
        self.spec = spec
        self._clauses = _effective_clauses(spec)
        self.inbound = self._inbound()
        self.dependants = self._dependants()
        self.start_tasks = tuple(
            name for name, task in spec.tasks.items()
            if not self.inbound[name] and not task.requires)
        self.joins = tuple(name for name, task in spec.tasks.items()
                           if task.join is not None)

    @classmethod
    def of(cls, spec: specs.WorkflowSpec) -> 'Graph':
        """Compile the graph of a workflow."""
        return cls(spec)

    def clause(self, task: str, event: str) -> tuple[specs.Transition, ...]:
        """Return what follows when an event of a task happens.

        A task's own entries, or those inherited from the task-defaults
        without the ones that lead to the task itself.

        :param event: one of ``spec.EVENTS``.
        """
        return self._clauses[task, event].next

    def publish(self, task: str,
                event: str) -> Mapping[str, expressions.Template]:
        """Return what the clause of an event publishes: scope to template."""
        return self._clauses[task, event].publish

    def position(self, task: str) -> int:
        """Return the place of a task in the document, from 0."""
        return self.spec.tasks[task].position

    def closure(self, target: str) -> tuple[str, ...]:
        """Return a task with all that it requires, directly or not.

        In document order, the target among them.
        """
        found = {target}
        pending = [target]
        while pending:
            for name in self.spec.tasks[pending.pop()].requires:
                if name not in found:
                    found.add(name)
                    pending.append(name)
        return tuple(sorted(found, key=self.position))

    def _inbound(self) -> dict[str, tuple[tuple[str, str], ...]]:
        edges: dict[str, dict[tuple[str, str], None]] = {
            name: {} for name in self.spec.tasks}
        for (source, event), clause in self._clauses.items():
            for transition in clause.next:
                if transition.target in edges:
                    edges[transition.target][source, event] = None
        return {name: tuple(sources) for name, sources in edges.items()}

    def _dependants(self) -> dict[str, tuple[str, ...]]:
        result: dict[str, list[str]] = {
            name: [] for name in self.spec.tasks}
        for name, task in self.spec.tasks.items():
            for required in task.requires:
                result[required].append(name)
        return {name: tuple(found) for name, found in result.items()}


_NOTHING = specs.Clause(publish={}, next=())


def _effective_clauses(
        spec: specs.WorkflowSpec) -> dict[tuple[str, str], specs.Clause]:
    return {(name, event): _effective(task, event, spec.task_defaults)
            for name, task in spec.tasks.items()
            for event in specs.EVENTS}


def _effective(task: specs.TaskSpec, event: str,
               defaults: specs.TaskDefaultsSpec) -> specs.Clause:
    """Unite the task's own clause with the inherited one.

    An own clause without ``next`` keeps the inherited transitions.
    """
    own = task.clause(event)
    inherited = defaults.clause(event)
    if inherited is None or (own is not None and own.next):
        return own or _NOTHING
    return specs.Clause(
        publish=(own or inherited).publish,
        next=tuple(transition for transition in inherited.next
                   if transition.target != task.name))
