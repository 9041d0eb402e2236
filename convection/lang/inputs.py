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
"""The declared inputs of a workflow or an ad-hoc action."""

from typing import Any

from convection.lang import report
from convection.lang import spec
from convection.lang import values


def read(value: Any, place: report.Place) -> tuple[spec.InputSpec, ...]:
    """Read a list of names and of ``name: default``."""
    if not isinstance(value, list):
        place.error('value.type', 'A list of names is needed, not '
                    f'{report.kind_of(value)}.')
        return ()
    if not value:
        place.error('value.empty', 'The list must not be empty.')
    found: dict[str, spec.InputSpec] = {}
    seen = set()
    for index, item in enumerate(value):
        where = place.at(index)
        one = _read_item(item, where)
        if one is None:
            continue
        if repr(item) in seen:
            where.error('value.duplicate',
                        f'{report.quote(one.name)} is in the list twice.')
        elif one.name in found:
            where.warning('input.duplicate',
                          f'The input {report.quote(one.name)} is declared '
                          'twice; the last one counts.')
        seen.add(repr(item))
        found[one.name] = one
    return tuple(found.values())


def _read_item(item: Any, place: report.Place) -> spec.InputSpec | None:
    if isinstance(item, dict):
        if len(item) == 1:
            (name, default), = item.items()
            return spec.InputSpec(name, False, default)
        place.error('value.type', 'A mapping of one name to its default is '
                    f'needed, not one of {len(item)} keys.')
        return None
    name = values.text(item, place)
    return None if name is None else spec.InputSpec(name, True)
