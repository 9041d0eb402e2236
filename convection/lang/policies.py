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
"""The policies of a task, of its own or from the task-defaults."""

import dataclasses
from typing import Any

from convection import expressions
from convection.lang import calls
from convection.lang import report
from convection.lang import spec
from convection.lang import values

_RETRY_READERS = {
    'count': values.integer,
    'delay': values.integer,
    'break-on': values.expression,
    'continue-on': values.expression,
}


def read_retry(value: Any, place: report.Place) -> spec.RetrySpec | None:
    """Read a retry: a mapping, or all of it in one line."""
    if isinstance(value, str):
        if values.text(value, place) is None:
            return None
        parsed = calls.parse_parameters(value)
        calls.warn_of_dropped(parsed, place)
        value = parsed.parameters
    elif not values.mapping(value, place):
        return None
    for key in ('count', 'delay'):
        if key not in value:
            place.error('value.missing', f'A retry needs a "{key}".')
    found = {}
    for key, data in value.items():
        reader = _RETRY_READERS.get(key)
        if reader is None:
            place.at(key).unknown_key('retry.unknown_key', 'A retry',
                                      _RETRY_READERS)
        else:
            found[_field(key)] = reader(data, place.at(key))
    if found.get('count') is None or found.get('delay') is None:
        return None
    return spec.RetrySpec(**found)


def _number(value: Any, place: report.Place) -> expressions.Template | None:
    """Read a number; 0 is as good as none."""
    return _unless_false(values.integer(value, place))


def _flag(value: Any, place: report.Place) -> expressions.Template | None:
    """Read a flag; false is as good as none."""
    return _unless_false(values.boolean(value, place))


def _unless_false(template: expressions.Template | None
                  ) -> expressions.Template | None:
    if template is None or (template.constant and not template.source):
        return None
    return template


#: Key to the reader of its value. A policy for which None is read is taken
#: from the task-defaults.
READERS = {
    'retry': read_retry,
    'wait-before': _number,
    'wait-after': _number,
    'timeout': _number,
    'concurrency': _number,
    'pause-before': _flag,
    'fail-on': _flag,
    'keep-result': values.boolean,
    'safe-rerun': values.boolean,
    'target': values.text_template,
}

#: Those that the task-defaults may hold.
DEFAULT_KEYS = READERS.keys() - {'keep-result', 'target'}

_NONE = spec.Policies()


def read(data: dict[str, Any], place: report.Place) -> spec.Policies:
    """Read the policies among the keys of a task or the task-defaults."""
    found = {_field(key): READERS[key](data[key], place.at(key))
             for key in data if key in READERS}
    return spec.Policies(**found) if found else _NONE


def inherit(own: spec.Policies, defaults: spec.Policies) -> spec.Policies:
    """Fill what a task does not say from the task-defaults."""
    if own is _NONE or defaults is _NONE:
        return defaults if own is _NONE else own
    missing = {}
    for field in dataclasses.fields(spec.Policies):
        if getattr(own, field.name) is None:
            missing[field.name] = getattr(defaults, field.name)
    return dataclasses.replace(own, **missing)


def _field(key: str) -> str:
    return key.replace('-', '_')
