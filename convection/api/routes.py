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
"""Every operation there is: one table, read by the router, by the schema
checks and by the OpenAPI document.

A path's variable parts stand in braces; a literal part is preferred to a
variable one. Each rule is enforced by the handler, with the thing that it
found as the target; an operation without a rule is open to everybody.
"""

import dataclasses
import functools
from typing import Any, Callable

from convection.api import errors
from convection.api.schemas import action_runs
from convection.api.schemas import actions
from convection.api.schemas import jobs
from convection.api.schemas import parts
from convection.api.schemas import services
from convection.api.schemas import tasks
from convection.api.schemas import workflows
from convection.api import validation
from convection.common import exception


@dataclasses.dataclass(frozen=True)
class Route:
    """One operation."""

    method: str
    path: str
    #: Name of the controller and of its method.
    controller: str
    handler: str
    #: The policy; None for everybody.
    rule: str | None
    summary: str
    #: Schema of the answer; None when there is no body.
    answer: dict[str, Any] | None
    query: dict[str, Any] = dataclasses.field(default_factory=parts.no_query)
    #: Schema of the body; None when a body is not looked at.
    body: dict[str, Any] | None = None
    status: int = 200
    #: The body may be a YAML document instead of JSON.
    takes_yaml: bool = False

    @functools.cached_property
    def check_body(self) -> Callable[[Any], None]:
        """Raise Invalid for a body that does not fit."""
        return validation.compile(self.body, 'body')

    @functools.cached_property
    def check_query(self) -> Callable[[Any], None]:
        """Raise Invalid for a query that does not fit."""
        return validation.compile(self.query, 'query')


_PAGE_OF = parts.collection
_ONE_JOB = parts.obj(parts.all_projects())

ROUTES = (
    Route('GET', '/', 'root', 'versions', None, 'List the versions.',
          parts.resource({})),
    Route('GET', '/v1', 'root', 'version', None, 'Show version 1.',
          parts.resource({})),
    Route('GET', '/v1/openapi.json', 'root', 'openapi', None,
          'Show the OpenAPI document.', parts.resource({})),

    Route('GET', '/v1/workflows', 'workflows', 'list_', 'workflows:list',
          'List workflows.', _PAGE_OF('workflows', workflows.WORKFLOW),
          workflows.LIST_QUERY),
    Route('POST', '/v1/workflows', 'workflows', 'create',
          'workflows:create', 'Store the workflows of a document.',
          workflows.STORED, workflows.DOCUMENT_QUERY,
          workflows.DOCUMENT_BODY, status=201, takes_yaml=True),
    Route('PUT', '/v1/workflows', 'workflows', 'update',
          'workflows:update', 'Store new revisions of the workflows of a '
          'document.', workflows.STORED, workflows.DOCUMENT_QUERY,
          workflows.DOCUMENT_BODY, takes_yaml=True),
    Route('POST', '/v1/workflows/validate', 'workflows', 'validate',
          'workflows:validate', 'Check a document.', workflows.VALIDATED,
          body=workflows.VALIDATE_BODY, takes_yaml=True),
    Route('GET', '/v1/workflows/{workflow}', 'workflows', 'get',
          'workflows:get', 'Show a workflow.', workflows.WORKFLOW,
          workflows.SHOW_QUERY),
    Route('DELETE', '/v1/workflows/{workflow}', 'workflows', 'delete',
          'workflows:delete', 'Delete a workflow.', None,
          actions.DELETE_QUERY, status=204),
    Route('GET', '/v1/workflows/{workflow}/revisions', 'workflows',
          'list_revisions', 'workflows:get', 'List the revisions of a '
          'workflow.', _PAGE_OF('revisions', workflows.REVISION),
          workflows.REVISIONS_QUERY),
    Route('GET', '/v1/workflows/{workflow}/revisions/{revision}',
          'workflows', 'get_revision', 'workflows:get',
          'Show a revision of a workflow.', workflows.REVISION,
          workflows.REVISION_QUERY),

    Route('GET', '/v1/jobs', 'jobs', 'list_', 'jobs:list', 'List jobs.',
          _PAGE_OF('jobs', jobs.JOB), jobs.LIST_QUERY),
    Route('POST', '/v1/jobs', 'jobs', 'create', 'jobs:create',
          'Start a job.', jobs.JOB, body=jobs.CREATE_BODY, status=201),
    Route('GET', '/v1/jobs/{job}', 'jobs', 'get', 'jobs:get', 'Show a job.',
          jobs.JOB, jobs.SHOW_QUERY),
    Route('DELETE', '/v1/jobs/{job}', 'jobs', 'delete', 'jobs:delete',
          'Delete a finished job and its history.', None, _ONE_JOB,
          status=204),
    Route('POST', '/v1/jobs/{job}/pause', 'jobs', 'pause', 'jobs:pause',
          'Start nothing new in a job.', jobs.JOB, _ONE_JOB, jobs.NO_BODY),
    Route('POST', '/v1/jobs/{job}/resume', 'jobs', 'resume', 'jobs:resume',
          'Let a paused job go on.', jobs.JOB, _ONE_JOB, jobs.NO_BODY),
    Route('POST', '/v1/jobs/{job}/cancel', 'jobs', 'cancel', 'jobs:cancel',
          'Stop a job and what it runs.', jobs.JOB, _ONE_JOB,
          jobs.CANCEL_BODY),
    Route('GET', '/v1/jobs/{job}/tasks', 'tasks', 'list_of_job', 'jobs:get',
          'List the tasks of a job.', _PAGE_OF('tasks', tasks.TASK),
          tasks.OF_JOB_QUERY),
    Route('GET', '/v1/jobs/{job}/events', 'events', 'list_', 'jobs:get',
          'List what happened in a job, or wait for it.',
          _PAGE_OF('events', jobs.EVENT), jobs.EVENTS_QUERY),

    Route('GET', '/v1/tasks', 'tasks', 'list_', 'tasks:list', 'List tasks.',
          _PAGE_OF('tasks', tasks.TASK), tasks.LIST_QUERY),
    Route('GET', '/v1/tasks/{task}', 'tasks', 'get', 'tasks:get',
          'Show a task.', tasks.TASK, tasks.SHOW_QUERY),
    Route('GET', '/v1/tasks/{task}/action-runs', 'action_runs',
          'list_of_task', 'tasks:get', 'List the action runs of a task.',
          _PAGE_OF('action_runs', action_runs.ACTION_RUN),
          action_runs.OF_TASK_QUERY),

    Route('GET', '/v1/action-runs', 'action_runs', 'list_',
          'action_runs:list', 'List action runs.',
          _PAGE_OF('action_runs', action_runs.ACTION_RUN),
          action_runs.LIST_QUERY),
    Route('GET', '/v1/action-runs/{action_run}', 'action_runs', 'get',
          'action_runs:get', 'Show an action run.', action_runs.ACTION_RUN,
          action_runs.SHOW_QUERY),
    Route('POST', '/v1/action-runs/{action_run}/complete', 'action_runs',
          'complete', 'action_runs:complete', 'Give the result of an '
          'asynchronous action.', action_runs.ACTION_RUN, _ONE_JOB,
          action_runs.COMPLETE_BODY),

    Route('GET', '/v1/actions', 'actions', 'list_', 'actions:list',
          'List actions.', _PAGE_OF('actions', actions.ACTION),
          actions.LIST_QUERY),
    Route('GET', '/v1/actions/{action}', 'actions', 'get', 'actions:get',
          'Show an action.', actions.ACTION, actions.SHOW_QUERY),
    Route('DELETE', '/v1/actions/{action}', 'actions', 'delete',
          'actions:delete', 'Delete an ad-hoc action.', None,
          actions.DELETE_QUERY, status=204),

    Route('GET', '/v1/services', 'services', 'list_', 'services:list',
          'List the processes of the service.',
          _PAGE_OF('services', services.SERVICE), services.LIST_QUERY),
    Route('GET', '/v1/services/{service}', 'services', 'get',
          'services:get', 'Show a process of the service.',
          services.SERVICE, services.SHOW_QUERY),
)


