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
"""Transitions: where a task leads when it has ended.

The clause of the state comes first (``on-success``, ``on-error``; on-skip,
failing that on-success), then ``on-complete``, as one list. Entries whose
condition is false are left out. The list is followed in order: tasks are
made, joins told, commands run; what stands after ``fail`` or ``succeed`` is
dropped.
"""

import dataclasses
from typing import Any

from convection.engine.core import commands
from convection.engine.core import dataflow
from convection.engine.core import faults
from convection.engine.core import join
from convection.engine.core import model
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks

_EVENTS = {
    states.SUCCESS: ('on-success', 'on-complete'),
    states.ERROR: ('on-error', 'on-complete'),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One entry that is taken."""

    target: str
    event: str
    #: The evaluated ``msg`` of a command.
    message: Any = None


def choose(job: model.Job, task: model.Task, state: str,
           scope: scopes.JobScope) -> list[Choice]:
    """Return the entries that a task takes when it ends in a state.

    :param scope: with what the task publishes.
    :raises faults.Fault: when a condition or a message fails.
    """
    if state == states.SKIPPED:
        return (_entries(job, task, 'on-skip', scope) or
                _entries(job, task, 'on-success', scope))
    found: list[Choice] = []
    for event in _EVENTS[state]:
        found.extend(_entries(job, task, event, scope))
    return found


def follow(step: stepping.Step, task: model.Task, choices: list[Choice],
           outbound: dataflow.Context) -> None:
    """Lead to what was chosen.

    :param outbound: the variables that the branches take along.
    """
    task.next_tasks = []
    if len(choices) >= dataflow.WIDE:
        outbound = outbound.flat()
    leads = False
    for choice in choices:
        task.next_tasks.append([choice.target, choice.event])
        if choice.target in commands.NAMES:
            commands.run(step, choice.target, choice.message, task.name)
            if choice.target in commands.FINAL:
                break
            continue
        leads = True
        _lead(step, task, choice, outbound)
    if not leads:
        step.job.live.ends[task.number] = outbound


def _lead(step: stepping.Step, task: model.Task, choice: Choice,
          outbound: dataflow.Context) -> None:
    if join.is_join(step.job, choice.target):
        join.arrive(step, task, choice.event, choice.target, outbound)
        return
    made = tasks.create(step, choice.target, states.IDLE,
                        [[task.number, choice.event]], outbound)
    join.entered(step, made, task)


def _entries(job: model.Job, task: model.Task, event: str,
             scope: scopes.JobScope) -> list[Choice]:
    found = []
    for entry in job.graph.clause(task.name, event):
        place = f'"{event}" of the task "{task.name}"'
        if entry.condition is not None and not faults.evaluate(
                entry.condition, scope, place):
            continue
        message = entry.parameters.get('msg')
        if message is not None:
            message = faults.evaluate(message, scope, place)
        found.append(Choice(entry.target, event, message))
    return found
