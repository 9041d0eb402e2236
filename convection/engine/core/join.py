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
"""Joins: tasks that wait for several branches.

A join starts when enough of the tasks that lead to it did so, once: later
arrivals are recorded with the task they come from and change nothing. It
fails as soon as so many can no longer lead to it that the rest is too few.

On a loop there is one join for each pass: a branch carries how many times it
went through each such join (``control['passed']``), and that number says
which of them it arrives at.
"""

from convection.engine.core import dataflow
from convection.engine.core import live as lives
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import routes
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks

_NAMED = 5


def is_join(job: model.Job, name: str) -> bool:
    """Whether a task waits for branches (``join: 0`` does not)."""
    return bool(job.spec.tasks[name].join)


def arrive(step: stepping.Step, source: model.Task, event: str, name: str,
           outbound: dataflow.Context) -> None:
    """Let a branch arrive at a join.

    :param source: the task that led here, by its clause ``event``.
    :param outbound: the variables that the branch brings.
    """
    job = step.job
    passed = source.control.get('passed', {})
    key = (name, passed.get(name, 0))
    join = job.live.joins.get(key)
    if join is None:
        task = tasks.create(step, name, states.WAITING, [], dataflow.EMPTY)
        if key[1]:
            task.control['generation'] = key[1]
        if passed:
            task.control['passed'] = passed
        _entered(job, name)
        job.live.waiting += 1
        join = watch(job, task)
    if join.task.state != states.WAITING:
        return
    join.arrived.setdefault(source.name, []).append(
        (source.number, event, outbound))
    join.lost.pop(source.name, None)
    if len(join.arrived) >= join.needed:
        _fire(step, join)
    else:
        _judge(step, join)


def watch(job: model.Job, task: model.Task) -> lives.Join:
    """Index a join that waits."""
    inbound = dict.fromkeys(
        source for source, _event in job.graph.inbound[task.name])
    wish = job.spec.tasks[task.name].join
    generation = _generation(task)
    join = lives.Join(
        task=task, needed=len(inbound) if wish == 'all' else wish,
        total=len(inbound), generation=generation, arrived={}, lost={})
    if task.name not in job.live.routes.map.looping:
        join.lost = {source: None for source in inbound
                     if not job.live.routes.may_run(source)}
    job.live.joins[task.name, generation] = join
    return join


def of(job: model.Job, task: model.Task) -> lives.Join:
    """Return the index entry of a join."""
    return job.live.joins[task.name, _generation(task)]


def left(step: stepping.Step, task: model.Task) -> None:
    """Look after the joins when a task has finished and led where it did."""
    live = step.job.live
    if live.routes is None:
        return
    static = live.routes.map
    spent = is_join(step.job, task.name) and task.name not in static.looping
    for name in live.routes.leave(task.name, spent):
        for target in static.watchers[name]:
            join = live.joins.get((target, 0))
            if join is not None and name not in join.arrived:
                join.lost[name] = None
                _judge(step, join)
    if static.looping:
        _search(step)


def entered(step: stepping.Step, task: model.Task,
            source: model.Task) -> None:
    """Count a task that was made, and hand on its passes of loops."""
    if 'passed' in source.control:
        task.control['passed'] = source.control['passed']
    _entered(step.job, task.name)


def fill(job: model.Job) -> None:
    """Index again, after a load, the joins and what arrived at them."""
    job.live.waiting = sum(task.state == states.WAITING
                           for task in job.live.open_tasks.values())
    for name in job.graph.joins:
        if is_join(job, name):
            for number in job.tasks_by_name.get(name, ()):
                watch(job, job.tasks[number])
    finished = [task for task in job.tasks.values() if task.next_tasks]
    finished.sort(key=lambda task: task.publish_order)
    for task in finished:
        passed = task.control.get('passed', {})
        for target, event in task.next_tasks:
            join = job.live.joins.get((target, passed.get(target, 0)))
            if join is not None and join.task.state == states.WAITING:
                join.lost.pop(task.name, None)
                join.arrived.setdefault(task.name, []).append(
                    (task.number, event, task.context))


def break_deadlock(step: stepping.Step) -> None:
    """Fail one of the joins when all that is left are joins that wait.

    Only joins on one loop can wait for each other.
    """
    task = min(step.job.live.open_tasks.values(), key=lambda each: (
        step.job.graph.position(each.name), each.number))
    gather(step.job, of(step.job, task))
    step.failing.append((task, 'The join cannot be completed: it waits for '
                               'tasks that wait for it.'))


def arrivals(job: model.Job, join: lives.Join) -> list[tuple]:
    """Return what arrived, in document order of the tasks it comes from."""
    names = sorted(join.arrived, key=job.graph.position)
    return [each for name in names for each in join.arrived[name]]


def gather(job: model.Job, join: lives.Join) -> None:
    """Give a join the variables and the passes of its branches, once."""
    if not join.arrived:
        return
    found = arrivals(job, join)
    join.task.context = dataflow.merge(each[2] for each in found)
    join.task.triggered_by = [[number, event]
                              for number, event, _context in found]
    passed: dict[str, int] = {}
    for number, _event, _context in found:
        for name, times in job.tasks[number].control.get(
                'passed', {}).items():
            passed[name] = max(times, passed.get(name, 0))
    if join.task.name in job.live.routes.map.looping:
        passed[join.task.name] = join.generation + 1
    if passed:
        join.task.control['passed'] = passed
    join.arrived = {}
    job.touch(join.task)


def _generation(task: model.Task) -> int:
    """Return which pass of its loop a join is: of how many went before."""
    return task.control.get('generation', 0)


def _entered(job: model.Job, name: str) -> None:
    if job.live.routes is not None:
        job.live.routes.enter(name)


def _fire(step: stepping.Step, join: lives.Join) -> None:
    gather(step.job, join)
    step.job.live.waiting -= 1
    moves.task(step, join.task, states.IDLE)
    tasks.enqueue(step, join.task)
    join.task.control['began'] = join.task.control['queued']


def _judge(step: stepping.Step, join: lives.Join) -> None:
    """Fail a join when too many branches can no longer come."""
    if (join.task.state != states.WAITING or
            len(join.lost) <= join.total - join.needed):
        return
    if any(task is join.task for task, _reason in step.failing):
        return
    names = sorted(join.lost, key=step.job.graph.position)
    shown = ', '.join(f'"{name}"' for name in names[:_NAMED])
    more = len(names) - _NAMED
    if more > 0:
        shown += f' and {more} more'
    gather(step.job, join)
    step.failing.append((join.task, (
        f'The join cannot be completed: the task {shown} did not lead here.'
        if len(names) == 1 else
        f'The join cannot be completed: the tasks {shown} did not lead '
        'here.')))


def _search(step: stepping.Step) -> None:
    """Judge the joins on loops that wait."""
    live = step.job.live
    static = live.routes.map
    for (name, generation), join in live.joins.items():
        if name not in static.looping or join.task.state != states.WAITING:
            continue
        at_work = dict.fromkeys(
            task.name for task in live.open_tasks.values()
            if task.control.get('passed', {}).get(name, 0) == generation)
        at_work.pop(name, None)
        found = routes.reachable(static, at_work, name)
        join.lost = {
            source: None
            for source, _event in step.job.graph.inbound[name]
            if source not in found and source not in join.arrived}
        _judge(step, join)
