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
"""The timers of a task that came due: timeout, waits, retry."""

from convection.engine.core import complete
from convection.engine.core import model
from convection.engine.core import runs
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks
from convection.engine.core import timers


def fired(step: stepping.Step, task: model.Task, name: str) -> None:
    """Take a timer that is due, and is no longer armed."""
    if name == timers.TIMEOUT:
        _timed_out(step, task)
    elif name == timers.WAIT_AFTER:
        complete.waited(step, task)
    else:
        # The next stage was set when the timer was.
        tasks.enqueue(step, task)


def _timed_out(step: stepping.Step, task: model.Task) -> None:
    """End an attempt that took too long; what it started is cancelled."""
    seconds = task.control['timeout']
    reason = f'The attempt took longer than its timeout of {seconds} s.'
    runs.stop(step, task, reason)
    complete.attempt_ended(step, task, states.ERROR, reason)
