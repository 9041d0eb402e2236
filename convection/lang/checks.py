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
"""What can only be said of a workflow as a whole."""

from typing import Any

from convection.lang import clauses
from convection.lang import graph as graphs
from convection.lang import reach
from convection.lang import report
from convection.lang import spec as specs

#: How many tasks a workflow may have.
MAX_TASKS = 10_000
#: How many transitions the tasks may inherit from the task-defaults.
MAX_INHERITED = 200_000


def check_size(tasks: dict[str, Any], defaults: specs.TaskDefaultsSpec,
               place: report.Place) -> bool:
    """Tell whether a graph may be made of so many tasks and transitions."""
    if len(tasks) > MAX_TASKS:
        place.error('workflow.too_large', f'The workflow has {len(tasks)} '
                    f'tasks; at most {MAX_TASKS} are allowed.', True)
        return False
    inherited = len(defaults.requires)
    for event in specs.EVENTS:
        clause = defaults.clause(event)
        inherited += len(clause.next) if clause else 0
    if inherited * len(tasks) > MAX_INHERITED:
        place.error('workflow.too_large', f'{len(tasks)} tasks would '
                    f'inherit {inherited} transitions or requirements each; '
                    f'at most {MAX_INHERITED} in all are allowed.', True)
        return False
    return True


def check(spec: specs.WorkflowSpec, data: dict[str, Any],
          place: report.Place) -> None:
    """Report what is wrong with the ways between the tasks.

    :param data: what the spec was made of.
    """
    if spec.type == 'reverse':
        if _check_requires(spec, place):
            _check_cycles(spec, place)
        return
    _check_targets(spec, data, place)
    graph = graphs.Graph.of(spec)
    if not graph.start_tasks:
        place.at('tasks').error(
            'workflow.no_start', 'Every task waits for another: at least '
            'one must have nothing that leads to it.', True)
    _check_joins(spec, graph, place)
    _warn_of_unreachable(spec, graph, place)


def _check_targets(spec: specs.WorkflowSpec, data: dict[str, Any],
                   place: report.Place) -> None:
    """Report targets that are neither tasks nor commands."""
    known = spec.tasks.keys() | specs.COMMANDS
    for event in specs.EVENTS:
        if _has_unknown(spec.task_defaults.clause(event), known):
            _report_unknown(data['task-defaults'][event], known,
                            place.at('task-defaults', event))
        for name, task in spec.tasks.items():
            if _has_unknown(task.clause(event), known):
                _report_unknown(data['tasks'][name][event], known,
                                place.at('tasks', name, event))


def _has_unknown(clause: specs.Clause | None, known: set[str]) -> bool:
    return clause is not None and any(
        transition.target not in known for transition in clause.next)


def _report_unknown(value: Any, known: set[str],
                    place: report.Place) -> None:
    for target, where, on_key in clauses.targets(value, place):
        if target not in known:
            where.error('transition.unknown_task', 'There is no task and no '
                        f'command called {report.quote(target)}.', on_key)


def _check_joins(spec: specs.WorkflowSpec, graph: graphs.Graph,
                 place: report.Place) -> None:
    for name in graph.joins:
        join = spec.tasks[name].join
        wanted = 1 if join == 'all' else join
        count = len({source for source, _event in graph.inbound[name]})
        if count < wanted:
            place.at('tasks', name, 'join').error(
                'join.not_enough', f'The join waits for {wanted} task(s), '
                f'but {count} lead(s) here.')


def _warn_of_unreachable(spec: specs.WorkflowSpec, graph: graphs.Graph,
                         place: report.Place) -> None:
    if not graph.start_tasks:
        return
    edges: reach.Edges = [[] for _name in spec.tasks]
    for name, sources in graph.inbound.items():
        for source, _event in sources:
            edges[graph.position(source)].append(graph.position(name))
    starts = [graph.position(name) for name in graph.start_tasks]
    reached = reach.from_starts(edges, starts)
    for name, task in spec.tasks.items():
        if not reached[task.position]:
            place.at('tasks', name).warning(
                'task.unreachable', 'No way leads here from a start task.',
                True)


def _check_requires(spec: specs.WorkflowSpec, place: report.Place) -> bool:
    good = True
    shared = set(spec.task_defaults.requires)
    for name in spec.task_defaults.requires:
        good &= _check_required(spec, name,
                                place.at('task-defaults', 'requires'))
    for task in spec.tasks.values():
        where = place.at('tasks', task.name, 'requires')
        for name in task.requires:
            if name not in shared:
                good &= _check_required(spec, name, where)
    return good


def _check_required(spec: specs.WorkflowSpec, name: str,
                    place: report.Place) -> bool:
    if name in spec.tasks:
        return True
    place.error('requires.unknown_task',
                f'There is no task called {report.quote(name)}.')
    return False


def _check_cycles(spec: specs.WorkflowSpec, place: report.Place) -> None:
    names = tuple(spec.tasks)
    edges = [[spec.tasks[name].position for name in task.requires]
             for task in spec.tasks.values()]
    for component in reach.components(edges):
        if len(component) > 1:
            members = [names[position] for position in sorted(component)]
            place.at('tasks', members[0], 'requires').error(
                'requires.cycle', 'These tasks require each other, so none '
                f'of them could start: {_some(members)}.')


def _some(names: list[str]) -> str:
    listed = ', '.join(report.quote(name) for name in names[:10])
    more = len(names) - 10
    return listed + (f' and {more} more' if more > 0 else '')
