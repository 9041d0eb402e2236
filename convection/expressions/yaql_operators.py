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
"""Operators and functions of YAQL on plain JSON data.

Each does what yaql's own does for the types that it takes, and gives
everything else up with :class:`paths.Unsupported`: other types, operands so
large that the work is not cheap, results that are no JSON. yaql's engine then
decides, be it a value or an error, so nothing here has to fail as yaql does.

Where yaql has tuples and frozen mappings there are lists and dicts here;
what would tell them apart, such as their text form, is given up too.
"""

from collections.abc import Callable
import math
import operator
from typing import Any

from convection.expressions import paths

#: Items or characters of an operand of what takes time in proportion.
MAX_LENGTH = 100_000
#: Whole numbers beyond it are left to yaql.
MAX_INTEGER = 2 ** 63

_NUMBERS = frozenset((int, float))
_TEXT_FORMS = {None: 'null', True: 'true', False: 'false'}


def _number(value: int | float) -> int | float:
    """Return a result unless it is huge or not finite."""
    if type(value) is float:
        if math.isfinite(value):
            return value
    elif -MAX_INTEGER < value < MAX_INTEGER:
        return value
    raise paths.Unsupported


def _numbers(operation: Callable[[Any, Any], Any]) -> Callable:
    """Return an operation of two numbers; bools are none."""
    def operate(left: Any, right: Any) -> int | float:
        if type(left) in _NUMBERS and type(right) in _NUMBERS:
            return _number(operation(left, right))
        raise paths.Unsupported
    return operate


def _divide(left: int | float, right: int | float) -> int | float:
    if type(left) is int and type(right) is int:
        return left // right
    return left / right


def _add(left: Any, right: Any) -> Any:
    kind = type(left)
    if kind in _NUMBERS:
        if type(right) in _NUMBERS:
            return _number(left + right)
    elif kind is type(right) and kind in (str, list, dict):
        if len(left) + len(right) <= MAX_LENGTH:
            return left | right if kind is dict else left + right
    raise paths.Unsupported


def _compare(operation: Callable[[Any, Any], bool]) -> Callable:
    """Return a comparison of numbers, of texts, or with null."""
    def compare(left: Any, right: Any) -> bool:
        if left is None or right is None:
            # null comes before everything, and equals itself.
            return operation(left is not None, right is not None)
        if type(left) in _NUMBERS:
            if type(right) in _NUMBERS:
                return operation(left, right)
        elif type(left) is str and type(right) is str:
            return operation(left, right)
        raise paths.Unsupported
    return compare


def _is_in(left: Any, right: Any) -> bool:
    if type(right) is list:
        if len(right) <= MAX_LENGTH:
            return left in right
    elif type(right) is str and type(left) is str:
        return left in right
    raise paths.Unsupported


def index(value: Any, key: Any) -> Any:
    """Do ``value[key]``.

    :raises KeyError: when a mapping lacks the key.
    """
    if type(value) is list:
        if type(key) is int:
            return value[key]
    elif type(key) is str and paths.is_mapping(value):
        return value[key]
    raise paths.Unsupported


def get(value: Any, key: Any, default: Any = None) -> Any:
    """Do ``value.get(key, default)`` and ``value[key, default]``."""
    if type(key) is str and paths.is_mapping(value):
        return value.get(key, default)
    raise paths.Unsupported


def _length(value: Any) -> int:
    if type(value) in (str, list, dict):
        return len(value)
    raise paths.Unsupported


def _contains(value: Any, item: Any) -> bool:
    if type(value) is list:
        return _is_in(item, value)
    raise paths.Unsupported


def _contains_key(value: Any, key: Any) -> bool:
    if type(key) is str and paths.is_mapping(value):
        return key in value
    raise paths.Unsupported


def _first(value: Any) -> Any:
    if type(value) is list and value:
        return value[0]
    raise paths.Unsupported


def _last(value: Any) -> Any:
    if type(value) is list and value:
        return value[-1]
    raise paths.Unsupported


def _text(value: Any) -> str:
    """Return YAQL's text form, which differs from Python's."""
    kind = type(value)
    if kind is str:
        return value
    if kind in _NUMBERS:
        return str(value)
    if value is None or kind is bool:
        return _TEXT_FORMS[value]
    raise paths.Unsupported


def _join(value: Any, separator: Any) -> str:
    if type(value) is str:
        # Either of the two may be the receiver.
        value, separator = separator, value
    if type(value) is list and type(separator) is str and (
            len(value) <= MAX_LENGTH):
        return separator.join([_text(item) for item in value])
    raise paths.Unsupported


def _of_text(operation: Callable[[str], Any]) -> Callable:
    def operate(value: Any) -> Any:
        if type(value) is str and len(value) <= MAX_LENGTH:
            return operation(value)
        raise paths.Unsupported
    return operate


def _integer(value: Any) -> int:
    if type(value) is str and len(value) > 18:
        raise paths.Unsupported
    if value is None:
        return 0
    if type(value) in (str, int, float, bool):
        return int(value)
    raise paths.Unsupported


def _plus(value: Any) -> Any:
    if type(value) in _NUMBERS:
        return value
    raise paths.Unsupported


def _minus(value: Any) -> Any:
    if type(value) in _NUMBERS:
        return _number(-value)
    raise paths.Unsupported


def _is_instance(*kinds: type) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return type(value) in kinds
    return check


#: By yaql's names: ``#operator_+`` is ``+`` between two operands.
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    '#operator_+': _add,
    '#operator_-': _numbers(operator.sub),
    '#operator_*': _numbers(operator.mul),
    '#operator_/': _numbers(_divide),
    '#operator_mod': _numbers(operator.mod),
    '#operator_<': _compare(operator.lt),
    '#operator_<=': _compare(operator.le),
    '#operator_>': _compare(operator.gt),
    '#operator_>=': _compare(operator.ge),
    '#operator_in': _is_in,
    '*equal': operator.eq,
    '*not_equal': operator.ne,
}

UNARY: dict[str, Callable[[Any], Any]] = {
    '#unary_operator_+': _plus,
    '#unary_operator_-': _minus,
    '#unary_operator_not': operator.not_,
}

#: What may be called with these numbers of arguments: as a method (the
#: receiver is the first argument) and as a function.
METHODS: dict[str, tuple[Callable, frozenset[int]]] = {
    'contains': (_contains, frozenset((2,))),
    'containsKey': (_contains_key, frozenset((2,))),
    'first': (_first, frozenset((1,))),
    'get': (get, frozenset((2, 3))),
    'join': (_join, frozenset((2,))),
    'last': (_last, frozenset((1,))),
    'len': (_length, frozenset((1,))),
    'toLower': (_of_text(str.lower), frozenset((1,))),
    'toUpper': (_of_text(str.upper), frozenset((1,))),
    'trim': (_of_text(str.strip), frozenset((1,))),
}

FUNCTIONS: dict[str, tuple[Callable, frozenset[int]]] = {
    'bool': (bool, frozenset((1,))),
    'int': (_integer, frozenset((1,))),
    'isBoolean': (_is_instance(bool), frozenset((1,))),
    'isInteger': (_is_instance(int), frozenset((1,))),
    'isList': (_is_instance(list), frozenset((1,))),
    'isNumber': (_is_instance(int, float), frozenset((1,))),
    'isString': (_is_instance(str), frozenset((1,))),
    'len': (_length, frozenset((1,))),
    'str': (_text, frozenset((1,))),
}
