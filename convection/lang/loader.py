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
"""YAML text to plain data, with the place of every key and value.

The dialect is that of PyYAML's SafeLoader with anchors and aliases disabled:
``&``, ``*`` and ``@`` begin ordinary plain scalars. Both parsers of PyYAML
know no such switch, so the three characters are exchanged for others that
the text does not hold before it is parsed, and back in what comes out; this
also means that no document can grow by references to itself.

libyaml's parser is about ten times as fast as the one in Python and reads
the same data; where it finds fault, the one in Python has the last word, up
to a size that does not take it too long.
"""

import dataclasses
from typing import Any, Iterator

import yaml

from convection.lang import problem
from convection.lang import scalars

#: Of a document, in characters.
MAX_SIZE = 4 * 1024 * 1024
#: How deep lists and mappings may be nested.
MAX_DEPTH = 64
#: How many characters the parser in Python gets to read.
_MAX_SLOW_SIZE = 256 * 1024

_FAST_PARSER = getattr(yaml, 'CSafeLoader', None)
_DISABLED = '&*@'
_STAND_INS = range(0xe000, 0xf900)

#: Line and column of a key, then of its value; all from 0.
Mark = tuple[int, int, int, int]


@dataclasses.dataclass(slots=True)
class Loaded:
    """What a text holds.

    ``data`` is plain JSON data, None when the text could not be read.
    """

    data: Any
    problems: list[problem.Problem]
    #: Place of the outermost value.
    start: tuple[int, int] = (0, 0)
    #: ``id`` of each list and mapping in ``data`` to the marks of its items.
    marks: dict[int, dict[Any, Mark]] = dataclasses.field(
        default_factory=dict)

    def locate(self, path: tuple, on_key: bool = False) -> tuple[int, int]:
        """Return line and column, both from 1, of what a path leads to.

        Of what is not there, the place of what should hold it.

        :param on_key: the place of the key instead of that of its value.
        """
        line, column = self.start
        data = self.data
        for depth, key in enumerate(path):
            # The id of what fell out of the data may be that of a scalar.
            if not isinstance(data, dict | list):
                break
            mark = self.marks[id(data)].get(key)
            if mark is None:
                break
            last = depth == len(path) - 1
            line, column = mark[:2] if on_key and last else mark[2:]
            data = data[key]
        return line + 1, column + 1


class _Fault(Exception):
    """The text cannot be read on."""

    def __init__(self, code: str, message: str, line: int,
                 column: int) -> None:
        super().__init__(message)
        self.problem = problem.Problem(code, message, '', line + 1,
                                       column + 1)


def load(text: str) -> Loaded:
    """Read a text. Never raises for what it holds."""
    if len(text) > MAX_SIZE:
        return Loaded(None, [problem.Problem(
            'document.too_large', f'The document has {len(text)} characters; '
            f'at most {MAX_SIZE} are allowed.')])
    disguised, restore = _disguise(text)
    if _FAST_PARSER is None:
        return _load_with(yaml.SafeLoader, disguised, restore)
    loaded = _load_with(_FAST_PARSER, disguised, restore)
    if loaded.data is None and len(text) <= _MAX_SLOW_SIZE and any(
            found.code == 'yaml.syntax' for found in loaded.problems):
        return _load_with(yaml.SafeLoader, disguised, restore)
    return loaded


def _disguise(text: str) -> tuple[str, dict[int, str]]:
    """Exchange the disabled characters; return the text and the way back."""
    present = [character for character in _DISABLED if character in text]
    if not present:
        return text, {}
    used = set() if text.isascii() else set(text)
    free = (code for code in _STAND_INS if chr(code) not in used)
    exchange = dict(zip(map(ord, present), free))
    restore = {new: chr(old) for old, new in exchange.items()}
    return text.translate(exchange), restore


def _load_with(parser_class: type, text: str,
               restore: dict[int, str]) -> Loaded:
    try:
        parser = parser_class(text)
    except (yaml.YAMLError, UnicodeError) as error:
        return Loaded(None, [_syntax(error, restore, text)])
    reader = _Reader(parser, restore)
    try:
        return reader.document()
    except _Fault as fault:
        return Loaded(None, reader.problems + [fault.problem])
    except (yaml.YAMLError, UnicodeError) as error:
        return Loaded(None, reader.problems + [
            _syntax(error, restore, text)])
    finally:
        parser.dispose()


def _syntax(error: Exception, restore: dict[int, str],
            text: str) -> problem.Problem:
    parts = [getattr(error, name, None) for name in ('context', 'problem')]
    cause = ', '.join(part for part in parts if part)
    if not cause:
        cause = getattr(error, 'reason', None) or 'unknown characters'
    return problem.Problem(
        'yaml.syntax', f'The text is not YAML: {cause.translate(restore)}.',
        '', *_place(error, text))


def _place(error: Exception, text: str) -> tuple[int | None, int | None]:
    """Return line and column, from 1, of what stops a parser."""
    mark = getattr(error, 'problem_mark', None)
    if mark is not None:
        return mark.line + 1, mark.column + 1
    if isinstance(error, yaml.reader.ReaderError):
        # The parsers count differently up to it; both stop at the first.
        position = text.find(chr(error.character))
    else:
        position = getattr(error, 'start', -1)
    if position < 0:
        return None, None
    line_start = text.rfind('\n', 0, position) + 1
    return (text.count('\n', 0, position) + 1, position - line_start + 1)


