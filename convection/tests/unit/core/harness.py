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
"""Plays a job in virtual time with scripted results, without a shell.

    run = Run(document, results={'encode': [{'error': 'full'}, {'value': 1}]})
    run.play()
    run.job.state, run.job.output, run.started

Sub-jobs are played too. With ``reload=True`` every job is written to plain
rows, thrown away and rebuilt after each event; with ``seed`` events that
are due at the same time come in a random order that the seed decides; with
``repeat=True`` every event is taken twice.
"""

import dataclasses
import heapq
import json
import random
from typing import Any

from convection.engine.core import effects
from convection.engine.core import events
from convection.engine.core import ids
from convection.engine.core import machine
from convection.engine.core import model
from convection.engine.core import start
from convection.engine.core import states
from convection.lang import document as documents
from convection.lang import graph as graphs

ROOT_ID = '01930000-0000-7000-8000-000000000000'
EXECUTOR = 'executor-1'
#: When a run starts, in epoch seconds.
EPOCH = 1_800_000_000.0
_IN_MEMORY = frozenset({'spec', 'graph', 'actions', 'root', 'tasks', 'runs',
                        'tasks_by_name', 'ready', 'unfinished_tasks', 'live',
                        'context'})
#: Asked twice, these are two requests; and a bounded step goes on twice.
_REQUESTS = (events.PauseRequested, events.ResumeRequested,
             events.SubJobPaused, events.SubJobResumed, events.Continued)
_PLUGINS: dict[str, dict[str, Any]] = {
    'test.strict': {
        'type': 'object', 'required': ['a'], 'additionalProperties': False,
        'properties': {'a': {'type': 'integer'}, 'b': {}}},
}


class Stuck(AssertionError):
    """Nothing is outstanding, yet the job neither ended nor is paused."""


class Catalogue:
    """The actions there are: any name that starts with ``test.``.

    ``test.async`` ends by a later call; ``test.strict`` has a schema.
    """

    def __init__(self, adhoc: dict[str, Any]) -> None:
        self._adhoc = adhoc

    def plugin(self, name: str) -> dict[str, Any] | None:
        if not name.startswith('test.'):
            return None
        return {'name': name, 'asynchronous': name == 'test.async',
                'parameters': _PLUGINS.get(name, {'type': 'object'})}

    def adhoc(self, name: str, namespace: str) -> Any:
        return self._adhoc.get(name) if not namespace else None


