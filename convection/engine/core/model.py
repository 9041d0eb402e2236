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
"""A job in memory: what ``step`` reads and changes, and what the rows hold.

The fields of :class:`Job`, :class:`Task` and :class:`ActionRun` down to the
line "in memory only" are the columns of their tables; a job is rebuilt from
its rows alone. Whoever changes an object tells the job (:meth:`Job.touch`),
and the shell takes what changed with :meth:`Job.take_changes`.
"""

import collections
import dataclasses
from typing import Any, Protocol

from convection.engine.core import ids
from convection.engine.core import states


class Actions(Protocol):
    """What the core must know of the actions there are.

    The shell gives each job one: a snapshot of the executors' catalogue and
    of the project's ad-hoc actions.
    """

    def plugin(self, name: str) -> dict[str, Any] | None:
        """Describe a plug-in action, or None when nobody offers it.

        The description has ``name``, ``parameters`` (a JSON Schema of type
        object) and ``asynchronous`` (a bool: the run ends by a later call).
        """

    def adhoc(self, name: str, namespace: str) -> Any:
        """Return the ``lang.spec.AdhocActionSpec`` of that name, or None."""


@dataclasses.dataclass(slots=True, eq=False)
class ActionRun:
    """One call of an action or of a sub-workflow for a task."""

    number: int
    task_number: int
    #: Name of the plug-in action that runs, or of the workflow.
    name: str
    #: ``action`` or ``workflow``.
    kind: str
    state: str
    created_at: float
    #: Names of the ad-hoc actions between the task and ``name``, outermost
    #: first; their outputs are applied to the result.
    adhoc: list[str] = dataclasses.field(default_factory=list)
    #: Place of the item in a ``with-items``; None for a plain task.
    index: int | None = None
    #: 1 for the first attempt of the task (or of the item).
    attempt: int = 1
    state_info: str | None = None
    input: dict[str, Any] = dataclasses.field(default_factory=dict)
    result: Any = None
    #: Whether the result counts for the task.
    accepted: bool = False
    #: Ends by a later call, not by the return of the action.
    asynchronous: bool = False
    #: May be run again when the executor that had it is lost.
    safe_rerun: bool = False
    #: Seconds that the action may take on the executor; None for no limit.
    timeout: float | None = None
    #: Host or tag that the executor must have; None for any.
    target: str | None = None
    #: The executor it was given to; None while it waits in the engine.
    executor_id: str | None = None
    #: The call of an asynchronous action has returned: what is awaited is
    #: its completion by a later call, and no executor is needed for that.
    called: bool = False
    sub_job_id: str | None = None
    started_at: float | None = None
    finished_at: float | None = None

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.state in states.FINISHED


@dataclasses.dataclass(slots=True, eq=False)
class Task:
    """One node of the graph, as run in one job."""

    number: int
    name: str
    #: ``action`` or ``workflow``.
    kind: str
    state: str
    created_at: float
    state_info: str | None = None
    #: The branch variables that this task published, and nothing else.
    published: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: Place of the publication in the job's total order; None before it.
    publish_order: int | None = None
    #: Who led here: ``[[task number, 'on-success'], ...]`` in order.
    triggered_by: list[list] = dataclasses.field(default_factory=list)
    #: Where it led: ``[[target name, 'on-success'], ...]``; None before the
    #: end of the task.
    next_tasks: list[list] | None = None
    #: An ``on-error`` entry fired.
    error_handled: bool = False
    attempts: int = 0
    #: What the rule files remember of the task between events: timers,
    #: items, the state before a wait. A small JSON object.
    control: dict[str, Any] = dataclasses.field(default_factory=dict)
    started_at: float | None = None
    finished_at: float | None = None
    # -- in memory only --
    #: Numbers of the task's action runs, in order.
    runs: list[int] = dataclasses.field(default_factory=list)
    #: The variables that the task sees of its branches; rebuilt on load.
    context: Any = None

    @property
    def finished(self) -> bool:
        """Whether the task came to its end."""
        return self.state in states.FINISHED


@dataclasses.dataclass(slots=True)
class Changes:
    """What a step changed, for one bulk write.

    ``new_tasks`` and ``new_runs`` were never saved; the others were.
    """

    job: bool
    new_tasks: list[Task]
    tasks: list[Task]
    new_runs: list[ActionRun]
    runs: list[ActionRun]


