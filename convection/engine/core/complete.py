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
"""The end of an attempt, and the end of a task.

The order, which documents rely on:

1. the attempt has come to SUCCESS, ERROR or CANCELLED;
2. what it would publish is evaluated, then ``fail-on``, then the conditions
   of its transitions; a fault in any of them turns a success into an ERROR,
   for which ``publish-on-error`` and ``on-error`` are evaluated instead;
3. ``retry`` decides whether another attempt follows: then nothing of 2 is
   kept;
4. ``wait-after`` puts the end off, and 2 is done once more after it;
5. the task has its final state: it publishes, once, and leads to others.
"""

import dataclasses

from convection.engine.core import branch
from convection.engine.core import dataflow
from convection.engine.core import faults
from convection.engine.core import join
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import policies
from convection.engine.core import publishing
from convection.engine.core import retry
from convection.engine.core import reverse
from convection.engine.core import runs
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import timers


@dataclasses.dataclass(frozen=True, slots=True)
class _Verdict:
    """What a task comes to when it ends now."""

    state: str
    info: str | None
    published: publishing.Publication
    choices: list[branch.Choice]


def attempt_ended(step: stepping.Step, task: model.Task, state: str,
                  info: str | None = None) -> None:
    """Decide what follows an attempt.

    :param info: a sentence when it did not end well.
    """
    timers.drop(step, task, timers.TIMEOUT)
    runs.stop(step, task, 'The task has ended without it.')
    step.job.live.items.pop(task.number, None)
    step.job.live.filling.pop(task.number, None)
    for key in ('items', 'paused', 'timeout'):
        task.control.pop(key, None)
    verdict = _judge(step, task, state, info)
    try:
        seconds = _until_retry(step, task, verdict)
        wait = 0 if seconds is not None else _until_end(step, task, verdict)
    except faults.Fault as fault:
        fail(step, task, str(fault))
        return
    if seconds is not None:
        retry.again(step, task, seconds, verdict.info)
    elif wait:
        _wait_after(step, task, state, info, wait)
    else:
        _finish(step, task, verdict)


def fail(step: stepping.Step, task: model.Task, info: str) -> None:
    """End a task in ERROR: no further attempt, no wait."""
    _finish(step, task, _judge(step, task, states.ERROR, info))


def waited(step: stepping.Step, task: model.Task) -> None:
    """End a task whose ``wait-after`` is over."""
    state, info = task.control.pop('ended')
    _finish(step, task, _judge(step, task, state, info))


def cancel(step: stepping.Step, task: model.Task, reason: str) -> None:
    """End a task in CANCELLED, whatever it is at; it leads nowhere."""
    runs.stop(step, task, reason)
    if task.state == states.WAITING:
        join.gather(step.job, join.of(step.job, task))
    _finish(step, task, _Verdict(states.CANCELLED, reason,
                                 publishing.NOTHING, []))


def _until_retry(step: stepping.Step, task: model.Task,
                 verdict: _Verdict) -> float | None:
    """Return the seconds until the next attempt; None when there is none."""
    if step.job.spec.tasks[task.name].policies.retry is None:
        return None
    return retry.delay(step.job, task, verdict.state,
                       _after(step, task, verdict))


def _until_end(step: stepping.Step, task: model.Task,
               verdict: _Verdict) -> float:
    """Return the seconds of ``wait-after``."""
    template = step.job.spec.tasks[task.name].policies.wait_after
    if template is None or verdict.state == states.CANCELLED:
        return 0
    return policies.number(
        template, _scope(step, task, verdict.state, verdict.info),
        'wait-after', task.name)


def _wait_after(step: stepping.Step, task: model.Task, state: str,
                info: str | None, seconds: float) -> None:
    task.control['ended'] = [state, info]
    moves.task(step, task, states.DELAYED, info)
    step.note('task.delayed', task, why='wait-after', seconds=seconds,
              attempts=task.attempts)
    timers.arm(step, task, timers.WAIT_AFTER, seconds)


def _judge(step: stepping.Step, task: model.Task, state: str,
           info: str | None) -> _Verdict:
    """Evaluate what a task that ends now publishes and leads to."""
    if state == states.CANCELLED:
        return _Verdict(state, info, publishing.NOTHING, [])
    if state != states.ERROR:
        try:
            return _evaluate(step, task, state, info)
        except faults.Fault as fault:
            info = str(fault)
    try:
        return _evaluate(step, task, states.ERROR, info)
    except faults.Fault as fault:
        return _despite(step, task, info, str(fault))


