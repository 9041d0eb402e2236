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
"""Jobs: runs of workflows."""

from collections.abc import Callable
from collections.abc import Iterator
import time
from typing import Any
import uuid

from convectionclient import exceptions
from convectionclient.v1 import base
from convectionclient.v1 import tasks as v1_tasks

#: A job in one of these states has ended.
FINISHED = frozenset({'SUCCESS', 'ERROR', 'CANCELLED'})

#: Seconds that the server may hold a request for events.
LONG_POLL = 20

#: Seconds to go on when the service is away in the middle of a wait.
PATIENCE = 120

#: Seconds before asking again when the server would not hold the request.
PAUSE = 1

#: How deep the cause of an error is looked for in sub-jobs.
MAX_DEPTH = 20


class Job(base.Resource):
    """One run of one revision of a workflow."""

    @property
    def finished(self) -> bool:
        """Whether it came to its end."""
        return self.state in FINISHED


class Event(base.Resource):
    """Something that happened in a job: ``number``, ``kind``, ``at``."""

    @property
    def subject(self) -> str | None:
        """The name of the task that it is about, None for the job."""
        return (self.get('data') or {}).get('name')


class JobManager(base.Manager):
    """``/v1/jobs``."""

    collection = 'jobs'
    resource_class = Job

    def create(self, workflow: str, *, input: dict[str, Any] | None = None,
               params: dict[str, Any] | None = None,
               env: dict[str, Any] | None = None,
               name: str | None = None, description: str | None = None,
               namespace: str | None = None, kind: str | None = None,
               priority: int | None = None,
               tags: list[str] | None = None,
               idempotency_key: str | None = None) -> Job:
        """Start a job.

        The same ``idempotency_key`` gives the same job; one is made up when
        none is given, so that this call may safely be repeated below.

        :param workflow: id or name.
        :param params: start parameters, like ``task_name``.
        :param env: the environment, for the function ``env()``.
        :param kind: batch, service or timed.
        """
        wanted = {'workflow': workflow, 'input': input, 'params': params,
                  'env': env, 'name': name, 'description': description,
                  'namespace': namespace, 'kind': kind, 'priority': priority,
                  'tags': tags,
                  'idempotency_key': idempotency_key or str(uuid.uuid4())}
        body = {k: v for k, v in wanted.items() if v is not None}
        return self._resource(self._http.send_json(
            'POST', self._path(), body, connect_retries=2))

    def delete(self, ref: str) -> None:
        """Delete a job that has ended, with its tasks.

        :param ref: id or name.
        """
        self._http.delete(self._path(ref))

    def pause(self, ref: str) -> Job:
        """Start no new tasks until ``resume``."""
        return self._ask(ref, 'pause')

    def resume(self, ref: str) -> Job:
        """Go on after a pause."""
        return self._ask(ref, 'resume')

    def cancel(self, ref: str, reason: str | None = None) -> Job:
        """End a job; what runs is stopped on the executors.

        :param reason: kept in the job's ``state_info``.
        """
        return self._ask(ref, 'cancel',
                         {'reason': reason} if reason else {})

    def tasks(self, ref: str, *, limit: int | None = None,
              **filters: Any) -> Iterator[v1_tasks.Task]:
        """Yield the tasks of a job, in the order in which they were made.

        :param filters: fields with the values they must have.
        """
        for found in self._pages(self._path(ref, 'tasks'), 'tasks', limit,
                                 **filters):
            yield v1_tasks.Task(self, found.to_dict())

    def events(self, ref: str, *, since: int = 0, wait: float | None = None,
               timeout: float | None = None) -> Iterator[Event]:
        """Yield the events of a job in order.

        A service that goes away while a job is followed is waited for.

        :param since: the number of the last event already known.
        :param wait: None to stop at the last event there is; else follow
            the job to its end, the server holding each request for up to
            so many seconds.
        :param timeout: follow for at most so many seconds.
        """
        if wait is not None:
            yield from _Follower(self, ref, since, wait, timeout).events()
            return
        while batch := self._event_batch(ref, since, None):
            yield from batch
            since = batch[-1].number

    def wait(self, ref: str, *, timeout: float | None = None,
             on_event: Callable[[Event], Any] | None = None) -> Job:
        """Follow a job to its end and return it.

        :param ref: id or name.
        :param timeout: seconds; None for as long as it takes.
        :param on_event: called with each event as it happens.
        :raises convectionclient.exceptions.WaitTimeout: it has not ended in
            time; it goes on.
        """
        job = self.get(ref)
        for event in self.events(job.id, wait=LONG_POLL, timeout=timeout):
            if on_event is not None:
                on_event(event)
        job = self.get(job.id)
        if not job.finished:
            raise exceptions.WaitTimeout(job, timeout or 0)
        return job

    def root_cause(self, job: Job) -> list[v1_tasks.Task]:
        """Find why a job ended in ERROR.

        :return: the failed task of the job, then that of its sub-job, and
            so on down to the one that failed first-hand; empty when no task
            failed.
        """
        found: list[v1_tasks.Task] = []
        ref: str | None = job.id
        while ref is not None and len(found) < MAX_DEPTH:
            failed = [task for task in self.tasks(ref, state='ERROR')
                      if not task.get('error_handled')]
            if not failed:
                break
            # Lists leave the result out, and it may tell more.
            whole = v1_tasks.TaskManager(self._http).get(failed[0].id)
            found.append(whole)
            ref = self._failed_sub_job(failed[0])
        return found

    def _failed_sub_job(self, task: v1_tasks.Task) -> str | None:
        if task.get('kind') == 'action':
            return None
        children = self.list(parent_task_id=task.id, state='ERROR', limit=1)
        return next((child.id for child in children), None)

    def _ask(self, ref: str, verb: str,
             body: dict[str, Any] | None = None) -> Job:
        return self._resource(self._http.send_json(
            'POST', self._path(ref, verb), body or {}))

    def _event_batch(self, ref: str, since: int,
                     wait: float | None) -> list[Event]:
        query: dict[str, Any] = {'since': since}
        if wait is not None:
            query['wait'] = int(wait)
        body = self._http.get_json(self._path(ref, 'events'), params=query,
                                   timeout=(wait or 0) + 60)
        return [Event(self, fields) for fields in body['events']]


