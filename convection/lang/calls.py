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
"""The inline call: ``std.echo output='x' delay=1``.

A text without a blank is a name as a whole. Otherwise it begins with a name
or an expression, and every ``key=value`` found behind is a parameter; a value
is ``"..."`` or ``'...'`` (no escapes), an expression, ``[...]``, ``true``,
``false``, ``null`` or digits. Everything else has always been ignored, and
documents rely on it; here it is ignored with a warning.
"""

import dataclasses
import re
from typing import Any, Iterator

from convection.lang import json_text
from convection.lang import report
from convection.lang import spec
from convection.lang import values

_CALLEE = re.compile(r'[\w.]+[^=(\s"]*|<%.*?%>|{{.*}}|{%.*%}')
_VALUE = re.compile(r'"[^"]*"\s*|\'[^\']*\'\s*|<%.*?%>|{{.*}}|\[.*\]\s*'
                    r'|true|false|null|\d+')
#: The first characters of values that may go on to the end of the line.
_LONG = frozenset('<{[')
#: What may stand between the parts, as in ``f(a=1, b=2)``.
_SEPARATORS = ' \t\r\n(),'


@dataclasses.dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of a call. ``callee`` is None when it has no name."""

    callee: str | None
    parameters: dict[str, Any]
    #: What was not understood.
    dropped: tuple[str, ...] = ()


def parse(text: str) -> Parsed:
    """Take a call apart."""
    if ' ' not in text:
        return Parsed(text, {})
    callee = _CALLEE.match(text)
    if callee is None:
        return Parsed(None, {})
    parameters, dropped = _parameters(text, callee.end())
    return Parsed(callee.group(), parameters, dropped)


def parse_parameters(text: str) -> Parsed:
    """Take a list of parameters without a callee apart."""
    if ' ' not in text:
        return Parsed(None, {}, (text,))
    return Parsed(None, *_parameters(text, 0))


def _parameters(text: str,
                rest: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Find the parameters, and what lies between them from ``rest`` on."""
    found: dict[str, Any] = {}
    between = []
    for start, key, match in _find(text):
        found[key] = _value(match.group().strip())
        between.append(text[rest:start])
        rest = max(rest, match.end())
    between.append(text[rest:])
    dropped = [part.strip(_SEPARATORS) for part in between]
    return found, tuple(part for part in dropped if part)


def _find(text: str) -> Iterator[tuple[int, str, re.Match]]:
    """Yield what ``([-\\w]+)=(value)`` finds: where, the key, the value.

    In time that is linear in the length of the text, which the expression
    itself is not.
    """
    end = 0
    #: What begins a value to the end of the line that does not end it.
    open_until: dict[str, int] = {}
    equals = text.find('=')
    while equals >= 0:
        start = equals
        while start > end and _in_key(text[start - 1]):
            start -= 1
        after = equals + 1
        opening = text[after:after + 1]
        match = None
        if start < equals and after >= open_until.get(opening, 0):
            match = _VALUE.match(text, after)
            if match is None and opening in _LONG:
                line_end = text.find('\n', after)
                open_until[opening] = (len(text) if line_end < 0
                                       else line_end)
        if match is not None:
            yield start, text[start:equals], match
            after = end = match.end()
        equals = text.find('=', after)


def _in_key(character: str) -> bool:
    return character.isalnum() or character in '-_'


def _value(text: str) -> Any:
    if text[0] in '"\'':
        return text[1:-1]
    try:
        return json_text.load(text)
    except ValueError:
        return text


def read(value: Any, place: report.Place) -> spec.Call | None:
    """Read a call, reporting what is wrong with it."""
    if values.text(value, place) is None:
        return None
    parsed = parse(value)
    if parsed.callee is None:
        place.error('call.syntax', f'{report.quote(value)} does not begin '
                    'with a name or an expression.')
        return None
    warn_of_dropped(parsed, place)
    name = values.template(parsed.callee, place)
    return spec.Call(name, templates(parsed.parameters, place))


def templates(parameters: dict[str, Any],
              place: report.Place) -> dict[str, Any]:
    """Compile parameters. They have no place but that of their call."""
    return {key: values.template(value, place)
            for key, value in parameters.items()}


def warn_of_dropped(parsed: Parsed, place: report.Place) -> None:
    """Warn of what was not understood."""
    for part in parsed.dropped:
        place.warning('call.dropped', f'{report.quote(part)} is not '
                      'understood and is ignored: the value of a parameter '
                      'is quoted, a list in brackets, an expression, true, '
                      'false, null or digits.')
