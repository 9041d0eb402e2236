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
"""Requests from outside become events for jobs, answers become messages."""

from typing import Any

from oslo_log import log as logging

from convection.common import exception
from convection.engine import batch as batches
from convection.engine.core import events
from convection.engine.core import ids
from convection.engine.core import model
from convection.engine.core import states
from convection.engine import records
from convection.engine import requests as asked

LOG = logging.getLogger(__name__)

_COMMANDS = {'pause': events.PauseRequested,
             'resume': events.ResumeRequested}


def run_message(job: model.Job, run: model.ActionRun) -> dict[str, Any]:
    """Return what an executor is told of an action run."""
    task = job.tasks[run.task_number]
    run_id = job.part_id(run.number)
    return {
        'id': run_id, 'job_id': job.id,
        'task_id': job.part_id(run.task_number), 'task_name': task.name,
        'workflow_name': job.workflow_name, 'job_name': job.name,
        'project_id': job.project_id, 'user_id': job.user_id,
        'action': run.name, 'input': run.input, 'timeout': run.timeout,
        'asynchronous': run.asynchronous, 'attempt': run.attempt,
        'context': job.context,
        'callback_url': f'/v1/action-runs/{run_id}/complete'}


def requests(engine: Any, batch: batches.Batch,
             taken: list[asked.Request]) -> None:
    """Put what was asked into the batch, loading the jobs it needs."""
    elsewhere = _find_jobs(engine, batch, taken)
    created = _known_keys(engine, taken)
    for request in taken:
        if isinstance(request, asked.CreateJob):
            _create(batch, request, created)
        else:
            _HANDLERS[type(request)](engine, batch, request, elsewhere)


# -- finding the jobs --

def _find_jobs(engine: Any, batch: batches.Batch,
               taken: list[asked.Request]) -> dict[str, Any]:
    """Make sure that the jobs asked for are held, if they can be ours.

    :returns: the locations of those that are not, by id; an id that is in
        neither place is unknown.
    """
    wanted: dict[str, None] = {}
    for request in taken:
        wanted.update(dict.fromkeys(jobs_of(request)))
        if isinstance(request, asked.Heartbeat):
            wanted.update((ids.job_id_of(run_id), None) for run_id
                          in _minded(engine, request.message))
    missing = [job_id for job_id in wanted if job_id not in engine.jobs]
    if not missing:
        return {}
    silent_after = engine.settings.takeover_after
    found = engine.store.locate(missing, silent_after)
    orphaned = {place.root_job_id for place in found.values()
                if place.state not in states.FINISHED and
                place.engine_id != engine.id and not place.owner_alive}
    roots = {place.root_job_id for place in found.values()
             if place.state not in states.FINISHED and
             place.engine_id == engine.id}
    if orphaned:
        roots.update(engine.store.claim(engine.id, silent_after,
                                        len(orphaned), sorted(orphaned)))
    if roots:
        engine.load(sorted(roots), batch)
    return found


def jobs_of(request: asked.Request) -> list[str]:
    """Return the ids of the jobs that a request is about."""
    if isinstance(request, asked.CommandJob):
        return [request.job_id]
    if isinstance(request, asked.CompleteActionRun):
        return [ids.job_id_of(request.run_id)]
    if isinstance(request, asked.Report):
        message = request.message
        return [ids.job_id_of(result['id']) for result in message['results']
                ] + [ids.job_id_of(run_id) for run_id in message['refused']]
    return []


def _known_keys(engine: Any, taken: list[asked.Request]) -> dict:
    return engine.store.jobs_by_key([
        (request.job.project_id, request.job.idempotency_key)
        for request in taken if isinstance(request, asked.CreateJob)
        and request.job.idempotency_key])


# -- from users --

