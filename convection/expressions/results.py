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
"""Results of expressions made JSON data, within limits.

The engine stores every result and reads it back after a crash, so a result
is what JSON gives back: string keys, lists, finite numbers.
"""

import collections.abc
import datetime
import math
from typing import Any

import jinja2

#: How many items an iterator, and how many values a whole result may have.
MAX_ITEMS = 1_000_000
MAX_DEPTH = 100
#: Characters of all its texts together.
MAX_TEXT = 64 * 1024 * 1024
#: Bits of an integer; Python refuses to print much larger ones.
MAX_INTEGER_BITS = 8192

#: Shorter texts are not counted.
_SHORT = 100

_SCALARS = frozenset((bool, type(None)))


def to_json(value: Any) -> Any:
    """Return the value as JSON data; the same object when it is that.

    Generators, tuples, sets and views become lists, sets in a fixed order;
    times become ISO 8601 text; keys become text as JSON would have them.

    :raises ValueError: when JSON cannot hold it, or it is too large.
    :raises TypeError: likewise, for its type.
    """
    return _Converter().convert(value, 0)


def iso_time(when: datetime.datetime) -> str:
    """Return a time as the API writes it; without a zone it is UTC."""
    if when.tzinfo is not None:
        when = when.astimezone(datetime.timezone.utc)
    return when.strftime('%Y-%m-%dT%H:%M:%S.%fZ')


class _Converter:
    """One conversion, which counts what it meets."""

    __slots__ = ('_left', '_text_left')

    def __init__(self) -> None:
        self._left = MAX_ITEMS
        self._text_left = MAX_TEXT

    def convert(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is str:
            if len(value) > _SHORT:
                self._spend_text(len(value))
            return value if value.isascii() else _storable(value)
        if kind is int:
            if value.bit_length() > MAX_INTEGER_BITS:
                raise ValueError('the number is too large')
            return value
        if kind is float:
            if not math.isfinite(value):
                raise ValueError('the result is not a finite number')
            return value
        if depth > MAX_DEPTH:
            raise ValueError('the result is nested too deeply')
        if kind is dict:
            return self._dict(value, depth + 1)
        if kind is list:
            return self._list(value, depth + 1)
        return self._other(value, depth)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError(
                'the result has more than {} values'.format(MAX_ITEMS))

    def _spend_text(self, length: int) -> None:
        self._text_left -= length
        if self._text_left < 0:
            raise ValueError('the result has more than {} characters'
                             .format(MAX_TEXT))

    def _dict(self, value: dict, depth: int) -> dict:
        # A copy is made at the first difference: most results are plain
        # data of the job, however large, and need none.
        result = None
        for key, item in value.items():
            self._spend()
            new_key = (key if type(key) is str and key.isascii()
                       else _key(key))
            new_item = self.convert(item, depth)
            if result is None:
                if new_key is key and new_item is item:
                    continue
                result = {}
                for old, kept in value.items():
                    if old is key:
                        break
                    result[old] = kept
            result[new_key] = new_item
        return value if result is None else result

    def _list(self, value: list, depth: int) -> list:
        result = None
        for index, item in enumerate(value):
            self._spend()
            new_item = self.convert(item, depth)
            if result is None:
                if new_item is item:
                    continue
                result = value[:index]
            result.append(new_item)
        return value if result is None else result

    def _items(self, value: collections.abc.Iterable, depth: int) -> list:
        result = []
        for item in value:
            self._spend()
            result.append(self.convert(item, depth))
        return result

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, jinja2.Undefined):
            value._fail_with_undefined_error()
        if isinstance(value, collections.abc.Mapping):
            return self._dict(dict(value), depth + 1)
        if isinstance(value, (set, frozenset)):
            return sorted(self._items(value, depth + 1), key=_set_order)
        if isinstance(value, datetime.datetime):
            return iso_time(value)
        if isinstance(value, datetime.date):
            return value.isoformat()
        # Subclasses, such as Jinja2's Markup.
        for base in (str, int, float):
            if isinstance(value, base):
                return self.convert(base(value), depth)
        if (isinstance(value, collections.abc.Iterable) and
                not isinstance(value, (bytes, bytearray))):
            return self._items(value, depth + 1)
        raise TypeError('the result is a {}, which JSON cannot hold'.format(
            type(value).__name__))


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(
            'the text holds half of a surrogate pair') from None
    return text


def _key(key: Any) -> str:
    """Return a key as JSON writes it."""
    if isinstance(key, str):
        return _storable(str(key))
    if key is None:
        return 'null'
    if isinstance(key, bool):
        return 'true' if key else 'false'
    if isinstance(key, (int, float)):
        return repr(key)
    if isinstance(key, datetime.datetime):
        return iso_time(key)
    if isinstance(key, datetime.date):
        return key.isoformat()
    raise TypeError('a {} is a key of the result; JSON has only text'.format(
        type(key).__name__))


def _set_order(value: Any) -> tuple[str, str]:
    """Order the items of a set alike in every process."""
    return type(value).__name__, repr(value)
