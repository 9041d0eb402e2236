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
"""What engines answer over RPC. The history of the version is in
:class:`convection.rpc.client.EngineClient`.

Methods run in the threads of the RPC server: they check what can be checked
without the job, put a request into the loop's inbox, and wait for it to be
committed.
"""

import functools
import json
import re
import time
from typing import Any
from typing import Callable

from oslo_db import exception as db_exception
import oslo_messaging

from convection.common import exception
from convection.common import uuids
from convection.db import api
from convection.db import models
from convection.db import types
from convection.engine.core import states
from convection.engine import definitions
from convection.engine import deletion
from convection.engine import loop
from convection.engine import requests
from convection.engine import workflows
from convection.rpc import topics

#: What actions are told of who started the job.
_CALLER = ('user_id', 'user_name', 'project_id', 'project_name', 'roles',
           'user_domain_id', 'project_domain_id')
_ID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')


def _id(noun: str, ref: Any) -> str:
    """Return an id; what has not the form of one names nothing."""
    if not isinstance(ref, str) or not _ID.fullmatch(ref):
        raise exception.NotFound(noun=noun, ref=ref)
    return ref


def _check_lines(**lines: str | None) -> None:
    """Refuse names that no database would keep as they are."""
    for what, line in lines.items():
        if line and (len(line) > models.NAME_LENGTH or line != line.strip()
                     or types.storable(line) != line):
            raise exception.Invalid(
                reason=f'The {what} must have at most {models.NAME_LENGTH} '
                       'characters, none of them NUL, and no blank at its '
                       'ends.')


def _check_kind(kind: str) -> None:
    """Refuse the kinds that would run like a batch, but are none."""
    if kind != 'batch':
        reason = (f'Jobs of the kind "{kind}" cannot be run yet; only those '
                  'of the kind "batch" can.')
        raise exception.Invalid(
            code='job.kind_unsupported', reason=reason,
            locations=[{'message': reason, 'path': 'body.kind'}])


def _database_errors(method: Callable) -> Callable:
    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except db_exception.DBError as error:
            raise exception.Unavailable(
                reason='The database did not answer.') from error
    return wrapped


