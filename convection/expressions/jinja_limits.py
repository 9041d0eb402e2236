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
"""Checks of what one evaluation of Jinja2 does."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sized
import datetime
import functools
import re
from typing import Any

import jinja2
from jinja2 import filters as jinja_filters
from jinja2 import runtime

from convection.expressions import budget as budget_module

#: Names of the filters that the compiler inserts.
LOOP_FILTER = '%steps'
CONCAT_FILTER = '%concat'
MADE_FILTER = '%made'

#: Characters or items that one operation may make.
MAX_SIZE = 4_000_000
#: Characters, about, of a value for a slow filter.
MAX_SLOW = 1_000_000
#: Items of a list for a filter that goes through it at once.
MAX_EAGER = 100_000
#: Characters that trimming looks for.
MAX_TRIM = 1000
#: A width, a count or an indentation given as a number.
MAX_COUNT = 10_000
#: Bits of a product or a power of whole numbers.
MAX_BITS = 8192

#: Filters whose numbers are widths and counts.
_COUNTING_FILTERS = ('batch', 'center', 'indent', 'round', 'slice')
#: Filters that go through texts in Python.
_SLOW_FILTERS = ('pprint', 'striptags', 'title', 'urlencode', 'wordcount',
                 'xmlattr')
#: Filters that look for an attribute of every item before they give any.
_EAGER_FILTERS = ('dictsort', 'groupby', 'max', 'min', 'sort', 'sum',
                  'unique')
_CODINGS = frozenset(('ascii', 'latin-1', 'utf-8', 'utf8'))

#: Widths and precisions in a format: digits, or taken from an argument.
_WIDTH = re.compile(r'%[-+ #0-9.(\w)]*(\*|\d{5,})|:[^{}]*(\{|\d{5,})')


def install(environment: jinja2.Environment) -> None:
    """Put the limited forms of filters, tests and globals into place."""
    environment.globals['range'] = _range
    environment.globals['namespace'] = _Namespace
    environment.finalize = _finalize
    filters = environment.filters
    filters['sum'] = _sum
    # It is for HTML, and its expressions take long on long texts.
    del filters['urlize']
    checks = dict.fromkeys(_COUNTING_FILTERS, _check_counts)
    checks |= dict.fromkeys(_SLOW_FILTERS, _check_slow)
    checks |= dict.fromkeys(_EAGER_FILTERS, _check_items)
    checks |= {
        'format': _check_format, 'join': _check_join,
        'replace': _check_replace, 'tojson': _check_width,
        'trim': _check_trim, 'wordwrap': _check_width,
    }
    for name, function in filters.items():
        filters[name] = _counted(function, checks.get(name))
    tests = environment.tests
    for name, function in tests.items():
        tests[name] = _counted(function, None)
    filters[LOOP_FILTER] = _steps
    filters[CONCAT_FILTER] = _concat
    filters[MADE_FILTER] = _made


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Refuse an operation whose result would be huge.

    :raises OverflowError: with a plain message.
    """
    if operator == '%':
        if isinstance(left, (str, bytes)):
            _check_format(_as_text(left), right)
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
        if isinstance(text, (int, datetime.date)):
            # Such as int.to_bytes and strftime.
            _check_counts(text, *args, **kwargs)
            _check_slow(args)
        return
    check = _METHODS.get(function.__name__, _check_counts)
    check(text, *args, **kwargs)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple)) else 0


def _as_text(value: Any) -> Any:
    return value.decode('latin-1') if isinstance(value, bytes) else value


def _as_count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _check_size(size: int) -> None:
    if size > MAX_SIZE:
        raise OverflowError('the result is too large')


def _check_counts(text: Any, *args: Any, **kwargs: Any) -> None:
    for value in (*args, *kwargs.values()):
        if abs(_as_count(value)) > MAX_COUNT:
            raise OverflowError(
                'a number is larger than {}'.format(MAX_COUNT))


def _check_format(text: Any, *args: Any, **kwargs: Any) -> None:
    text = str(text)
    if _WIDTH.search(text):
        raise OverflowError('the width in the format is too large')
    budget = budget_module.current()
    longest = max(map(budget.weigh, (*args, *kwargs.values())), default=0)
    places = text.count('%') + text.count('{')
    _check_size(len(text) + places * budget_module.text_length(longest))


def _check_slow(value: Any, *args: Any, **kwargs: Any) -> None:
    """Refuse much of what is done in Python, character by character."""
    weight = budget_module.current().weigh(value)
    if budget_module.text_length(weight) > MAX_SLOW:
        raise OverflowError('the value is too large for this filter')


def _check_items(items: Any, *args: Any, **kwargs: Any) -> None:
    if isinstance(items, Sized) and len(items) > MAX_EAGER:
        raise OverflowError(
            'there are more than {} items for this filter'.format(MAX_EAGER))


def _check_width(value: Any, *args: Any, **kwargs: Any) -> None:
    _check_slow(value)
    _check_counts(value, *args, **kwargs)


