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
"""Templates: data whose strings may hold expressions, parsed once.

Rules: one language per string. A string that is one expression and nothing
else yields the expression's value; any other has its expressions replaced by
their values in Python's ``str`` form. Keys of mappings are never evaluated,
and results are not evaluated again.
"""

from collections.abc import Callable
from collections.abc import Iterator
import functools
from typing import Any

from convection.expressions import budget as budget_module
from convection.expressions import errors
from convection.expressions import jinja_language
from convection.expressions import scope as scope_module
from convection.expressions import yaql_language

#: How many different strings stay parsed.
CACHE_SIZE = 10_000
#: Characters of the longest of them.
MAX_CACHED = 16 * 1024

Evaluator = Callable[[scope_module.Scope], Any]

_MIXED = 'YAQL and Jinja2 cannot be mixed in one string'


class Template:
    """Any JSON data, ready to be evaluated; made by :func:`compile`.

    :ivar source: the data as they were given.
    :ivar constant: no string holds an expression; the value is the source.
    """

    __slots__ = ('source', 'constant', '_evaluator')

    def __init__(self, source: Any, evaluator: Evaluator | None) -> None:
        self.source = source
        self.constant = evaluator is None
        self._evaluator = evaluator

    def evaluate(self, scope: scope_module.Scope) -> Any:
        """Return the value, which is JSON data that nobody may change.

        It may share parts with the source and with the scope's variables.

        :raises ExpressionError: naming the expression and the cause.
        """
        if self._evaluator is None:
            return self.source
        return self._evaluator(scope)

    def __repr__(self) -> str:
        return 'Template({!r})'.format(self.source)


def compile(value: Any) -> Template:
    """Parse the expressions of a value.

    :raises ExpressionError: for the first expression that breaks the grammar.
    """
    return Template(value, _compile(value))


def is_expression(text: Any) -> bool:
    """Whether a string holds at least one expression."""
    return isinstance(text, str) and (
        yaql_language.is_expression(text) or
        jinja_language.is_expression(text))


def check(value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """List every expression of a value that breaks the grammar.

    :returns: pairs of the way to the string (keys and indexes from the
        outside in; empty for the value itself) and what is wrong with it.
    """
    found = []
    for path, text in _strings(value, ()):
        try:
            _compile_string(text)
        except errors.ExpressionError as error:
            found.append((path, str(error)))
    return found


def _strings(value: Any, path: tuple) -> Iterator[tuple[tuple, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, path + (key,))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, path + (index,))


def _compile(value: Any) -> Evaluator | None:
    """Return what evaluates a value, or None for a constant."""
    if isinstance(value, str):
        return _compile_string(value)
    if isinstance(value, dict):
        return _compile_dict(value)
    if isinstance(value, list):
        return _compile_list(value)
    return None


def _compile_dict(value: dict[str, Any]) -> Evaluator | None:
    parts = [(key, _compile(item)) for key, item in value.items()]
    parts = [(key, part) for key, part in parts if part is not None]
    if not parts:
        return None

    def evaluate(scope: scope_module.Scope) -> dict[str, Any]:
        result = dict(value)
        with budget_module.shared():
            for key, part in parts:
                result[key] = part(scope)
        return result
    return evaluate


def _compile_list(value: list) -> Evaluator | None:
    parts = [(index, _compile(item)) for index, item in enumerate(value)]
    parts = [(index, part) for index, part in parts if part is not None]
    if not parts:
        return None

    def evaluate(scope: scope_module.Scope) -> list:
        result = list(value)
        with budget_module.shared():
            for index, part in parts:
                result[index] = part(scope)
        return result
    return evaluate


def _compile_string(text: str) -> Evaluator | None:
    if len(text) > MAX_CACHED:
        return _compile_text.__wrapped__(text)
    return _compile_text(text)


@functools.lru_cache(maxsize=CACHE_SIZE)
def _compile_text(text: str) -> Evaluator | None:
    yaql_found = yaql_language.is_expression(text)
    jinja_found = jinja_language.is_expression(text)
    if yaql_found and jinja_found:
        raise errors.ExpressionError(text, _MIXED)
    if yaql_found:
        return yaql_language.compile_text(text)
    if jinja_found:
        return jinja_language.compile_text(text)
    return None