def _create(batch: batches.Batch, request: asked.CreateJob,
            created: dict) -> None:
    job = request.job
    key = (job.project_id, job.idempotency_key)
    if job.idempotency_key and key in created:
        known = created[key]
        if known['workflow_id'] != job.workflow_id:
            _refuse(request, exception.Conflict(
                code='job.idempotency_key_used',
                reason='Another workflow was started with the idempotency '
                       f'key "{job.idempotency_key}".'))
            return
        batch.reply(request.reply, known.get('id'), lambda: known)
        return
    batch.create(job)
    row = {'id': job.id, 'workflow_id': job.workflow_id}
    if job.idempotency_key:
        created[key] = row

    def answer() -> dict[str, Any]:
        row.update(records.job_row(job, batch.at))
        return row

    batch.reply(request.reply, job.id, answer)


def _refuse(request: asked.Request, error: Exception) -> None:
    if request.reply is not None:
        request.reply.set_exception(error)


def _held(engine: Any, request: Any, job_id: str, elsewhere: dict,
          noun: str, reference: str) -> model.Job | None:
    """Return the job when it is held; else refuse the request."""
    job = engine.jobs.get(job_id)
    if job is not None and job.project_id == request.project_id:
        return job
    place = elsewhere.get(job_id)
    if place is None or place.project_id != request.project_id:
        _refuse(request, exception.NotFound(noun=noun, ref=reference))
    elif place.state in states.FINISHED:
        _refuse_finished(engine, request, job_id)
    elif place.owner_alive:
        _refuse(request, exception.NotOwner(engine_id=place.engine_id))
    else:
        _refuse(request, exception.Unavailable(
            reason='The job changes its engine; trying again is safe.'))
    return None


def _refuse_finished(engine: Any, request: Any, job_id: str) -> None:
    if isinstance(request, asked.CommandJob):
        try:
            request.reply.set_result(
                _commanded(request, engine.store.job(job_id)))
        except exception.Conflict as refusal:
            _refuse(request, refusal)
        return
    row = engine.store.action_run(request.run_id)
    if row is None:
        _refuse(request, exception.NotFound(noun='action run',
                                            ref=request.run_id))
    else:
        _refuse_completed(request, row)


def _refuse_completed(request: asked.CompleteActionRun,
                      row: dict[str, Any]) -> None:
    try:
        request.reply.set_result(_completed(request, row))
    except exception.Conflict as refusal:
        _refuse(request, refusal)


def _completed(request: asked.CompleteActionRun,
               row: dict[str, Any]) -> dict[str, Any]:
    """Return the row when it is what was asked for, or was asked before.

    :raises Conflict: the run has ended otherwise.
    """
    if row['state'] == request.state and (
            row['result'] == request.result or row['adhoc']
            or request.state != states.SUCCESS):
        return row
    raise exception.Conflict(
        code='action_run.finished',
        reason=f'The action run has finished: it is {row["state"]}.')


def _command(engine: Any, batch: batches.Batch, request: asked.CommandJob,
             elsewhere: dict) -> None:
    job = _held(engine, request, request.job_id, elsewhere, 'job',
                request.job_id)
    if job is None:
        return
    if request.command == 'cancel':
        event = events.CancelRequested(batch.at, request.reason)
    else:
        event = _COMMANDS[request.command](batch.at)
    batch.add(job.id, event)

    def answer() -> dict[str, Any]:
        row = records.job_row(job, batch.at)
        # Going on may have been all that the job needed to end.
        return row if request.command == 'resume' else _commanded(
            request, row)

    batch.reply(request.reply, job.id, answer)


