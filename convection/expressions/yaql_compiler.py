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
"""A cheap subset of YAQL compiled to closures over the job's own data.

The tree comes from yaql's parser, so there is one grammar. What is compiled
takes time bounded by the expression's length and the operands it names, and
copies nothing: a path gives the very object of the job. The closures work
on plain data and raise :class:`paths.Unsupported` (or anything
else) when yaql's engine has to decide; only a missing key is final.

``$`` alone is handed out as a dict, since the variables are a layered
mapping that is no JSON data.
"""

from collections.abc import Callable
from typing import Any

from yaql.language import expressions

from convection.expressions import paths
from convection.expressions import scope as scope_module
from convection.expressions import yaql_names
from convection.expressions import yaql_operators as operators

#: Levels of the tree: closures nest as deep.
MAX_DEPTH = 40

Closure = Callable[[scope_module.Scope], Any]


class _NotCompiled(Exception):
    """The tree has a node beyond the subset."""


def compile_tree(tree: expressions.Expression) -> Closure | None:
    """Return a closure for the tree, or None when it is not in the subset.

    The closure returns JSON data. It raises KeyError for a missing key;
    every other exception means that yaql's engine must be asked.
    """
    try:
        return _compile(tree, 0)
    except _NotCompiled:
        return None


def _compile(node: Any, depth: int) -> Closure:
    if depth > MAX_DEPTH:
        raise _NotCompiled
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise _NotCompiled
    return compiler(node, depth + 1)


def _compile_all(nodes: tuple, depth: int) -> list[Closure]:
    return [_compile(node, depth) for node in nodes]


def _compile_constant(node: expressions.Constant, depth: int) -> Closure:
    value = node.value
    if isinstance(value, str):
        # Escapes can make text that no database holds.
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _NotCompiled from None
    elif isinstance(value, (int, float)):
        if not -operators.MAX_INTEGER < value < operators.MAX_INTEGER:
            raise _NotCompiled
    return lambda scope: value


def _compile_wrap(node: expressions.Wrap, depth: int) -> Closure:
    return _compile(node.expr, depth)


def _compile_root(node: expressions.GetContextValue, depth: int) -> Closure:
    if not yaql_names.is_root(node):
        raise _NotCompiled

    def evaluate(scope: scope_module.Scope) -> Any:
        variables = scope.variables
        if type(variables) is not dict and paths.is_mapping(variables):
            return dict(variables)
        return variables
    return evaluate


def _compile_base(node: Any, depth: int) -> Closure:
    """Compile what is only looked into: ``$`` needs no copy there."""
    if yaql_names.is_root(node):
        return lambda scope: scope.variables
    return _compile(node, depth)


def _compile_unary(node: expressions.UnaryOperator, depth: int) -> Closure:
    operate = operators.UNARY.get(node.name)
    if operate is None:
        raise _NotCompiled
    operand = _compile(node.args[0], depth)
    return lambda scope: operate(operand(scope))


def _compile_binary(node: expressions.BinaryOperator, depth: int) -> Closure:
    special = _SPECIAL_OPERATORS.get(node.name)
    if special is not None:
        return special(node, depth)
    operate = operators.BINARY.get(node.name)
    if operate is None:
        raise _NotCompiled
    left, right = _compile_all(node.args, depth)
    return lambda scope: operate(left(scope), right(scope))


def _compile_and(node: expressions.BinaryOperator, depth: int) -> Closure:
    left, right = _compile_all(node.args, depth)
    return lambda scope: left(scope) and right(scope)


def _compile_or(node: expressions.BinaryOperator, depth: int) -> Closure:
    left, right = _compile_all(node.args, depth)
    return lambda scope: left(scope) or right(scope)


def _compile_dot(node: expressions.BinaryOperator, depth: int) -> Closure:
    keys = _path(node)
    if keys is not None:
        return paths.follow(keys)
    part = _compile_part(node.args[1], depth)
    receiver = _compile_base(node.args[0], depth)
    return lambda scope: part(scope, receiver(scope))


def _compile_safe_dot(node: expressions.BinaryOperator,
                      depth: int) -> Closure:
    part = _compile_part(node.args[1], depth)
    receiver = _compile_base(node.args[0], depth)

    def evaluate(scope: scope_module.Scope) -> Any:
        value = receiver(scope)
        return None if value is None else part(scope, value)
    return evaluate


def _path(node: Any) -> list[str] | None:
    """Return the keys of ``$.a.b.c``, or None for another node."""
    keys: list[str] = []
    while not yaql_names.is_root(node):
        if not (isinstance(node, expressions.BinaryOperator) and
                node.name == '#operator_.' and
                isinstance(node.args[1], expressions.KeywordConstant)):
            return None
        keys.insert(0, node.args[1].value)
        node = node.args[0]
    return keys


