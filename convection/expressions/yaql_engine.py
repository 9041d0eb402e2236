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
"""The whole of YAQL, evaluated by yaql's own engine.

There is one engine and one context of functions in the process: making them
takes milliseconds. An evaluation gets a child of that context, which holds
its data. yaql's way to keep data safe is to copy them.
"""

# yaql reads collections.abc after importing only collections.
import collections.abc  # noqa: F401
from collections.abc import Callable
import datetime
import functools
import inspect
import threading
from typing import Any

import yaql
from yaql.language import contexts
from yaql.language import conventions
from yaql.language import exceptions
from yaql.language import expressions
from yaql.language import factory
from yaql.language import specs
from yaql.language import utils
from yaql.language import yaqltypes
from yaql.standard_library import strings

from convection.expressions import budget as budget_module
from convection.expressions import functions
from convection.expressions import results
from convection.expressions import scope as scope_module
from convection.expressions import yaql_limits

#: Bytes of a single value that yaql's functions may be given or return.
MEMORY_QUOTA = 64 * 1024 * 1024

_OPTIONS = {
    'yaql.limitIterators': results.MAX_ITEMS,
    'yaql.memoryQuota': MEMORY_QUOTA,
}

#: Where a context keeps the scope: no expression can name it.
_SCOPE = '$%scope'

#: yaql's lexer and parser keep their state in themselves.
_PARSER_LOCK = threading.Lock()


def parse(text: str) -> expressions.Expression:
    """Return the syntax tree of an expression.

    :raises yaql.language.exceptions.YaqlException: on a breach of grammar.
    """
    with _PARSER_LOCK:
        tree = _engine()(text).expression
    if tree is None:
        raise exceptions.YaqlGrammarException(None, None, None)
    return tree


def evaluate(tree: expressions.Expression, variables: Any,
             scope: scope_module.Scope,
             budget: budget_module.Budget) -> Any:
    """Return the value of a tree, as one of yaql's own kinds of values.

    It may be lazy: taking items from it goes on with the evaluation.

    :param variables: what ``$`` is; copied, so the less the better.
    :raises OverflowError: when it takes more than the budget has; taking
        items raises it likewise.
    """
    context = _functions_context().create_child_context()
    context.budget = budget
    context[_SCOPE] = scope
    context['$'] = utils.convert_input_data(variables)
    try:
        return tree(utils.NO_VALUE, context, _engine())
    except exceptions.WrappedException as error:
        raise error.wrapped from None


@functools.cache
def _engine() -> factory.YaqlEngine:
    return yaql.YaqlFactory().create(options=_OPTIONS)


@functools.cache
def _functions_context() -> contexts.ContextBase:
    """Return the context that has every function."""
    context = yaql.create_context(context=yaql_limits.Context(
        convention=conventions.CamelCaseConvention())).create_child_context()
    for name, function in functions.table().items():
        if functions.is_built_in(name) or not context.collect_functions(name):
            _register(context, name, function)
    # A layer of its own hides yaql's, and ours, of the same names.
    context = context.create_child_context()
    _register(context, 'now', _now)
    _register(context, 'random', functions.random_number)
    _register(context, 'random', functions.random_between)
    context.register_function(_text, name='str', exclusive=True)
    return context


class _ScopeParameter(yaqltypes.HiddenParameterType, yaqltypes.SmartType):
    """A parameter that is the scope of the evaluation."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(False)

    def convert(self, value: Any, receiver: Any, context: Any,
                function_spec: Any, engine: Any, *args: Any,
                **kwargs: Any) -> scope_module.Scope:
        return context[_SCOPE]


def _register(context: contexts.ContextBase, name: str,
              function: Callable) -> None:
    """Give yaql a function whose first parameter is the scope.

    It gets and returns plain data; yaql's own are read-only copies of it.
    """
    signature = inspect.signature(function)
    first = next(iter(signature.parameters))

    def call(*args: Any, **kwargs: Any) -> Any:
        args = [_plain(arg) for arg in args]
        kwargs = {key: _plain(value) for key, value in kwargs.items()}
        return utils.convert_input_data(function(*args, **kwargs))

    call.__signature__ = signature
    context.register_function(
        specs.get_function_definition(
            call, name=name, convention=context.convention,
            parameter_type_func=lambda parameter: (
                _ScopeParameter() if parameter == first else None)),
        # None of yaql's own of that name: they read the clock.
        exclusive=True)


def _now(scope: scope_module.Scope,
         offset: datetime.timedelta | None = None) -> datetime.datetime:
    """Return the time of the event at hand, in a zone so far from UTC."""
    zone = datetime.timezone(offset or datetime.timedelta())
    return functions.now(scope).astimezone(zone)


def _text(value: Any) -> str:
    """Do what yaql's ``str`` does, but look into lazy values.

    yaql would show where they are in memory: another text on every replay.
    """
    budget = budget_module.current()
    budget.spend(budget.weigh(value))
    return strings.str_(_settle(value))


def _settle(value: Any) -> Any:
    if isinstance(value, (str, utils.SetType)):
        return value
    if isinstance(value, utils.MappingType):
        return utils.FrozenDict(
            (key, _settle(item)) for key, item in value.items())
    if isinstance(value, list):
        return [_settle(item) for item in value]
    if isinstance(value, utils.IterableType):
        items = utils.limit_iterable(value, results.MAX_ITEMS)
        return tuple(_settle(item) for item in items)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, (scope_module.Scope, datetime.timedelta)):
        return value
    return results.to_json(value)
