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
"""Typed clients: how the API, executors and other services call engines.

Importing this module starts nothing and registers no option. Arguments and
answers are JSON values; times are seconds since the epoch.
"""

import random
import time
from typing import Any

from convection.common import exception
from convection.common import uuids
from convection.rpc import topics
from convection.rpc import transport as transports

#: Seconds before a call is tried again; doubled each time, with jitter.
_FIRST_DELAY = 0.2


class EngineClient:
    """Calls the engines.

    History of the methods' version:

    * 1.0: the first.

    :param transport: brings the calls to the engines.
    :param attempts: how often a call that is safe to repeat is tried.
    """

    def __init__(self, transport: transports.Transport,
                 attempts: int = 3) -> None:
        self._transport = transport
        self._attempts = attempts

    # -- definitions --

    def create_workflows(self, ctxt: Any, *, definition: str,
                         namespace: str = '',
                         scope: str = 'private') -> list[dict[str, Any]]:
        """Store every workflow and ad-hoc action of a document.

        :returns: their rows, each with ``noun``: ``workflow`` or ``action``.
        :raises InvalidDefinition: with ``locations``.
        :raises Conflict: one of the names is taken; nothing was stored.
        """
        return self._call(ctxt, 'create_workflows', definition=definition,
                          namespace=namespace, scope=scope)

    def update_workflows(self, ctxt: Any, *, definition: str,
                         namespace: str = '',
                         scope: str | None = None) -> list[dict[str, Any]]:
        """Store a new revision of every workflow and action of a document.

        :param scope: None keeps it as it is.
        :raises NotFound: one of them does not exist; nothing was stored.
        """
        return self._call(ctxt, 'update_workflows', definition=definition,
                          namespace=namespace, scope=scope)

    def delete_workflow(self, ctxt: Any, *, workflow_id: str) -> None:
        """Delete a workflow; jobs that run from it go on.

        :raises NotFound: no such workflow in the caller's project.
        """
        return self._call(ctxt, 'delete_workflow', workflow_id=workflow_id)

    def delete_action(self, ctxt: Any, *, action_id: str) -> None:
        """Delete an ad-hoc action.

        :raises NotFound: no such ad-hoc action in the caller's project.
        """
        return self._call(ctxt, 'delete_action', action_id=action_id)

    def validate_workflows(self, ctxt: Any, *,
                           definition: str) -> dict[str, Any]:
        """Check a document and store nothing.

        :returns: ``valid`` and ``problems``, a list of places.
        """
        return self._repeat(ctxt, 'validate_workflows', definition=definition)

    # -- jobs --

    def create_job(self, ctxt: Any, *, workflow: str, namespace: str = '',
                   input: dict[str, Any] | None = None,
                   params: dict[str, Any] | None = None,
                   name: str | None = None, description: str | None = None,
                   kind: str = 'batch', priority: int = 0,
                   tags: list[str] | None = None,
                   idempotency_key: str | None = None) -> dict[str, Any]:
        """Start a job; it is saved when this returns.

        :param workflow: id or name.
        :param idempotency_key: a job of the same project that was started
            with the same key is returned instead of a new one. Without one,
            a key is made here, so that trying again is safe.
        :raises NotFound: no such workflow.
        :raises InvalidInput: the input does not fit the workflow.
        """
        return self._repeat(
            ctxt, 'create_job', workflow=workflow, namespace=namespace,
            input=input or {}, params=params or {}, name=name,
            description=description, kind=kind, priority=priority,
            tags=tags or [],
            idempotency_key=idempotency_key or uuids.new_id())

    def pause_job(self, ctxt: Any, *, job_id: str) -> dict[str, Any]:
        """Start nothing new in a job until it is resumed.

        :raises Conflict: the job has finished.
        """
        return self._repeat(ctxt, 'pause_job', job_id=job_id)

    def resume_job(self, ctxt: Any, *, job_id: str) -> dict[str, Any]:
        """Let a paused job go on.

        :raises Conflict: the job has finished.
        """
        return self._repeat(ctxt, 'resume_job', job_id=job_id)

    def cancel_job(self, ctxt: Any, *, job_id: str,
                   reason: str | None = None) -> dict[str, Any]:
        """Stop a job and the actions it runs.

        :raises Conflict: the job has finished otherwise.
        """
        return self._repeat(ctxt, 'cancel_job', job_id=job_id, reason=reason)

    def delete_job(self, ctxt: Any, *, job_id: str) -> None:
        """Delete a finished job with its tasks and its sub-jobs.

        :raises Conflict: the job has not finished.
        """
        return self._call(ctxt, 'delete_job', job_id=job_id)

    def complete_action_run(self, ctxt: Any, *, action_run_id: str,
                            state: str, result: Any = None) -> dict[str, Any]:
        """Give the result of an asynchronous action.

        :param state: SUCCESS, ERROR or CANCELLED.
        :raises Conflict: the action run has finished already.
        """
        return self._repeat(ctxt, 'complete_action_run',
                            action_run_id=action_run_id, state=state,
                            result=result)

    def ping(self, ctxt: Any) -> dict[str, Any]:
        """Ask any engine who it is and which version it speaks."""
        return self._repeat(ctxt, 'ping')

    # -- from executors: casts, repeated until acknowledged --

    def report(self, message: dict[str, Any],
               engine_id: str | None = None) -> None:
        """Send results to one engine, or to any."""
        self._transport.cast(topics.ENGINE, 'report', {'message': message},
                             server=engine_id)

    def heartbeat(self, message: dict[str, Any]) -> None:
        """Tell every engine that this executor lives."""
        self._transport.cast(topics.ENGINE, 'heartbeat',
                             {'message': message}, fanout=True)

    def register(self, message: dict[str, Any]) -> None:
        """Tell every engine which actions this executor offers."""
        self._transport.cast(topics.ENGINE, 'register',
                             {'message': message}, fanout=True)

    def released(self, engine_id: str) -> None:
        """Tell every engine that one gave up its jobs."""
        self._transport.cast(topics.ENGINE, 'released',
                             {'engine_id': engine_id}, fanout=True)

    # -- how --

    def _call(self, ctxt: Any, method: str, server: str | None = None,
              **arguments: Any) -> Any:
        return self._transport.call(topics.ENGINE, method, ctxt, arguments,
                                    server=server)

    def _repeat(self, ctxt: Any, method: str, **arguments: Any) -> Any:
        """Call until an answer comes; go to the owner when told of one."""
        server = None
        delay = _FIRST_DELAY
        for attempt in range(1, self._attempts + 1):
            try:
                return self._call(ctxt, method, server, **arguments)
            except exception.NotOwner as error:
                server = error.kwargs['engine_id']
                if attempt == self._attempts:
                    raise
            except exception.Unavailable:
                server = None
                if attempt == self._attempts:
                    raise
                # The jitter only spreads callers; nothing secret about it.
                time.sleep(delay * random.uniform(0.5, 1.5))  # nosec B311
                delay *= 2


class ExecutorClient:
    """What engines send: work to executors, and their reports to owners.

    History of the methods' version:

    * 1.0: the first.
    """

    def __init__(self, transport: transports.Transport) -> None:
        self._transport = transport

    def dispatch(self, message: dict[str, Any]) -> None:
        """Send action runs, cancels and acknowledgements to one executor."""
        self._transport.cast(topics.EXECUTOR, 'dispatch',
                             {'message': message},
                             server=message['executor_id'])

    def pass_on(self, message: dict[str, Any], engine_id: str) -> None:
        """Send a report to the engine that owns the jobs it is about."""
        self._transport.cast(topics.ENGINE, 'report', {'message': message},
                             server=engine_id)
