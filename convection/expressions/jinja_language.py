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
"""Jinja2 in ``{{ }}`` and ``{% %}``, in a sandbox that changes nothing."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import jinja2
from jinja2 import runtime

from convection.expressions import budget as budget_module
from convection.expressions import errors
from convection.expressions import inline
from convection.expressions import jinja_sandbox
from convection.expressions import paths
from convection.expressions import results
from convection.expressions import scope as scope_module

#: Characters of a rendered text.
MAX_TEXT = 16 * 1024 * 1024

#: Tokens that show that a ``{{ }}`` is not alone in its string.
_MORE = frozenset(('block_begin', 'data', 'variable_begin'))
_BEGIN = frozenset(('block_begin', 'variable_begin'))
_END = frozenset(('block_end', 'variable_end'))

Evaluator = Callable[[scope_module.Scope], Any]


def is_expression(text: str) -> bool:
    """Whether the string holds Jinja2."""
    return '{' in text and (inline.found(text, '{{', '}}') or
                            inline.found(text, '{%', '%}'))


def compile_text(text: str) -> Evaluator:
    """Return what evaluates a string with Jinja2 in it.

    :raises ExpressionError: when it breaks the grammar.
    """
    try:
        inner = _lone_expression(text, _tokens(text))
        if inner is None:
            return _compile_template(text)
        return _compile_expression(text, inner)
    except Exception as error:
        raise errors.ExpressionError(text, errors.explain(error)) from None


def _tokens(text: str) -> list[tuple[int, str, str]]:
    """Return the tokens: line, kind, text.

    :raises ValueError: when there are too many expressions, or one is too
        long.
    """
    counter = inline.Counter()
    tokens = []
    inside = False
    for token in jinja_sandbox.environment().lex(text):
        kind = token[1]
        if kind in _BEGIN:
            counter.begin()
            inside = True
        elif kind in _END:
            inside = False
        elif inside:
            counter.add(len(token[2]))
        tokens.append(token)
    return tokens


def _lone_expression(text: str,
                     tokens: list[tuple[int, str, str]]) -> str | None:
    """Return the inside of a string that is one ``{{ }}`` and no more."""
    if not (text.startswith('{{') and text.endswith('}}')):
        return None
    if any(kind in _MORE for _, kind, _ in tokens[1:]):
        return None
    begin, end = tokens[0][2], tokens[-1][2]
    return text[len(begin):-len(end)]


def _compile_expression(text: str, inner: str) -> Evaluator:
    """Return what evaluates one expression to its native value."""
    full = _compile_native(text, inner)
    keys = jinja_sandbox.environment().plain_path(inner)
    if keys is None:
        return full
    fast = paths.follow(keys)

    def evaluate(scope: scope_module.Scope) -> Any:
        try:
            return fast(scope)
        except KeyError as error:
            raise errors.ExpressionError(
                text, errors.explain(error)) from None
        except paths.Unsupported:
            return full(scope)
    return evaluate


def _compile_native(text: str, inner: str) -> Evaluator:
    """Return what evaluates any expression, by Jinja2's own means."""
    template = jinja_sandbox.environment().native_template(inner)

    def evaluate(scope: scope_module.Scope) -> Any:
        try:
            with budget_module.shared():
                context = _context(template, scope)
                for _ in template.root_render_func(context):
                    pass
                return results.to_json(context.vars['result'])
        except Exception as error:
            raise errors.ExpressionError(
                text, errors.explain(error)) from None
    return evaluate


def _compile_template(text: str) -> Evaluator:
    """Return what renders a string."""
    template = jinja_sandbox.environment().from_string(text)

    def evaluate(scope: scope_module.Scope) -> str:
        try:
            with budget_module.shared():
                return results.to_json(
                    _render(template, _context(template, scope)))
        except Exception as error:
            raise errors.ExpressionError(
                text, errors.explain(error)) from None
    return evaluate


def _render(template: jinja2.Template, context: runtime.Context) -> str:
    pieces = []
    length = 0
    for piece in template.root_render_func(context):
        length += len(piece)
        if length > MAX_TEXT:
            raise ValueError('the text is too long')
        pieces.append(piece)
    return ''.join(pieces)


def _context(template: jinja2.Template,
             scope: scope_module.Scope) -> runtime.Context:
    variables = scope.variables
    if isinstance(variables, Mapping) and type(variables) is not dict:
        variables = _View(variables)
    return template.new_context({
        '_': variables,
        jinja_sandbox.SCOPE: scope,
    })


class _View(Mapping):
    """The variables as ``_``: a mapping that shows nothing but its keys."""

    __slots__ = ('__variables',)

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.__variables = variables

    def __getitem__(self, name: str) -> Any:
        return self.__variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__variables)

    def __len__(self) -> int:
        return len(self.__variables)

    def __repr__(self) -> str:
        return repr(dict(self.__variables))
