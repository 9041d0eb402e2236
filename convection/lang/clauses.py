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
"""The ``on-...`` clauses: what follows on a task, and what it publishes."""

import re
from typing import Any, Iterator

from convection import expressions
from convection.lang import calls
from convection.lang import report
from convection.lang import spec
from convection.lang import values

#: The scopes that a clause may publish to.
SCOPES = ('branch', 'global', 'atomic')

_FORMS = (re.compile(r'^\S+$'),
          re.compile(r'^\w+ \w+=(.*)$'),
          re.compile(r'^\w+\(\w+=(.*)\)$'))
_WANTED = ('a task or a command is needed here: "name", "command '
           'key=value", "command(key=value)" or a mapping of one of these '
           'to a condition.')


def read(value: Any, place: report.Place) -> spec.Clause | None:
    """Read a clause in any of its forms."""
    if isinstance(value, dict) and not value.keys().isdisjoint(
            ('publish', 'next')):
        return _read_with_publish(value, place)
    return spec.Clause({}, _read_next(value, place))


def _read_with_publish(value: dict[str, Any],
                       place: report.Place) -> spec.Clause:
    for key in value.keys() - {'publish', 'next'}:
        place.at(key).error('transition.syntax', 'Beside "publish" and '
                            f'"next" there must be no {report.quote(key)}.',
                            on_key=True)
    publish, following = {}, ()
    if 'publish' in value:
        publish = read_publish(value['publish'], place.at('publish'))
    if 'next' in value:
        following = _read_next(value['next'], place.at('next'))
    return spec.Clause(publish, following)


def read_publish(value: Any, place: report.Place
                 ) -> dict[str, expressions.Template]:
    """Read what is published to which scope."""
    found = {}
    for scope, data in values.mapping(value, place).items():
        if scope not in SCOPES:
            place.at(scope).unknown_key(
                'publish.unknown_scope', 'A publish in a clause', SCOPES)
            continue
        if scope == 'atomic':
            place.at(scope).warning(
                'publish.no_effect', 'Nothing is ever published to the '
                'scope "atomic".', on_key=True)
        compiled = values.mapping_template(data, place.at(scope))
        if compiled is not None:
            found[scope] = compiled
    return found


def targets(value: Any,
            place: report.Place) -> Iterator[tuple[str, report.Place, bool]]:
    """Yield the targets of a clause that was read, and their places.

    The third is whether the target is a key there.
    """
    if isinstance(value, dict) and not value.keys().isdisjoint(
            ('publish', 'next')):
        if 'next' not in value:
            return
        value, place = value['next'], place.at('next')
    for entry, where in _entries(value, place):
        on_key = isinstance(entry, dict) and len(entry) == 1
        if on_key:
            entry, = entry
            where = where.at(entry)
        if isinstance(entry, str) and len(_forms(entry)) == 1:
            yield calls.parse(entry).callee, where, on_key


def _read_next(value: Any,
               place: report.Place) -> tuple[spec.Transition, ...]:
    if value == []:
        place.error('value.empty', 'The list must not be empty.')
    found = []
    seen = set()
    for entry, where in _entries(value, place):
        mark = repr(entry)
        if mark in seen:
            where.error('value.duplicate', 'The entry is in the list twice.')
        seen.add(mark)
        transition = _read_entry(entry, where)
        if transition is not None:
            found.append(transition)
    return tuple(found)


def _entries(value: Any,
             place: report.Place) -> Iterator[tuple[Any, report.Place]]:
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield entry, place.at(index)
    else:
        yield value, place


def _read_entry(entry: Any, place: report.Place) -> spec.Transition | None:
    if isinstance(entry, str):
        return _read_target(entry, None, place)
    if not isinstance(entry, dict) or len(entry) != 1:
        found = (f'a mapping of {len(entry)} keys'
                 if isinstance(entry, dict) else report.kind_of(entry))
        place.error('transition.syntax', f'Not {found} but {_WANTED}')
        return None
    (target, condition), = entry.items()
    below = place.at(target)
    return _read_target(target, values.expression(condition, below), below,
                        on_key=True)


def _read_target(text: str, condition: expressions.Template | None,
                 place: report.Place,
                 on_key: bool = False) -> spec.Transition | None:
    forms = _forms(text)
    if len(forms) != 1:
        place.error('transition.syntax',
                    _both_forms(text) if forms else
                    f'Not {report.quote(text)} but {_WANTED}', on_key)
        return None
    parsed = calls.parse(text)
    calls.warn_of_dropped(parsed, place)
    for key in parsed.parameters:
        _warn_of_parameter(parsed.callee, key, place)
    return spec.Transition(parsed.callee, condition,
                           calls.templates(parsed.parameters, place))


def _forms(text: str) -> list[re.Pattern]:
    return [form for form in _FORMS if form.search(text)]


def _both_forms(text: str) -> str:
    return (f'{report.quote(text)} holds no blank and so is a name as well '
            'as a call; write it as "command key=value".')


def _warn_of_parameter(target: str, key: str, place: report.Place) -> None:
    if target in spec.COMMANDS - {'noop'} and key == 'msg':
        return
    place.warning('transition.ignored_parameter',
                  f'The parameter {report.quote(key)} of '
                  f'{report.quote(target)} has no effect: only fail, succeed '
                  'and pause take one, "msg".')
