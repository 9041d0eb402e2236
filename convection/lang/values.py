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
"""The kinds of values that keys may have.

Each function takes a value and its place, reports what is wrong, and returns
the value as the spec holds it; None (or an empty one) when it is wrong.
"""

import re
from typing import Any

from convection import expressions
from convection.lang import report

#: A value that is an expression from its first character.
_EXPRESSION = re.compile(r'^(<%.*?%>|{{.*}})\s*$')


def template(value: Any,
             place: report.Place) -> expressions.Template | None:
    """Compile the expressions in any data."""
    try:
        return expressions.compile(value)
    except expressions.ExpressionError:
        for path, message in expressions.check(value):
            place.at(*path).error('expression.syntax', message)
        return None


def mapping(value: Any, place: report.Place) -> dict[str, Any]:
    """Take a mapping that is not empty."""
    if not isinstance(value, dict):
        place.error('value.type', f'A mapping is needed, not '
                    f'{report.kind_of(value)}.')
        return {}
    if not value:
        place.error('value.empty', 'The mapping must not be empty.')
    return value


def text(value: Any, place: report.Place) -> str | None:
    """Take a text that is not empty."""
    if not isinstance(value, str):
        place.error('value.type',
                    f'A text is needed, not {report.kind_of(value)}.')
        return None
    if not value:
        place.error('value.empty', 'The text must not be empty.')
        return None
    return value


def texts(value: Any, place: report.Place) -> tuple[str, ...]:
    """Take a list of different texts, none of them empty."""
    if not isinstance(value, list):
        place.error('value.type',
                    f'A list is needed, not {report.kind_of(value)}.')
        return ()
    if not value:
        place.error('value.empty', 'The list must not be empty.')
    found: dict[str, None] = {}
    for index, item in enumerate(value):
        if text(item, place.at(index)) is None:
            continue
        if item in found:
            place.at(index).error('value.duplicate',
                                  f'{report.quote(item)} is in the list '
                                  'twice.')
        found[item] = None
    return tuple(found)


def text_or_texts(value: Any, place: report.Place) -> tuple[str, ...]:
    """Take a text, or a list of different texts."""
    if isinstance(value, str):
        return (value,) if text(value, place) else ()
    return texts(value, place)


def mapping_template(value: Any, place: report.Place
                     ) -> expressions.Template | None:
    """Take a mapping that is not empty, with expressions."""
    if not mapping(value, place):
        return None
    return template(value, place)


def text_template(value: Any, place: report.Place
                  ) -> expressions.Template | None:
    """Take a text that is not empty, with expressions."""
    if text(value, place) is None:
        return None
    return template(value, place)


def is_expression(value: Any) -> bool:
    """Tell whether a value is an expression as a whole."""
    return isinstance(value, str) and bool(_EXPRESSION.match(value))


def expression(value: Any, place: report.Place
               ) -> expressions.Template | None:
    """Take an expression.

    Blanks behind it are dropped: they would make a text of its value, and a
    text is true whatever it says.
    """
    if not is_expression(value):
        place.error('expression.required', 'An expression is needed, <% ... '
                    '%> or {{ ... }}, from the first character on.')
        return None
    return template(value.rstrip(), place)


def integer(value: Any, place: report.Place
            ) -> expressions.Template | None:
    """Take an integer from 0 on, or an expression."""
    if isinstance(value, str) and is_expression(value):
        return expression(value, place)
    if isinstance(value, bool) or not isinstance(value, int):
        place.error('value.type', 'A whole number or an expression is '
                    f'needed, not {report.kind_of(value)}.')
        return None
    if value < 0:
        place.error('value.range', 'The number must not be negative.')
        return None
    return expressions.compile(value)


def boolean(value: Any, place: report.Place
            ) -> expressions.Template | None:
    """Take a boolean, or an expression."""
    if isinstance(value, bool):
        return expressions.compile(value)
    if is_expression(value):
        return expression(value, place)
    place.error('value.type', 'true, false or an expression is needed, not '
                f'{report.kind_of(value)}.')
    return None