class _Follower:
    """Follows a job's events until it ends or the time is up."""

    def __init__(self, manager: JobManager, ref: str, since: int,
                 wait: float, timeout: float | None) -> None:
        self._manager = manager
        self._ref = ref
        self._since = since
        self._wait = wait
        self._end = None if timeout is None else time.monotonic() + timeout
        self._away_since: float | None = None

    def events(self) -> Iterator[Event]:
        """Yield events; return when the job ended or time is up."""
        # The first request is not held: the job may have ended long ago.
        held = False
        while (wait := self._next_wait()) > 0:
            asked = time.monotonic()
            try:
                batch = self._manager._event_batch(
                    self._ref, self._since, wait if held else 0)
                self._away_since = None
                ended = self._ended(batch)
            except (exceptions.ConnectionFailed,
                    exceptions.Unavailable) as error:
                self._be_patient(error)
                continue
            for event in batch:
                self._since = event.number
                yield event
            if ended:
                return
            # A server that has too many of us answers at once.
            if held and not batch and time.monotonic() - asked < PAUSE:
                time.sleep(PAUSE)
            held = True

    def _next_wait(self) -> float:
        """Return how long the next request may be held; 0 at the end."""
        if self._end is None:
            return self._wait
        left = self._end - time.monotonic()
        return min(self._wait, max(1, left)) if left > 0 else 0

    def _ended(self, batch: list[Event]) -> bool:
        # An empty answer may mean that the job ended before we came and
        # its last event is already known.
        if not batch:
            return self._manager.get(self._ref).finished
        return any(event.kind == 'job.finished' for event in batch)

    def _be_patient(self, error: Exception) -> None:
        now = time.monotonic()
        self._away_since = self._away_since or now
        if now - self._away_since > PATIENCE:
            raise error
        time.sleep(PAUSE)
