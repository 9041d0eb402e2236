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
"""The engine commands of a clause: ``noop``, ``fail``, ``succeed``, ``pause``.

While the job is paused commands wait in ``job.control['backlog']``, a list
of ``[name, message, task name]``, and are run first when it goes on.
"""

import json
from typing import Any

from convection.engine.core import faults
from convection.engine.core import pause
from convection.engine.core import states
from convection.engine.core import stepping

NAMES = frozenset({'noop', 'fail', 'succeed', 'pause'})
#: What follows these in a clause is dropped.
FINAL = frozenset({'fail', 'succeed'})


def run(step: stepping.Step, name: str, message: Any, task: str) -> None:
    """Run a command.

    :param message: the evaluated ``msg``; None when it is not given.
    :param task: the name of the task whose clause it is.
    """
    if name == 'noop':
        return
    job = step.job
    if job.state == states.PAUSED:
        job.control.setdefault('backlog', []).append([name, message, task])
        job.touch()
        return
    text = _text(message)
    if name == 'pause':
        pause.pause(step, text or f'Paused by the command "pause" after the '
                                  f'task "{task}".')
        return
    stopped = (f'Stopped: the job was ended by the command "{name}" after '
               f'the task "{task}".')
    if name == 'fail':
        step.end(stepping.Ending(
            states.ERROR, text or f'Ended by the command "fail" after the '
                                  f'task "{task}".', stopped))
    else:
        step.end(stepping.Ending(states.SUCCESS, text, stopped))


def run_backlog(step: stepping.Step) -> None:
    """Run the commands that waited for the job to go on."""
    backlog = step.job.control.pop('backlog', None)
    for name, message, task in backlog or ():
        if step.ending is None:
            run(step, name, message, task)


def _text(message: Any) -> str | None:
    if message is None:
        return None
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    return faults.cut(message)
