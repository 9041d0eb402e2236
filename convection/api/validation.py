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
"""Checks data against a JSON Schema and names every fault with its place."""

import functools
import itertools
import re
from typing import Any, Callable, Iterable, Iterator

import jsonschema
from jsonschema import validators

from convection.common import exception

#: How many faults one answer lists.
_MOST_FAULTS = 20
#: Longest message: those of jsonschema quote what they complain about.
_LONGEST_MESSAGE = 300


@functools.lru_cache(maxsize=None)
def _compiled(pattern: str) -> re.Pattern:
    # In JSON Schema, as in ECMAScript, "$" is the end of the text; in Python
    # it matches before a newline at the end, too.
    if pattern.endswith('$'):
        pattern = pattern[:-1] + r'\Z'
    return re.compile(pattern)


def _pattern(validator: Any, pattern: str, instance: Any,
             schema: dict[str, Any]
             ) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield jsonschema.ValidationError(
            f'{instance!r} does not match {pattern!r}')


_Validator = validators.extend(jsonschema.Draft202012Validator,
                               {'pattern': _pattern})


def compile(schema: dict[str, Any], root: str) -> Callable[[Any], None]:
    """Return a function that raises Invalid for data that does not fit.

    :param root: how places are called: ``body`` or ``query``.
    """
    _Validator.check_schema(schema)
    validator = _Validator(schema)

    def check(data: Any) -> None:
        faults = list(itertools.islice(validator.iter_errors(data),
                                       _MOST_FAULTS))
        if faults:
            raise _invalid(faults, root)

    return check


def _invalid(faults: list[jsonschema.ValidationError],
             root: str) -> exception.Invalid:
    locations = [{'message': _message(fault),
                  'path': _path(root, fault.absolute_path),
                  'code': fault.validator or 'pattern'} for fault in faults]
    return exception.Invalid(reason=locations[0]['message'],
                             code=f'request.{root}_invalid',
                             locations=locations)


def _message(fault: jsonschema.ValidationError) -> str:
    text = fault.message
    if len(text) > _LONGEST_MESSAGE:
        # The cause is at the end, what it is about at the beginning.
        half = _LONGEST_MESSAGE // 2
        text = f'{text[:half]} ... {text[-half:]}'
    return text


def _path(root: str, steps: Iterable[str | int]) -> str:
    text = root
    for step in steps:
        text += f'[{step}]' if isinstance(step, int) else f'.{step}'
    return text
