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
"""The variables of a branch: layers that contexts share.

Theory of operation. A :class:`Context` is a tuple of mappings, the newest
last; a look-up goes from the newest to the oldest. Publishing makes a new
context that shares the older layers. Layers are united so that each is at
least twice as large as the next newer one: there are O(log n) of them, and a
chain of n tasks costs O(n log n) in time and memory, not O(n^2).

Beside each value stands its *stamp*: the ``publish_order`` of the task that
published it. Where branches meet, :func:`merge` settles each variable by the
later stamp. When both values are mappings they are united, key by key, and
the stamp becomes a mapping of stamps.

Nothing here changes a value: values are shared with rows and results.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

#: From this depth on a value is taken whole from the later publication.
MAX_DEPTH = 100
#: A context that so many tasks start from is made one layer before.
WIDE = 16

#: ``int`` for what one task published, a mapping for what was united.
Stamp = int | dict[str, Any]
Entry = tuple[Stamp, Any]
Layer = dict[str, Entry]


class Context:
    """The variables that a task sees of its branches. Immutable."""

    __slots__ = ('_layers',)

    def __init__(self, layers: tuple[Layer, ...] = ()) -> None:
        self._layers = layers

    def find(self, name: str) -> Entry | None:
        """Return the stamp and the value of a variable, or None."""
        for layer in reversed(self._layers):
            entry = layer.get(name)
            if entry is not None:
                return entry
        return None

    def __iter__(self) -> Iterator[str]:
        """Yield the names, first published first."""
        if len(self._layers) == 1:
            return iter(self._layers[0])
        names: dict[str, None] = {}
        for layer in self._layers:
            names.update(dict.fromkeys(layer))
        return iter(names)

    def __bool__(self) -> bool:
        return bool(self._layers)

    def values(self) -> dict[str, Any]:
        """Return the variables as a plain mapping."""
        united: Layer = {}
        for layer in self._layers:
            united.update(layer)
        return {name: entry[1] for name, entry in united.items()}

    def publish(self, values: dict[str, Any], order: int) -> 'Context':
        """Return a context with these variables over the present ones."""
        if not values:
            return self
        return _stack(self._layers, {name: (order, value)
                                     for name, value in values.items()})

    def flat(self) -> 'Context':
        """Return the same variables in one layer.

        For a task that leads to many: were the layers about to be united,
        each of the many would do it for itself.
        """
        if len(self._layers) < 2:
            return self
        united: Layer = {}
        for layer in self._layers:
            united.update(layer)
        return Context((united,))


EMPTY = Context()


def merge(contexts: Iterable[Context]) -> Context:
    """Unite the contexts of branches that meet.

    :param contexts: in document order of the tasks they come from: that
        decides ties.
    """
    # Branches that published nothing share one object.
    found = list({id(each): each for each in contexts if each}.values())
    if not found:
        return EMPTY
    if len(found) == 1:
        return found[0]
    layers = [each._layers for each in found]
    common = _common(layers)
    merged = _merge_tails([each[common:] for each in layers])
    base = Context(layers[0][:common])
    for name, (count, entry) in merged.items():
        if count < len(found):
            # Somebody still sees what all of them started with.
            seen = base.find(name)
            if seen is not None:
                entry = _unite(seen, entry)
        merged[name] = entry
    return _stack(layers[0][:common], merged)


def publish_global(variables: dict[str, Any],
                   values: dict[str, Any]) -> dict[str, Any]:
    """Return the workflow's variables with others united into them.

    Mappings are united, whatever their depth; all else is replaced.
    """
    return _deep(variables, values, 0)


def _deep(old: dict[str, Any], new: dict[str, Any],
          depth: int) -> dict[str, Any]:
    result = dict(old)
    for key, value in new.items():
        present = result.get(key)
        if (depth < MAX_DEPTH and isinstance(value, dict) and
                isinstance(present, dict)):
            value = _deep(present, value, depth + 1)
        result[key] = value
    return result


def _stack(layers: tuple[Layer, ...], layer: Layer) -> Context:
    """Put a layer on others and keep their sizes geometric."""
    if not layer:
        return Context(layers)
    count = len(layers)
    while count and len(layers[count - 1]) < 2 * len(layer):
        count -= 1
        layer = {**layers[count], **layer}
    return Context(layers[:count] + (layer,))


def _common(layers: list[tuple[Layer, ...]]) -> int:
    """Return how many of the oldest layers all have in common."""
    first = layers[0]
    common = min(len(each) for each in layers)
    for each in layers:
        while common and each[common - 1] is not first[common - 1]:
            common -= 1
    return common


def _merge_tails(
        tails: list[tuple[Layer, ...]]) -> dict[str, tuple[int, Entry]]:
    """Unite what the branches do not have in common.

    Each distinct layer is read once, however many branches share it.

    :returns: for each name how many branches have it in their tails, and
        its entry.
    """
    distinct: dict[int, Layer] = {}
    users: dict[int, int] = {}
    hidden: dict[tuple[int, str], int] = {}
    counts: dict[str, int] = {}
    for tail in tails:
        newer: dict[str, None] = {}
        for layer in reversed(tail):
            key = id(layer)
            users[key] = users.get(key, 0) + 1
            for name in newer:
                if name in layer:
                    hidden[key, name] = hidden.get((key, name), 0) + 1
            newer.update(dict.fromkeys(layer))
        for name in newer:
            counts[name] = counts.get(name, 0) + 1
        for layer in tail:
            distinct.setdefault(id(layer), layer)
    entries: dict[str, Entry] = {}
    for key, layer in distinct.items():
        for name, entry in layer.items():
            if hidden.get((key, name), 0) == users[key]:
                continue
            present = entries.get(name)
            entries[name] = (entry if present is None
                             else _unite(present, entry))
    return {name: (counts[name], entry) for name, entry in entries.items()}


def _unite(first: Entry, second: Entry, depth: int = 0) -> Entry:
    """Settle two entries of one variable, or of one key inside it."""
    if first is second or first[0] == second[0]:
        return first
    (first_stamp, a), (second_stamp, b) = first, second
    if not (isinstance(a, dict) and isinstance(b, dict) and
            depth < MAX_DEPTH):
        return second if _latest(second_stamp) > _latest(
            first_stamp) else first
    stamps: dict[str, Stamp] = {}
    values: dict[str, Any] = {}
    for key, value in a.items():
        entry = (_part(first_stamp, key), value)
        if key in b:
            entry = _unite(entry, (_part(second_stamp, key), b[key]),
                           depth + 1)
        stamps[key], values[key] = entry
    for key, value in b.items():
        if key not in a:
            stamps[key], values[key] = _part(second_stamp, key), value
    return stamps, values


def _part(stamp: Stamp, key: str) -> Stamp:
    return stamp[key] if isinstance(stamp, dict) else stamp


def _latest(stamp: Stamp) -> int:
    if isinstance(stamp, dict):
        return max(map(_latest, stamp.values()), default=0)
    return stamp
