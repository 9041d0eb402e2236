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
"""Timers of tasks: kept in the task's row until they fire or are dropped.

``control['timers']`` maps the name of a timer to the time it is due. A fired
timer whose time is not there any more is stale and changes nothing.
"""

from convection.engine.core import effects
from convection.engine.core import model
from convection.engine.core import stepping

WAIT_BEFORE = 'wait-before'
WAIT_AFTER = 'wait-after'
TIMEOUT = 'timeout'
RETRY = 'retry'


def arm(step: stepping.Step, task: model.Task, name: str,
        delay: float) -> None:
    """Set a timer.

    :param delay: seconds from now.
    """
    due = step.at + delay
    task.control.setdefault('timers', {})[name] = due
    step.job.touch(task)
    step.emit(effects.SetTimer(task.number, name, due))


def drop(step: stepping.Step, task: model.Task,
         name: str | None = None) -> None:
    """Forget one timer of a task, or all of them."""
    armed = task.control.get('timers')
    if not armed or (name is not None and name not in armed):
        return
    if name is None:
        armed.clear()
    else:
        del armed[name]
    if not armed:
        del task.control['timers']
    step.job.touch(task)


def is_due(task: model.Task, name: str, due: float) -> bool:
    """Whether a timer that fired is the one that was set."""
    return task.control.get('timers', {}).get(name) == due
