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
"""What the views of all nouns share."""

import datetime
from typing import Any, Callable, Iterable

Row = dict[str, Any]
#: The columns that a field is made of, and how.
Derived = tuple[tuple[str, ...], Callable[[Row], Any]]

_EPOCH = datetime.datetime(1970, 1, 1)


def time(value: float | None) -> str | None:
    """Return seconds since the epoch like ``2026-11-23T10:00:00.123456Z``."""
    if value is None:
        return None
    at = _EPOCH + datetime.timedelta(seconds=value)
    return at.isoformat(timespec='microseconds') + 'Z'


class View:
    """Makes answers of rows.

    :param schema: of the answer; its properties are the fields.
    :param derived: the fields that are not just a column of their name.
        Columns that are called ``at`` or end in ``_at`` are times.
    :param large: fields that lists have only on request.
    """

    def __init__(self, schema: dict[str, Any],
                 derived: dict[str, Derived] | None = None,
                 large: frozenset[str] = frozenset()) -> None:
        self._derived = derived or {}
        self.fields = tuple(schema['properties'])
        self.list_fields = tuple(name for name in self.fields
                                 if name not in large)
        self._times = frozenset(
            name for name in self.fields
            if name == 'at' or name.endswith('_at'))

    def chosen(self, wanted: str | None, listed: bool = False
               ) -> tuple[str, ...]:
        """Return the fields to answer with.

        :param wanted: the parameter ``fields``.
        """
        if wanted:
            return tuple(wanted.split(','))
        return self.list_fields if listed else self.fields

    def columns(self, fields: Iterable[str]) -> set[str]:
        """Return the columns that these fields are made of, and the id."""
        found = {'id'}
        for name in fields:
            columns = self._derived[name][0] if name in self._derived else (
                name,)
            found.update(columns)
        return found

    def show(self, row: Row, fields: Iterable[str] | None = None) -> Row:
        """Return the answer that tells of a row."""
        return {name: self._value(row, name)
                for name in fields or self.fields}

    def _value(self, row: Row, name: str) -> Any:
        if name in self._derived:
            return self._derived[name][1](row)
        value = row[name]
        return time(value) if name in self._times else value
