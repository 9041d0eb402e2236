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
"""Tasks and task-defaults.

A new key of a task is one entry of ``_READERS`` and a field of the spec.
"""

from typing import Any

from convection import expressions
from convection.lang import calls
from convection.lang import clauses
from convection.lang import items
from convection.lang import names
from convection.lang import policies
from convection.lang import report
from convection.lang import spec
from convection.lang import values


def _read_join(value: Any, place: report.Place) -> int | str | None:
    if value == 'all':
        return 'all'
    if value == 'one':
        return 1
    if isinstance(value, bool) or not isinstance(value, int):
        place.error('value.choice', '"all", "one" or a whole number is '
                    'needed here.')
        return None
    if value < 0:
        place.error('value.range', 'The number must not be negative.')
        return None
    return value or None


def _read_input(value: Any,
                place: report.Place) -> expressions.Template | None:
    if not isinstance(value, str):
        return values.mapping_template(value, place)
    if not expressions.is_expression(value):
        place.error('value.type', 'A mapping, or an expression that yields '
                    'one, is needed.')
        return None
    return values.template(value, place)


#: Key to the reader of its value; the field has the name of the key.
_READERS = {
    'description': values.text,
    'tags': values.texts,
    'action': calls.read,
    'workflow': calls.read,
    'input': _read_input,
    'with-items': items.read,
    'publish': values.mapping_template,
    'publish-on-error': values.mapping_template,
    'publish-on-skip': values.mapping_template,
    'join': _read_join,
    'requires': values.text_or_texts,
} | {event: clauses.read for event in spec.EVENTS}

#: Always been overwritten by what the task's place says.
_OVERWRITTEN = frozenset({'name', 'version', 'type'})

_KEYS = _READERS.keys() | policies.READERS.keys()
_DEFAULT_KEYS = policies.DEFAULT_KEYS | set(spec.EVENTS) | {'requires'}

#: Type of workflow to the keys that belong to the other.
_FOREIGN = {
    'direct': frozenset({'requires'}),
    'reverse': frozenset({*spec.EVENTS, 'join'}),
}

_NOOP = spec.Call(expressions.compile('std.noop'), {})


def read(name: str, position: int, data: Any, workflow_type: str,
         defaults: spec.TaskDefaultsSpec,
         place: report.Place) -> spec.TaskSpec:
    """Read a task, with what it has of the task-defaults."""
    data = values.mapping(data, place)
    known = _check_keys(data, workflow_type, place)
    found = {_field(key): _READERS[key](data[key], place.at(key))
             for key in known if key in _READERS}
    found = {key: value for key, value in found.items() if value is not None}
    names.check_task(name, 'join' in found, place)
    if 'action' in data and 'workflow' in data:
        place.at('workflow').error(
            'task.action_and_workflow', 'The task has an action, too; it '
            'must have one of both.', on_key=True)
    _settle_call(found)
    if workflow_type == 'reverse':
        required = dict.fromkeys(found.get('requires', ())
                                 + defaults.requires)
        required.pop(name, None)
        found['requires'] = tuple(required)
    found['policies'] = policies.inherit(policies.read(data, place),
                                         defaults.policies)
    return spec.TaskSpec(name, position, **found)


def _check_keys(data: dict[str, Any], workflow_type: str,
                place: report.Place) -> list[str]:
    """Return the keys of a task that may be read."""
    known = []
    for key in data:
        if key in _FOREIGN[workflow_type]:
            place.at(key).error(
                'task.wrong_type', f'In a {workflow_type} workflow a task '
                f'has no "{key}".', on_key=True)
        elif key in _KEYS:
            known.append(key)
        elif key not in _OVERWRITTEN:
            place.at(key).unknown_key('task.unknown_key', 'A task', _KEYS)
    return known


def _settle_call(found: dict[str, Any]) -> None:
    """Leave one callee, and each parameter in one place."""
    if 'workflow' in found:
        found.pop('action', None)
    call = found.get('workflow') or found.setdefault('action', _NOOP)
    if 'input' in found:
        found['input'] = without(found['input'], call.parameters)


def without(data: expressions.Template,
            keys: Any) -> expressions.Template | None:
    """Take keys out of a template of a mapping; None when none is left."""
    source = data.source
    if not isinstance(source, dict) or source.keys().isdisjoint(keys):
        return data
    left = {key: value for key, value in source.items() if key not in keys}
    return expressions.compile(left) if left else None


def read_defaults(data: Any, workflow_type: str,
                  place: report.Place) -> spec.TaskDefaultsSpec:
    """Read the task-defaults of a workflow."""
    data = values.mapping(data, place)
    found = {}
    for key in data:
        if key not in _DEFAULT_KEYS:
            place.at(key).unknown_key('task.unknown_key',
                                      'The section task-defaults',
                                      _DEFAULT_KEYS)
        elif key in _READERS:
            value = _READERS[key](data[key], place.at(key))
            if key in _FOREIGN[workflow_type]:
                place.at(key).warning(
                    'workflow.ignored_key', f'"{key}" has no effect in a '
                    f'{workflow_type} workflow.', on_key=True)
            elif value is not None:
                found[_field(key)] = value
    shared = {key: value for key, value in data.items()
              if key in policies.DEFAULT_KEYS}
    return spec.TaskDefaultsSpec(policies=policies.read(shared, place),
                                 **found)


def _field(key: str) -> str:
    return key.replace('-', '_')
