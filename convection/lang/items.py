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
"""``with-items``: ``variable in <% ... %>`` or ``variable in [...]``."""

import re
from typing import Any

from convection.lang import json_text
from convection.lang import report
from convection.lang import spec
from convection.lang import values

_ENTRY = re.compile(r'\s*([\w-]+)\s*in\s*(\[.+\]|<%.*?%>|{{.*}})')


def read(value: Any, place: report.Place) -> tuple[spec.ItemsSpec, ...]:
    """Read one collection or a list of them."""
    found: dict[str, spec.ItemsSpec] = {}
    if isinstance(value, str):
        entries = [(value, place)] if values.text(value, place) else []
    else:
        values.texts(value, place)
        entries = [(entry, place.at(index))
                   for index, entry in enumerate(value)
                   if isinstance(entry, str) and entry
                   ] if isinstance(value, list) else []
    for entry, where in entries:
        one = _read_entry(entry, where)
        if one is None:
            continue
        if one.variable in found:
            where.warning('items.duplicate', 'The variable '
                          f'{report.quote(one.variable)} is used twice; the '
                          'last one counts.')
        found[one.variable] = one
    return tuple(found.values())


def _read_entry(entry: str, place: report.Place) -> spec.ItemsSpec | None:
    match = _ENTRY.match(entry)
    if match is None:
        place.error('items.syntax', f'{report.quote(entry)} is not of the '
                    'form "variable in <% ... %>", "variable in {{ ... }}" '
                    'or "variable in [...]".')
        return None
    dropped = entry[match.end():].strip()
    if dropped:
        place.warning('items.dropped', f'{report.quote(dropped)} is not '
                      'understood and is ignored.')
    variable, collection = match.groups()
    if not collection.startswith('['):
        return spec.ItemsSpec(variable, values.template(collection, place))
    try:
        items = json_text.load(collection)
    except ValueError as error:
        place.error('items.syntax', f'{report.quote(collection)} is not a '
                    f'JSON list: {error}.')
        return None
    return spec.ItemsSpec(variable, values.template(items, place))