class _Reader:
    """Makes data of the events of a parser, one for each document."""

    def __init__(self, parser: Any, restore: dict[int, str]) -> None:
        self._parser = parser
        self._restore = restore
        self._depth = 0
        self.problems: list[problem.Problem] = []
        self.marks: dict[int, dict[Any, Mark]] = {}

    def document(self) -> Loaded:
        """Read the one document of the text."""
        get_event = self._parser.get_event
        get_event()
        event = get_event()
        if isinstance(event, yaml.StreamEndEvent):
            return Loaded({}, self.problems)
        event = get_event()
        start = event.start_mark.line, event.start_mark.column
        data = self._value(event)
        get_event()
        event = get_event()
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Fault('yaml.documents',
                         'The text holds more than one document.',
                         event.start_mark.line, event.start_mark.column)
        return Loaded({} if data is None else data, self.problems, start,
                      self.marks)

    def _value(self, event: Any) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, self._tag(event))
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _fault_at(event, 'yaml.depth', 'Lists and mappings may be '
                            f'nested {MAX_DEPTH} deep, not deeper.')
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, 'tag:yaml.org,2002:seq')
            result = self._sequence()
        else:
            self._check_tag(event, 'tag:yaml.org,2002:map')
            result = self._mapping()
        self._depth -= 1
        return result

    def _tag(self, event: Any) -> str:
        if event.tag is not None and event.tag != '!':
            return event.tag
        if event.implicit[0]:
            return scalars.resolve(event.value)
        return 'tag:yaml.org,2002:str'

    def _scalar(self, event: Any, tag: str) -> Any:
        text = event.value
        if self._restore and not text.isascii():
            text = text.translate(self._restore)
        try:
            return scalars.value(tag, text)
        except scalars.ScalarError as error:
            self._report(event, error.code, str(error))
            return None

    def _check_tag(self, event: Any, expected: str) -> None:
        if event.tag not in (None, '!', expected):
            self._report(event, 'yaml.tag',
                         f'The tag "{event.tag}" is not supported: only '
                         'plain data may be written.')

    def _sequence(self) -> list:
        result: list = []
        marks: dict[Any, Mark] = {}
        for event in self._events(yaml.SequenceEndEvent):
            mark = event.start_mark
            place = mark.line, mark.column
            marks[len(result)] = place + place
            result.append(self._value(event))
        self.marks[id(result)] = marks
        return result

    def _mapping(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        marks: dict[Any, Mark] = {}
        merged: list[dict[str, Any]] = []
        for key_event in self._events(yaml.MappingEndEvent):
            tag, key = self._key(key_event)
            event = self._parser.get_event()
            at_key, at_value = key_event.start_mark, event.start_mark
            mark = (at_key.line, at_key.column,
                    at_value.line, at_value.column)
            value = self._value(event)
            if tag == scalars.MERGE:
                merged.extend(self._to_merge(event, value))
                continue
            if key in result:
                self._report(key_event, 'yaml.duplicate_key',
                             f'The key "{key}" is here twice; the last one '
                             'counts.', 'warning')
            result[key] = value
            marks[key] = mark
        if merged:
            result, marks = self._merge(merged, result, marks)
        self.marks[id(result)] = marks
        return result

    def _key(self, event: Any) -> tuple[str, str]:
        """Return the tag of a key and the key as JSON would write it."""
        if not isinstance(event, yaml.ScalarEvent):
            raise _fault_at(event, 'yaml.key', 'The key of a mapping must '
                            'not be a list or a mapping.')
        tag = self._tag(event)
        value = self._scalar(event, tag)
        if isinstance(value, str):
            return tag, value
        key = {True: 'true', False: 'false', None: 'null'}.get(
            value) if isinstance(value, bool | None) else str(value)
        self._report(event, 'yaml.key_not_string',
                     f'The key is read as {key}, not as text; quote it if '
                     'it is meant as it is written.', 'warning')
        return tag, key

    def _to_merge(self, event: Any, value: Any) -> list[dict[str, Any]]:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            self._report(event, 'yaml.merge', 'Only mappings can be merged '
                         'by the key "<<".')
            return []
        return parts

    def _merge(self, merged: list[dict[str, Any]], own: dict[str, Any],
               own_marks: dict[Any, Mark]
               ) -> tuple[dict[str, Any], dict[Any, Mark]]:
        """Put what is merged behind the mapping's own entries."""
        result: dict[str, Any] = {}
        marks: dict[Any, Mark] = {}
        for part in reversed(merged):
            result.update(part)
            marks.update(self.marks[id(part)])
        return result | own, marks | own_marks

    def _events(self, end: type) -> Iterator[Any]:
        event = self._parser.get_event()
        while not isinstance(event, end):
            yield event
            event = self._parser.get_event()

    def _report(self, event: Any, code: str, message: str,
                severity: str = 'error') -> None:
        mark = event.start_mark
        self.problems.append(problem.Problem(
            code, message, '', mark.line + 1, mark.column + 1, severity))


def _fault_at(event: Any, code: str, message: str) -> _Fault:
    return _Fault(code, message, event.start_mark.line,
                  event.start_mark.column)
