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
"""Action runs: making one, starting it, stopping it."""

from convection.engine.core import calls
from convection.engine.core import control
from convection.engine.core import effects
from convection.engine.core import ids
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import states
from convection.engine.core import stepping


def launch(step: stepping.Step, task: model.Task, call: calls.Call,
           timeout: float, index: int | None = None
           ) -> tuple[model.ActionRun, control.Result | None]:
    """Make an action run and start it.

    :param timeout: seconds that the attempt may take; 0 for no limit.
    :returns: the run, and its end when it has come already.
    """
    job = step.job
    run = model.ActionRun(
        number=job.next_number(), task_number=task.number, name=call.name,
        kind=call.kind, state=states.WAITING, created_at=step.at,
        adhoc=call.adhoc, index=index, attempt=task.attempts,
        input=call.input, asynchronous=call.asynchronous,
        safe_rerun=call.safe_rerun, timeout=timeout or None,
        target=call.target)
    return run, _start(step, run)


def replace(step: stepping.Step, lost: model.ActionRun) -> model.ActionRun:
    """Run again, as the same attempt, what was lost with an executor."""
    run = model.ActionRun(
        number=step.job.next_number(), task_number=lost.task_number,
        name=lost.name, kind=lost.kind, state=states.WAITING,
        created_at=step.at, adhoc=lost.adhoc, index=lost.index,
        attempt=lost.attempt, input=lost.input,
        asynchronous=lost.asynchronous, safe_rerun=True,
        timeout=lost.timeout, target=lost.target)
    _start(step, run)
    return run


def is_local(run: model.ActionRun) -> bool:
    """Whether the run needs no executor and no other job."""
    return run.kind == 'action' and run.name in control.ACTIONS


def open_runs(job: model.Job, task: model.Task) -> list[model.ActionRun]:
    """Return the runs of a task that have not ended."""
    return [run for run in map(job.runs.__getitem__, task.runs)
            if not run.finished]


def stop(step: stepping.Step, task: model.Task, reason: str) -> None:
    """Cancel the runs of a task that have not ended.

    What they report later is refused.
    """
    for run in open_runs(step.job, task):
        moves.run(step, run, states.CANCELLED, reason)
        if run.kind == 'workflow':
            step.emit(effects.CancelJob(run.number, reason))
        elif not is_local(run):
            step.emit(effects.CancelAction(run.number))


def find(job: model.Job, run_id: str) -> model.ActionRun | None:
    """Return the run of an id when it is part of the job and at work."""
    if ids.job_id_of(run_id) != job.id:
        return None
    run = job.runs.get(ids.number_of(run_id))
    return None if run is None or run.finished else run


def _start(step: stepping.Step,
           run: model.ActionRun) -> control.Result | None:
    job = step.job
    job.add_run(run)
    job.touch(run)
    if run.kind == 'workflow':
        run.sub_job_id = ids.sub_job_id(job.part_id(run.number))
        step.emit(effects.StartJob(run.number))
        return None
    if is_local(run):
        return control.start(step, run)
    step.emit(effects.RunAction(run.number))
    return None
