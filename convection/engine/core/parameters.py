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
"""Whether parameters fit what an action, or a workflow, declares."""

from typing import Any

import jsonschema

from convection.engine.core import faults

#: What a schema may say of a parameter without constraining it.
_PLAIN = frozenset({'title', 'description', 'default', 'examples'})


def validator(schema: dict[str, Any]) -> Any:
    """Return a validator for a schema; None when names are all it says."""
    said = set(schema) - {'type', 'properties', 'required',
                          'additionalProperties', 'description', 'title'}
    if not said and all(set(each) <= _PLAIN for each in
                        schema.get('properties', {}).values()):
        return None
    return jsonschema.Draft202012Validator(schema)


def check(action: str, schema: dict[str, Any], checker: Any,
          given: dict[str, Any]) -> None:
    """Check the parameters of an action.

    :param checker: what :func:`validator` returned for the schema.
    :raises faults.Fault: naming all that is missing or unknown, or the
        first value that does not fit.
    """
    known = schema.get('properties', {})
    missing = [name for name in schema.get('required', ())
               if name not in given]
    unknown = []
    if schema.get('additionalProperties') is False:
        unknown = [name for name in given if name not in known]
    complain(f'action "{action}"', missing, unknown, 'parameter')
    if checker is None:
        return
    for error in checker.iter_errors(given):
        place = '.'.join(str(part) for part in error.absolute_path)
        raise faults.Fault(faults.cut(
            f'The parameter "{place}" of the action "{action}" is wrong: '
            f'{error.message}.' if place else
            f'The parameters of the action "{action}" are wrong: '
            f'{error.message}.'))


def declared(of: str, inputs: tuple, given: dict[str, Any],
             more_allowed: bool = False) -> dict[str, Any]:
    """Return an input with the defaults of what is not given.

    :param of: whose inputs these are, such as ``workflow "a"``.
    :param inputs: ``lang.spec.InputSpec`` of what is declared.
    :raises faults.Fault: for missing inputs and, unless more are allowed,
        for unknown ones.
    """
    names = {each.name for each in inputs}
    missing = [each.name for each in inputs
               if each.required and each.name not in given]
    unknown = [] if more_allowed else [
        name for name in given if name not in names]
    complain(of, missing, unknown, 'input')
    return {each.name: given.get(each.name, each.default)
            for each in inputs}


def complain(of: str, missing: list[str], unknown: list[str],
             noun: str) -> None:
    """Raise a fault when anything is missing or unknown."""
    parts = []
    if missing:
        parts.append(f'misses the {noun} {_quoted(missing)}')
    if unknown:
        parts.append(f'does not know the {noun} {_quoted(unknown)}')
    if parts:
        raise faults.Fault(faults.cut(
            f'The {of} {" and ".join(parts)}.'))


def _quoted(names: list[str]) -> str:
    return ', '.join(f'"{name}"' for name in names)
