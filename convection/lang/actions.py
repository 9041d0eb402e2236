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
"""One ad-hoc action: from its mapping to its spec."""

from typing import Any

from convection.lang import calls
from convection.lang import inputs
from convection.lang import report
from convection.lang import spec
from convection.lang import tasks
from convection.lang import values

#: Key to the reader of its value and the field of the spec.
_READERS = {
    'base': (calls.read, 'base'),
    'base-input': (values.mapping_template, 'base_input'),
    'input': (inputs.read, 'inputs'),
    'output': (values.template, 'output'),
    'description': (values.text, 'description'),
    'tags': (values.texts, 'tags'),
}

#: Always been overwritten by what the action's place says.
_OVERWRITTEN = frozenset({'name', 'version'})


def read(name: str, data: Any,
         place: report.Place) -> spec.AdhocActionSpec | None:
    """Read an ad-hoc action; None when there is nothing to make a spec of."""
    data = values.mapping(data, place)
    if not data:
        return None
    found = {}
    for key, value in data.items():
        if key in _READERS:
            reader, field = _READERS[key]
            found[field] = reader(value, place.at(key))
        elif key not in _OVERWRITTEN:
            place.at(key).unknown_key('action.unknown_key',
                                      'An ad-hoc action', _READERS)
    if 'base' not in data:
        place.error('value.missing', 'An ad-hoc action needs a "base".',
                    True)
    if data.get('output') is None:
        found.pop('output', None)
    base, base_input = found.get('base'), found.get('base_input')
    if base is None:
        return None
    if base_input is not None:
        found['base_input'] = tasks.without(base_input, base.parameters)
    return spec.AdhocActionSpec(name, **found)
