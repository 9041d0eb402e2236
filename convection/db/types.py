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
"""Column types that look the same from all three databases.

What a workflow computes is stored as it is or not at all, so no value may
make a statement fail: JSON is pure ASCII text (any character, NUL and lone
surrogates too, travels as an escape), and free text is cleaned of the two
things that PostgreSQL and UTF-8 cannot hold.
"""

import datetime
import functools
import json
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy import types

_EPOCH = datetime.datetime(1970, 1, 1)
#: NUL (PostgreSQL) and lone surrogates (UTF-8) cannot be stored as text.
_UNSTORABLE = re.compile('[\x00\ud800-\udfff]')
_REPLACEMENT = '\ufffd'

# What is stored came as JSON or is checked by then: it has no cycles.
_encode = json.JSONEncoder(separators=(',', ':'),
                           check_circular=False).encode
_decode = json.loads


def to_json(value: Any) -> str | None:
    """Return the value as JSON; None for None."""
    # Most JSON columns of most rows are empty: not worth an encoder.
    if value is None:
        return None
    if not value:
        if value == {} and type(value) is dict:
            return '{}'
        if type(value) is list:
            return '[]'
    return _encode(value)


def from_json(value: str | None) -> Any:
    """Return the value that the JSON text says; None for None."""
    if value is None:
        return None
    if value == '{}':
        return {}
    if value == '[]':
        return []
    return _decode(value)


def to_datetime(epoch: float) -> datetime.datetime:
    """Return the naive UTC time of seconds since the epoch."""
    return _EPOCH + datetime.timedelta(microseconds=round(epoch * 1e6))


def to_epoch(value: datetime.datetime) -> float:
    """Return the seconds since the epoch of a naive UTC time."""
    return (value - _EPOCH).total_seconds()


def to_timestamp(epoch: float) -> str:
    """Return ``to_datetime`` as text, as SQLite keeps it and all take it."""
    seconds, microseconds = divmod(round(epoch * 1e6), 1_000_000)
    return f'{_second(seconds)}.{microseconds:06d}'


@functools.lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    # Times of one commit share their seconds, and these are what costs.
    return (_EPOCH + datetime.timedelta(seconds=seconds)).isoformat(' ')


def storable(text: str) -> str:
    """Return the text with what no database can hold replaced by U+FFFD."""
    # The common case first: such text needs no search by pattern.
    if text.isascii() and '\x00' not in text:
        return text
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def _long_text() -> sa.Text:
    return sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')


class Json(types.TypeDecorator):
    """Any JSON value as compact text; None is NULL."""

    impl = _long_text()
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """Encode the value."""
        return to_json(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        """Decode the text."""
        return from_json(value)


class Prose(types.TypeDecorator):
    """Free text of any length: a description, an error, a document."""

    impl = _long_text()
    cache_ok = True

    def process_bind_param(self, value: str | None,
                           dialect: Any) -> str | None:
        """Replace what cannot be stored."""
        return value if value is None else storable(value)


class Line(types.TypeDecorator):
    """Text of a bounded length that may be part of an index: a name.

    Too long a text is an error of the caller, not cut.
    """

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None,
                           dialect: Any) -> str | None:
        """Replace what cannot be stored."""
        return value if value is None else storable(value)


class EpochTime(types.TypeDecorator):
    """Seconds since the epoch (a float) as a naive UTC time.

    Rounded to microseconds, which is what the databases keep.
    """

    impl = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
    cache_ok = True

    def process_bind_param(self, value: float | None,
                           dialect: Any) -> datetime.datetime | None:
        """Make a time of the seconds."""
        return value if value is None else to_datetime(value)

    def process_result_value(self, value: datetime.datetime | None,
                             dialect: Any) -> float | None:
        """Make seconds of the time."""
        return value if value is None else to_epoch(value)
