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
"""The start of a job, of a task, and of an attempt of a task.

Before a task starts its policies are looked at in this order; the stage
that comes next is kept in ``control['stage']``:

1. ``pause-before``: the task stays IDLE and the job is paused;
2. ``wait-before``: the task is DELAYED for a time;
3. the attempt: ``timeout`` is armed, the input evaluated, the run started.

A retry comes back to 3 only. Whatever fails on the way is an ERROR of the
task, from 3 on one that ``retry`` and ``on-error`` know.
"""

from typing import Any

from convection.engine.core import calls
from convection.engine.core import complete
from convection.engine.core import dataflow
from convection.engine.core import faults
from convection.engine.core import items
from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import parameters
from convection.engine.core import pause
from convection.engine.core import policies
from convection.engine.core import results
from convection.engine.core import reverse
from convection.engine.core import runs
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks
from convection.engine.core import timers
from convection.lang import spec as specs


class InputError(Exception):
    """The input or the start parameters do not fit the workflow."""


def check_input(spec: specs.WorkflowSpec, given: dict[str, Any]
                ) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add the defaults to the input of a job, and take out what is extra.

    :returns: the whole input, and what the workflow does not declare: of a
        sub-workflow these are start parameters, of any other an error.
    :raises InputError: when a required input is missing.
    """
    try:
        found = parameters.declared(f'workflow "{spec.name}"', spec.inputs,
                                    given, more_allowed=True)
    except faults.Fault as fault:
        raise InputError(str(fault)) from None
    return found, {name: value for name, value in given.items()
                   if name not in found}


def check_params(spec: specs.WorkflowSpec, params: dict[str, Any]) -> None:
    """Check the start parameters of a job.

    :raises InputError: when a reverse workflow has no target, or ``env`` is
        no mapping.
    """
    env = params.get('env')
    if env is not None and not isinstance(env, dict):
        raise InputError('The parameter "env" must be a mapping.')
    if spec.type != 'reverse':
        return
    target = params.get('task_name')
    if target is None:
        raise InputError(f'The workflow "{spec.name}" is a reverse one: it '
                         'needs the parameter "task_name".')
    if target not in spec.tasks:
        raise InputError(f'The workflow "{spec.name}" has no task '
                         f'"{target}", which "task_name" asks for.')


def job(step: stepping.Step) -> None:
    """Start the job: env, vars, the first tasks."""
    it = step.job
    it.started_at = step.at
    it.touch()
    step.note('job.started', workflow=it.workflow_name)
    try:
        check_params(it.spec, it.params)
        _evaluate_env(step)
        if it.spec.vars is not None:
            it.variables = dict(faults.evaluate_mapping(
                it.spec.vars, scopes.JobScope(it, step.at),
                '"vars" of the workflow'))
    except (faults.Fault, InputError) as error:
        step.end(stepping.Ending(states.ERROR, str(error), str(error)))
        return
    if it.spec.type == 'reverse':
        reverse.begin(step)
        return
    for name in it.graph.start_tasks:
        tasks.create(step, name, states.IDLE, [], dataflow.EMPTY)


def task(step: stepping.Step, it: model.Task) -> None:
    """Start a task that is at the head of the queue, from its stage on."""
    it.control.pop('queued', None)
    stage = it.control.pop('stage', None)
    spec = step.job.spec.tasks[it.name]
    scope = scopes.JobScope(step.job, step.at, it)
    try:
        if stage is None and policies.flag(
                spec.policies.pause_before, scope, 'pause-before', it.name):
            _hold(step, it)
            return
        if stage in (None, 'wait-before'):
            seconds = policies.number(spec.policies.wait_before, scope,
                                      'wait-before', it.name)
            if seconds:
                _delay(step, it, seconds)
                return
    except faults.Fault as fault:
        complete.fail(step, it, str(fault))
        return
    _attempt(step, it, scope)


def _attempt(step: stepping.Step, it: model.Task,
             scope: scopes.JobScope) -> None:
    it.attempts += 1
    if it.started_at is None:
        it.started_at = step.at
    moves.task(step, it, states.RUNNING)
    step.note('task.started', it, name=it.name, attempt=it.attempts)
    spec = step.job.spec.tasks[it.name]
    try:
        limit = policies.number(spec.policies.timeout, scope, 'timeout',
                                it.name)
        if limit:
            it.control['timeout'] = limit
            timers.arm(step, it, timers.TIMEOUT, limit)
        if spec.with_items:
            items.begin(step, it, scope)
            return
        call = calls.prepare(step.job, it, scope)
    except faults.Fault as fault:
        complete.attempt_ended(step, it, states.ERROR, str(fault))
        return
    run, end = runs.launch(step, it, call, limit)
    if end is not None:
        results.run_ended(step, run, end)


def _hold(step: stepping.Step, it: model.Task) -> None:
    it.control['held'] = True
    it.control['stage'] = 'wait-before'
    it.state_info = 'Held by "pause-before".'
    step.job.touch(it)
    pause.pause(step, f'Paused before the task "{it.name}".')


def _delay(step: stepping.Step, it: model.Task, seconds: float) -> None:
    it.control['stage'] = 'attempt'
    moves.task(step, it, states.DELAYED, 'Waits: "wait-before".')
    step.note('task.delayed', it, why='wait-before', seconds=seconds)
    timers.arm(step, it, timers.WAIT_BEFORE, seconds)


def _evaluate_env(step: stepping.Step) -> None:
    """Evaluate the expressions in the environment, once."""
    it = step.job
    env = it.params.get('env')
    if not env or it.parent_run_id is not None or (
            not it.params.get('evaluate_env', True)):
        return
    scope = scopes.JobScope(it, step.at).about({})
    it.params = {**it.params, 'env': faults.evaluate_data(
        env, scope, 'the parameter "env"')}