def _commanded(request: asked.CommandJob,
               row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a job that the command could still reach.

    :raises Conflict: the job has finished, by something before it.
    """
    if row['state'] not in states.FINISHED or (
            request.command == 'cancel' and
            row['state'] == states.CANCELLED):
        return row
    raise exception.Conflict(
        code='job.finished',
        reason=f'The job has finished: it is {row["state"]}.')


def _complete(engine: Any, batch: batches.Batch,
              request: asked.CompleteActionRun, elsewhere: dict) -> None:
    job = _held(engine, request, ids.job_id_of(request.run_id), elsewhere,
                'action run', request.run_id)
    if job is None:
        return
    run = _run_of(job, request.run_id)
    if run is None:
        _refuse(request, exception.NotFound(noun='action run',
                                            ref=request.run_id))
        return
    if run.finished:
        _refuse_completed(request, records.action_run_row(job, run, batch.at))
        return
    if run.kind != 'action' or not run.asynchronous:
        _refuse(request, exception.Conflict(
            code='action_run.not_asynchronous',
            reason=f'The {run.kind} {run.name} ends by itself; only an '
                   'asynchronous action is completed by a call.'))
        return
    error = None
    if request.state == states.ERROR:
        error = f'The action {run.name} was completed with an error.'
    batch.add(job.id, events.ActionCompleted(
        batch.at, request.run_id, request.state, request.result, error))
    batch.reply(request.reply, job.id, lambda: _completed(
        request, records.action_run_row(job, run, batch.at)))


# -- from executors --

def _report(engine: Any, batch: batches.Batch, request: asked.Report,
            elsewhere: dict) -> None:
    message = request.message
    executor_id = message['executor_id']
    executor = engine.dispatcher.executor(executor_id, batch.at)
    if executor.dead:
        return
    executor.heard_at = batch.at
    executor.credits = message['credits']
    if message['engine_id'] == engine.id:
        # Each engine numbers its own messages.
        executor.outbox.acknowledge(message['acks'])
    whole = request.whole or request
    job_ids = []
    for result in message['results']:
        job_id = ids.job_id_of(result['id'])
        engine.dispatcher.finish(result['id'], executor_id)
        if job_id in engine.jobs:
            job_ids.append(job_id)
            _result(engine, batch, executor_id, result)
        else:
            whole.failed |= not _not_here(
                result['id'], elsewhere.get(job_id), whole.moved)
    for run_id in message['refused']:
        _requeue(engine, batch, executor_id, run_id)
    if message['engine_id'] is None:
        _pass_on(engine, message, elsewhere)
    batch.report(request, job_ids)


def _pass_on(engine: Any, message: dict[str, Any],
             elsewhere: dict) -> None:
    """Bring what is about jobs of other engines to them.

    An executor that ends says it once, to any engine, and cannot be told to
    say it again to another.
    """
    parts: dict[str, dict[str, Any]] = {}
    for key, value, run_id in (
            *(('results', each, each['id']) for each in message['results']),
            *(('refused', each, each) for each in message['refused'])):
        job_id = ids.job_id_of(run_id)
        place = elsewhere.get(job_id)
        if job_id in engine.jobs or place is None or not place.owner_alive:
            continue
        part = parts.setdefault(place.engine_id, {
            **message, 'engine_id': place.engine_id, 'seq': None, 'acks': [],
            'results': [], 'refused': []})
        part[key].append(value)
    for engine_id, part in parts.items():
        engine.pass_on(part, engine_id)


def _not_here(run_id: str, place: Any, moved: dict[str, str]) -> bool:
    """Say whether nothing is left to do here about a run's result."""
    if place is None or place.state in states.FINISHED:
        return True
    if place.owner_alive:
        moved[run_id] = place.engine_id
        return True
    return False


def _result(engine: Any, batch: batches.Batch, executor_id: str,
            result: dict[str, Any]) -> None:
    job = engine.jobs[ids.job_id_of(result['id'])]
    batch.add(job.id, events.ActionCompleted(
        batch.at, result['id'], result['state'], result['result'],
        result['error'], executor_id))


def _requeue(engine: Any, batch: batches.Batch, executor_id: str,
             run_id: str) -> None:
    """Let a run that its executor never took wait for another one."""
    engine.dispatcher.finish(run_id, executor_id)
    job = engine.jobs.get(ids.job_id_of(run_id))
    run = _run_of(job, run_id) if job else None
    if run is None or run.finished or run.executor_id != executor_id:
        return
    run.state = states.WAITING
    run.executor_id = None
    run.started_at = None
    _touch(batch, job, run)
    batch.runs.append((job, run))


def _run_of(job: model.Job, run_id: str) -> model.ActionRun | None:
    """Return the run of that id; what is no id names none."""
    try:
        return job.runs.get(ids.number_of(run_id))
    except ValueError:
        return None


def _touch(batch: batches.Batch, job: model.Job,
           run: model.ActionRun) -> None:
    job.touch(run)
    batch.touched[job.id] = job


def _heartbeat(engine: Any, batch: batches.Batch, request: asked.Heartbeat,
               elsewhere: dict) -> None:
    message = request.message
    executor_id = message['executor_id']
    known = engine.dispatcher.executors.get(executor_id)
    if known is not None and known.dead:
        engine.send(engine.dispatcher.dead_notice(executor_id))
        return
    engine.dispatcher.hear(message, batch.at)
    if known is None:
        # Its row should not wait for the next beat.
        engine.ownership.look_now()
    if message['state'] == 'stopped':
        _stopped(engine, batch, message)
        return
    suspects = [run_id for run_id in _minded(engine, message)
                if _seems_over(engine, run_id, elsewhere)]
    # The memory may be that of a former owner: only the rows are proof.
    for run_id in engine.store.ended_runs(suspects):
        # Its cancel was lost, perhaps with the engine that sent it.
        engine.dispatcher.cancel(executor_id, run_id, batch.at)


def _minded(engine: Any, message: dict[str, Any]) -> list[str]:
    """Return the runs of an executor that this engine must look after."""
    return [run['id'] for run in message['running']
            if engine.ownership.minds(run['engine_id'])]


def _seems_over(engine: Any, run_id: str, elsewhere: dict) -> bool:
    """Whether an executor may be running something for nobody."""
    job_id = ids.job_id_of(run_id)
    job = engine.jobs.get(job_id)
    if job is None:
        place = elsewhere.get(job_id)
        return place is None or place.state in states.FINISHED
    run = job.runs.get(ids.number_of(run_id))
    return run is None or run.finished


def _stopped(engine: Any, batch: batches.Batch,
             message: dict[str, Any]) -> None:
    """An executor ended: what it never took waits again, the rest is lost."""
    executor_id = message['executor_id']
    had = {run['id'] for run in message['running']}
    outstanding = engine.dispatcher.lose(executor_id, batch.at)
    for run_id in outstanding:
        if run_id not in had:
            _requeue(engine, batch, executor_id, run_id)
    lost(engine, batch, executor_id,
         [run_id for run_id in outstanding if run_id in had])


def lost(engine: Any, batch: batches.Batch, executor_id: str,
         run_ids: list[str]) -> None:
    """Tell the jobs that the executor of these runs is gone."""
    by_job: dict[str, list[str]] = {}
    for run_id in run_ids:
        by_job.setdefault(ids.job_id_of(run_id), []).append(run_id)
    for job_id, runs in by_job.items():
        batch.add(job_id, events.ExecutorLost(batch.at, executor_id,
                                              tuple(runs)))


def _register(engine: Any, batch: batches.Batch, request: asked.Register,
              elsewhere: dict) -> None:
    engine.dispatcher.register(request.message, batch.at)
    engine.definitions.save_plugins(request.message['actions'], batch.at)


def _released(engine: Any, batch: batches.Batch, request: asked.Released,
              elsewhere: dict) -> None:
    engine.ownership.look_now()


_HANDLERS = {
    asked.CommandJob: _command,
    asked.CompleteActionRun: _complete,
    asked.Report: _report,
    asked.Heartbeat: _heartbeat,
    asked.Register: _register,
    asked.Released: _released,
}
