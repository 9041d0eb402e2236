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
"""The loop: own, step, commit, then act.

One thread runs it and owns the memory of all the engine's jobs. A round:

1. take what is in the inbox, the timers that are due, and the duties of
   ownership (:mod:`convection.engine.ownership`);
2. load the jobs that are asked for and not held;
3. step them in memory (:mod:`convection.engine.batch`), and give waiting
   action runs to executors (:mod:`convection.engine.dispatcher`);
4. save everything in one transaction, which also proves that the jobs are
   still ours;
5. only then answer, send and arm timers.

Nothing leaves the process that is not saved. When nobody knows whether a
commit happened, the jobs are dropped from memory and read again: callers
and executors repeat what was not answered, and every event is idempotent.
"""

import collections
import concurrent.futures
from typing import Any
from typing import Callable
from typing import Protocol

from oslo_db import exception as db_exception
from oslo_log import log as logging

from convection.common import exception
from convection.common import uuids
from convection.engine import batch as batches
from convection.engine.core import events
from convection.engine.core import ids
from convection.engine.core import machine
from convection.engine.core import model
from convection.engine.core import states
from convection.engine import definitions
from convection.engine import dispatcher
from convection.engine import inbox
from convection.engine import loader
from convection.engine import ownership
from convection.engine import requests
from convection.engine import store as stores
from convection.engine import timers
from convection.engine import translate

LOG = logging.getLogger(__name__)

#: Requests in one batch, at most.
BATCH_LIMIT = 1000
#: Seconds before jobs whose commit failed are read again.
RELOAD_AFTER = 1.0

#: Seconds that requests are taken one by one after the database refused
#: data: longer than executors wait before they repeat a report.
CAREFUL_FOR = 30.0

_NO_ANSWER = 'The database did not answer; trying again is safe.'
_NOT_ITS_FAULT = ('The engine gave up what it did, because of another '
                  'request; trying again is safe.')


class Clock(Protocol):
    """Where the loop gets the time from."""

    def time(self) -> float:
        """Return the seconds since the epoch, UTC."""


