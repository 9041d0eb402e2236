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
"""Jinja2's sandbox with limits on what one evaluation may take.

The sandbox of Jinja2 keeps expressions away from Python's internals. The
limits here are about size, steps and time: every turn of a loop, call, filter
and test draws on a budget, what they make is weighed, and operations that
make much of little are checked beforehand.
"""

import functools
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2 import parser
from jinja2 import runtime
from jinja2 import sandbox
from jinja2 import visitor

from convection.expressions import budget as budget_module
from convection.expressions import errors
from convection.expressions import functions
from convection.expressions import jinja_limits as limits
from convection.expressions import ordered_set

#: The key of the render context that holds the scope: no expression can
#: name it.
SCOPE = '%scope'


class Environment(sandbox.ImmutableSandboxedEnvironment):
    """The sandbox of expressions."""

    intercepted_binops = frozenset(('*', '**', '%', '+', '-'))

    concat = staticmethod(limits.concat)

    def _parse(self, source: str, name: str | None,
               filename: str | None) -> nodes.Template:
        return _Transformer().visit(super()._parse(source, name, filename))

    def native_template(self, source: str) -> jinja2.Template:
        """Return a template that sets ``result`` to an expression's value.

        :raises jinja2.TemplateSyntaxError: on a breach of grammar.
        """
        expression = self._parse_expression(source)
        body = nodes.Assign(nodes.Name('result', 'store', lineno=1),
                            expression, lineno=1)
        body.set_environment(self)
        tree = nodes.Template([_Transformer().visit(body)], lineno=1)
        return self.from_string(tree)

    def plain_path(self, source: str) -> list[str] | None:
        """Return the keys of ``_.a.b``, or None for another expression.

        A name that dicts have as a method is not a key to Jinja2.
        """
        node = self._parse_expression(source)
        keys: list[str] = []
        while isinstance(node, nodes.Getattr):
            if node.attr.startswith('_') or hasattr(dict, node.attr):
                return None
            keys.insert(0, node.attr)
            node = node.node
        if not keys or not isinstance(node, nodes.Name) or node.name != '_':
            return None
        return keys

    def _parse_expression(self, source: str) -> nodes.Expr:
        parsing = parser.Parser(self, source, state='variable')
        expression = parsing.parse_expression()
        if not parsing.stream.eos:
            parsing.fail('chunk after expression',
                         parsing.stream.current.lineno)
        return expression

    def call(__self, __context: runtime.Context,  # noqa: N805
             __function: Any, *args: Any, **kwargs: Any) -> Any:
        budget = budget_module.current()
        budget.call()
        limits.check_call(__function, args, kwargs)
        return budget.admit(
            super().call(__context, __function, *args, **kwargs))

    def call_binop(self, context: runtime.Context, operator: str, left: Any,
                   right: Any) -> Any:
        limits.check_operation(operator, left, right)
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, set):
            # The difference of the keys of two mappings.
            result = ordered_set.OrderedSet(left).intersection(result)
        return budget_module.current().admit(result)


class _Transformer(visitor.NodeTransformer):
    """Puts the filters that count and check where no hook is."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        node.iter = _filter(node.iter, limits.LOOP_FILTER)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        self.generic_visit(node)
        return _made(node, node.items)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        self.generic_visit(node)
        return _made(node, node.items) if node.ctx == 'load' else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:
        self.generic_visit(node)
        return _made(node, [pair.value for pair in node.items])

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno),
                       limits.CONCAT_FILTER)


def _made(node: nodes.Expr, items: list[nodes.Expr]) -> nodes.Expr:
    """Weigh what is made of more than constants."""
    if all(isinstance(item, nodes.Const) for item in items):
        return node
    return _filter(node, limits.MADE_FILTER)


def _filter(node: nodes.Expr, name: str) -> nodes.Filter:
    made = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
    made.environment = node.environment
    return made


@functools.cache
def environment() -> Environment:
    """Return the environment, which is made once."""
    made = Environment(undefined=errors.NamedUndefined, trim_blocks=True,
                       lstrip_blocks=True)
    # It makes random text: no two replays of a job would agree.
    del made.globals['lipsum']
    # The type itself has methods that change any dict: dict.update(_.a, {}).
    made.globals['dict'] = _dict
    for name, function in functions.table().items():
        if functions.is_built_in(name) or not (
                name in made.globals or name in made.filters):
            bound = _with_scope(function)
            made.globals[name] = made.filters[name] = bound
    made.filters['random'] = _with_scope(functions.choose)
    limits.install(made)
    return made


def _dict(*args: Any, **kwargs: Any) -> dict:
    return dict(*args, **kwargs)


def _with_scope(function: Any) -> Any:
    """Return a function that takes the scope from the render context."""
    @jinja2.pass_context
    def call(context: runtime.Context, *args: Any, **kwargs: Any) -> Any:
        return function(context.parent[SCOPE], *args, **kwargs)
    return call
