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
"""Which top-level variables a YAQL expression can look at."""

from yaql.language import expressions

#: Methods that hand each item to the expressions at these arguments: ``$``
#: is the item there, not the variables.
_ITEM_ARGUMENTS = {
    'all': (0,), 'any': (0,), 'distinct': (0,), 'filter': (0,),
    'groupBy': (0, 1), 'indexWhere': (0,), 'lastIndexWhere': (0,),
    'map': (0,), 'orderBy': (0,),
    'orderByDescending': (0,), 'select': (0,), 'selectMany': (0,),
    'skipWhile': (0,), 'takeWhile': (0,), 'thenBy': (0,),
    'thenByDescending': (0,), 'toDict': (0, 1), 'where': (0,),
}


def used(tree: expressions.Expression) -> frozenset[str] | None:
    """Return the names of the variables that the tree can reach by ``$``.

    Some may be names of other things; None stands for all variables.
    """
    names: set[str] = set()
    return frozenset(names) if _collect(tree, True, names) else None


def is_root(node: object) -> bool:
    """Whether a node is a bare ``$``."""
    return (isinstance(node, expressions.GetContextValue) and
            node.path.value in ('$', '$1'))


def _collect(node: object, outer: bool, names: set[str]) -> bool:
    """Add the names below a node; False when it looks at all variables.

    :param outer: whether ``$`` is the variables here.
    """
    if isinstance(node, expressions.GetContextValue):
        return not (outer and is_root(node))
    if isinstance(node, expressions.Wrap):
        return _collect(node.expr, outer, names)
    if isinstance(node, expressions.MappingRuleExpression):
        return (_collect(node.source, outer, names) and
                _collect(node.destination, outer, names))
    if not isinstance(node, expressions.Function):
        return True
    rest = list(node.args)
    name = _variable(node) if outer else None
    if name is not None:
        names.add(name)
        rest = rest[1:]
    if _is_dot(node) and isinstance(rest[-1], expressions.Function):
        method = rest.pop()
        inner = _ITEM_ARGUMENTS.get(method.name, ())
        for index, argument in enumerate(method.args):
            if not _collect(argument, outer and index not in inner, names):
                return False
    return all([_collect(each, outer, names) for each in rest])


def _is_dot(node: expressions.Function) -> bool:
    return (isinstance(node, expressions.BinaryOperator) and
            node.operator in ('.', '?.'))


def _variable(node: expressions.Function) -> str | None:
    """Return the name in ``$.name``, ``$[name]``, ``$.get(name, ...)``.

    None for nodes of any other kind.
    """
    if not node.args or not is_root(node.args[0]):
        return None
    if _is_dot(node):
        key = node.args[1]
        if isinstance(key, expressions.KeywordConstant):
            return key.value
        if not (isinstance(key, expressions.Function) and
                key.name == 'get' and key.args):
            return None
        key = key.args[0]
    elif isinstance(node, expressions.IndexExpression):
        key = node.args[1] if len(node.args) > 1 else None
    else:
        return None
    if isinstance(key, expressions.Constant) and isinstance(key.value, str):
        return key.value
    return None
