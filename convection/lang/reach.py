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
"""Who can be reached from where in a graph of numbered nodes.

Nothing in here recurses: a chain of thousands of tasks is deeper than
Python's stack.
"""

#: For each node the nodes that its edges lead to.
Edges = list[list[int]]


def components(edges: Edges) -> list[list[int]]:
    """Return the groups of nodes that lead to each other.

    A group comes after all groups that it leads to. (Kosaraju's algorithm.)
    """
    backward: Edges = [[] for _node in edges]
    for node, others in enumerate(edges):
        for other in others:
            backward[other].append(node)
    seen = [False] * len(edges)
    result = []
    for node in reversed(_finished_order(edges)):
        if not seen[node]:
            result.append(_collect(backward, node, seen))
    result.reverse()
    return result


def from_starts(edges: Edges, starts: list[int]) -> list[bool]:
    """Tell for each node whether it is a start or reached from one."""
    seen = [False] * len(edges)
    for start in starts:
        if not seen[start]:
            _collect(edges, start, seen)
    return seen


def _collect(edges: Edges, start: int, seen: list[bool]) -> list[int]:
    """Return and mark what is reached from a node and not yet seen."""
    seen[start] = True
    found = [start]
    for node in found:
        for other in edges[node]:
            if not seen[other]:
                seen[other] = True
                found.append(other)
    return found


def _finished_order(edges: Edges) -> list[int]:
    """Return the nodes in the order in which a depth-first walk ends them."""
    seen = [False] * len(edges)
    order = []
    for root in range(len(edges)):
        if seen[root]:
            continue
        seen[root] = True
        way = [(root, iter(edges[root]))]
        while way:
            node, rest = way[-1]
            for other in rest:
                if not seen[other]:
                    seen[other] = True
                    way.append((other, iter(edges[other])))
                    break
            else:
                way.pop()
                order.append(node)
    return order
