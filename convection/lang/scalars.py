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
"""Scalars of YAML 1.1, as PyYAML's SafeLoader reads them, as JSON values.

What JSON has no word for is kept as it was written (dates) or refused
(infinity, binary data, half a surrogate pair).
"""

import functools
import math
import re
from typing import Any

import yaml

#: The tag of ``<<``.
MERGE = 'tag:yaml.org,2002:merge'

#: How long the text of a number may be: reading one takes time that grows
#: with the square of its length.
_MAX_NUMBER = 1000

_PREFIX = 'tag:yaml.org,2002:'
_STRING = _PREFIX + 'str'
_AS_WRITTEN = frozenset(_PREFIX + name
                        for name in ('str', 'timestamp', 'value', 'merge'))
_RESOLVERS = yaml.SafeLoader.yaml_implicit_resolvers
_ANY_START = _RESOLVERS.get(None, [])
_SURROGATE = re.compile('[\ud800-\udfff]')
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_CONVERTERS = {
    _PREFIX + 'null': lambda node: None,
    _PREFIX + 'bool': _CONSTRUCTOR.construct_yaml_bool,
    _PREFIX + 'int': _CONSTRUCTOR.construct_yaml_int,
    _PREFIX + 'float': _CONSTRUCTOR.construct_yaml_float,
}


class ScalarError(ValueError):
    """A scalar that cannot be held.

    :param code: one of ``problem.CODES``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def resolve(text: str) -> str:
    """Return the tag of a plain scalar without one of its own."""
    for tag, pattern in _RESOLVERS.get(text[:1], _ANY_START):
        if pattern.match(text):
            return tag
    return _STRING


def value(tag: str, text: str) -> Any:
    """Return the JSON value of a scalar.

    :raises ScalarError: when there is none.
    """
    if tag in _AS_WRITTEN:
        if not text.isascii() and _SURROGATE.search(text):
            raise ScalarError('yaml.value',
                              'The text holds half of a surrogate pair.')
        return text
    return _converted(tag, text)


@functools.lru_cache(maxsize=1024)
def _converted(tag: str, text: str) -> Any:
    convert = _CONVERTERS.get(tag)
    if convert is None:
        raise ScalarError('yaml.tag',
                          f'The tag "{tag}" is not supported: only plain '
                          'data may be written.')
    try:
        if len(text) > _MAX_NUMBER:
            raise ValueError
        result = convert(yaml.ScalarNode(tag, text))
    except (ValueError, LookupError, TypeError):
        kind = tag.removeprefix(_PREFIX)
        raise ScalarError(
            'yaml.value', f'"{text[:60]}" is not a value of the type {kind}.'
        ) from None
    if isinstance(result, float) and not math.isfinite(result):
        raise ScalarError('yaml.value',
                          f'"{text[:60]}" is not a number that JSON can '
                          'hold.')
    return result
