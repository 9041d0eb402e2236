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
"""Limits of yaql's engine, and functions of it that give ordered sets.

yaql has limits of its own, but not for what a function takes from an
iterator and drops, for loops that yield nothing, or for functions that make
much of little. Here every call and every item counts, and the arguments of
such functions are checked.
"""

from collections.abc import Callable
from collections.abc import Iterable
import re
from typing import Any

from yaql.language import contexts
from yaql.language import specs
from yaql.standard_library import collections as yaql_collections
from yaql.standard_library import date_time
from yaql.standard_library import math as yaql_math
from yaql.standard_library import regex
from yaql.standard_library import strings

from convection.expressions import budget as budget_module
from convection.expressions import ordered_set
from convection.expressions import regex_limits

#: Characters of a text that is made.
MAX_TEXT = 16 * 1024 * 1024
#: Bits of a whole number that is made.
MAX_BITS = 8192
#: Characters that trimming looks for; digits that rounding keeps.
MAX_SMALL = 1000


class Context(contexts.Context):
    """A context of an evaluation that has a budget.

    Every call of a function and of a lambda makes a child of it.
    """

    def __init__(self, parent_context: contexts.ContextBase | None = None,
                 *args: Any, **kwargs: Any) -> None:
        super().__init__(parent_context, *args, **kwargs)
        #: None where functions are registered.
        self.budget: budget_module.Budget | None = getattr(
            parent_context, 'budget', None)

    def create_child_context(self) -> 'Context':
        if self.budget is not None:
            self.budget.call()
        return Context(self)

    @staticmethod
    def _import_function_definition(
            definition: specs.FunctionDefinition) -> '_Function':
        payload = definition.payload
        return _Function(
            definition.name, _REPLACEMENTS.get(payload, payload),
            definition.parameters, definition.doc, definition.meta,
            definition.is_function, definition.is_method,
            definition.no_kwargs)


class _Function(specs.FunctionDefinition):
    """A function whose results count."""

    __slots__ = ()

    def get_delegate(self, receiver: Any, engine: Any, context: Context,
                     args: tuple, kwargs: dict[str, Any]) -> Callable:
        call = super().get_delegate(receiver, engine, context, args, kwargs)
        budget = context.budget
        return call if budget is None else lambda: budget.admit(call())


def _check_length(length: int) -> None:
    if length > MAX_TEXT:
        raise OverflowError('the text is too long')


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise OverflowError('the number is too large')


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _check_small(*values: Any) -> None:
    for value in values:
        if isinstance(value, str):
            value = len(value)
        if isinstance(value, int) and abs(value) > MAX_SMALL:
            raise OverflowError(
                'an argument is larger than {}'.format(MAX_SMALL))


def _multiply(left: Any, right: Any) -> Any:
    _check_bits(_bits(left) + _bits(right))
    return left * right


def _power(a: Any, b: Any, c: Any = None) -> Any:
    if c is None:
        _check_bits(_bits(a) * abs(b) if isinstance(b, int) else 0)
    else:
        _check_bits(max(_bits(a), _bits(b), _bits(c)))
    return pow(a, b, c)


def _shift_left(value: int, bits_number: int) -> int:
    _check_bits(_bits(value) + bits_number)
    return value << bits_number


def _round(number: Any, ndigits: int = 0) -> Any:
    _check_small(ndigits)
    return round(number, ndigits)


def _concatenate(*args: str) -> str:
    _check_length(sum(map(len, args)))
    return ''.join(args)


def _repeat_text(left: str, right: int, engine: Any) -> str:
    _check_length(len(left) * right)
    return left * right


def _repeat_text_by(left: int, right: str, engine: Any) -> str:
    return _repeat_text(right, left, engine)


def _repeat_list(left: Any, right: int, engine: Any) -> Any:
    budget_module.check_weight(len(left) * right)
    return left * right


def _repeat_list_by(left: int, right: Any, engine: Any) -> Any:
    return _repeat_list(right, left, engine)


def _join(sequence: Iterable, separator: str,
          str_delegate: Callable[[Any], str]) -> str:
    texts = []
    length = 0
    for item in sequence:
        text = str_delegate(item)
        length += len(text) + len(separator)
        _check_length(length - len(separator))
        texts.append(text)
    return separator.join(texts)


def _join_by(separator: str, sequence: Iterable,
             str_delegate: Callable[[Any], str]) -> str:
    return _join(sequence, separator, str_delegate)


def _replace(string: str, old: str, new: str, count: int = -1) -> str:
    found = string.count(old)
    if count >= 0:
        found = min(found, count)
    _check_length(len(string) + found * (len(new) - len(old)))
    return string.replace(old, new, count)


def _replace_all(string: str, str_func: Callable[[Any], str],
                 replacements: Any, count: int = -1) -> str:
    budget = budget_module.current()
    for key, value in replacements.items():
        budget.call()
        string = _replace(string, str_func(key), str_func(value), count)
    return string


def _to_characters(string: str) -> tuple[str, ...]:
    budget_module.check_weight(len(string))
    return tuple(string)