def _compile_part(node: Any, depth: int) -> Callable[
        [scope_module.Scope, Any], Any]:
    """Compile what stands after a dot: a key or a method."""
    if isinstance(node, expressions.KeywordConstant):
        key = node.value

        def look_up(scope: scope_module.Scope, value: Any) -> Any:
            if not paths.is_mapping(value):
                raise paths.Unsupported
            return value[key]
        return look_up
    if type(node) is not expressions.Function:
        raise _NotCompiled
    call, counts = operators.METHODS.get(node.name, (None, ()))
    if len(node.args) + 1 not in counts:
        raise _NotCompiled
    arguments = _compile_all(node.args, depth)
    return lambda scope, value: call(
        value, *[argument(scope) for argument in arguments])


def _compile_index(node: expressions.IndexExpression,
                   depth: int) -> Closure:
    if len(node.args) == 2:
        operate = operators.index
    elif len(node.args) == 3:
        operate = operators.get
    else:
        raise _NotCompiled
    receiver = _compile_base(node.args[0], depth)
    arguments = _compile_all(node.args[1:], depth)
    return lambda scope: operate(
        receiver(scope), *[argument(scope) for argument in arguments])


def _compile_list(node: expressions.ListExpression, depth: int) -> Closure:
    items = _compile_all(node.args, depth)
    return lambda scope: [item(scope) for item in items]


def _compile_map(node: expressions.MapExpression, depth: int) -> Closure:
    pairs = _compile_rules(node.args, depth)

    def evaluate(scope: scope_module.Scope) -> dict[str, Any]:
        result = {}
        for key, value in pairs:
            name = key(scope)
            if type(name) is not str:
                raise paths.Unsupported
            result[name] = value(scope)
        return result
    return evaluate


def _compile_rules(nodes: tuple, depth: int) -> list[tuple[Closure, Closure]]:
    if not all(isinstance(node, expressions.MappingRuleExpression)
               for node in nodes):
        raise _NotCompiled
    return [(_compile(node.source, depth), _compile(node.destination, depth))
            for node in nodes]


def _compile_function(node: expressions.Function, depth: int) -> Closure:
    special = _SPECIAL_FUNCTIONS.get(node.name)
    if special is not None:
        return special(node, depth)
    call, counts = operators.FUNCTIONS.get(node.name, (None, ()))
    if len(node.args) not in counts:
        raise _NotCompiled
    arguments = _compile_all(node.args, depth)
    return lambda scope: call(*[argument(scope) for argument in arguments])


def _compile_coalesce(node: expressions.Function, depth: int) -> Closure:
    arguments = _compile_all(node.args, depth)

    def evaluate(scope: scope_module.Scope) -> Any:
        for argument in arguments:
            value = argument(scope)
            if value is not None:
                return value
        return None
    return evaluate


def _compile_switch(node: expressions.Function, depth: int) -> Closure:
    pairs = _compile_rules(node.args, depth)

    def evaluate(scope: scope_module.Scope) -> Any:
        for condition, value in pairs:
            if condition(scope):
                return value(scope)
        return None
    return evaluate


def _without_arguments(method: str) -> Callable:
    """Compile a function that only asks the scope."""
    def compile_function(node: expressions.Function, depth: int) -> Closure:
        if node.args:
            raise _NotCompiled
        return lambda scope: getattr(scope, method)()
    return compile_function


def _compile_task(node: expressions.Function, depth: int) -> Closure:
    if not node.args:
        return lambda scope: scope.task(None)
    return _compile_by_name(node, depth, 'task')


def _compile_global(node: expressions.Function, depth: int) -> Closure:
    return _compile_by_name(node, depth, 'global_variable')


def _compile_by_name(node: expressions.Function, depth: int,
                     method: str) -> Closure:
    if len(node.args) != 1:
        raise _NotCompiled
    argument = _compile(node.args[0], depth)

    def evaluate(scope: scope_module.Scope) -> Any:
        name = argument(scope)
        if type(name) is not str:
            raise paths.Unsupported
        return getattr(scope, method)(name)
    return evaluate


#: By the exact type of the node.
_COMPILERS = {
    expressions.Constant: _compile_constant,
    expressions.KeywordConstant: _compile_constant,
    expressions.Wrap: _compile_wrap,
    expressions.GetContextValue: _compile_root,
    expressions.UnaryOperator: _compile_unary,
    expressions.BinaryOperator: _compile_binary,
    expressions.IndexExpression: _compile_index,
    expressions.ListExpression: _compile_list,
    expressions.MapExpression: _compile_map,
    expressions.Function: _compile_function,
}

_SPECIAL_OPERATORS = {
    '#operator_.': _compile_dot,
    '#operator_?.': _compile_safe_dot,
    '#operator_and': _compile_and,
    '#operator_or': _compile_or,
}

#: Functions that do not evaluate all of their arguments, or need the scope.
_SPECIAL_FUNCTIONS = {
    'coalesce': _compile_coalesce,
    'switch': _compile_switch,
    'env': _without_arguments('env'),
    'execution': _without_arguments('execution'),
    'global': _compile_global,
    'task': _compile_task,
    'tasks': _without_arguments('tasks'),
    'uuid': _without_arguments('new_uuid'),
}