@dataclasses.dataclass(slots=True, eq=False)
class Job:
    """One run of one revision of a workflow."""

    id: str
    project_id: str
    user_id: str | None
    name: str
    #: batch, service or timed.
    kind: str
    workflow_id: str
    workflow_revision_id: str
    workflow_name: str
    workflow_revision: int
    #: Where sub-workflows and ad-hoc actions are looked up first.
    namespace: str
    #: The workbook that the workflow is part of, or None.
    workbook: str | None
    state: str
    created_at: float
    state_info: str | None = None
    description: str | None = None
    input: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: Start parameters: ``env``, ``task_name`` and whatever was given.
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    output: Any = None
    #: ``vars`` and what tasks published to the scope ``global``.
    variables: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: What the rule files remember of the job between events: the pause
    #: backlog, how many uuids were drawn. A small JSON object.
    control: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: The last number given to a task or an action run.
    last_number: int = 0
    #: The last ``publish_order`` given.
    last_publish: int = 0
    #: The last ``number`` of a row of ``job_events`` (given by the shell).
    last_event: int = 0
    priority: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)
    idempotency_key: str | None = None
    parent_job_id: str | None = None
    parent_task_id: str | None = None
    #: The action run of the parent job that this sub-job answers.
    parent_run_id: str | None = None
    root_job_id: str | None = None
    engine_id: str | None = None
    #: Raised by the shell with every write; proves who wrote last.
    version: int = 0
    #: Who started it, for actions: user and project names, roles.
    context: dict[str, Any] = dataclasses.field(default_factory=dict)
    started_at: float | None = None
    finished_at: float | None = None
    # -- in memory only --
    #: ``lang.spec.WorkflowSpec`` and ``lang.graph.Graph``.
    spec: Any = None
    graph: Any = None
    actions: Actions | None = None
    #: The topmost job of the tree; itself when it has no parent.
    root: 'Job | None' = None
    tasks: dict[int, Task] = dataclasses.field(default_factory=dict)
    runs: dict[int, ActionRun] = dataclasses.field(default_factory=dict)
    #: Numbers of the tasks of each name, in order.
    tasks_by_name: dict[str, list[int]] = dataclasses.field(
        default_factory=dict)
    #: Tasks that may start now, in order.
    ready: collections.deque = dataclasses.field(
        default_factory=collections.deque)
    #: How many tasks have not finished.
    unfinished_tasks: int = 0
    #: Counters and indexes of the rule files
    #: (:class:`convection.engine.core.live.Live`); rebuilt on load.
    live: Any = None
    _changed: bool = False
    _changed_tasks: dict[int, Task] = dataclasses.field(default_factory=dict)
    _changed_runs: dict[int, ActionRun] = dataclasses.field(
        default_factory=dict)
    _saved_number: int = 0

    @property
    def finished(self) -> bool:
        """Whether the job came to its end."""
        return self.state in states.FINISHED

    @property
    def env(self) -> dict[str, Any]:
        """The environment: that of the topmost job, whatever the depth."""
        return (self.root or self).params.get('env') or {}

    def next_number(self) -> int:
        """Draw the number of a new task or action run."""
        self.last_number += 1
        self._changed = True
        return self.last_number

    def part_id(self, number: int) -> str:
        """Return the id of a task or an action run of this job."""
        return ids.part_id(self.id, number)

    def add_task(self, task: Task) -> None:
        """Take a new task or, on load, one of the saved ones."""
        self.tasks[task.number] = task
        self.tasks_by_name.setdefault(task.name, []).append(task.number)

    def add_run(self, run: ActionRun) -> None:
        """Take a new action run or, on load, one of the saved ones."""
        self.runs[run.number] = run
        self.tasks[run.task_number].runs.append(run.number)

    def touch(self, part: Task | ActionRun | None = None) -> None:
        """Remember that a task, an action run or the job itself changed."""
        if part is None:
            self._changed = True
        elif isinstance(part, Task):
            self._changed_tasks[part.number] = part
        else:
            self._changed_runs[part.number] = part

    def mark_saved(self) -> None:
        """Say that memory and rows agree (after a load)."""
        self._saved_number = self.last_number
        self._changed = False
        self._changed_tasks.clear()
        self._changed_runs.clear()

    def take_changes(self) -> Changes:
        """Hand out what changed since the last call, and forget it."""
        saved = self._saved_number
        changes = Changes(self._changed, [], [], [], [])
        for number, task in self._changed_tasks.items():
            (changes.new_tasks if number > saved
             else changes.tasks).append(task)
        for number, run in self._changed_runs.items():
            (changes.new_runs if number > saved else changes.runs).append(run)
        self.mark_saved()
        return changes
