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
"""The end of the job: when, in which state, with which output.

A job ends by itself when none of its tasks is unfinished: CANCELLED when one
was cancelled, ERROR when the error of one was not handled, else SUCCESS. It
ends before that by ``fail``, ``succeed`` or a request to cancel it; tasks
that are still at work are then stopped.
"""

from typing import Any

from convection.engine.core import complete
from convection.engine.core import dataflow
from convection.engine.core import effects
from convection.engine.core import faults
from convection.engine.core import live as lives
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping

_NAMED = 5


def settle(step: stepping.Step) -> None:
    """End the job when nothing is left to do."""
    job = step.job
    if job.state != states.RUNNING or job.live.open_tasks:
        return
    state, info = _verdict(job)
    _end(step, state, info)


def end_early(step: stepping.Step, ending: stepping.Ending) -> None:
    """Stop what is at work and end the job."""
    job = step.job
    if job.finished:
        return
    for task in list(job.live.open_tasks.values()):
        complete.cancel(step, task, ending.tasks_reason)
    step.failing.clear()
    _end(step, ending.state, ending.reason)


def root_causes(job: model.Job) -> list[model.Task]:
    """Return the tasks whose errors made the job fail, first things first.

    A join that could not be completed because of another failed task is not
    a cause of its own.
    """
    failed = [job.tasks[number] for number in job.live.unhandled]
    # Only a join that was never started has made no attempt.
    causes = [task for task in failed
              if task.attempts or not job.spec.tasks[task.name].join]
    return causes or failed


def _verdict(job: model.Job) -> tuple[str, str | None]:
    if job.live.cancelled:
        cancelled = [job.tasks[number] for number in job.live.cancelled]
        return states.CANCELLED, _names(cancelled, 'was', 'were',
                                        'cancelled')
    if job.live.unhandled:
        return states.ERROR, _failure(root_causes(job))
    if job.spec.type == 'reverse':
        target = job.params['task_name']
        if target not in job.live.outbound:
            return states.ERROR, (
                f'The task "{target}" could not be started: what it '
                'requires never came to its end.')
    return states.SUCCESS, None


def _failure(causes: list[model.Task]) -> str:
    first = causes[0]
    if len(causes) == 1:
        return faults.cut(f'The task "{first.name}" failed: '
                          f'{first.state_info}')
    return faults.cut(_names(causes, '', '', 'failed') +
                      f' The first of them: {first.state_info}')


def _names(tasks: list[model.Task], singular: str, plural: str,
           verb: str) -> str:
    names = list(dict.fromkeys(task.name for task in tasks))
    shown = ', '.join(f'"{name}"' for name in names[:_NAMED])
    if len(names) > _NAMED:
        shown += f' and {len(names) - _NAMED} more'
    noun, auxiliary = (('task', singular) if len(names) == 1
                       else ('tasks', plural))
    words = ' '.join(word for word in (auxiliary, verb) if word)
    return f'The {noun} {shown} {words}.'


def _end(step: stepping.Step, state: str, info: str | None) -> None:
    job = step.job
    if state == states.SUCCESS:
        try:
            job.output = _output(step)
        except faults.Fault as fault:
            state, info = states.ERROR, str(fault)
    if state != states.SUCCESS:
        info, job.output = _failed_output(step, state, info)
    moves.job(step, state, info)
    for key in ('backlog', 'paused_by'):
        job.control.pop(key, None)
    job.ready.clear()
    job.live = lives.Live()
    data: dict[str, Any] = {'state': state}
    if info:
        data['info'] = info
    step.note('job.finished', **data)
    if job.parent_run_id is not None:
        step.emit(finish_parent(job))


def finish_parent(job: model.Job) -> effects.FinishParentTask:
    """Return what tells the parent of the end of this job."""
    return effects.FinishParentTask(job.state, job.output, job.state_info)


def _output(step: stepping.Step) -> dict[str, Any]:
    """Return the output of a job that ended well.

    Without ``output``, or when that comes to nothing, it is what the tasks
    at the ends of the branches see of them.
    """
    job = step.job
    final = _final_context(job)
    found = None
    if job.spec.output is not None:
        found = faults.evaluate_mapping(
            job.spec.output, scopes.JobScope(job, step.at, context=final),
            '"output" of the workflow')
    return found or final.values()


def _failed_output(step: stepping.Step, state: str,
                   info: str | None) -> tuple[str | None, dict[str, Any]]:
    """Return the info and the output of a job that did not end well."""
    job = step.job
    if state != states.ERROR or job.spec.output_on_error is None:
        return info, {'result': info}
    scope = scopes.JobScope(job, step.at, context=_final_context(job))
    try:
        found = faults.evaluate_mapping(job.spec.output_on_error, scope,
                                        '"output-on-error" of the workflow')
    except faults.Fault as fault:
        info = faults.cut(f'{info} {fault}')
        found = {}
    return info, {'result': info, **found}


def _final_context(job: model.Job) -> dataflow.Context:
    live = job.live
    if job.spec.type == 'reverse':
        return live.outbound.get(job.params.get('task_name'),
                                 dataflow.EMPTY)
    ends = sorted(live.ends, key=lambda number: (
        job.graph.position(job.tasks[number].name), number))
    return dataflow.merge(live.ends[number] for number in ends)