def _characters(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    # yaql's takes the order from a set.
    return tuple(sorted(strings.characters(*args, **kwargs)))


def _split(original: Callable) -> Callable:
    def split(string: str, separator: str | None = None,
              max_splits: int = -1) -> Any:
        if separator is None:
            budget_module.check_weight(len(string) // 2)
        elif separator:
            budget_module.check_weight(string.count(separator))
        return original(string, separator, max_splits)
    return split


def _trim(original: Callable) -> Callable:
    """Check the characters to look for: each is compared with each."""
    def trim(string: Any, *args: Any) -> Any:
        _check_small(*args)
        return original(string, *args)
    return trim


def _parse_time(string: str, format__: str | None = None) -> Any:
    _check_small(string, format__)
    return date_time.datetime_from_string(string, format__)


def _format_time(value: Any, format__: str) -> str:
    _check_small(format__)
    return date_time.format_(value, format__)


def _check_regex(pattern: str | re.Pattern, string: str) -> None:
    if isinstance(pattern, str):
        regex_limits.check(pattern, string)
    else:
        regex_limits.check(pattern.pattern, string, pattern.flags)


def _regex(pattern: str, *args: Any) -> re.Pattern:
    regex_limits.check_pattern(pattern)
    return regex.regex(pattern, *args)


def _pattern_last(original: Callable) -> Callable:
    def call(string: str, pattern: Any, *args: Any) -> Any:
        _check_regex(pattern, string)
        return original(string, pattern, *args)
    return call


def _pattern_first(original: Callable) -> Callable:
    def call(pattern: Any, string: str, *args: Any) -> Any:
        _check_regex(pattern, string)
        return original(pattern, string, *args)
    return call


def _after_context(original: Callable) -> Callable:
    """Check a function that takes the context first."""
    def call(context: Any, pattern: Any, string: Any, *args: Any) -> Any:
        _check_regex(pattern, string)
        return original(context, pattern, string, *args)
    return call


def _substitute(pattern: re.Pattern, string: str, repl: str,
                count: int = 0) -> str:
    _check_regex(pattern, string)
    found = sum(1 for _ in pattern.finditer(string))
    # Every backslash may stand for a group, which is a part of the text.
    _check_length(len(string) + found * len(repl) +
                  repl.count('\\') * len(string))
    return pattern.sub(repl, string, count)


def _substitute_in(string: str, pattern: re.Pattern, repl: str,
                   count: int = 0) -> str:
    return _substitute(pattern, string, repl, count)


def _substitute_by(context: Any, pattern: re.Pattern, string: str,
                   repl: Callable, count: int = 0) -> str:
    _check_regex(pattern, string)
    length = len(string)

    def counted(*args: Any) -> Any:
        nonlocal length
        text = repl(*args)
        length += len(text) if isinstance(text, str) else 0
        _check_length(length)
        return text
    return regex.replace_by(context, pattern, string, counted, count)


def _substitute_in_by(context: Any, string: str, pattern: re.Pattern,
                      repl: Callable, count: int = 0) -> str:
    return _substitute_by(context, pattern, string, repl, count)


def _to_set(collection: Iterable) -> ordered_set.OrderedSet:
    return ordered_set.OrderedSet(collection)


def _union(left: Any, right: Any) -> ordered_set.OrderedSet:
    return ordered_set.OrderedSet(left).union(right)


def _intersection(left: Any, right: Any) -> ordered_set.OrderedSet:
    return ordered_set.OrderedSet(left).intersection(right)


def _difference(left: Any, right: Any) -> ordered_set.OrderedSet:
    return ordered_set.OrderedSet(left).difference(right)


def _symmetric_difference(left: Any, right: Any) -> ordered_set.OrderedSet:
    return ordered_set.OrderedSet(left).symmetric_difference(right)


def _add(s: Any, *values: Any) -> ordered_set.OrderedSet:
    return _union(s, values)


def _remove(s: Any, *values: Any) -> ordered_set.OrderedSet:
    return _difference(s, frozenset(values))


#: What is called in place of functions of yaql's, with the same parameters.
_REPLACEMENTS: dict[Callable, Callable] = {
    yaql_math.multiplication: _multiply,
    yaql_math.pow_: _power,
    yaql_math.shift_bits_left: _shift_left,
    yaql_math.round_: _round,
    strings.concat: _concatenate,
    strings.string_by_int: _repeat_text,
    strings.int_by_string: _repeat_text_by,
    strings.join: _join,
    strings.join_: _join_by,
    strings.replace: _replace,
    strings.replace_with_dict: _replace_all,
    strings.to_char_array: _to_characters,
    strings.characters: _characters,
    strings.split: _split(strings.split),
    strings.right_split: _split(strings.right_split),
    strings.trim: _trim(strings.trim),
    strings.trim_left: _trim(strings.trim_left),
    strings.trim_right: _trim(strings.trim_right),
    strings.norm: _trim(strings.norm),
    strings.is_empty: _trim(strings.is_empty),
    date_time.datetime_from_string: _parse_time,
    date_time.format_: _format_time,
    regex.regex: _regex,
    regex.matches: _pattern_first(regex.matches),
    regex.matches_: _pattern_last(regex.matches_),
    regex.matches_operator_regex: _pattern_last(
        regex.matches_operator_regex),
    regex.matches_operator_string: _pattern_last(
        regex.matches_operator_string),
    regex.not_matches_operator_regex: _pattern_last(
        regex.not_matches_operator_regex),
    regex.not_matches_operator_string: _pattern_last(
        regex.not_matches_operator_string),
    regex.search: _after_context(regex.search),
    regex.search_all: _after_context(regex.search_all),
    regex.split: _pattern_first(regex.split),
    regex.split_string: _pattern_last(regex.split_string),
    regex.replace: _substitute,
    regex.replace_string: _substitute_in,
    regex.replace_by: _substitute_by,
    regex.replace_by_string: _substitute_in_by,
    yaql_collections.list_by_int: _repeat_list,
    yaql_collections.int_by_list: _repeat_list_by,
    yaql_collections.to_set: _to_set,
    yaql_collections.set_add: _add,
    yaql_collections.set_remove: _remove,
    yaql_collections.union: _union,
    yaql_collections.intersect: _intersection,
    yaql_collections.difference: _difference,
    yaql_collections.symmetric_difference: _symmetric_difference,
}
