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
"""An executor is gone for good, with the runs that it had.

A run that is marked ``safe-rerun`` is replaced by a new one of the same
attempt, up to ``MAX_LOST`` times: an action that brings its executor down
must not bring them all down. Any other has ended in an ERROR that says so.
A run whose call has returned already (an asynchronous one) needs no executor
any more.
"""

from convection.engine.core import control
from convection.engine.core import events
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import results
from convection.engine.core import runs
from convection.engine.core import states
from convection.engine.core import stepping


#: So many lost runs of one attempt (or item of one) are replaced at most.
MAX_LOST = 10


def executor(step: stepping.Step, event: events.ExecutorLost) -> None:
    """Settle the runs that a lost executor had."""
    for run_id in event.run_ids:
        run = runs.find(step.job, run_id)
        if (run is None or run.executor_id != event.executor_id or
                run.called):
            continue
        if run.safe_rerun and _lost_before(step.job, run) < MAX_LOST:
            made = runs.replace(step, run)
            moves.run(step, run, states.ERROR,
                      f'The executor {event.executor_id} was lost; the '
                      f'action run {step.job.part_id(made.number)} replaces '
                      'this one.')
            continue
        results.run_ended(step, run, control.Result(
            states.ERROR, None,
            f'The executor {event.executor_id}, which ran the action '
            f'"{run.name}", was lost, ' + (
                f'for the {MAX_LOST + 1}th time.' if run.safe_rerun else
                'and the task is not marked "safe-rerun".')))


def _lost_before(job: model.Job, run: model.ActionRun) -> int:
    """Return how many runs this one stands for."""
    others = (job.runs[number] for number in job.tasks[run.task_number].runs)
    return sum(other.attempt == run.attempt and other.index == run.index and
               other is not run for other in others)
