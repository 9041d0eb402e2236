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
"""Sets that hand out their items alike in every process."""

from collections.abc import Iterable
from collections.abc import Iterator
import itertools
from typing import Any


class OrderedSet(frozenset):
    """A set in the order in which the items came.

    The order of Python's own depends on a seed that every process draws, so
    a job replayed elsewhere would get other results.
    """

    __slots__ = ('_items',)

    def __new__(cls, items: Iterable = ()) -> 'OrderedSet':
        kept = dict.fromkeys(items)
        made = super().__new__(cls, kept)
        made._items = tuple(kept)
        return made

    def __iter__(self) -> Iterator:
        return iter(self._items)

    def __repr__(self) -> str:
        if not self._items:
            return 'frozenset()'
        return 'frozenset({{{}}})'.format(', '.join(map(repr, self._items)))

    def union(self, *others: Iterable) -> 'OrderedSet':
        """Return the items of all."""
        return OrderedSet(itertools.chain(self, *others))

    def intersection(self, other: Any) -> 'OrderedSet':
        """Return the items that the other has too."""
        return OrderedSet(item for item in self if item in other)

    def difference(self, other: Any) -> 'OrderedSet':
        """Return the items that the other lacks."""
        return OrderedSet(item for item in self if item not in other)

    def symmetric_difference(self, other: Any) -> 'OrderedSet':
        """Return the items that one of the two lacks."""
        return OrderedSet(itertools.chain(
            self.difference(other),
            (item for item in other if item not in self)))