class EngineEndpoint:
    """Answers for one engine process."""

    target = oslo_messaging.Target(version=topics.ENGINE_VERSION)

    def __init__(self, engine: loop.Engine, database: api.Database,
                 definitions: definitions.Definitions, conf: Any) -> None:
        self._engine = engine
        self._database = database
        self._definitions = definitions
        self._workflows = workflows.Workflows(
            database, conf.engine.max_definition_size)
        self._conf = conf

    # -- definitions --

    @_database_errors
    def create_workflows(self, ctxt: Any, definition: str, namespace: str,
                         scope: str) -> list[dict[str, Any]]:
        """See the client."""
        _check_lines(namespace=namespace)
        return self._workflows.create(ctxt, definition, namespace, scope)

    @_database_errors
    def update_workflows(self, ctxt: Any, definition: str, namespace: str,
                         scope: str | None) -> list[dict[str, Any]]:
        """See the client."""
        _check_lines(namespace=namespace)
        return self._workflows.update(ctxt, definition, namespace, scope)

    @_database_errors
    def delete_workflow(self, ctxt: Any, workflow_id: str) -> None:
        """See the client."""
        self._workflows.delete(ctxt, _id('workflow', workflow_id))

    @_database_errors
    def delete_action(self, ctxt: Any, action_id: str) -> None:
        """See the client."""
        self._workflows.delete_action(ctxt, _id('action', action_id))

    def validate_workflows(self, ctxt: Any,
                           definition: str) -> dict[str, Any]:
        """See the client."""
        return self._workflows.validate(definition)

    # -- jobs --

    @_database_errors
    def create_job(self, ctxt: Any, workflow: str, namespace: str,
                   input: dict[str, Any], params: dict[str, Any],
                   name: str | None, description: str | None, kind: str,
                   priority: int, tags: list[str],
                   idempotency_key: str) -> dict[str, Any]:
        """See the client."""
        _check_kind(kind)
        self._check_size('The input of the job', input, params)
        _check_lines(workflow=workflow, namespace=namespace, name=name,
                     idempotency_key=idempotency_key)
        with self._database.reader():
            # One transaction for both.
            found = self._definitions.find(ctxt.project_id, workflow,
                                           namespace)
            if found is None:
                raise exception.NotFound(noun='workflow', ref=workflow)
            catalogue = self._definitions.catalogue(ctxt.project_id)
        given = self._input(found, input, params)
        now = time.time()
        job = definitions.new_job(found, {
            'id': uuids.new_job_id(now), 'project_id': ctxt.project_id,
            'user_id': ctxt.user_id, 'name': name or found.name,
            'kind': kind, 'description': description, 'input': given,
            'params': params, 'namespace': namespace, 'priority': priority,
            'tags': tags or list(found.spec.tags), 'created_at': now,
            'idempotency_key': idempotency_key,
            'context': {key: getattr(ctxt, key) for key in _CALLER}})
        job.root = job
        job.actions = catalogue
        return self._ask(requests.CreateJob(job=job))

    def _check_size(self, what: str, *parts: Any) -> None:
        size = sum(len(json.dumps(part)) for part in parts)
        if size > self._conf.engine.max_input_size:
            raise exception.TooLarge(
                what=what, size=size, limit=self._conf.engine.max_input_size)

    @staticmethod
    def _input(found: definitions.Definition, given: dict[str, Any],
               params: dict[str, Any]) -> dict[str, Any]:
        try:
            values, unexpected = definitions.check_input(found, given)
            definitions.check_params(found, params)
        except definitions.Refused as error:
            raise exception.InvalidInput(reason=str(error)) from error
        if unexpected:
            declared = ', '.join(i.name for i in found.spec.inputs)
            reason = (f'The workflow "{found.name}" has no input '
                      f'{", ".join(sorted(unexpected))}; its inputs are: '
                      f'{declared or "none"}.')
            raise exception.InvalidInput(reason=reason, locations=[
                {'message': reason, 'path': 'body.input'}])
        return values

    def pause_job(self, ctxt: Any, job_id: str) -> dict[str, Any]:
        """See the client."""
        return self._command(ctxt, job_id, 'pause')

    def resume_job(self, ctxt: Any, job_id: str) -> dict[str, Any]:
        """See the client."""
        return self._command(ctxt, job_id, 'resume')

    def cancel_job(self, ctxt: Any, job_id: str,
                   reason: str | None) -> dict[str, Any]:
        """See the client."""
        return self._command(ctxt, job_id, 'cancel', reason)

    def _command(self, ctxt: Any, job_id: str, command: str,
                 reason: str | None = None) -> dict[str, Any]:
        return self._ask(requests.CommandJob(
            job_id=_id('job', job_id), project_id=ctxt.project_id,
            command=command,
            reason=reason))

    @_database_errors
    def delete_job(self, ctxt: Any, job_id: str) -> None:
        """See the client."""
        deletion.delete_job(self._database, ctxt.project_id,
                            _id('job', job_id))

    def complete_action_run(self, ctxt: Any, action_run_id: str, state: str,
                            result: Any) -> dict[str, Any]:
        """See the client."""
        if state not in states.FINISHED - {states.SKIPPED}:
            raise exception.Invalid(
                reason='An action run ends as SUCCESS, ERROR or CANCELLED.')
        self._check_size('The result', result)
        return self._ask(requests.CompleteActionRun(
            run_id=_id('action run', action_run_id),
            project_id=ctxt.project_id, state=state, result=result))

    def ping(self, ctxt: Any) -> dict[str, Any]:
        """See the client."""
        return {'engine_id': self._engine.id,
                'rpc_version': topics.ENGINE_VERSION}

    def _ask(self, request: requests.Request) -> Any:
        return self._engine.ask(request, self._conf.rpc.timeout)

    # -- casts --

    def report(self, ctxt: Any, message: dict[str, Any]) -> None:
        """Take results from an executor."""
        self._engine.submit(requests.Report(message=message))

    def heartbeat(self, ctxt: Any, message: dict[str, Any]) -> None:
        """Take a sign of life from an executor."""
        self._engine.submit(requests.Heartbeat(message=message))

    def register(self, ctxt: Any, message: dict[str, Any]) -> None:
        """Take the catalogue of an executor."""
        self._engine.submit(requests.Register(message=message))

    def released(self, ctxt: Any, engine_id: str) -> None:
        """Another engine gave up its jobs."""
        if engine_id != self._engine.id:
            self._engine.submit(requests.Released(engine_id=engine_id))
