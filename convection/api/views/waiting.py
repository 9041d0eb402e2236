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
"""Which tasks a join still waits for, told from rows and document alone.

For people who ask why nothing goes on; the rule that decides is the engine's
(``engine.core.join``).
"""

from typing import Any, Iterator

from convection.api.views import base

_CLAUSES = ('on-success', 'on-error', 'on-complete', 'on-skip')


def waits_for(data: dict[str, Any], name: str,
              arrived: set[str]) -> list[str]:
    """Return the names of the tasks that a join waits for.

    :param data: the workflow, as in its revision.
    :param name: of the join.
    :param arrived: names of the tasks that have led to it.
    """
    return [source for source, task in (data.get('tasks') or {}).items()
            if source not in arrived and source != name
            and name in _targets(task or {}, data.get('task-defaults') or {})]


def arrivals(rows: list[base.Row], name: str) -> set[str]:
    """Return the names of the tasks that have led to another.

    :param rows: of tasks, with ``name`` and ``next_tasks``.
    """
    return {row['name'] for row in rows
            for target, _event in row['next_tasks'] or () if target == name}


def _targets(task: dict[str, Any], defaults: dict[str, Any]) -> set[str]:
    """Return the names that a task may lead to."""
    return {target for clause in _CLAUSES
            for target in _named(task.get(clause, defaults.get(clause)))}


def _named(clause: Any) -> Iterator[str]:
    """Yield the names in any of the forms that a clause can have."""
    if isinstance(clause, str):
        # Parameters may follow the name.
        yield clause.split(' ', 1)[0]
    elif isinstance(clause, list):
        for entry in clause:
            yield from _named(entry)
    elif isinstance(clause, dict):
        if 'next' in clause or 'publish' in clause:
            yield from _named(clause.get('next'))
        else:
            yield from clause