def _evaluate(step: stepping.Step, task: model.Task, state: str,
              info: str | None) -> _Verdict:
    job = step.job
    published = publishing.evaluate(job, task, state,
                                    _scope(step, task, state, info))
    verdict = _Verdict(state, info, published, [])
    scope = _after(step, task, verdict)
    if state == states.SUCCESS and policies.flag(
            job.spec.tasks[task.name].policies.fail_on, scope, 'fail-on',
            task.name):
        raise faults.Fault('The condition of "fail-on" is met.')
    if job.spec.type == 'reverse':
        return verdict
    return dataclasses.replace(
        verdict, choices=branch.choose(job, task, state, scope))


def _despite(step: stepping.Step, task: model.Task, info: str | None,
             second: str) -> _Verdict:
    """Judge a failed task whose error handling has a fault of its own.

    It publishes nothing; a fault in what it publishes does not keep its
    ``on-error`` from being followed.
    """
    info = faults.cut(f'{info} {second}' if info else second)
    verdict = _Verdict(states.ERROR, info, publishing.NOTHING, [])
    if step.job.spec.type == 'reverse':
        return verdict
    try:
        return dataclasses.replace(verdict, choices=branch.choose(
            step.job, task, states.ERROR, _after(step, task, verdict)))
    except faults.Fault:
        return verdict


def _scope(step: stepping.Step, task: model.Task, state: str,
           info: str | None) -> scopes.JobScope:
    return scopes.JobScope(step.job, step.at, task, ended=(state, info))


def _after(step: stepping.Step, task: model.Task,
           verdict: _Verdict) -> scopes.JobScope:
    """Return the scope that sees what the task is about to publish."""
    return scopes.JobScope(
        step.job, step.at, task,
        context=task.context.publish(verdict.published.branch,
                                     step.job.last_number + 1),
        variables=verdict.published.variables,
        ended=(verdict.state, verdict.info))


def _finish(step: stepping.Step, task: model.Task,
            verdict: _Verdict) -> None:
    """Give a task its final state, publish, and lead on."""
    job = step.job
    for key in ('stage', 'queued', 'held', 'paused', 'items', 'timeout'):
        task.control.pop(key, None)
    timers.drop(step, task)
    task.publish_order = job.last_publish = job.next_number()
    task.published = verdict.published.branch
    if verdict.published.variables is not None:
        job.variables = verdict.published.variables
    task.error_handled = verdict.state == states.ERROR and any(
        choice.event == 'on-error' for choice in verdict.choices)
    task.finished_at = step.at
    _drop_results(step, task)
    job.live.waiting -= task.state == states.WAITING
    moves.task(step, task, verdict.state, verdict.info)
    _count(job, task)
    data = {'state': verdict.state, 'name': task.name}
    if verdict.info:
        data['info'] = verdict.info
    step.note('task.finished', task, **data)
    outbound = task.context.publish(task.published, task.publish_order)
    if job.spec.type == 'reverse':
        reverse.follow(step, task, outbound)
    else:
        branch.follow(step, task, verdict.choices, outbound)
        join.left(step, task)
    task.context = dataflow.EMPTY


def _count(job: model.Job, task: model.Task) -> None:
    del job.live.open_tasks[task.number]
    job.unfinished_tasks -= 1
    if task.state == states.CANCELLED:
        job.live.cancelled.append(task.number)
    elif task.state == states.ERROR and not task.error_handled:
        job.live.unhandled.append(task.number)


def _drop_results(step: stepping.Step, task: model.Task) -> None:
    """Empty the results of a task that says ``keep-result: false``."""
    template = step.job.spec.tasks[task.name].policies.keep_result
    if template is None:
        return
    try:
        keep = policies.flag(template, scopes.JobScope(
            step.job, step.at, task), 'keep-result', task.name, True)
    except faults.Fault:
        # The task has ended; what cannot be decided is kept.
        return
    if keep:
        return
    for number in task.runs:
        run = step.job.runs[number]
        if run.result is not None:
            run.result = None
            step.job.touch(run)
