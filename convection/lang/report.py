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
"""Where the readers are in a document, and what they found wrong there."""

from __future__ import annotations

import difflib
from typing import Any, Iterable, Literal, Protocol

from convection.lang import problem

#: How many problems of one document are listed.
MAX_PROBLEMS = 1000
#: How long a message may be, and what it quotes of the document.
_MAX_MESSAGE = 1000
_MAX_QUOTE = 80


class _Located(Protocol):
    def locate(self, path: tuple, on_key: bool) -> tuple[int, int]:
        """Return line and column, both from 1."""


class Report:
    """The problems of one document."""

    def __init__(self, loaded: _Located | None = None,
                 found: Iterable[problem.Problem] = ()) -> None:
        self._loaded = loaded
        self._left_out = 0
        self.problems: list[problem.Problem] = []
        for one in found:
            self.add(one)

    def add(self, found: problem.Problem) -> None:
        """Take a problem; beyond ``MAX_PROBLEMS`` only count it."""
        if self.full:
            self._left_out += 1
        else:
            self.problems.append(found)

    @property
    def full(self) -> bool:
        """Whether no more problems are listed."""
        return len(self.problems) >= MAX_PROBLEMS

    def note(self, code: str, message: str, path: tuple,
             on_key: bool, severity: str) -> None:
        """Take a problem at a path."""
        if self.full:
            self._left_out += 1
            return
        line = column = None
        if self._loaded is not None:
            line, column = self._loaded.locate(path, on_key)
        self.add(problem.Problem(code, message[:_MAX_MESSAGE], dotted(path),
                                 line, column, severity))

    def result(self) -> list[problem.Problem]:
        """Return the problems in the order of their places."""
        found = sorted(self.problems,
                       key=lambda one: (one.line or 0, one.column or 0))
        if self._left_out:
            found.append(problem.Problem(
                'document.more_problems',
                f'There are {self._left_out} more problems.'))
        return found


class Place:
    """A place in a document; its path is only made when it is needed."""

    __slots__ = ('_report', '_parent', '_key')

    def __init__(self, report: Report, parent: Place | None = None,
                 key: str | int | None = None) -> None:
        self._report = report
        self._parent = parent
        self._key = key

    def at(self, *keys: str | int) -> Place:
        """Return the place of what lies below, key by key."""
        place = self
        for key in keys:
            place = Place(self._report, place, key)
        return place

    @property
    def path(self) -> tuple:
        """The keys that lead here from the outermost mapping."""
        keys = []
        place = self
        while place._parent is not None:
            keys.append(place._key)
            place = place._parent
        return tuple(reversed(keys))

    def error(self, code: str, message: str, on_key: bool = False) -> None:
        """Report an error here."""
        self._report.note(code, message, self.path, on_key, 'error')

    def warning(self, code: str, message: str, on_key: bool = False) -> None:
        """Report a warning here."""
        self._report.note(code, message, self.path, on_key, 'warning')

    def unknown_key(self, code: str, what: str, known: Iterable[str],
                    severity: Literal['error', 'warning'] = 'error') -> None:
        """Report that ``what`` has no key such as the one of this place.

        :param known: the keys that it has, to name the nearest.
        """
        hint = ''
        # Looking for it takes time that nobody has for thousands of keys.
        if not self._report.full and len(self._key) <= _MAX_QUOTE:
            near = difflib.get_close_matches(self._key, known, 1)
            hint = f' Did you mean "{near[0]}"?' if near else ''
        self._report.note(code, f'{what} has no key {quote(self._key)}.'
                          f'{hint}', self.path, True, severity)


def dotted(path: tuple) -> str:
    """Write a path, such as ``a.tasks.t1.on-success[0]``."""
    text = ''
    for key in path:
        if isinstance(key, int):
            text += f'[{key}]'
        else:
            text += f'.{_cut(key)}' if text else _cut(key)
    return text


def quote(text: str) -> str:
    """Quote a part of a document in a message."""
    return f'"{_cut(text)}"'


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE] + '...'


def kind_of(value: Any) -> str:
    """Name the type of a value in words."""
    names = {bool: 'a boolean', int: 'a number', float: 'a number',
             str: 'a text', list: 'a list', dict: 'a mapping'}
    return names.get(type(value), 'nothing')
