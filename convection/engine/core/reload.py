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
"""A job from its rows: indexes, contexts, and what has to be sent again."""

from convection.engine.core import control
from convection.engine.core import dataflow
from convection.engine.core import effects
from convection.engine.core import items
from convection.engine.core import join
from convection.engine.core import live as lives
from convection.engine.core import model
from convection.engine.core import outcome
from convection.engine.core import reverse
from convection.engine.core import routes
from convection.engine.core import runs
from convection.engine.core import states
from convection.engine.core import tasks


def prepare(job: model.Job) -> None:
    """Make the indexes of a job that has no tasks yet."""
    job.live = lives.Live()
    job.ready.clear()
    job.unfinished_tasks = 0
    if job.spec.type != 'reverse' and any(
            join.is_join(job, name) for name in job.graph.joins):
        job.live.routes = routes.Routes(
            routes.map_of(job.graph), job.graph.start_tasks, ())


def rebuild(job: model.Job) -> None:
    """Make ready to go on a job whose rows were loaded.

    All fields of the rows are set, the tasks and runs added in the order of
    their numbers, ``spec``, ``graph``, ``actions`` and ``root`` given.
    """
    prepare(job)
    job.mark_saved()
    if job.finished or job.started_at is None:
        return
    live = job.live
    for task in job.tasks.values():
        if not task.finished:
            live.open_tasks[task.number] = task
    job.unfinished_tasks = len(live.open_tasks)
    finished = sorted((task for task in job.tasks.values() if task.finished),
                      key=lambda task: task.publish_order)
    for task in finished:
        if task.state == states.CANCELLED:
            live.cancelled.append(task.number)
        elif task.state == states.ERROR and not task.error_handled:
            live.unhandled.append(task.number)
    if job.spec.type == 'reverse':
        _reverse_contexts(job, finished)
    else:
        _contexts(job, finished)
    _joins(job)
    for task in finished:
        task.context = dataflow.EMPTY
    _queue(job)


def outstanding(job: model.Job) -> list[effects.Effect]:
    """Return the effects that the rows still call for.

    Each may have been carried out already: all of them may be repeated.
    """
    found: list[effects.Effect] = []
    for run in job.runs.values():
        if run.kind == 'workflow' and run.state == states.CANCELLED:
            found.append(effects.CancelJob(run.number, run.state_info))
    if job.finished:
        if job.parent_run_id is not None:
            found.append(outcome.finish_parent(job))
        return found
    for task in job.live.open_tasks.values():
        found.extend(effects.SetTimer(task.number, name, due) for name, due
                     in task.control.get('timers', {}).items())
        for run in runs.open_runs(job, task):
            found.extend(_of_run(task, run))
    if job.parent_run_id is not None and (
            job.control.get('paused_by') == 'self'):
        found.append(effects.PauseParentTask())
    if job.state == states.RUNNING and (job.ready or job.live.filling):
        found.append(effects.Continue())
    return found


def _of_run(task: model.Task,
            run: model.ActionRun) -> list[effects.Effect]:
    if run.kind == 'workflow':
        if run.number in task.control.get('paused', ()):
            return [effects.StartJob(run.number),
                    effects.PauseJob(run.number)]
        return [effects.StartJob(run.number),
                effects.ResumeJob(run.number, again=True)]
    if runs.is_local(run):
        timer = control.timer(run)
        return [] if timer is None else [timer]
    return [] if run.called else [effects.RunAction(run.number)]


def _contexts(job: model.Job, finished: list[model.Task]) -> None:
    """Give each task its context: of a finished one the outbound."""
    for task in finished:
        inbound = _inbound(job, task)
        task.context = inbound.publish(task.published, task.publish_order)
        targets = [target for target, _event in task.next_tasks]
        if len(targets) >= dataflow.WIDE:
            task.context = task.context.flat()
        if not any(target in job.spec.tasks for target in targets):
            job.live.ends[task.number] = task.context
    for task in job.live.open_tasks.values():
        task.context = _inbound(job, task)


def _inbound(job: model.Job, task: model.Task) -> dataflow.Context:
    """Unite what led to a task; the sources have their contexts already."""
    sources = [job.tasks[number] for number, _event in task.triggered_by]
    return dataflow.merge(source.context for source in sources)


def _reverse_contexts(job: model.Job, finished: list[model.Task]) -> None:
    reverse.count(job)
    for task in finished:
        outbound = reverse.gather(job, task.name).publish(
            task.published, task.publish_order)
        reverse.note(job, task, outbound)
    for task in job.live.open_tasks.values():
        task.context = reverse.gather(job, task.name)


def _joins(job: model.Job) -> None:
    if job.live.routes is None:
        return
    static = job.live.routes.map
    job.live.routes = routes.Routes(
        static, (task.name for task in job.live.open_tasks.values()),
        (name for name in job.graph.joins
         if join.is_join(job, name) and name not in static.looping and any(
             job.tasks[number].finished
             for number in job.tasks_by_name.get(name, ()))))
    join.fill(job)


def _queue(job: model.Job) -> None:
    queued = []
    for task in job.live.open_tasks.values():
        key = tasks.queue_key(task)
        if key is not None:
            queued.append((key, task.number))
        if 'items' in task.control:
            items.load(job, task)
    job.ready.extend(number for _key, number in sorted(queued))