class Engine:
    """The memory of one engine process and the rounds of its loop.

    :param store: the database; see :class:`convection.engine.store.Store`.
    :param definitions: finds definitions and actions.
    :param executors: an ``ExecutorClient``.
    :param service: host, version and info for the row in ``services``.
    :param settings: the options of the group ``[engine]``.
    :param new_id: makes the engine's id.
    """

    def __init__(self, *, store: stores.Store,
                 definitions: definitions.Definitions, executors: Any,
                 clock: Clock, service: dict[str, Any],
                 settings: Any,
                 new_id: Callable[[], str] = uuids.new_id) -> None:
        self.store = store
        self.definitions = definitions
        self.clock = clock
        self.settings = settings
        self._executors = executors
        self._inbox = inbox.Inbox(clock)
        self._limit = BATCH_LIMIT
        self._careful_until = 0.0
        self._unassigned = False
        self.id = new_id()
        self.jobs: dict[str, model.Job] = {}
        #: Ids of the held jobs by the id of the topmost one.
        self.trees: dict[str, set[str]] = {}
        self.timers = timers.Timers()
        self.dispatcher = dispatcher.Dispatcher(self.id)
        self.ownership = ownership.Ownership(self, service)
        self._again: list[tuple[str, events.Event]] = []
        #: In turn, so that none starves when one thing is taken at a time.
        self._sources = collections.deque(
            (self._take_again, self._take_timers, self._take_requests))

    # -- from other threads --

    def submit(self, request: requests.Request) -> None:
        """Put a request into the inbox."""
        self._inbox.put(request)

    def ask(self, request: requests.Request, timeout: float) -> Any:
        """Put a request into the inbox and wait for its answer.

        :raises Unavailable: none came in time; asking again is safe.
        """
        request.reply = concurrent.futures.Future()
        self.submit(request)
        try:
            return request.reply.result(timeout)
        except concurrent.futures.TimeoutError as error:
            raise exception.Unavailable(
                reason='The engine did not answer in time.') from error

    def stop(self) -> None:
        """Let :meth:`run` end when the inbox is empty."""
        self._inbox.stop()

    # -- the loop's thread --

    def run(self) -> None:
        """Run rounds until :meth:`stop`, then hand the jobs over.

        :raises Superseded: this engine was declared dead; another object
            must begin in its place.
        """
        while True:
            self._inbox.wait(self.next_due)
            if self._inbox.ended:
                break
            self.run_batch()
        self.ownership.release()

    def next_due(self) -> float:
        """Return when the loop has work without a new request."""
        dues = [self.ownership.next_due(), self.timers.next_due(),
                self.dispatcher.next_due()]
        if self._again or self._unassigned:
            dues.append(0.0)
        return min(due for due in dues if due is not None)

    def run_batch(self) -> None:
        """Run one round.

        :raises Superseded: see :meth:`run`.
        """
        now = self.clock.time()
        batch = batches.Batch(now, self.id, self.jobs,
                              self.definitions.find_sub_workflow)
        taken: list[requests.Request] = []
        try:
            self._listen(now)
            self.ownership.attend(batch, now)
            self._gather(batch, taken, now)
            batch.run()
            self._dispatch(batch, now)
            lost = self._save(batch)
            if now >= self._careful_until:
                self._limit = min(BATCH_LIMIT, self._limit * 2)
            self._act(batch, lost, now)
        except ownership.Superseded:
            LOG.warning('Engine %s was declared dead', self.id)
            inbox.refuse(taken)
            self._inbox.close()
            raise
        except (stores.StoreUnavailable, db_exception.DBError) as error:
            LOG.warning('The database failed, jobs are read again: %s',
                        error)
            if not self.ownership.started:
                # There is no taking them up before that.
                taken += self._inbox.take(self._limit)
            self._undo(batch, taken, now, _NO_ANSWER)
        except stores.WriteRefused as error:
            LOG.warning('The database refused a batch of %d jobs: %s',
                        len(batch.touched), error)
            self._isolate(batch, taken, now, str(error))
        except batches.StepFailed as failure:
            self._blame(taken, failure.job.root_job_id)
            self._undo(batch, taken, now, _NOT_ITS_FAULT)
            self._fail(failure.job, 'Internal error; the log of the engine '
                       'has the details.', now)
        except Exception:
            LOG.exception('A batch of %d requests failed', len(taken))
            if len(taken) == 1:
                inbox.refuse(taken, exception.ConvectionException)
            self._careful(now)
            self._undo(batch, taken, now, _NOT_ITS_FAULT)
        self._send(now)

    def _listen(self, now: float) -> None:
        self.dispatcher.listen(self._inbox.take_heard(), now,
                               self.settings.executor_lost_after / 2)

    def _is_raced(self, batch: batches.Batch) -> bool:
        """Whether another engine took the key of a new job meanwhile."""
        keys = [(job.project_id, job.idempotency_key)
                for job in batch.new.values() if job.idempotency_key]
        try:
            return bool(self.store.jobs_by_key(keys))
        except (stores.StoreUnavailable, stores.WriteRefused):
            return False

    def _careful(self, now: float) -> None:
        """Take one thing at a time for a while, to find the faulty one."""
        self._limit = 1
        self._careful_until = now + CAREFUL_FOR

    def _gather(self, batch: batches.Batch, taken: list[requests.Request],
                now: float) -> None:
        """Take what there is to do; one thing at most in careful mode."""
        if self._limit == 1 and (batch.busy or self._unassigned):
            self._unassigned = False
            return
        self._sources.rotate(1)
        for source in self._sources:
            source(batch, taken, now)
            if self._limit == 1 and batch.busy:
                return

    def _take_requests(self, batch: batches.Batch,
                       taken: list[requests.Request], now: float) -> None:
        taken += self._inbox.take(self._limit)
        translate.requests(self, batch, taken)

    def _take_again(self, batch: batches.Batch,
                    taken: list[requests.Request], now: float) -> None:
        again = self._again[:self._limit]
        self._again = self._again[self._limit:]
        for job_id, event in again:
            batch.add(job_id, event)

    def _take_timers(self, batch: batches.Batch,
                     taken: list[requests.Request], now: float) -> None:
        for due, job_id, task_number, name in self.timers.pop_due(
                now, self._limit):
            batch.add(job_id, events.TimerFired(now, task_number, name, due))
        self.timers.tidy(self._timer_is_live)

    def _timer_is_live(self, job_id: str, task_number: int, name: str,
                       due: float) -> bool:
        job = self.jobs.get(job_id)
        task = job.tasks.get(task_number) if job else None
        return task is not None and \
            task.control.get('timers', {}).get(name) == due

    def load(self, roots: list[str], batch: batches.Batch) -> None:
        """Read trees that are ours, and go on where their rows stand.

        A tree that cannot be read, for instance because it was written by
        newer code, holds up no other one.
        """
        for root in roots:
            self.drop(root)
        try:
            jobs, ended = loader.load(self.store, self.definitions, roots)
            calls = [(job, machine.outstanding(job)) for job in jobs]
        except (stores.StoreUnavailable, db_exception.DBError):
            raise
        except Exception:
            if len(roots) == 1:
                LOG.exception('The job %s cannot be loaded', roots[0])
            else:
                for root in roots:
                    self.load([root], batch)
            return
        for job in jobs:
            self.hold(job)
        batch.ended.update(row['id'] for row in ended)
        for job, made in calls:
            batch.touched[job.id] = job
            batch.follow(job, made)
            if job.parent_job_id and job.parent_job_id not in self.jobs:
                # It was told to end in a batch that was not saved.
                batch.add(job.id, events.CancelRequested(
                    batch.at, 'The parent job has ended.'))
        for row in ended:
            run_id = row['parent_run_id']
            batch.add(ids.job_id_of(run_id), events.SubJobCompleted(
                batch.at, run_id, row['state'], row['output'],
                row['state_info']))

    def hold(self, job: model.Job) -> None:
        """Keep a job in memory."""
        self.jobs[job.id] = job
        self.trees.setdefault(job.root_job_id, set()).add(job.id)

    def drop(self, root: str) -> None:
        """Forget a tree and everything that was prepared for it."""
        for job_id in self.trees.pop(root, ()):
            job = self.jobs.pop(job_id, None)
            if job is None:
                continue
            for run in job.runs.values():
                if not run.finished:
                    run_id = job.part_id(run.number)
                    self.dispatcher.drop(run_id)
                    self.dispatcher.finish(run_id, run.executor_id)

    # -- before the commit --

    def _dispatch(self, batch: batches.Batch, now: float) -> None:
        for job, run in batch.runs:
            if run.state == states.WAITING:
                self.dispatcher.enqueue(job, run)
        for job, run in batch.cancels:
            self.dispatcher.drop(job.part_id(run.number))
        if self._limit == 1 and batch.busy:
            batch.runs = []
            self._unassigned = True
            return
        batch.runs = self.dispatcher.assign(now)
        for job, _run in batch.runs:
            batch.touched[job.id] = job

    def _save(self, batch: batches.Batch) -> set[str]:
        write = batch.write()
        if not write.jobs and not write.new_jobs:
            return set()
        return self.store.commit(write, self.id)

    # -- after the commit --

    def _act(self, batch: batches.Batch, lost: set[str],
             now: float) -> None:
        for job in batch.new.values():
            self.hold(job)
        for job_id in lost:
            job = self.jobs.get(job_id)
            if job is not None:
                LOG.info('Job %s belongs to another engine now', job_id)
                self.drop(job.root_job_id)
        batch.answer(self.jobs)
        # A run that was resent may have been given to another since then.
        for job, run in dict.fromkeys(batch.runs + batch.resent):
            if job.id in self.jobs and run.state == states.RUNNING:
                self.dispatcher.send(run.executor_id,
                                     translate.run_message(job, run), now)
        for job, run in batch.cancels:
            if job.id in self.jobs and run.executor_id is not None:
                self.dispatcher.cancel(run.executor_id,
                                       job.part_id(run.number), now)
        for timer in batch.timers:
            self.timers.set(*timer)
        for report, job_ids in batch.reports:
            self._acknowledge(report, job_ids, now)
        self._again.extend(batch.leftover)
        for root in batch.roots():
            self._release_finished(root)

    def _acknowledge(self, report: requests.Report, job_ids: list[str],
                     now: float) -> None:
        whole = report.whole or report
        whole.failed |= any(job_id not in self.jobs for job_id in job_ids)
        number = report.message['seq']
        if number is not None and not whole.failed:
            self.dispatcher.acknowledge(report.message['executor_id'],
                                        number, whole.moved, now)

    def _release_finished(self, root: str) -> None:
        """Forget what has finished: sub-jobs at once, then the tree."""
        members = self.trees.get(root, set())
        for job_id in list(members):
            job = self.jobs.get(job_id)
            if job is None or job.finished:
                members.discard(job_id)
                self.jobs.pop(job_id, None)
        if not members:
            self.trees.pop(root, None)

    def _send(self, now: float) -> None:
        for message in self.dispatcher.messages(now):
            self.send(message)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to an executor."""
        self._executors.dispatch(message)

    def pass_on(self, message: dict[str, Any], engine_id: str) -> None:
        """Send a report to the engine that it is for."""
        self._executors.pass_on(message, engine_id)

    # -- when it went wrong --

    def _blame(self, taken: list[requests.Request], root: str) -> None:
        """Refuse the requests about a tree whose step failed."""
        held = self.trees.get(root, set()) | {root}
        inbox.refuse([request for request in taken
                      if isinstance(request, requests.CreateJob)
                      and request.job.id == root
                      or held.intersection(translate.jobs_of(request))],
                     exception.ConvectionException)

    def _undo(self, batch: batches.Batch, taken: list[requests.Request],
              now: float, reason: str) -> None:
        """Forget what the batch did in memory; the rows tell what is true."""
        for job in batch.new.values():
            self.hold(job)
        for root in batch.roots():
            self.drop(root)
        self.ownership.recount(now + RELOAD_AFTER)
        self._again = [(job_id, event) for job_id, event in self._again
                       if job_id in self.jobs]
        for request in taken:
            if isinstance(request, requests.Report) and request.whole:
                request.whole.failed = True
        inbox.refuse(taken, lambda: exception.Unavailable(reason=reason))

    def _isolate(self, batch: batches.Batch, taken: list[requests.Request],
                 now: float, reason: str) -> None:
        """Find whose data the database refuses: one request at a time."""
        if self._is_raced(batch):
            self._undo(batch, taken, now, _NOT_ITS_FAULT)
            return
        alone = len(batch.roots()) <= 1
        self._careful(now)
        jobs = list(batch.touched.values())
        self._undo(batch, taken, now, _NOT_ITS_FAULT)
        if alone and jobs and jobs[0].root_job_id not in batch.new:
            self._fail(jobs[0], f'The database refused its data: {reason}',
                       now)

    def _fail(self, job: model.Job, reason: str, now: float) -> None:
        """End the tree of a job that cannot go on, from its rows."""
        root = job.root_job_id
        LOG.error('Job %s ends in ERROR: %s', root, reason)
        batch = batches.Batch(now, self.id, self.jobs,
                              self.definitions.find_sub_workflow)
        try:
            self.load([root], batch)
            for job_id in self.trees.get(root, ()):
                failed = self.jobs[job_id]
                batch.touched[job_id] = failed
                batch.follow(failed, machine.abort(failed, reason, now))
            lost = self.store.commit(batch.write(), self.id)
        except Exception:
            LOG.exception('Job %s could not be ended', root)
            self.drop(root)
            self.ownership.recount(now + RELOAD_AFTER)
        else:
            self._act(batch, lost, now)
