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
"""What a document means: frozen objects, every expression compiled.

:mod:`convection.lang.build` makes them from plain data; nothing in here
checks anything. A ``Template`` is what :func:`convection.expressions.compile`
returns: it is evaluated in a scope, and a constant one costs nothing.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from convection import expressions

#: What a transition may lead to beside a task.
COMMANDS = frozenset({'noop', 'fail', 'succeed', 'pause'})

#: The clauses of a task, in the order in which they are followed: the first
#: three by the state of the task, ``on-complete`` after them.
EVENTS = ('on-success', 'on-error', 'on-skip', 'on-complete')


@dataclasses.dataclass(frozen=True, slots=True)
class InputSpec:
    """One declared input of a workflow or an ad-hoc action."""

    name: str
    required: bool
    #: Literal JSON data, never evaluated; None when required.
    default: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """What a task or an ad-hoc action calls.

    The callee gets the evaluated ``input`` of the task (``base_input`` of
    the action) with the evaluated ``parameters`` over it, key by key.
    """

    name: expressions.Template
    #: The parameters written behind the name; none of them is in ``input``.
    parameters: dict[str, expressions.Template]


@dataclasses.dataclass(frozen=True, slots=True)
class ItemsSpec:
    """One collection of ``with-items``."""

    variable: str
    collection: expressions.Template


@dataclasses.dataclass(frozen=True, slots=True)
class Transition:
    """One entry of a clause."""

    #: The name of a task, or one of ``COMMANDS``.
    target: str
    #: None when the transition is always taken.
    condition: expressions.Template | None = None
    #: Of a command, such as ``msg``.
    parameters: dict[str, expressions.Template] = dataclasses.field(
        default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Clause:
    """One ``on-...`` clause."""

    #: Scope (``branch``, ``global``, ``atomic``) to a template of a mapping.
    publish: dict[str, expressions.Template]
    next: tuple[Transition, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class RetrySpec:
    """When an attempt is followed by another."""

    #: How many attempts beside the first.
    count: expressions.Template
    #: Seconds between two attempts.
    delay: expressions.Template
    break_on: expressions.Template | None = None
    continue_on: expressions.Template | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Policies:
    """How a task runs. None where a policy is not given or switched off.

    Times are whole seconds; the others yield a boolean.
    """

    retry: RetrySpec | None = None
    wait_before: expressions.Template | None = None
    wait_after: expressions.Template | None = None
    timeout: expressions.Template | None = None
    #: How many items of ``with-items`` run at once.
    concurrency: expressions.Template | None = None
    pause_before: expressions.Template | None = None
    fail_on: expressions.Template | None = None
    #: None means true.
    keep_result: expressions.Template | None = None
    #: None means false.
    safe_rerun: expressions.Template | None = None
    #: Host or tag of the executor.
    target: expressions.Template | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class TaskDefaultsSpec:
    """What the tasks of a workflow have in common.

    The policies and ``requires`` are already part of every task; the clauses
    are inherited by way of :class:`convection.lang.graph.Graph`.
    """

    policies: Policies = Policies()
    on_success: Clause | None = None
    on_error: Clause | None = None
    on_skip: Clause | None = None
    on_complete: Clause | None = None
    requires: tuple[str, ...] = ()

    def clause(self, event: str) -> Clause | None:
        """Return the clause of one of ``EVENTS``."""
        return getattr(self, event.replace('-', '_'))


@dataclasses.dataclass(frozen=True, slots=True)
class TaskSpec:
    """One task. Exactly one of ``action`` and ``workflow`` is given."""

    name: str
    #: Place in the document, from 0.
    position: int
    description: str | None = None
    tags: tuple[str, ...] = ()
    action: Call | None = None
    workflow: Call | None = None
    #: Yields a mapping; None when there is no ``input``. See ``Call``.
    input: expressions.Template | None = None
    #: Empty for a plain task.
    with_items: tuple[ItemsSpec, ...] = ()
    publish: expressions.Template | None = None
    publish_on_error: expressions.Template | None = None
    publish_on_skip: expressions.Template | None = None
    #: The task's own clauses; for the inherited ones ask the graph.
    on_success: Clause | None = None
    on_error: Clause | None = None
    on_skip: Clause | None = None
    on_complete: Clause | None = None
    join: int | Literal['all'] | None = None
    #: With those of the task-defaults, never the task itself.
    requires: tuple[str, ...] = ()
    #: With those of the task-defaults.
    policies: Policies = Policies()

    def clause(self, event: str) -> Clause | None:
        """Return the task's own clause of one of ``EVENTS``."""
        return getattr(self, event.replace('-', '_'))

    @property
    def call(self) -> Call:
        """What the task calls, an action or a workflow."""
        return self.action or self.workflow


@dataclasses.dataclass(frozen=True, slots=True)
class WorkflowSpec:
    """One workflow."""

    #: Full: ``<workbook>.<name>`` in a workbook.
    name: str
    type: Literal['direct', 'reverse']
    #: In document order; never empty.
    tasks: dict[str, TaskSpec]
    description: str | None = None
    tags: tuple[str, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    #: The next three yield mappings.
    output: expressions.Template | None = None
    output_on_error: expressions.Template | None = None
    vars: expressions.Template | None = None
    task_defaults: TaskDefaultsSpec = TaskDefaultsSpec()


@dataclasses.dataclass(frozen=True, slots=True)
class AdhocActionSpec:
    """One action composed of another."""

    #: Full: ``<workbook>.<name>`` in a workbook.
    name: str
    base: Call
    #: Yields a mapping; None when there is no ``base-input``. See ``Call``.
    base_input: expressions.Template | None = None
    inputs: tuple[InputSpec, ...] = ()
    #: Evaluated with ``$`` = the base's result; None hands that on as it is.
    output: expressions.Template | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
