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
"""The simulated database: rows in memory, and the checks of every commit.

It keeps the promises of :class:`convection.engine.store.Store`; a test holds
the two against each other. It fails on order: before a commit, or after it,
when nobody can know whether it happened.
"""

import json
from typing import Any
from typing import Iterable

from convection.engine import batch
from convection.engine.core import states
from convection.engine import records
from convection.engine import store as stores

Row = dict[str, Any]


class Violation(AssertionError):
    """Something happened that must never happen."""


class Store:
    """The rows of all tables that the loop uses.

    :param clock: an object with ``time()``: the database's time.
    """

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.jobs: dict[str, Row] = {}
        self.tasks: dict[str, Row] = {}
        self.action_runs: dict[str, Row] = {}
        self.job_events: dict[tuple[str, int], Row] = {}
        self.services: dict[str, Row] = {}
        #: Every (action run, executor) that was ever committed.
        self.assigned: set[tuple[str, str]] = set()
        self.commits = 0

    # -- the group commit --

    def commit(self, write: batch.Write, engine_id: str) -> set[str]:
        """See :meth:`convection.engine.store.Store.commit`."""
        lost = self.fence(write, engine_id)
        roots = {job.root_job_id for job in write.jobs if job.id in lost}
        self._check_keys(write)
        ids = set()
        for job, changes in write.changes:
            if job.root_job_id in roots:
                continue
            ids.add(job.id)
            job.version += 1
            self._put_job(records.job_row(job, write.at), engine_id)
            for task in changes.new_tasks + changes.tasks:
                self._put(self.tasks, records.task_row(job, task, write.at))
            for run in changes.new_runs + changes.runs:
                row = records.action_run_row(job, run, write.at)
                self._put(self.action_runs, row)
                if row['executor_id']:
                    self.assigned.add((row['id'], row['executor_id']))
        for row in write.history:
            if row['job_id'] in ids:
                self._put_event(row)
        self.commits += 1
        return lost

    def fence(self, write: batch.Write, engine_id: str) -> set[str]:
        """Return the ids of the jobs that belong to another engine."""
        return {job.id for job in write.jobs
                if self.jobs[job.id]['engine_id'] != engine_id}

    def _check_keys(self, write: batch.Write) -> None:
        keys = {(row['project_id'], row['idempotency_key'])
                for row in self.jobs.values() if row['idempotency_key']}
        for job in write.new_jobs:
            if job.id in self.jobs or \
                    (job.project_id, job.idempotency_key) in keys:
                raise stores.WriteRefused('duplicate key')

    def _put_job(self, row: Row, engine_id: str) -> None:
        old = self.jobs.get(row['id'])
        if (old or row)['engine_id'] != engine_id:
            raise Violation(f'{row["id"]} is written by another engine')
        if old is not None and old['version'] + 1 != row['version']:
            raise Violation(f'{row["id"]}: a write was lost: version '
                            f'{old["version"]}, then {row["version"]}')
        self._put(self.jobs, row)

    def _put(self, table: dict[str, Row], row: Row) -> None:
        old = table.get(row['id'])
        if old is not None and old['state'] in states.FINISHED:
            for key in ('state', 'result', 'published', 'output'):
                if key in row and row[key] != old[key]:
                    raise Violation(
                        f'{row["id"]} had finished as {old["state"]}; now '
                        f'{key} becomes {row[key]!r}')
        table[row['id']] = json.loads(json.dumps(row))

    def _put_event(self, row: Row) -> None:
        key = (row['job_id'], row['number'])
        if key in self.job_events:
            raise Violation(f'the event {key} is written twice')
        if row['number'] > 1 and (key[0], key[1] - 1) not in self.job_events:
            raise Violation(f'the event before {key} is missing')
        self.job_events[key] = json.loads(json.dumps(row))

    # -- reading jobs --

    def locate(self, job_ids: Iterable[str],
               silent_after: float) -> dict[str, stores.Location]:
        """See :meth:`convection.engine.store.Store.locate`."""
        return {job_id: stores.Location(
            row['root_job_id'], row['project_id'], row['state'],
            row['engine_id'], self._alive(row['engine_id'], silent_after))
            for job_id in job_ids if (row := self.jobs.get(job_id))}

    def _alive(self, service_id: str | None, silent_after: float) -> bool:
        row = self.services.get(service_id or '')
        return row is not None and row['state'] in ('up', 'draining') and \
            row['updated_at'] >= self._clock.time() - silent_after

    def load(self, root_ids: Iterable[str]) -> stores.Loaded:
        """See :meth:`convection.engine.store.Store.load`."""
        roots = set(root_ids)
        tree = [row for row in self.jobs.values()
                if row['root_job_id'] in roots]
        found = [row for row in tree if row['state'] not in states.FINISHED]
        ids = {row['id'] for row in found}
        ended = [row for row in tree if row['state'] in states.FINISHED and
                 self._awaited(row['parent_run_id'])]
        return stores.Loaded(
            _copy(found), _copy(_parts(self.tasks, ids)),
            _copy(_parts(self.action_runs, ids)), _copy(ended))

    def _awaited(self, run_id: str | None) -> bool:
        run = self.action_runs.get(run_id or '')
        return run is not None and run['state'] not in states.FINISHED

    def jobs_by_key(self, keys: list[tuple[str, str]]) -> dict[tuple, Row]:
        """See :meth:`convection.engine.store.Store.jobs_by_key`."""
        return {(row['project_id'], row['idempotency_key']): _copy(row)
                for row in self.jobs.values()
                if (row['project_id'], row['idempotency_key']) in keys}

    def job(self, job_id: str) -> Row | None:
        """See :meth:`convection.engine.store.Store.job`."""
        return _copy(self.jobs.get(job_id))

    def action_run(self, run_id: str) -> Row | None:
        """See :meth:`convection.engine.store.Store.action_run`."""
        return _copy(self.action_runs.get(run_id))

    def ended_runs(self, run_ids: list[str]) -> list[str]:
        """See :meth:`convection.engine.store.Store.ended_runs`."""
        return [run_id for run_id in run_ids
                if (row := self.action_runs.get(run_id)) and
                row['state'] in states.FINISHED]

    # -- services --

    def start_service(self, service: Row) -> None:
        """See :meth:`convection.engine.store.Store.start_service`."""
        now = self._clock.time()
        self.services[service['id']] = {**service, 'started_at': now,
                                        'updated_at': now}

    def beat(self, service: Row, executors: list[Row]
             ) -> tuple[bool, set[str]]:
        """See :meth:`convection.engine.store.Store.beat`."""
        alive = self._beat_one(service)
        return alive, {row['id'] for row in executors
                       if not self._beat_one(row)}

    def _beat_one(self, service: Row) -> bool:
        known = self.services.get(service['id'])
        if known is None:
            self.start_service(service)
        elif known['state'] == 'dead':
            return False
        else:
            known.update(state=service['state'], info=service['info'],
                         updated_at=self._clock.time())
        return True

    def lose(self, executor_ids: list[str], silent_after: float) -> set[str]:
        """See :meth:`convection.engine.store.Store.lose`."""
        lost = set()
        for executor_id in executor_ids:
            row = self.services.get(executor_id)
            if row is not None and row['state'] in ('up', 'draining') and \
                    not self._alive(executor_id, silent_after):
                row['state'] = 'dead'
            if row is None or row['state'] in ('dead', 'stopped'):
                lost.add(executor_id)
        return lost

    def claim(self, engine_id: str, silent_after: float, limit: int,
              roots: Iterable[str] | None = None) -> list[str]:
        """See :meth:`convection.engine.store.Store.claim`."""
        for row in self.services.values():
            if row['kind'] == 'engine' and row['id'] != engine_id and \
                    row['state'] in ('up', 'draining') and \
                    not self._alive(row['id'], silent_after):
                row['state'] = 'dead'
        if roots is None:
            roots = [row['root_job_id'] for row in self.jobs.values()
                     if row['state'] not in states.FINISHED and
                     self._is_free(row)]
        mine = []
        for root in list(dict.fromkeys(roots))[:limit]:
            if self._is_free(self.jobs[root]):
                self._give(root, engine_id)
            if self.jobs[root]['engine_id'] == engine_id:
                mine.append(root)
        return mine

    def _is_free(self, row: Row) -> bool:
        if row['engine_id'] is None:
            return True
        owner = self.services.get(row['engine_id'])
        return owner is not None and owner['state'] in ('dead', 'stopped')

    def _give(self, root: str, engine_id: str | None) -> None:
        for row in self.jobs.values():
            if row['id'] == root or row['root_job_id'] == root and \
                    row['state'] not in states.FINISHED:
                row['engine_id'] = engine_id
                row['version'] += 1

    def engines(self, silent_after: float) -> set[str]:
        """See :meth:`convection.engine.store.Store.engines`."""
        return {row['id'] for row in self.services.values()
                if row['kind'] == 'engine' and
                self._alive(row['id'], silent_after)}

    def owned(self, engine_id: str) -> list[str]:
        """See :meth:`convection.engine.store.Store.owned`."""
        return list(dict.fromkeys(
            row['root_job_id'] for row in self.jobs.values()
            if row['engine_id'] == engine_id and
            row['state'] not in states.FINISHED))

    def release(self, engine_id: str) -> None:
        """See :meth:`convection.engine.store.Store.release`."""
        for row in self.jobs.values():
            if row['engine_id'] == engine_id and \
                    row['state'] not in states.FINISHED:
                row['engine_id'] = None
                row['version'] += 1
        known = self.services.get(engine_id)
        if known is not None and known['state'] != 'dead':
            known['state'] = 'stopped'


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _parts(table: dict[str, Row], job_ids: set[str]) -> list[Row]:
    return sorted((row for row in table.values() if row['job_id'] in job_ids),
                  key=lambda row: row['id'])
