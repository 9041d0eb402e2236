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
"""Pausing: nothing new starts, what runs goes on, sub-jobs are paused too.

While the job is PAUSED its tasks still end, publish and lead to others; those
wait in the queue, and the commands of clauses in the backlog.

Pauses spread downwards by ``PauseJob`` and upwards by ``PauseParentTask``: a
sub-job that pauses itself pauses its task and its parent job, whose other
sub-jobs go on. ``task.control['paused']`` lists the runs whose sub-jobs are
paused; ``job.control['paused_by']`` is ``parent`` or ``self``.
"""

from convection.engine.core import effects
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import runs
from convection.engine.core import states
from convection.engine.core import stepping


def requested(step: stepping.Step, by_parent: bool) -> None:
    """Pause the job because somebody, or its parent, asked for it."""
    if step.job.state == states.RUNNING:
        pause(step, 'Paused by the parent job.' if by_parent
              else 'Paused on request.', by_parent)


def pause(step: stepping.Step, reason: str, by_parent: bool = False) -> None:
    """Pause the job and its sub-jobs."""
    if step.job.state != states.RUNNING:
        return
    _hold(step, reason, by_parent)
    for task in list(step.job.live.open_tasks.values()):
        if task.kind != 'workflow':
            continue
        for run in runs.open_runs(step.job, task):
            _mark(step, task, run)
            step.emit(effects.PauseJob(run.number))


def sub_job_paused(step: stepping.Step, run_id: str) -> None:
    """A sub-job paused itself: so does its task, and this job."""
    run = runs.find(step.job, run_id)
    if run is None or run.kind != 'workflow':
        return
    task = step.job.tasks[run.task_number]
    _mark(step, task, run)
    if step.job.state == states.RUNNING:
        _hold(step, f'Paused by the sub-job of the task "{task.name}".',
              False)


def unmark(step: stepping.Step, task: model.Task,
           run: model.ActionRun) -> None:
    """Forget that the sub-job of a run is paused."""
    paused = task.control.get('paused')
    if not paused or run.number not in paused:
        return
    paused.remove(run.number)
    if not paused:
        del task.control['paused']
        if task.state == states.PAUSED:
            moves.task(step, task, states.RUNNING)
    step.job.touch(task)


def _hold(step: stepping.Step, reason: str, by_parent: bool) -> None:
    job = step.job
    moves.job(step, states.PAUSED, reason)
    job.control['paused_by'] = 'parent' if by_parent else 'self'
    step.note('job.paused', reason=reason)
    if job.parent_run_id is not None and not by_parent:
        step.emit(effects.PauseParentTask())


def _mark(step: stepping.Step, task: model.Task,
          run: model.ActionRun) -> None:
    paused = task.control.setdefault('paused', [])
    if run.number not in paused:
        paused.append(run.number)
    if task.state == states.RUNNING:
        moves.task(step, task, states.PAUSED, 'The sub-job is paused.')
    step.job.touch(task)
