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
"""The transition tables, and the only functions that change a state.

Two rules. Everything that affects which state may follow which is in the
three tables below; and nobody but the functions below assigns ``state``
(the shell too moves an action run between WAITING and RUNNING when it gives
it to an executor, as its table says).
"""

import types

from convection.engine.core import model
from convection.engine.core import states
from convection.engine.core import stepping

#: The state of a job, and those that may follow it.
JOB = types.MappingProxyType({
    states.RUNNING: frozenset({states.PAUSED, states.SUCCESS, states.ERROR,
                               states.CANCELLED}),
    states.PAUSED: frozenset({states.RUNNING, states.CANCELLED}),
    states.SUCCESS: frozenset(),
    states.ERROR: frozenset(),
    states.CANCELLED: frozenset(),
})

#: The state of a task, and those that may follow it.
TASK = types.MappingProxyType({
    # Made; in the ready queue, or held by pause-before.
    states.IDLE: frozenset({states.RUNNING, states.DELAYED, states.ERROR,
                            states.CANCELLED}),
    # A join: to the ready queue when enough branches came, to ERROR when
    # that became impossible.
    states.WAITING: frozenset({states.IDLE, states.ERROR,
                               states.CANCELLED}),
    # PAUSED: a sub-job of the task is. DELAYED: retry or wait-after.
    states.RUNNING: frozenset({states.DELAYED, states.PAUSED,
                               states.SUCCESS, states.ERROR,
                               states.CANCELLED}),
    # To an end straight from here: wait-after is over, or the next
    # attempt cannot even be prepared.
    states.DELAYED: frozenset({states.RUNNING, states.SUCCESS,
                               states.ERROR, states.CANCELLED}),
    states.PAUSED: frozenset({states.RUNNING, states.DELAYED,
                              states.SUCCESS, states.ERROR,
                              states.CANCELLED}),
    states.SUCCESS: frozenset(),
    states.ERROR: frozenset(),
    states.CANCELLED: frozenset(),
    states.SKIPPED: frozenset(),
})

#: The state of an action run, and those that may follow it.
ACTION_RUN = types.MappingProxyType({
    states.WAITING: frozenset({states.RUNNING, states.SUCCESS, states.ERROR,
                               states.CANCELLED}),
    # Back to WAITING: the executor that it was given to refused it.
    states.RUNNING: frozenset({states.WAITING, states.SUCCESS, states.ERROR,
                               states.CANCELLED}),
    states.SUCCESS: frozenset(),
    states.ERROR: frozenset(),
    states.CANCELLED: frozenset(),
})


class ForbiddenMove(Exception):
    """A rule asked for a transition that the tables do not have: a bug."""

    def __init__(self, table: str, old: str, new: str) -> None:
        super().__init__(f'A {table} cannot go from {old} to {new}.')


def job(step: stepping.Step, state: str, info: str | None = None) -> None:
    """Move the job to a state.

    :param info: the new ``state_info``.
    """
    it = step.job
    if state not in JOB[it.state]:
        raise ForbiddenMove('job', it.state, state)
    it.state = state
    it.state_info = info
    if state in states.FINISHED:
        it.finished_at = step.at
    it.touch()


def task(step: stepping.Step, it: model.Task, state: str,
         info: str | None = None) -> None:
    """Move a task to a state.

    :param info: the new ``state_info``.
    """
    if state not in TASK[it.state]:
        raise ForbiddenMove('task', it.state, state)
    it.state = state
    it.state_info = info
    step.job.touch(it)


def run(step: stepping.Step, it: model.ActionRun, state: str,
        info: str | None = None) -> None:
    """Move an action run to a state.

    :param info: the new ``state_info``.
    """
    if state not in ACTION_RUN[it.state]:
        raise ForbiddenMove('action run', it.state, state)
    it.state = state
    it.state_info = info
    if state in states.FINISHED:
        it.finished_at = step.at
    step.job.touch(it)