def _check_trim(text: Any, characters: Any = None) -> None:
    """Refuse long lists: each character is compared with each."""
    if _length(characters) > MAX_TRIM:
        raise OverflowError('there are too many characters to look for')


def _check_expandtabs(text: Any, tabsize: Any = 8) -> None:
    _check_size(len(text) + text.count('\t') * _as_count(tabsize))


def _check_coding(text: Any, encoding: Any = 'utf-8',
                  *args: Any, **kwargs: Any) -> None:
    """Refuse codings that take long for long texts, such as punycode."""
    if str(encoding).lower() not in _CODINGS:
        raise ValueError('the encoding is unknown')


def _check_replace(text: Any, old: Any = '', new: Any = '', *args: Any,
                   **kwargs: Any) -> None:
    if isinstance(text, bytes):
        text, old, new = _as_text(text), _as_text(old), _as_text(new)
    text, old, new = str(text), str(old), str(new)
    _check_size(len(text) + text.count(old) * len(new))


def _check_join(items: Any, separator: Any = '', *args: Any,
                **kwargs: Any) -> None:
    _check_items(items)
    separator = kwargs.get('d', separator)
    if isinstance(items, (list, tuple, str)):
        _check_size(len(str(separator)) * len(items))


def _check_join_method(separator: str, items: Any = ()) -> None:
    if isinstance(items, (list, tuple, str)):
        _check_size(len(separator) * len(items))


def _check_translate(text: str, table: Any = ()) -> None:
    values = table.values() if isinstance(table, Mapping) else table
    longest = max((_length(value) for value in values), default=0)
    _check_size(len(text) * max(longest, 1))


#: Methods of texts whose results depend on more than a count.
_METHODS: dict[str, Callable] = {
    'decode': _check_coding,
    'encode': _check_coding,
    'expandtabs': _check_expandtabs,
    'format': _check_format,
    'format_map': _check_format,
    'join': _check_join_method,
    'lstrip': _check_trim,
    'replace': _check_replace,
    'rstrip': _check_trim,
    'strip': _check_trim,
    'translate': _check_translate,
}


def _counted(function: Callable, check: Callable | None) -> Callable:
    """Return a filter or test that counts, and checks its arguments.

    Being given the context keeps Jinja2 from calling it at compilation.
    """
    wanted = getattr(function, 'jinja_pass_arg', None)
    attribute = None if wanted is None else wanted.name

    @jinja2.pass_context
    @functools.wraps(function, updated=())
    def call(context: runtime.Context, *args: Any, **kwargs: Any) -> Any:
        budget = budget_module.current()
        budget.call()
        if check is not None:
            check(*args, **kwargs)
        if attribute == 'context':
            args = (context, *args)
        elif attribute == 'eval_context':
            args = (context.eval_ctx, *args)
        elif attribute == 'environment':
            args = (context.environment, *args)
        return budget.admit(function(*args, **kwargs))
    return call


def _range(*args: int) -> range:
    """Return a range; its items count as steps."""
    found = range(*args)
    budget_module.current().spend(len(found))
    return found


@jinja2.pass_context
def _steps(context: runtime.Context, items: Iterable) -> Iterator:
    """Hand out what a loop runs over, counting the turns."""
    budget = budget_module.current()
    for item in items:
        budget.spend()
        yield item


@jinja2.pass_context
def _made(context: runtime.Context, value: Any) -> Any:
    """Weigh a list or a mapping that the expression spells out."""
    return budget_module.current().admit(value)


@jinja2.pass_context
def _concat(context: runtime.Context, values: list) -> str:
    """Do the work of the operator ``~``."""
    return concat(map(str, values))


def concat(texts: Iterable[str]) -> str:
    """Put texts together."""
    budget = budget_module.current()
    texts = list(texts)
    budget.call()
    _check_size(sum(map(len, texts)))
    text = ''.join(texts)
    budget.weigh(text)
    return text


@jinja2.pass_context
def _finalize(context: runtime.Context, value: Any) -> Any:
    """Return what is put out: the text of lists and mappings counts."""
    if isinstance(value, (dict, list, tuple)):
        budget = budget_module.current()
        budget.weigh(value)
        value = str(value)
        budget.weigh(value)
    return value


@jinja2.pass_environment
def _sum(environment: jinja2.Environment, items: Iterable,
         attribute: str | int | None = None, start: Any = 0) -> Any:
    """Add up, lists in linear time."""
    if attribute is not None:
        items = map(jinja_filters.make_attrgetter(environment, attribute),
                    items)
    if not isinstance(start, (list, tuple)):
        return sum(items, start)
    kind = type(start)
    found = list(start)
    for item in items:
        if type(item) is not kind:
            raise TypeError('can only add up values of the same kind')
        found.extend(item)
        budget_module.current().call()
        _check_size(len(found))
    return kind(found)


class _Namespace(jinja2.utils.Namespace):
    """A namespace that does not print what it holds, maybe itself."""

    def __repr__(self) -> str:
        return '<namespace>'