class _Node:
    """What follows a part of a path."""

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.methods: dict[str, Route] = {}


class Router:
    """Finds the route of a request."""

    def __init__(self, table: tuple[Route, ...] = ROUTES) -> None:
        self._root = _Node()
        for route in table:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in _parts(route.path):
            if part.startswith('{'):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literals.setdefault(part, _Node())
        node.methods[route.method] = route
        if route.method == 'GET':
            # The server leaves the body out of the answer.
            node.methods['HEAD'] = route

    def find(self, method: str, path: str) -> tuple[Route, list[str]]:
        """Return the route and the values of its variables.

        :raises NotFound: there is no such path.
        :raises MethodNotAllowed: there is, with other methods.
        """
        found = self._ends(self._root, _parts(path), [])
        if not found:
            raise exception.NotFound(
                'There is nothing at this path.', code='request.not_found')
        for node, values in found:
            if method in node.methods:
                return node.methods[method], values
        allowed = sorted({name for node, _ in found for name in node.methods})
        raise errors.MethodNotAllowed(method=method[:20],
                                      allowed=', '.join(allowed))

    def _ends(self, node: _Node, parts_left: list[str], values: list[str]
              ) -> list[tuple[_Node, list[str]]]:
        """List where a path may end, the preferred one first."""
        if not parts_left:
            return [(node, values)] if node.methods else []
        part, rest = parts_left[0], parts_left[1:]
        found = []
        if part in node.literals:
            found += self._ends(node.literals[part], rest, values)
        if node.variable and part:
            found += self._ends(node.variable, rest, [*values, part])
        return found


def _parts(path: str) -> list[str]:
    # A slash at the end makes no difference.
    stripped = path.strip('/')
    return stripped.split('/') if stripped else []
