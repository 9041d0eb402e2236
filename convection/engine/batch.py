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
"""One round of the loop: events stepped through jobs, before the commit.

A batch is memory only. It steps jobs, follows the effects that stay inside a
tree of jobs (a sub-job's start and end are part of the same transaction as
the parent's step), and gathers what must be written and, after that, done.
"""

import collections
import concurrent.futures
import dataclasses
from typing import Any
from typing import Callable

from oslo_db import exception as db_exception
from oslo_log import log as logging

from convection.common import exception
from convection.engine.core import effects
from convection.engine.core import events
from convection.engine.core import ids
from convection.engine.core import machine
from convection.engine.core import model
from convection.engine.core import states
from convection.engine import definitions
from convection.engine import requests

LOG = logging.getLogger(__name__)

#: Sub-jobs inside sub-jobs; a workflow that calls itself ends here.
MAX_DEPTH = 50
#: Steps in one batch: what exceeds them goes on in the next one.
STEPS_PER_BATCH = 2000


class StepFailed(Exception):
    """The core raised: a defect, which must cost no other job anything."""

    def __init__(self, job: model.Job, cause: Exception) -> None:
        super().__init__(f'{job.id}: {cause!r}')
        self.job = job


@dataclasses.dataclass(slots=True)
class Write:
    """Everything that one commit saves."""

    at: float
    #: Saved jobs that are written or whose parts are: the fence.
    jobs: list[model.Job] = dataclasses.field(default_factory=list)
    new_jobs: list[model.Job] = dataclasses.field(default_factory=list)
    #: What changed, by job.
    changes: list[tuple[model.Job, model.Changes]] = dataclasses.field(
        default_factory=list)
    #: Rows of ``job_events``.
    history: list[dict[str, Any]] = dataclasses.field(default_factory=list)


