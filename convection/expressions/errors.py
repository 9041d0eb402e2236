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
"""The one exception of expressions, and causes told in plain words."""

import re

import jinja2
from jinja2 import exceptions as jinja_exceptions
from yaql.language import exceptions as yaql_exceptions

#: Longer texts are cut: a message is stored with its task.
MAX_EXPRESSION = 200
MAX_MESSAGE = 500

_PROPERTY = re.compile('"#property#(.*?)"')
_OPERATOR = re.compile('"(?:#operator_|#unary_operator_|\\*)(.*?)"')
_OPERATOR_NAMES = {'equal': '=', 'not_equal': '!='}


class ExpressionError(Exception):
    """An expression that cannot be parsed or evaluated.

    :param expression: the text of the expression.
    :param message: the cause, a plain phrase.
    """

    def __init__(self, expression: str, message: str) -> None:
        super().__init__(expression, message)
        self.expression = expression
        self.message = message

    def __str__(self) -> str:
        return 'Cannot evaluate the expression "{}": {}.'.format(
            cut(self.expression, MAX_EXPRESSION), self.message)


def cut(text: str, length: int) -> str:
    """Shorten a text to ``length`` characters, showing that it was."""
    return text if len(text) <= length else text[:length - 3] + '...'


def no_key(key: object) -> str:
    """Say that a mapping lacks a key."""
    return 'there is no key "{}"'.format(cut(str(key), MAX_EXPRESSION))


def explain(error: BaseException) -> str:
    """Return the cause of an error as one phrase without a final stop."""
    if isinstance(error, KeyError) and error.args:
        return no_key(error.args[0])
    if isinstance(error, yaql_exceptions.ResolutionError):
        return cut(_explain_resolution(str(error)), MAX_MESSAGE)
    if isinstance(error, yaql_exceptions.YaqlParsingException):
        return _explain_parsing(error)
    if isinstance(error, jinja_exceptions.TemplateError):
        text = error.message or ''
    elif isinstance(error, StopIteration):
        text = str(error) or 'the collection is empty'
    elif isinstance(error, IndexError):
        text = 'the index is out of range'
    elif isinstance(error, RecursionError):
        text = 'it is nested too deeply'
    elif isinstance(error, MemoryError):
        text = 'it needs too much memory'
    else:
        text = str(error)
    text = ' '.join(text.split()).rstrip('.')
    return cut(text or type(error).__name__, MAX_MESSAGE)


def _explain_parsing(
        error: yaql_exceptions.YaqlParsingException) -> str:
    if error.position is None:
        return 'the expression ends too early'
    return 'unexpected "{}" at position {}'.format(
        cut(str(error.value), MAX_EXPRESSION), error.position)


def _explain_resolution(text: str) -> str:
    """Put yaql's names of operators and properties into words."""
    found = _PROPERTY.search(text)
    if found:
        return 'the value has no attribute "{}"'.format(found.group(1))
    found = _OPERATOR.search(text)
    if found:
        name = _OPERATOR_NAMES.get(found.group(1), found.group(1))
        if name == '.':
            return 'the part after a "." is neither a key nor a method'
        return 'the operator "{}" does not fit its operands'.format(name)
    if '"#indexer"' in text:
        return 'the value cannot be indexed like this'
    return text


class NamedUndefined(jinja2.StrictUndefined):
    """Jinja2's strict undefined that speaks of keys, not of Python types."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint or self._undefined_name is None:
            return super()._undefined_message
        if self._undefined_obj is jinja2.utils.missing:
            return 'there is no variable "{}"'.format(self._undefined_name)
        return no_key(self._undefined_name)
