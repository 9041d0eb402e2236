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
"""The end of an action run, and what it means for its task."""

import json
from typing import Any

from convection.engine.core import actions
from convection.engine.core import complete
from convection.engine.core import control
from convection.engine.core import events
from convection.engine.core import faults
from convection.engine.core import live as lives
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import pause
from convection.engine.core import runs
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping

_ENDS = frozenset({states.SUCCESS, states.ERROR, states.CANCELLED})


def reported(step: stepping.Step, event: events.ActionCompleted) -> None:
    """Take the report of an executor, or a completion by a call.

    Refused, without a trace: a run that has ended (late, or twice), and an
    executor that the run was not given to.
    """
    run = runs.find(step.job, event.run_id)
    if run is None or run.kind != 'action':
        return
    if event.executor_id is not None and (
            event.executor_id != run.executor_id):
        return
    if event.state == states.RUNNING:
        if run.asynchronous and not run.called:
            run.called = True
            step.job.touch(run)
        return
    if event.state in _ENDS and not _merely_called(run, event):
        run_ended(step, run, control.Result(event.state, event.result,
                                            event.error))


def timer_fired(step: stepping.Step, number: int, due: float) -> None:
    """End a control action whose time has come."""
    run = step.job.runs.get(number)
    if run is None or not runs.is_local(run):
        return
    end = control.fired(run, due)
    if end is not None:
        run_ended(step, run, end)


def run_ended(step: stepping.Step, run: model.ActionRun,
              end: control.Result) -> None:
    """Record the end of a run and tell its task."""
    job = step.job
    task = job.tasks[run.task_number]
    if run.adhoc and end.state == states.SUCCESS:
        end = _through_adhoc(step, task, run, end)
    info = None
    if end.state != states.SUCCESS:
        info = faults.cut(_sentence(run, end))
    moves.run(step, run, end.state, info)
    run.accepted = True
    run.result = end.value
    if end.state == states.ERROR:
        if run.result is None:
            run.result = info
        step.note('action_run.finished', task, state=end.state,
                  number=run.number, action=run.name, info=info)
    pause.unmark(step, task, run)
    items = job.live.items.get(task.number)
    if items is None:
        complete.attempt_ended(step, task, end.state, info)
    else:
        _item_ended(step, task, items, end.state, info)


def _item_ended(step: stepping.Step, task: model.Task, items: lives.Items,
                state: str, info: str | None) -> None:
    items.open -= 1
    items.failed += state == states.ERROR
    if state == states.CANCELLED:
        complete.attempt_ended(step, task, state, info)
    elif items.open or items.next < items.count:
        if items.room:
            step.job.live.filling[task.number] = None
    elif items.failed:
        complete.attempt_ended(
            step, task, states.ERROR,
            _failures(step.job, task, items))
    else:
        complete.attempt_ended(step, task, states.SUCCESS)


def _failures(job: model.Job, task: model.Task, items: lives.Items) -> str:
    first = next(run for run in map(job.runs.__getitem__, task.runs)
                 if run.accepted and run.state == states.ERROR)
    return faults.cut(
        f'{items.failed} of {items.count} items failed; item {first.index}: '
        f'{first.state_info}')


def _merely_called(run: model.ActionRun,
                   event: events.ActionCompleted) -> bool:
    """Whether an executor reports success of what ends by a later call."""
    return (run.asynchronous and event.executor_id is not None and
            event.state == states.SUCCESS)


def _through_adhoc(step: stepping.Step, task: model.Task,
                   run: model.ActionRun,
                   end: control.Result) -> control.Result:
    scope = scopes.JobScope(step.job, step.at, task)
    try:
        return control.Result(end.state, actions.finish(
            step.job, run, end.value, scope))
    except faults.Fault as fault:
        return control.Result(states.ERROR, None, str(fault))


def _sentence(run: model.ActionRun, end: control.Result) -> str:
    """Say in a sentence why a run did not end well."""
    if end.error:
        return end.error
    what = 'action' if run.kind == 'action' else 'workflow'
    if end.state == states.CANCELLED:
        return f'The {what} "{run.name}" was cancelled.'
    value: Any = end.value
    if isinstance(value, str) and value:
        return value
    if value is None:
        return f'The {what} "{run.name}" failed without a message.'
    return (f'The {what} "{run.name}" failed with '
            f'{json.dumps(value, ensure_ascii=False)}.')