class Batch:
    """What one round of the loop works on.

    :param held: the jobs in the engine's memory, by id; new sub-jobs are put
        there at once.
    :param find_workflow: finds the definition for a sub-job.
    """

    def __init__(self, at: float, engine_id: str,
                 held: dict[str, model.Job],
                 find_workflow: Callable) -> None:
        self.at = at
        self._engine_id = engine_id
        self._held = held
        self._find_workflow = find_workflow
        self._events: collections.deque = collections.deque()
        #: Ids of all jobs that an event was meant for.
        self._addressed: set[str] = set()
        #: Ids of the jobs that somebody will be told of. The commit must
        #: prove that they are ours even when nothing changed: a former owner
        #: would say of a stale memory that there was nothing to do.
        self._told: set[str] = set()
        #: What did not fit into this batch: (job id, event).
        self.leftover: list[tuple[str, events.Event]] = []
        self.touched: dict[str, model.Job] = {}
        self.new: dict[str, model.Job] = {}
        #: Ids of sub-jobs that have ended, though not for their parents.
        self.ended: set[str] = set()
        self.history: list[dict[str, Any]] = []
        self._steps = 0
        # To be done after the commit:
        self.runs: list[tuple[model.Job, model.ActionRun]] = []
        #: Runs that were sent before, by this engine or an earlier one.
        self.resent: list[tuple[model.Job, model.ActionRun]] = []
        self.cancels: list[tuple[model.Job, model.ActionRun]] = []
        self.timers: list[tuple[str, int, str, float]] = []
        #: Reports, each with the ids of the jobs it was about.
        self.reports: list[tuple[requests.Report, list[str]]] = []
        self._replies: list[
            tuple[concurrent.futures.Future, str, Callable]] = []

    # -- what goes in --

    def create(self, job: model.Job) -> None:
        """Take a new job and start it."""
        job.engine_id = self._engine_id
        job.root_job_id = job.root_job_id or job.id
        self._held[job.id] = job
        self.new[job.id] = job
        self.add(job.id, events.JobStarted(self.at))

    def add(self, job_id: str, event: events.Event) -> None:
        """Take an event for a job."""
        self._addressed.add(job_id)
        self._events.append((job_id, event))

    def reply(self, future: concurrent.futures.Future | None, job_id: str,
              answer: Callable[[], Any]) -> None:
        """Answer a request about a job after the commit.

        :param answer: returns what to answer, or raises it.
        """
        if future is not None:
            self._told.add(job_id)
            self._replies.append((future, job_id, answer))

    def report(self, report: Any, job_ids: list[str]) -> None:
        """Acknowledge a report about these jobs after the commit."""
        self._told.update(job_ids)
        self.reports.append((report, job_ids))

    # -- what is done --

    def run(self) -> None:
        """Step every job with its events, and follow what comes of it.

        :raises StepFailed: the core raised; nothing may be written.
        """
        # What was asked for is answered after this commit: none of it may
        # be left over, only what follows from it.
        limit = max(STEPS_PER_BATCH, len(self._events))
        while self._events:
            job_id, event = self._events.popleft()
            job = self._held.get(job_id)
            if job is None:
                continue
            if self._steps >= limit:
                self.leftover.append((job_id, event))
                continue
            self._steps += 1
            self._step(job, event)

    def _step(self, job: model.Job, event: events.Event) -> None:
        if not job.version and job.started_at is None:
            # Its start was left over by the batch that made it.
            self.new[job.id] = job
            event = self._start_first(job, event)
        self.touched[job.id] = job
        try:
            self.follow(job, machine.step(job, event))
        except db_exception.DBError:
            raise
        except Exception as error:
            LOG.exception('A step of job %s failed on %s', job.id,
                          type(event).__name__)
            raise StepFailed(job, error) from error

    def _start_first(self, job: model.Job,
                     event: events.Event) -> events.Event:
        if isinstance(event, events.JobStarted):
            return event
        self._events.appendleft((job.id, event))
        return events.JobStarted(self.at)

    def follow(self, job: model.Job, made: list[effects.Effect]) -> None:
        """Carry out effects inside memory; keep the others for later."""
        for effect in made:
            _HANDLERS[type(effect)](self, job, effect)

    def _run_action(self, job: model.Job, effect: effects.RunAction) -> None:
        run = job.runs[effect.run_number]
        if run.state == states.WAITING:
            self.runs.append((job, run))
        elif run.executor_id is not None:
            self.resent.append((job, run))

    def _cancel_action(self, job: model.Job,
                       effect: effects.CancelAction) -> None:
        self.cancels.append((job, job.runs[effect.run_number]))

    def _set_timer(self, job: model.Job, effect: effects.SetTimer) -> None:
        self.timers.append((job.id, effect.task_number, effect.name,
                            effect.due))

    def _publish(self, job: model.Job, effect: effects.Publish) -> None:
        job.last_event += 1
        job.touch()
        task_id = None
        if effect.task_number is not None:
            task_id = job.part_id(effect.task_number)
        self.history.append({
            'job_id': job.id, 'number': job.last_event, 'kind': effect.kind,
            'at': effect.at, 'task_id': task_id, 'data': effect.data,
            'project_id': job.project_id})

    def _continue(self, job: model.Job, effect: effects.Continue) -> None:
        self.leftover.append((job.id, events.Continued(self.at)))

    # -- sub-jobs --

    def _start_job(self, job: model.Job, effect: effects.StartJob) -> None:
        run = job.runs[effect.run_number]
        if run.sub_job_id in self._held or run.sub_job_id in self.ended:
            return
        try:
            self.create(self._sub_job(job, run))
        except definitions.Refused as refusal:
            reason = str(refusal)
        except db_exception.DBError:
            raise
        except Exception:
            LOG.exception('The sub-job of %s could not be made', job.id)
            reason = (f'Internal error with the workflow "{run.name}"; the '
                      'log of the engine has the details.')
        else:
            return
        self.add(job.id, events.SubJobRefused(
            self.at, job.part_id(run.number), reason))

    def _sub_job(self, parent: model.Job, run: model.ActionRun) -> model.Job:
        depth = parent.control.get('depth', 0) + 1
        if depth > MAX_DEPTH:
            raise definitions.Refused(
                f'Sub-workflows are nested more than {MAX_DEPTH} deep; '
                f'"{run.name}" was not started.')
        found = self._find_workflow(parent, run.name)
        given, extra = definitions.check_input(found, run.input)
        definitions.check_params(found, extra)
        job = definitions.new_job(found, {
            'id': run.sub_job_id, 'project_id': parent.project_id,
            'user_id': parent.user_id, 'name': found.name,
            'kind': 'batch', 'input': given, 'params': extra,
            'namespace': parent.namespace, 'priority': parent.priority,
            'context': parent.context, 'created_at': self.at,
            'parent_job_id': parent.id,
            'parent_task_id': parent.part_id(run.task_number),
            'parent_run_id': parent.part_id(run.number),
            'root_job_id': parent.root_job_id,
            'control': {'depth': depth}})
        job.root = parent.root
        job.actions = parent.actions
        return job

    def _to_sub_job(self, job: model.Job, effect: Any) -> None:
        sub_job_id = job.runs[effect.run_number].sub_job_id
        if isinstance(effect, effects.CancelJob):
            event = events.CancelRequested(self.at, effect.reason)
        elif isinstance(effect, effects.PauseJob):
            event = events.PauseRequested(self.at, by_parent=True)
        else:
            event = events.ResumeRequested(self.at, by_parent=True,
                                           again=effect.again)
        self.add(sub_job_id, event)

    def _to_parent(self, job: model.Job, effect: Any) -> None:
        run_id = job.parent_run_id
        if run_id is None:
            return
        if isinstance(effect, effects.FinishParentTask):
            event = events.SubJobCompleted(self.at, run_id, effect.state,
                                           effect.output, effect.state_info)
        elif isinstance(effect, effects.PauseParentTask):
            event = events.SubJobPaused(self.at, run_id)
        else:
            event = events.SubJobResumed(self.at, run_id)
        self.add(ids.job_id_of(run_id), event)

    # -- what comes out --

    @property
    def busy(self) -> bool:
        """Whether a job was loaded, or is to take an event."""
        return bool(self.touched or self._addressed)

    def roots(self) -> set[str]:
        """Return the ids of the topmost jobs of all jobs concerned here.

        Those too whose events were not taken yet: when the batch is given
        up, their timers and results are known to the rows alone.
        """
        addressed = (self._held.get(job_id) for job_id in self._addressed)
        return {job.root_job_id for job in self.touched.values()} | {
            job.root_job_id for job in addressed if job is not None}

    def write(self) -> Write:
        """Gather what the commit saves; asks each job once."""
        write = Write(self.at, history=self.history)
        for job in self.touched.values():
            changes = job.take_changes()
            if job.id in self.new:
                write.new_jobs.append(job)
            elif job.id in self._told or any((
                    changes.job, changes.new_tasks, changes.tasks,
                    changes.new_runs, changes.runs)):
                write.jobs.append(job)
            else:
                continue
            write.changes.append((job, changes))
        return write

    def answer(self, held: dict[str, model.Job]) -> None:
        """Settle every reply; only after the commit.

        :param held: the jobs that are still ours after it.
        """
        for future, job_id, answer in self._replies:
            if job_id in self.touched and job_id not in held:
                future.set_exception(exception.Unavailable(
                    reason='The job changed its engine; trying again is '
                           'safe.'))
                continue
            try:
                future.set_result(answer())
            except exception.ConvectionException as refusal:
                future.set_exception(refusal)


_HANDLERS: dict[type, Callable] = {
    effects.RunAction: Batch._run_action,
    effects.CancelAction: Batch._cancel_action,
    effects.StartJob: Batch._start_job,
    effects.CancelJob: Batch._to_sub_job,
    effects.PauseJob: Batch._to_sub_job,
    effects.ResumeJob: Batch._to_sub_job,
    effects.SetTimer: Batch._set_timer,
    effects.Publish: Batch._publish,
    effects.FinishParentTask: Batch._to_parent,
    effects.PauseParentTask: Batch._to_parent,
    effects.ResumeParentTask: Batch._to_parent,
    effects.Continue: Batch._continue,
}
