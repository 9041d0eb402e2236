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
"""Sub-jobs: what the job that an action run started says of itself."""

from convection.engine.core import control
from convection.engine.core import events
from convection.engine.core import results
from convection.engine.core import runs
from convection.engine.core import states
from convection.engine.core import stepping


def completed(step: stepping.Step, event: events.SubJobCompleted) -> None:
    """A sub-job came to its end: so does the run."""
    _ended(step, event.run_id,
           control.Result(event.state, event.output, event.state_info))


def refused(step: stepping.Step, event: events.SubJobRefused) -> None:
    """A sub-job could not be made."""
    _ended(step, event.run_id,
           control.Result(states.ERROR, None, event.error))


def _ended(step: stepping.Step, run_id: str, end: control.Result) -> None:
    run = runs.find(step.job, run_id)
    if run is not None and run.kind == 'workflow':
        results.run_ended(step, run, end)
