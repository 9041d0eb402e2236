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
"""What one evaluation may take: steps, processor time, memory.

An evaluation runs in the engine's own thread, so an endless one must end by
itself. Steps stop loops alike on every machine. Time stops what makes few
but long steps; it is the thread's own, so a busy machine refuses no more
than an idle one. A single operation cannot be interrupted: the modules about
limits refuse beforehand those that could be long.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import MappingView
import contextvars
import itertools
import time
from typing import Any

#: Calls, turns of loops and items of iterators.
MAX_STEPS = 1_000_000
#: Seconds of processor time of the thread.
MAX_SECONDS = 2.0
#: Bytes, about, of the containers and long texts that are made.
MAX_BYTES = 256 * 1024 * 1024
#: Values in a container, also those that stand in it more than once.
MAX_WEIGHT = 1_000_000
MAX_DEPTH = 200

#: The clock is read once for so many steps, and a call is worth some.
_STEPS_PER_LOOK = 64
_CALL = 8
#: Characters of a text that weigh as much as a value.
_CHARACTERS = 64
#: Shorter texts are not counted as memory.
_SHORT = 4096

_PLAIN = frozenset((int, float, bool, type(None)))

_CURRENT: contextvars.ContextVar['Budget'] = contextvars.ContextVar('budget')


class Budget:
    """How much an evaluation has left."""

    __slots__ = ('_left', '_until_look', '_deadline', '_bytes', '_texts',
                 '_weights')

    def __init__(self) -> None:
        self._left = MAX_STEPS
        self._until_look = _STEPS_PER_LOOK
        #: From the first look on: most evaluations never come to it.
        self._deadline: float | None = None
        self._bytes = MAX_BYTES
        #: Sizes of long texts by id. Nothing keeps the texts, so this is
        #: about those that are there at the same time.
        self._texts: dict[int, int] = {}
        #: Containers, their weights and depths, by id. They are kept, so
        #: that none of the ids comes to stand for something else.
        self._weights: dict[int, tuple[Any, int, int]] = {}

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        :raises OverflowError: when there are none left, or no time.
        """
        self._left -= steps
        if self._left < 0:
            raise OverflowError(
                'it takes more than {} steps'.format(MAX_STEPS))
        self._until_look -= steps
        if self._until_look < 0:
            self.look_at_clock()

    def call(self) -> None:
        """Take one step that may be long."""
        self._until_look -= _CALL
        self.spend()

    def look_at_clock(self) -> None:
        """Check the time.

        :raises OverflowError: when there is none left.
        """
        self._until_look = _STEPS_PER_LOOK
        now = time.thread_time()
        if self._deadline is None:
            self._deadline = now + MAX_SECONDS
        elif now > self._deadline:
            raise OverflowError('it takes longer than {:g} s of processor '
                                'time'.format(MAX_SECONDS))

    def admit(self, value: Any) -> Any:
        """Return what was made: the value, or a counted iterator.

        :raises OverflowError: when the value is too large.
        """
        kind = type(value)
        if kind in _PLAIN or kind is Counted:
            return value
        if hasattr(kind, '__next__'):
            return Counted(value, self)
        self.weigh(value)
        return value

    def weigh(self, value: Any) -> int:
        """Return how many values there are in a value, itself included.

        What stands for much at many places is small in memory, but not for
        those who print, compare or hash it. Long texts weigh more than one.

        :raises OverflowError: when there are too many.
        """
        return self._measure(value)[0]

    def _measure(self, value: Any) -> tuple[int, int]:
        """Return the weight and the depth."""
        kind = type(value)
        if kind in _PLAIN:
            return 1, 0
        if kind is str or isinstance(value, (str, bytes)):
            return self._measure_text(value), 0
        known = self._weights.get(id(value))
        if known is not None:
            return known[1:]
        if isinstance(value, (tuple, list, set, frozenset)):
            items, size = value, len(value)
        elif isinstance(value, Mapping):
            items = itertools.chain(value.keys(), value.values())
            size = 2 * len(value)
        elif isinstance(value, MappingView):
            items, size = value, len(value)
        else:
            return 1, 0
        return self._measure_items(value, items, size)

    def _measure_text(self, text: str | bytes) -> int:
        size = len(text)
        if size > _SHORT:
            more = size - self._texts.get(id(text), 0)
            if more > 0:
                self._texts[id(text)] = size
                self._take(more)
        return 1 + size // _CHARACTERS

    def _measure_items(self, value: Any, items: Iterable,
                       size: int) -> tuple[int, int]:
        check_weight(size)
        self._take(64 + 8 * size)
        weight, depth = 1, 0
        for item in items:
            if type(item) in _PLAIN:
                weight += 1
                continue
            more, below = self._measure(item)
            weight += more
            if below >= depth:
                depth = below + 1
        check_weight(weight)
        if depth > MAX_DEPTH:
            raise OverflowError('a value is nested too deeply')
        self._weights[id(value)] = value, weight, depth
        self.call()
        return weight, depth

    def _take(self, size: int) -> None:
        self._bytes -= size
        if self._bytes < 0:
            raise OverflowError('it needs too much memory')


def check_weight(weight: int) -> None:
    """Refuse a weight.

    :raises OverflowError: when it is too large.
    """
    if weight > MAX_WEIGHT:
        raise OverflowError('a value is too large')


def text_length(weight: int) -> int:
    """Return how long a text of a value can be, about and at most."""
    return weight * _CHARACTERS


class Counted:
    """An iterator that counts what is taken from it."""

    __slots__ = ('_items', '_budget')

    def __init__(self, items: Iterator, budget: Budget) -> None:
        self._items = items
        self._budget = budget

    def __iter__(self) -> 'Counted':
        # yaql's memorize() makes iterators that start again.
        items = iter(self._items)
        return self if items is self._items else Counted(items, self._budget)

    def __next__(self) -> Any:
        self._budget.spend()
        return next(self._items)

    def __repr__(self) -> str:
        # Not where it is in memory: a replay gives the same text.
        return '<iterator>'


class shared:  # noqa: N801
    """A context: the running evaluation's budget, or else a new one."""

    __slots__ = ('_token',)

    def __enter__(self) -> Budget:
        self._token = None
        found = _CURRENT.get(None)
        if found is None:
            found = Budget()
            self._token = _CURRENT.set(found)
        return found

    def __exit__(self, *exception: Any) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)


def current() -> Budget:
    """Return the running evaluation's budget; a new one outside of any."""
    found = _CURRENT.get(None)
    return Budget() if found is None else found
