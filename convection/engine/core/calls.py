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
"""What a task calls: its action or workflow, with the input evaluated."""

import dataclasses
from typing import Any

from convection.engine.core import actions
from convection.engine.core import faults
from convection.engine.core import model
from convection.engine.core import policies
from convection.engine.core import scope as scopes


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One call that is ready to be made."""

    #: ``action`` or ``workflow``.
    kind: str
    name: str
    input: dict[str, Any]
    adhoc: list[str]
    asynchronous: bool
    safe_rerun: bool
    target: str | None


def prepare(job: model.Job, task: model.Task,
            scope: scopes.JobScope) -> Call:
    """Evaluate what a task (or one item of it) calls.

    :raises faults.Fault: when an expression fails, the action is unknown or
        its parameters are wrong.
    """
    spec = job.spec.tasks[task.name]
    place = f'of the task "{task.name}"'
    name = faults.evaluate(spec.call.name, scope, f'"{task.kind}" {place}')
    if not isinstance(name, str) or not name:
        raise faults.Fault(f'A name is expected in "{task.kind}" {place}, '
                           f'not {faults.type_name(name)}.')
    given = _given(spec, scope, task.kind, place)
    safe = policies.flag(spec.policies.safe_rerun, scope, 'safe-rerun',
                         task.name)
    target = _target(spec, scope, place)
    if task.kind == 'workflow':
        return Call('workflow', name, given, [], False, safe, target)
    found = actions.resolve(job, name, given, scope)
    return Call('action', found.name, found.input, found.adhoc,
                found.asynchronous, safe, target)


def _given(spec: Any, scope: scopes.JobScope, kind: str,
           place: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if spec.input is not None:
        given = faults.evaluate_mapping(spec.input, scope,
                                        f'"input" {place}')
    if spec.call.parameters:
        given = {**given, **{
            key: faults.evaluate(template, scope, f'"{kind}" {place}')
            for key, template in spec.call.parameters.items()}}
    return given


def _target(spec: Any, scope: scopes.JobScope, place: str) -> str | None:
    if spec.policies.target is None:
        return None
    value = faults.evaluate(spec.policies.target, scope, f'"target" {place}')
    if value is not None and not isinstance(value, str):
        raise faults.Fault(f'A text is expected in "target" {place}, not '
                           f'{faults.type_name(value)}.')
    return value or None
