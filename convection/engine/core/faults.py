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
"""A fault of a task: one plain sentence, told to whoever wrote the document.
"""

from typing import Any

from convection.engine.core import scope as scopes
from convection import expressions

#: Characters of a ``state_info``; what is longer is cut.
MAX_INFO = 2000


class Fault(Exception):
    """The task (or the job) cannot go on; the message says why."""


def cut(text: str) -> str:
    """Shorten a text to what a ``state_info`` may hold."""
    return text if len(text) <= MAX_INFO else text[:MAX_INFO - 3] + '...'


def evaluate(template: expressions.Template, scope: scopes.JobScope,
             place: str) -> Any:
    """Evaluate a template of the document.

    :param place: where it stands, such as ``"input" of the task "a"``.
    :raises Fault: naming the place, the expression and the cause.
    """
    if template.constant:
        return template.source
    try:
        return template.evaluate(scope)
    except expressions.ExpressionError as error:
        raise Fault(cut(f'{error} It stands in {place}.')) from None


def evaluate_mapping(template: expressions.Template, scope: scopes.JobScope,
                     place: str) -> dict[str, Any]:
    """Evaluate a template that must yield a mapping.

    :raises Fault: also when it yields something else.
    """
    value = evaluate(template, scope, place)
    if not isinstance(value, dict):
        raise Fault(f'A mapping is expected in {place}, not '
                    f'{type_name(value)}.')
    return value


def type_name(value: Any) -> str:
    """Name the type of a JSON value, with its article."""
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'a boolean'
    if isinstance(value, (int, float)):
        return 'a number'
    return {str: 'a text', list: 'a list'}.get(type(value), 'a mapping')


def evaluate_data(data: Any, scope: scopes.JobScope, place: str) -> Any:
    """Evaluate data that was not part of a document.

    :raises Fault: also when an expression breaks the grammar.
    """
    try:
        template = expressions.compile(data)
    except expressions.ExpressionError as error:
        raise Fault(cut(f'{error} It stands in {place}.')) from None
    return evaluate(template, scope, place)
