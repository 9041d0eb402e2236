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
"""Retries: whether an attempt is followed by another.

``count`` is the number of attempts beside the first. After an error another
attempt follows while some remain, unless ``break-on`` is true or
``continue-on`` is given and false. After a success one follows only when
``continue-on`` is given and true. When none remain the last state stands.
"""

from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import policies
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks
from convection.engine.core import timers
from convection import expressions
from convection.lang import spec as specs


def delay(job: model.Job, task: model.Task, state: str,
          scope: scopes.JobScope) -> float | None:
    """Return the seconds to wait before the next attempt; None for no more.

    :param state: what the attempt came to.
    :param scope: with what the task would publish.
    :raises faults.Fault: when an expression fails.
    """
    retry: specs.RetrySpec | None = job.spec.tasks[
        task.name].policies.retry
    if retry is None or state not in (states.SUCCESS, states.ERROR):
        return None
    if state == states.SUCCESS and retry.continue_on is None:
        return None
    count = policies.number(retry.count, scope, 'retry count', task.name)
    if task.attempts > count:
        return None
    if state == states.ERROR and _is_true(
            retry.break_on, scope, 'retry break-on', task):
        return None
    if retry.continue_on is not None and not _is_true(
            retry.continue_on, scope, 'retry continue-on', task):
        return None
    return policies.number(retry.delay, scope, 'retry delay', task.name)


def again(step: stepping.Step, task: model.Task, seconds: float,
          info: str | None) -> None:
    """Put a task off until its next attempt.

    :param info: what was wrong with the last one, if anything.
    """
    for number in task.runs:
        run = step.job.runs[number]
        if run.accepted:
            run.accepted = False
            step.job.touch(run)
    task.control['stage'] = 'attempt'
    moves.task(step, task, states.DELAYED, info)
    step.note('task.delayed', task, why='retry', seconds=seconds,
              attempts=task.attempts)
    if seconds:
        timers.arm(step, task, timers.RETRY, seconds)
    else:
        tasks.enqueue(step, task)


def _is_true(template: expressions.Template | None, scope: scopes.JobScope,
             policy: str, task: model.Task) -> bool:
    return policies.flag(template, scope, policy, task.name)
