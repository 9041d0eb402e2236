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
"""Going on after a pause: the backlog, what pause-before held, sub-jobs."""

from convection.engine.core import commands
from convection.engine.core import effects
from convection.engine.core import moves
from convection.engine.core import pause
from convection.engine.core import runs
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks


def requested(step: stepping.Step, by_parent: bool, again: bool) -> None:
    """Let the job and its sub-jobs go on.

    :param again: see ``events.ResumeRequested``.
    """
    job = step.job
    if job.state != states.PAUSED:
        return
    if again and job.control.get('paused_by') != 'parent':
        return
    for task in list(job.live.open_tasks.values()):
        for number in list(task.control.get('paused', ())):
            pause.unmark(step, task, job.runs[number])
            step.emit(effects.ResumeJob(number))
    _go_on(step, by_parent)


def sub_job_resumed(step: stepping.Step, run_id: str) -> None:
    """A sub-job was resumed: go on when no other one is paused."""
    job = step.job
    run = runs.find(job, run_id)
    if run is None or run.kind != 'workflow':
        return
    pause.unmark(step, job.tasks[run.task_number], run)
    if job.state == states.PAUSED and not any(
            'paused' in task.control
            for task in job.live.open_tasks.values()):
        _go_on(step, False)


def _go_on(step: stepping.Step, by_parent: bool) -> None:
    job = step.job
    moves.job(step, states.RUNNING)
    job.control.pop('paused_by', None)
    step.note('job.resumed')
    if job.parent_run_id is not None and not by_parent:
        step.emit(effects.ResumeParentTask())
    commands.run_backlog(step)
    for task in list(job.live.open_tasks.values()):
        if task.control.pop('held', None):
            tasks.enqueue(step, task)
