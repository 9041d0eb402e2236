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
"""What expressions see of a job: the ``Scope`` of the expression package.

Look-up order of a variable, the first hit wins: the extra ones of the place
(the item of a ``with-items``, the inputs of an ad-hoc action), those of the
branches, the workflow's own (``vars`` and what was published globally), the
input of the job.
"""

from collections.abc import Iterator
from collections.abc import Mapping
import datetime
from typing import Any

from convection.engine.core import dataflow
from convection.engine.core import ids
from convection.engine.core import model
from convection.engine.core import states
from convection import expressions


class Variables(Mapping):
    """``$`` and ``_``: the layers, without a copy."""

    __slots__ = ('_job', '_context', '_globals', '_extra')

    def __init__(self, job: model.Job, context: dataflow.Context,
                 variables: dict[str, Any],
                 extra: dict[str, Any] | None) -> None:
        self._job = job
        self._context = context
        self._globals = variables
        self._extra = extra

    def __getitem__(self, name: str) -> Any:
        if self._extra is not None and name in self._extra:
            return self._extra[name]
        entry = self._context.find(name)
        if entry is not None:
            return entry[1]
        if name in self._globals:
            return self._globals[name]
        if name in self._job.input:
            return self._job.input[name]
        # Version 2 documents read it; it is no variable.
        if name == 'openstack':
            return self._job.context
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(self._job.input)
        names.update(dict.fromkeys(self._globals))
        names.update(dict.fromkeys(self._context))
        names.update(dict.fromkeys(self._extra or ()))
        return iter(names)

    def __len__(self) -> int:
        return sum(1 for _name in self)


class TaskView(Mapping):
    """What ``task()`` gives; a result is put together when asked for."""

    __slots__ = ('_job', '_task', '_ended')

    _FIELDS = ('id', 'name', 'spec', 'state', 'state_info', 'result',
               'published', 'type', 'workflow_execution_id', 'created_at',
               'updated_at')

    def __init__(self, job: model.Job, task: model.Task,
                 ended: tuple[str, str | None] | None = None) -> None:
        self._job = job
        self._task = task
        self._ended = ended

    def __getitem__(self, field: str) -> Any:
        if field == 'result':
            return result_of(self._job, self._task)
        if field in ('name', 'published'):
            return getattr(self._task, field)
        if field in ('state', 'state_info'):
            if self._ended is not None:
                return self._ended[field == 'state_info']
            return getattr(self._task, field)
        if field in ('id', 'workflow_execution_id'):
            return (self._job.part_id(self._task.number) if field == 'id'
                    else self._job.id)
        if field == 'type':
            return self._task.kind.upper()
        if field == 'spec':
            return self._spec()
        if field == 'created_at':
            return time_text(self._task.created_at)
        if field == 'updated_at':
            return time_text(self._task.finished_at or
                             self._task.started_at or self._task.created_at)
        raise KeyError(field)

    def __iter__(self) -> Iterator[str]:
        return iter(self._FIELDS)

    def __len__(self) -> int:
        return len(self._FIELDS)

    def _spec(self) -> dict[str, Any]:
        spec = self._job.spec.tasks[self._task.name]
        found = {'name': spec.name, 'description': spec.description,
                 'tags': list(spec.tags),
                 self._task.kind: spec.call.name.source}
        if spec.input is not None:
            found['input'] = spec.input.source
        return found


class JobScope(expressions.Scope):
    """The scope of one evaluation.

    :param task: the current task; None where there is none.
    :param context: the variables of the branches.
    :param extra: variables of the place, over all others.
    :param variables: the workflow's own, when not those of the job: those
        that the current task is about to publish are among them.
    :param ended: state and info that the current task is about to have.
    """

    __slots__ = ('job', 'at', 'current', 'variables', '_globals', '_ended')

    def __init__(self, job: model.Job, at: float,
                 task: model.Task | None = None,
                 context: dataflow.Context | None = None,
                 extra: dict[str, Any] | None = None,
                 variables: dict[str, Any] | None = None,
                 ended: tuple[str, str | None] | None = None) -> None:
        self.job = job
        self.at = at
        self.current = task
        self._globals = job.variables if variables is None else variables
        self._ended = ended
        if context is None:
            context = dataflow.EMPTY if task is None else task.context
        self.variables: Any = Variables(job, context, self._globals, extra)

    def about(self, value: Any) -> 'JobScope':
        """Return the same scope with ``$`` being one value."""
        other = JobScope(self.job, self.at, self.current)
        other.variables = value
        return other

    def env(self) -> dict[str, Any]:
        """Return the environment of the topmost job."""
        return self.job.env

    def execution(self) -> dict[str, Any]:
        """Describe the job."""
        job = self.job
        created = time_text(job.created_at)
        return {
            'id': job.id, 'name': job.name, 'input': job.input,
            'params': job.params, 'state': job.state,
            'spec': {'name': job.workflow_name,
                     'description': job.spec.description,
                     'tags': list(job.spec.tags), 'type': job.spec.type},
            'created_at': created, 'updated_at': created,
            'root_execution_id': job.root_job_id or job.id}

    def task(self, name: str | None = None) -> TaskView | None:
        """Describe a task of the job, or the current one without a name.

        Of several of one name it is the latest that finished before the
        current one began; failing that, the first.
        """
        if name is None:
            if self.current is None:
                raise LookupError('there is no current task here')
            return TaskView(self.job, self.current, self._ended)
        numbers = self.job.tasks_by_name.get(name)
        if not numbers:
            return None
        found = self.job.tasks[numbers[0]]
        if len(numbers) > 1:
            found = self._latest(numbers) or found
        if found is self.current:
            return TaskView(self.job, found, self._ended)
        return TaskView(self.job, found)

    def tasks(self) -> list[TaskView]:
        """Describe the tasks of the job that there are, in order."""
        return [TaskView(self.job, task,
                         self._ended if task is self.current else None)
                for task in self.job.tasks.values()]

    def global_variable(self, name: str) -> Any:
        """Return a variable of the workflow's own, or None."""
        return self._globals.get(name)

    def new_uuid(self) -> str:
        """Draw a UUID: the same one when the job is replayed."""
        drawn = self.job.control.get('uuids', 0)
        self.job.control['uuids'] = drawn + 1
        self.job.touch()
        return ids.derived_uuid(self.job.id, drawn)

    def now(self) -> float:
        """Return the time of the event at hand."""
        return self.at

    def _latest(self, numbers: list[int]) -> model.Task | None:
        began = None
        if self.current is not None:
            # A join is made long before it begins.
            began = self.current.control.get('began', self.current.number)
        for number in reversed(numbers):
            task = self.job.tasks[number]
            if task.finished and (began is None or
                                  task.publish_order <= began):
                return task
        return None


def result_of(job: model.Job, task: model.Task) -> Any:
    """Put together the result of a task from its accepted runs.

    :returns: of a ``with-items`` a list in the order of the items; of a
        plain task the value, None when there is none yet.
    """
    runs = [job.runs[number] for number in task.runs]
    if job.spec.tasks[task.name].with_items:
        accepted = [run for run in runs if run.accepted]
        accepted.sort(key=lambda run: run.index)
        return [run.result for run in accepted]
    for run in reversed(runs):
        if run.accepted and run.state in states.FINISHED:
            return run.result
    return None


def time_text(at: float) -> str:
    """Write a time as the API does."""
    moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%fZ')
