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
"""Budgets and checks of one evaluation of Jinja2."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import functools
import re
from typing import Any

import jinja2
from jinja2 import runtime

#: The key of the render context that holds the budget.
BUDGET = '%budget'

#: Names of the filters that the compiler inserts.
LOOP_FILTER = '%steps'
CONCAT_FILTER = '%concat'

#: Turns of loops, calls and items of ranges in one evaluation.
MAX_STEPS = 200_000
#: Characters or items that one operation may make.
MAX_SIZE = 4_000_000
#: A width, a count or an indentation given as a number.
MAX_COUNT = 10_000
#: Bits of a product or a power of whole numbers.
MAX_BITS = 8192

#: Filters whose numbers are widths and counts.
_COUNTING_FILTERS = ('batch', 'center', 'indent', 'slice', 'tojson',
                     'wordwrap')

#: Widths and precisions in a format: digits, or taken from an argument.
_WIDTH = re.compile(r'%[-+ #0-9.(\w)]*(\*|\d{5,})|:[^{}]*(\{|\d{5,})')


class Budget:
    """How many steps an evaluation has left."""

    __slots__ = ('_left',)

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        :raises OverflowError: when there are none left.
        """
        self._left -= steps
        if self._left < 0:
            raise OverflowError(
                'it takes more than {} steps'.format(MAX_STEPS))


def install(environment: jinja2.Environment) -> None:
    """Put the limited forms of filters and globals into place."""
    environment.globals['range'] = _range
    filters = environment.filters
    filters[LOOP_FILTER] = _steps
    filters[CONCAT_FILTER] = _concat
    for name in _COUNTING_FILTERS:
        filters[name] = _checked(filters[name], _check_counts)
    filters['format'] = _checked(filters['format'], _check_format)
    filters['replace'] = _checked(filters['replace'], _check_replace)
    filters['join'] = _checked(filters['join'], _check_join)


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Refuse an operation whose result would be huge.

    :raises OverflowError: with a plain message.
    """
    if operator == '%':
        if isinstance(left, str):
            _check_format(left)
    elif isinstance(left, int) and isinstance(right, int):
        if operator == '**':
            bits = left.bit_length() * max(right, 1)
        else:
            bits = left.bit_length() + right.bit_length()
        if bits > MAX_BITS:
            raise OverflowError('the number is too large')
    elif operator == '*':
        _check_size(_length(left) * _as_count(right))
        _check_size(_length(right) * _as_count(left))
    elif operator == '+':
        _check_size(_length(left) + _length(right))


def check_call(function: Any, args: tuple, kwargs: dict[str, Any]) -> None:
    """Refuse a call of a text's method whose result would be huge.

    :raises OverflowError: with a plain message.
    """
    text = getattr(function, '__self__', None)
    if text is None:
        # What stands for str.format in the sandbox.
        function = getattr(function, '__wrapped__', None)
        text = getattr(function, '__self__', None)
    if not isinstance(text, (str, bytes)):
        return
    check = _METHODS.get(function.__name__, _check_counts)
    check(text, *args, **kwargs)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple)) else 0


def _as_count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _check_size(size: int) -> None:
    if size > MAX_SIZE:
        raise OverflowError('the result is too large')


def _check_counts(text: Any, *args: Any, **kwargs: Any) -> None:
    for value in (*args, *kwargs.values()):
        if _as_count(value) > MAX_COUNT:
            raise OverflowError(
                'a number is larger than {}'.format(MAX_COUNT))


def _check_format(text: Any, *args: Any, **kwargs: Any) -> None:
    if _WIDTH.search(str(text)):
        raise OverflowError('the width in the format is too large')


def _check_replace(text: Any, old: Any = '', new: Any = '', *args: Any,
                   **kwargs: Any) -> None:
    text, old, new = str(text), str(old), str(new)
    _check_size(len(text) + text.count(old) * len(new))


def _check_join(items: Any, separator: Any = '', *args: Any,
                **kwargs: Any) -> None:
    separator = kwargs.get('d', separator)
    if isinstance(items, (list, tuple, str)):
        _check_size(len(str(separator)) * len(items))


def _check_join_method(separator: str, items: Any = ()) -> None:
    _check_join(items, separator)


def _check_translate(text: str, table: Any = ()) -> None:
    values = table.values() if isinstance(table, Mapping) else table
    longest = max((_length(value) for value in values), default=0)
    _check_size(len(text) * max(longest, 1))


#: Methods of texts whose results depend on more than a count.
_METHODS: dict[str, Callable] = {
    'format': _check_format,
    'format_map': _check_format,
    'join': _check_join_method,
    'replace': _check_replace,
    'translate': _check_translate,
}


def _checked(function: Callable, check: Callable) -> Callable:
    """Return a filter that checks its value and arguments first."""
    # What Jinja2 passes before the value, for instance its environment.
    extra = 1 if hasattr(function, 'jinja_pass_arg') else 0

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        check(*args[extra:], **kwargs)
        return function(*args, **kwargs)
    return call


@jinja2.pass_context
def _range(context: runtime.Context, *args: int) -> range:
    """Return a range; its items count as steps."""
    found = range(*args)
    context.parent[BUDGET].spend(len(found))
    return found


@jinja2.pass_context
def _steps(context: runtime.Context, items: Iterable) -> Iterator:
    """Hand out what a loop runs over, counting the turns."""
    budget = context.parent[BUDGET]
    for item in items:
        budget.spend()
        yield item


def _concat(values: list) -> str:
    """Do the work of the operator ``~``."""
    texts = [str(value) for value in values]
    _check_size(sum(map(len, texts)))
    return ''.join(texts)
