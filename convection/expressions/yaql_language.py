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
"""YAQL in ``<% %>``: finds it in strings and chooses how to evaluate it."""

from collections.abc import Callable
from typing import Any

from yaql.language import expressions

from convection.expressions import budget as budget_module
from convection.expressions import errors
from convection.expressions import inline
from convection.expressions import paths
from convection.expressions import results
from convection.expressions import scope as scope_module
from convection.expressions import yaql_compiler
from convection.expressions import yaql_engine
from convection.expressions import yaql_names

Evaluator = Callable[[scope_module.Scope], Any]


def is_expression(text: str) -> bool:
    """Whether the string holds YAQL."""
    return '<%' in text and inline.found(text, '<%', '%>')


def compile_text(text: str) -> Evaluator:
    """Return what evaluates a string with YAQL in it.

    :raises ExpressionError: when an expression breaks the grammar.
    """
    spans = _spans(text)
    if spans == [(0, len(text))]:
        return compile_expression(text[2:-2].strip())
    pieces: list[str | Evaluator] = []
    end = 0
    for start, next_end in spans:
        pieces.append(text[end:start])
        pieces.append(compile_expression(text[start + 2:next_end - 2].strip()))
        end = next_end
    pieces.append(text[end:])

    def evaluate(scope: scope_module.Scope) -> str:
        with budget_module.shared():
            return ''.join([
                piece if isinstance(piece, str) else str(piece(scope))
                for piece in pieces])
    return evaluate


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where the expressions are, delimiters included."""
    counter = inline.Counter()
    found = []
    try:
        for start, end in inline.spans(text, '<%', '%>'):
            counter.begin()
            counter.add(end - start)
            found.append((start, end))
    except ValueError as error:
        raise errors.ExpressionError(text, errors.explain(error)) from None
    return found


def compile_expression(text: str) -> Evaluator:
    """Return what evaluates one expression to JSON data.

    :raises ExpressionError: when it breaks the grammar.
    """
    try:
        tree = yaql_engine.parse(text)
        full = with_engine(text, tree)
        fast = yaql_compiler.compile_tree(tree)
    except Exception as error:
        # Also for a tree too deep to walk through.
        raise errors.ExpressionError(text, errors.explain(error)) from None
    return full if fast is None else _with_closure(text, fast, full)


def with_engine(text: str, tree: expressions.Expression) -> Evaluator:
    """Return what evaluates a tree by yaql's engine, whatever it is."""
    names = yaql_names.used(tree)

    def evaluate(scope: scope_module.Scope) -> Any:
        try:
            variables = _select(scope.variables, names)
            with budget_module.shared() as budget:
                return results.to_json(
                    yaql_engine.evaluate(tree, variables, scope, budget))
        except Exception as error:
            raise errors.ExpressionError(
                text, errors.explain(error)) from None
    return evaluate


def _select(variables: Any, names: frozenset[str] | None) -> Any:
    """Return the part of the variables that an expression names."""
    if names is None or not paths.is_mapping(variables):
        return variables
    return {name: variables[name] for name in names if name in variables}


def _with_closure(text: str, fast: Evaluator, full: Evaluator) -> Evaluator:
    def evaluate(scope: scope_module.Scope) -> Any:
        try:
            return fast(scope)
        except KeyError as error:
            raise errors.ExpressionError(
                text, errors.explain(error)) from None
        except Exception:
            # Not the closure's to decide: yaql knows the value or the error.
            return full(scope)
    return evaluate
