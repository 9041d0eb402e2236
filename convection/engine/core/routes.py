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
"""Who may still run: whether a join can still be reached, without a search.

Theory of operation. The tasks of a workflow are grouped into the strongly
connected components of its graph: a single task outside of loops, all tasks
of a loop together. A component is *alive* while one of its tasks has not
finished or a component before it is alive. Components only ever die: each
keeps two counters, and a death lowers the counters of the components behind
it. So the whole life of a job costs one visit to each edge, however wide its
joins.

A join outside of loops runs once: when it has finished it is *spent*, dead
whatever comes before it. A join on a loop is judged per pass of the loop by
a search (:func:`reachable`), which is made only when a branch ended.
"""

from collections.abc import Iterable
import functools

from convection.lang import graph as graphs


class Map:
    """The static part: one for all jobs of a workflow."""

    def __init__(self, graph: graphs.Graph) -> None:
        names = list(graph.inbound)
        index = {name: place for place, name in enumerate(names)}
        before = [sorted({index[source] for source, _event in edges})
                  for edges in graph.inbound.values()]
        after: list[list[int]] = [[] for _name in names]
        for place, sources in enumerate(before):
            for source in sources:
                after[source].append(place)
        #: Task name to its component.
        self.component: dict[str, int] = {}
        #: Component to its tasks.
        self.members: list[list[str]] = []
        for component in _components(after):
            for place in component:
                self.component[names[place]] = len(self.members)
            self.members.append([names[place] for place in component])
        #: Task to those it leads to.
        self.successors = {name: [names[place] for place in after[source]]
                           for source, name in enumerate(names)}
        #: Component to the components right behind it, and how many are
        #: right before it.
        self.behind: list[list[int]] = []
        self.before = [0] * len(self.members)
        self._link()
        #: Joins that lie on a loop.
        self.looping = frozenset(
            name for name in graph.joins
            if len(self.members[self.component[name]]) > 1 or
            name in self.successors[name])
        #: Task to the joins outside of loops that it leads to.
        self.watchers: dict[str, list[str]] = {}
        joins = frozenset(graph.joins) - self.looping
        for name in names:
            self.watchers[name] = [target for target in self.successors[name]
                                   if target in joins]

    def _link(self) -> None:
        for number, members in enumerate(self.members):
            found = dict.fromkeys(
                self.component[target] for name in members
                for target in self.successors[name])
            found.pop(number, None)
            self.behind.append(list(found))
            for target in found:
                self.before[target] += 1


@functools.lru_cache(maxsize=128)
def map_of(graph: graphs.Graph) -> Map:
    """Return the static part for a graph; graphs compare by identity."""
    return Map(graph)


class Routes:
    """The counters of one job."""

    __slots__ = ('map', '_open', '_before', '_dead')

    def __init__(self, static: Map, open_tasks: Iterable[str],
                 spent: Iterable[str]) -> None:
        """Count from scratch.

        :param open_tasks: the name of each task that has not finished.
        :param spent: joins that have finished.
        """
        self.map = static
        self._open = [0] * len(static.members)
        for name in open_tasks:
            self._open[static.component[name]] += 1
        self._before = list(static.before)
        self._dead = bytearray(len(static.members))
        gone = [static.component[name] for name in spent
                if name not in static.looping]
        self._bury(gone)
        self._bury([number for number in range(len(static.members))
                    if self._is_over(number)])

    def enter(self, name: str) -> None:
        """A task of that name was made."""
        self._open[self.map.component[name]] += 1

    def leave(self, name: str, spent: bool) -> list[str]:
        """A task of that name finished, and what it led to was made.

        :param spent: it is a join outside of loops.
        :returns: the tasks that, by that, can never run again.
        """
        number = self.map.component[name]
        self._open[number] -= 1
        if self._dead[number]:
            return []
        if spent or self._is_over(number):
            return self._bury([number])
        return []

    def may_run(self, name: str) -> bool:
        """Whether a task of that name is, or may still come to be, at work."""
        return not self._dead[self.map.component[name]]

    def _is_over(self, number: int) -> bool:
        return not (self._open[number] or self._before[number])

    def _bury(self, numbers: list[int]) -> list[str]:
        found: list[str] = []
        pending = list(numbers)
        while pending:
            number = pending.pop()
            if self._dead[number]:
                continue
            self._dead[number] = 1
            found.extend(self.map.members[number])
            for target in self.map.behind[number]:
                self._before[target] -= 1
                if self._is_over(target):
                    pending.append(target)
        return found


def reachable(static: Map, names: Iterable[str],
              join: str) -> dict[str, None]:
    """Return the tasks that these lead to without going through a join."""
    found = dict.fromkeys(names)
    pending = list(found)
    while pending:
        name = pending.pop()
        if name == join:
            continue
        for target in static.successors[name]:
            if target not in found:
                found[target] = None
                pending.append(target)
    return found


def _components(edges: list[list[int]]) -> list[list[int]]:
    """Return the strongly connected components, each in document order.

    Kosaraju's algorithm with its own stacks: a chain of thousands of tasks
    is deeper than Python's.
    """
    backwards: list[list[int]] = [[] for _node in edges]
    for node, targets in enumerate(edges):
        for target in targets:
            backwards[target].append(node)
    done = bytearray(len(edges))
    result = []
    for node in reversed(_finishing_order(edges)):
        if done[node]:
            continue
        done[node] = 1
        component = [node]
        for member in component:
            for source in backwards[member]:
                if not done[source]:
                    done[source] = 1
                    component.append(source)
        result.append(sorted(component))
    return result


def _finishing_order(edges: list[list[int]]) -> list[int]:
    """Return the nodes in the order in which a deep search leaves them."""
    order = []
    seen = bytearray(len(edges))
    for root in range(len(edges)):
        if seen[root]:
            continue
        seen[root] = 1
        pending = [(root, iter(edges[root]))]
        while pending:
            node, targets = pending[-1]
            for target in targets:
                if not seen[target]:
                    seen[target] = 1
                    pending.append((target, iter(edges[target])))
                    break
            else:
                order.append(node)
                pending.pop()
    return order
