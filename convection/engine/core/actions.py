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
"""From the name of an action to what really runs, through ad-hoc actions.

An ad-hoc action has a base, which may be ad-hoc too. Going down the chain
the inputs are checked and the parameters of the base evaluated; coming back
the outputs are applied to the result, the innermost first.

Look-up: ``<workbook>.<name>`` when the workflow is part of a workbook, then
``<name>``; each in the job's namespace, then in the default one. A plug-in
goes before an ad-hoc action of the plain name.
"""

import dataclasses
from typing import Any

from convection.engine.core import control
from convection.engine.core import faults
from convection.engine.core import model
from convection.engine.core import parameters
from convection.engine.core import scope as scopes


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """What an action comes down to."""

    #: Name of the plug-in or control action.
    name: str
    input: dict[str, Any]
    asynchronous: bool
    #: Names of the ad-hoc actions on the way, outermost first.
    adhoc: list[str]


def resolve(job: model.Job, name: str, given: dict[str, Any],
            scope: scopes.JobScope) -> Target:
    """Find what runs, and with which input.

    :param given: the parameters that the task gives.
    :param scope: of the task; ``base-input`` sees its variables.
    :raises faults.Fault: for an unknown action, a chain that comes back to
        itself, or wrong parameters.
    """
    chain: list[str] = []
    while True:
        given = _with_defaults(job, name, given)
        plugin, adhoc = _find(job, name)
        if plugin is not None:
            break
        if adhoc is None:
            raise faults.Fault(_unknown(name, chain))
        if adhoc.name in chain:
            way = ' -> '.join(chain + [adhoc.name])
            raise faults.Fault(
                f'The ad-hoc action "{adhoc.name}" is based on itself: '
                f'{way}.')
        chain.append(adhoc.name)
        name, given = _base(adhoc, given, scope)
    schema = plugin['parameters']
    if plugin['name'] not in job.live.validators:
        job.live.validators[plugin['name']] = parameters.validator(schema)
    parameters.check(plugin['name'], schema,
                     job.live.validators[plugin['name']], given)
    return Target(plugin['name'], given, plugin['asynchronous'], chain)


def finish(job: model.Job, run: model.ActionRun, value: Any,
           scope: scopes.JobScope) -> Any:
    """Apply the outputs of the ad-hoc actions to a successful result.

    :raises faults.Fault: when an output fails.
    """
    for name in reversed(run.adhoc):
        adhoc = _adhoc(job, name)
        if adhoc is None:
            raise faults.Fault(
                f'The ad-hoc action "{name}" was deleted while it ran.')
        if adhoc.output is not None:
            value = faults.evaluate(adhoc.output, scope.about(value),
                                    f'"output" of the action "{name}"')
    return value


def _base(adhoc: Any, given: dict[str, Any],
          scope: scopes.JobScope) -> tuple[str, dict[str, Any]]:
    """Return the name and the parameters of an ad-hoc action's base."""
    inputs = parameters.declared(f'ad-hoc action "{adhoc.name}"',
                                 adhoc.inputs, given)
    inner = scopes.JobScope(scope.job, scope.at, scope.current, extra=inputs)
    place = f'of the action "{adhoc.name}"'
    name = faults.evaluate(adhoc.base.name, inner, f'"base" {place}')
    if not isinstance(name, str):
        raise faults.Fault(f'The name of an action is expected in "base" '
                           f'{place}, not {faults.type_name(name)}.')
    found: dict[str, Any] = {}
    if adhoc.base_input is not None:
        found = faults.evaluate_mapping(adhoc.base_input, inner,
                                        f'"base-input" {place}')
    if adhoc.base.parameters:
        found = {**found, **{
            key: faults.evaluate(template, inner, f'"base" {place}')
            for key, template in adhoc.base.parameters.items()}}
    return name, found


def _with_defaults(job: model.Job, name: str,
                   given: dict[str, Any]) -> dict[str, Any]:
    """Add what ``env.__actions`` has for parameters that are not given."""
    table = job.env.get('__actions')
    defaults = table.get(name) if isinstance(table, dict) else None
    return {**defaults, **given} if isinstance(defaults, dict) else given


def _find(job: model.Job,
          name: str) -> tuple[dict[str, Any] | None, Any]:
    """Return the plug-in or the ad-hoc action of a name."""
    if job.workbook is not None:
        adhoc = _adhoc(job, f'{job.workbook}.{name}')
        if adhoc is not None:
            return None, adhoc
    plugin = control.ACTIONS.get(name) or job.actions.plugin(name)
    if plugin is not None:
        return plugin, None
    return None, _adhoc(job, name)


def _adhoc(job: model.Job, name: str) -> Any:
    found = job.actions.adhoc(name, job.namespace)
    if found is None and job.namespace:
        found = job.actions.adhoc(name, '')
    return found


def _unknown(name: str, chain: list[str]) -> str:
    if chain:
        return (f'There is no action "{name}", which the ad-hoc action '
                f'"{chain[-1]}" is based on.')
    return f'There is no action "{name}".'
