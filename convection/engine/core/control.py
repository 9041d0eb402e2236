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
"""The actions that need no executor: they run inside the engine.

``std.noop``, ``std.fail`` and ``std.echo`` without a delay end at once;
``std.sleep`` and ``std.echo`` with a delay end by a timer, whose time follows
from the row of the action run; ``std.async_noop`` ends by a later call.
"""

import dataclasses
from typing import Any

from convection.engine.core import effects
from convection.engine.core import model
from convection.engine.core import states
from convection.engine.core import stepping

_PREFIX = 'run-'
_FAIL_MESSAGE = 'The action "std.fail" fails by design.'
_SECONDS = {'type': 'number', 'minimum': 0}


def _description(name: str, properties: dict[str, Any],
                 required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {'name': name, 'asynchronous': name == 'std.async_noop',
            'parameters': {'type': 'object', 'properties': properties,
                           'required': list(required),
                           'additionalProperties': False}}


#: What each takes, in the form of ``model.Actions.plugin``.
ACTIONS: dict[str, dict[str, Any]] = {each['name']: each for each in (
    _description('std.noop', {}),
    _description('std.async_noop', {}),
    _description('std.echo', {'output': {}, 'delay': _SECONDS}, ('output',)),
    _description('std.fail', {'error_data': {}}),
    _description('std.sleep', {'seconds': _SECONDS}),
)}


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """How an action run ended."""

    state: str
    value: Any = None
    error: str | None = None


def start(step: stepping.Step, run: model.ActionRun) -> Result | None:
    """Start a run of one of these actions.

    :returns: its end; None when that comes later.
    """
    if run.name == 'std.fail':
        value = run.input.get('error_data')
        return Result(states.ERROR, value,
                      _FAIL_MESSAGE if value is None else None)
    delay = _delay(run)
    if not run.asynchronous and not delay:
        return _success(run)
    run.state = states.RUNNING
    run.started_at = step.at
    if delay:
        step.emit(_timer(run))
    return None


def timer(run: model.ActionRun) -> effects.SetTimer | None:
    """Return the timer of a run that has not ended, if it has one."""
    return _timer(run) if _delay(run) else None


def run_of_timer(name: str) -> int | None:
    """Return the number of the run whose timer this is; None for others."""
    if not name.startswith(_PREFIX):
        return None
    return int(name[len(_PREFIX):])


def fired(run: model.ActionRun, due: float) -> Result | None:
    """Return the end of a run whose timer fired; None when it is stale."""
    if run.finished or _timer(run).due != due:
        return None
    return _success(run)


def _success(run: model.ActionRun) -> Result:
    return Result(states.SUCCESS, run.input.get('output'))


def _delay(run: model.ActionRun) -> float:
    if run.name == 'std.sleep':
        return run.input.get('seconds', 1)
    if run.name == 'std.echo':
        return run.input.get('delay', 0)
    return 0


def _timer(run: model.ActionRun) -> effects.SetTimer:
    return effects.SetTimer(run.task_number, f'{_PREFIX}{run.number}',
                            run.started_at + _delay(run))