class Run:
    """One root job and its sub-jobs.

    :param document: the text of a workflow list or a workbook.
    :param workflow: the name of the workflow; the first one when None.
    :param results: task name to what its action runs come to, one after
        the other, the last one again and again. Each is a mapping with
        ``value`` or ``error`` (and ``info``) or ``cancelled``; ``after`` in
        seconds (0); ``never``; or ``lost``: its executor is lost. A run
        of a task that is not named succeeds with null.
    :param actions: the text of a document with ad-hoc actions.
    """

    def __init__(self, document: str, workflow: str | None = None,
                 input: dict | None = None, params: dict | None = None,
                 results: dict[str, list[dict]] | None = None,
                 actions: str | None = None, reload: bool = False,
                 seed: int | None = None, repeat: bool = False) -> None:
        self._specs: dict[str, Any] = {}
        self._graphs: dict[str, graphs.Graph] = {}
        adhoc: dict[str, Any] = {}
        parsed = [documents.parse(text) for text in (document, actions)
                  if text is not None]
        for each in parsed:
            if each.errors:
                raise ValueError([str(one) for one in each.errors])
            for found in each.workflows:
                self._specs[found.name] = found
            for found in each.actions:
                adhoc[found.name] = found.spec
        self._catalogue = Catalogue(adhoc)
        self._results = results or {}
        self._calls: dict[str, int] = {}
        self._reload = reload
        self._repeat = repeat
        self._random = None if seed is None else random.Random(seed)
        self._queue: list[tuple] = []
        self._sequence = 0
        self.now = EPOCH
        self.jobs: dict[str, model.Job] = {}
        #: Names of tasks in the order in which their attempts started.
        self.started: list[str] = []
        #: Every effect: ``(job id, effect)``.
        self.effects: list[tuple[str, effects.Effect]] = []
        #: ``(task name, input)`` of every run given to an executor.
        self.calls: list[tuple[str, Any]] = []
        #: Ids of the runs that were told to stop.
        self.cancelled: list[str] = []
        name = workflow or next(iter(self._specs))
        self._make(ROOT_ID, name, input or {}, params or {}, None)
        self.put(events.JobStarted, job_id=ROOT_ID)

    @property
    def job(self) -> model.Job:
        """The root job."""
        return self.jobs[ROOT_ID]

    def sub_job(self, workflow: str) -> model.Job:
        """Return the latest job of a workflow."""
        return [job for job in self.jobs.values()
                if job.workflow_name == workflow][-1]

    def tasks(self, name: str) -> list[model.Task]:
        """Return the tasks of a name in the root job, in order."""
        return [self.job.tasks[number]
                for number in self.job.tasks_by_name.get(name, ())]

    def task(self, name: str) -> model.Task:
        """Return the latest task of a name in the root job."""
        return self.tasks(name)[-1]

    def runs(self, name: str) -> list[model.ActionRun]:
        """Return the action runs of the latest task of a name."""
        return [self.job.runs[number] for number in self.task(name).runs]

    def run_id(self, name: str, index: int = -1) -> str:
        """Return the id of an action run of the latest task of a name."""
        return self.job.part_id(self.task(name).runs[index])

    # -- events --

    def put(self, kind: type, *args: Any, after: float = 0,
            job_id: str = ROOT_ID, **kwargs: Any) -> None:
        """Send an event to a job some seconds from now."""
        self._sequence += 1
        order = self._random.random() if self._random else 0
        due = self.now + after
        heapq.heappush(self._queue, (due, order, self._sequence, job_id,
                                     kind, args, kwargs))

    def send(self, kind: type, *args: Any, job_id: str = ROOT_ID,
             **kwargs: Any) -> list[effects.Effect]:
        """Send an event to a job at once; return its effects."""
        return self._take(job_id, kind(self.now, *args, **kwargs))

    def play(self, seconds: float | None = None) -> 'Run':
        """Go on until nothing is outstanding, or for some seconds."""
        end = None if seconds is None else self.now + seconds
        while self._queue:
            if end is not None and self._queue[0][0] > end:
                break
            due, _order, _seq, job_id, kind, args, kwargs = heapq.heappop(
                self._queue)
            self.now = max(self.now, due)
            self._take(job_id, kind(self.now, *args, **kwargs))
        if end is not None:
            self.now = end
        elif not self._queue:
            self.check()
        return self

    def check(self) -> None:
        """Check that no job is stuck.

        :raises Stuck: when one is.
        """
        for job in self.jobs.values():
            if job.finished or job.state == states.PAUSED:
                continue
            if not any(not run.finished for run in job.runs.values()):
                raise Stuck(f'{job.workflow_name}: ' + ', '.join(
                    f'{task.name} {task.state}'
                    for task in job.tasks.values() if not task.finished))

    def rows(self) -> dict[str, Any]:
        """Return what the rows of all jobs hold, as plain data."""
        return {job_id: _rows(job) for job_id, job in self.jobs.items()}

    def reload(self, job_id: str = ROOT_ID) -> None:
        """Rebuild a job from its rows."""
        old = self.jobs[job_id]
        rows = json.loads(json.dumps(_rows(old)))
        job = model.Job(**rows['job'])
        self._attach(job)
        for row in rows['tasks']:
            job.add_task(model.Task(**row))
        for row in rows['runs']:
            job.add_run(model.ActionRun(**row))
        self.jobs[job_id] = job
        job.root = self.jobs[ROOT_ID]
        if job_id == ROOT_ID:
            for other in self.jobs.values():
                other.root = job
        machine.rebuild(job)

    # -- what a shell does --

    def _make(self, job_id: str, name: str, given: dict, params: dict,
              parent: tuple[model.Job, model.ActionRun] | None) -> None:
        found = self._specs[name]
        whole, extra = start.check_input(found.spec, given)
        if extra and parent is None:
            raise start.InputError(f'Unknown input: {sorted(extra)}')
        job = model.Job(
            id=job_id, project_id='demo', user_id='alice', name=name,
            kind='batch', workflow_id='w', workflow_revision_id='r',
            workflow_name=name, workflow_revision=1, namespace='',
            workbook=found.workbook, state=states.RUNNING,
            created_at=self.now, input=whole, params={**params, **extra},
            root_job_id=ROOT_ID)
        if parent is not None:
            job.parent_job_id = parent[0].id
            job.parent_run_id = parent[0].part_id(parent[1].number)
        self._attach(job)
        self.jobs[job_id] = job
        job.root = self.jobs[ROOT_ID]

    def _attach(self, job: model.Job) -> None:
        job.spec = self._specs[job.workflow_name].spec
        if job.workflow_name not in self._graphs:
            self._graphs[job.workflow_name] = graphs.Graph.of(job.spec)
        job.graph = self._graphs[job.workflow_name]
        job.actions = self._catalogue

    def _take(self, job_id: str, event: events.Event) -> list:
        job = self.jobs.get(job_id)
        if job is None:
            return []
        found = machine.step(job, event)
        if self._repeat and not isinstance(event, _REQUESTS):
            found.extend(machine.step(job, event))
        job.take_changes()
        for effect in found:
            self.effects.append((job_id, effect))
            self._carry_out(job, effect)
        if self._reload:
            self.reload(job_id)
        return found

    def _carry_out(self, job: model.Job, effect: effects.Effect) -> None:
        handler = _HANDLERS.get(type(effect))
        if handler is not None:
            handler(self, job, effect)

    def _history(self, job: model.Job, effect: effects.Publish) -> None:
        if effect.kind == 'task.started':
            self.started.append(effect.data['name'])

    def _run_action(self, job: model.Job,
                    effect: effects.RunAction) -> None:
        run = job.runs[effect.run_number]
        if run.state != states.WAITING:
            # Cancelled in the step that made it.
            return
        task = job.tasks[run.task_number]
        run.executor_id, run.state = EXECUTOR, states.RUNNING
        run.started_at = self.now
        self.calls.append((task.name, run.input))
        result = self._next_result(task.name)
        run_id = job.part_id(run.number)
        after = result.get('after', 0)
        if result.get('lost'):
            self.put(events.ExecutorLost, EXECUTOR, (run_id,), after=after,
                     job_id=job.id)
        elif not result.get('never'):
            state = (states.CANCELLED if result.get('cancelled') else
                     states.ERROR if 'error' in result or 'info' in result
                     else states.SUCCESS)
            executor = None if run.asynchronous else EXECUTOR
            self.put(events.ActionCompleted, run_id, state,
                     result.get('error', result.get('value')),
                     result.get('info'), executor, after=after,
                     job_id=job.id)

    def _next_result(self, name: str) -> dict[str, Any]:
        script = self._results.get(name)
        if not script:
            return {}
        called = self._calls.get(name, 0)
        self._calls[name] = called + 1
        return script[min(called, len(script) - 1)]

    def _cancel_action(self, job: model.Job,
                       effect: effects.CancelAction) -> None:
        self.cancelled.append(job.part_id(effect.run_number))

    def _start_job(self, job: model.Job, effect: effects.StartJob) -> None:
        run = job.runs[effect.run_number]
        if run.sub_job_id in self.jobs:
            return
        names = [f'{job.workbook}.{run.name}', run.name]
        name = next((each for each in names if each in self._specs), None)
        try:
            if name is None:
                raise start.InputError(
                    f'There is no workflow "{run.name}".')
            self._make(run.sub_job_id, name, run.input, {}, (job, run))
        except start.InputError as error:
            self.put(events.SubJobRefused, job.part_id(run.number),
                     str(error), job_id=job.id)
            return
        self.put(events.JobStarted, job_id=run.sub_job_id)

    def _to_sub_job(self, job: model.Job, effect: Any) -> None:
        sub_job = job.runs[effect.run_number].sub_job_id
        if isinstance(effect, effects.CancelJob):
            self.put(events.CancelRequested, effect.reason, job_id=sub_job)
        elif isinstance(effect, effects.PauseJob):
            self.put(events.PauseRequested, True, job_id=sub_job)
        else:
            self.put(events.ResumeRequested, True, effect.again,
                     job_id=sub_job)

    def _to_parent(self, job: model.Job, effect: Any) -> None:
        run_id = job.parent_run_id
        parent = ids.job_id_of(run_id)
        if isinstance(effect, effects.FinishParentTask):
            self.put(events.SubJobCompleted, run_id, effect.state,
                     effect.output, effect.state_info, job_id=parent)
        elif isinstance(effect, effects.PauseParentTask):
            self.put(events.SubJobPaused, run_id, job_id=parent)
        else:
            self.put(events.SubJobResumed, run_id, job_id=parent)

    def _set_timer(self, job: model.Job, effect: effects.SetTimer) -> None:
        self.put(events.TimerFired, effect.task_number, effect.name,
                 effect.due, after=effect.due - self.now, job_id=job.id)

    def _continue(self, job: model.Job, effect: effects.Continue) -> None:
        self.put(events.Continued, job_id=job.id)


_HANDLERS: dict[type, Any] = {
    effects.Publish: Run._history,
    effects.RunAction: Run._run_action,
    effects.CancelAction: Run._cancel_action,
    effects.StartJob: Run._start_job,
    effects.CancelJob: Run._to_sub_job,
    effects.PauseJob: Run._to_sub_job,
    effects.ResumeJob: Run._to_sub_job,
    effects.FinishParentTask: Run._to_parent,
    effects.PauseParentTask: Run._to_parent,
    effects.ResumeParentTask: Run._to_parent,
    effects.SetTimer: Run._set_timer,
    effects.Continue: Run._continue,
}


def _rows(job: model.Job) -> dict[str, Any]:
    return {'job': _row(job),
            'tasks': [_row(task) for task in job.tasks.values()],
            'runs': [_row(run) for run in job.runs.values()]}


def _row(part: Any) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(part)]
    # ``ActionRun`` has no field in memory only; a task's ``runs`` and
    # ``context`` are.
    return {name: getattr(part, name) for name in names
            if name not in _IN_MEMORY and not name.startswith('_')
            or name == 'context' and isinstance(part, model.Job)}
