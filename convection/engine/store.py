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
"""What the engine's loop reads and writes in the database.

Every method is one transaction. The methods of :class:`Store` are all that
the loop knows of the database; a simulation puts another in its place.
"""

import contextlib
import dataclasses
import operator
from typing import Any
from typing import Iterable
from typing import Iterator

from oslo_db import exception as db_exception
import sqlalchemy as sa

from convection.db import api
from convection.db import bulk
from convection.db import clock
from convection.db import models
from convection.db import tuning
from convection.db import types
from convection.engine import batch
from convection.engine.core import states
from convection.engine import records

Row = dict[str, Any]

_UNFINISHED = tuple(sorted(states.JOB_STATES - states.FINISHED))


# What every batch runs is built once: that takes longer than to run it.
_MINE = sa.and_(models.jobs.c.id.in_(sa.bindparam('ids', expanding=True)),
                models.jobs.c.engine_id == sa.bindparam('owner'))
_FENCE = sa.update(models.jobs).where(_MINE).values(
    version=models.jobs.c.version + 1)
_HELD = sa.select(models.jobs.c.id).where(_MINE)
_BY_KEY = sa.select(models.jobs).where(
    models.jobs.c.idempotency_key.in_(sa.bindparam('keys', expanding=True)),
    models.jobs.c.project_id.in_(sa.bindparam('projects', expanding=True)))


#: What comes of values that cannot be put into a statement.
_VALUE_ERRORS = (ValueError, TypeError, OverflowError, RecursionError)
#: What is the fault of the data. oslo.db has classes for some of them only.
_DATA_ERRORS = (sa.exc.DataError, sa.exc.IntegrityError, *_VALUE_ERRORS)


class StoreUnavailable(Exception):
    """The database did not answer, or nobody knows whether it committed."""


class WriteRefused(Exception):
    """The database refused the data and rolled the transaction back."""


@dataclasses.dataclass(slots=True)
class Location:
    """Where a job is, for an engine that does not hold it."""

    root_job_id: str
    project_id: str
    state: str
    engine_id: str | None
    #: Whether that engine lives, as far as the database knows.
    owner_alive: bool


@dataclasses.dataclass(slots=True)
class Loaded:
    """The rows of the unfinished jobs of some trees."""

    jobs: list[Row]
    tasks: list[Row]
    action_runs: list[Row]
    #: Finished sub-jobs whose end the parent has not taken note of.
    ended: list[Row]


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (db_exception.DBError, sa.exc.SQLAlchemyError) as error:
        cause = getattr(error, 'inner_exception', None)
        if isinstance(cause, _DATA_ERRORS):
            raise WriteRefused(_reason(cause)) from error
        raise StoreUnavailable(_reason(cause or error)) from error
    except _VALUE_ERRORS as error:
        raise WriteRefused(str(error)) from error


def _reason(error: BaseException) -> str:
    """Return what the database said, without the statement and its data."""
    text = str(getattr(error, 'orig', None) or error)
    return text.partition('\n')[0]


class Store:
    """The database, as the loop uses it."""

    def __init__(self, database: api.Database) -> None:
        self._database = database

    @contextlib.contextmanager
    def _writer(self) -> Iterator[sa.Connection]:
        with _translated(), self._database.writer() as connection:
            yield connection

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sa.Connection]:
        with _translated(), self._database.reader() as connection:
            yield connection

    # -- the group commit --

    def commit(self, write: batch.Write, engine_id: str) -> set[str]:
        """Save everything in one transaction.

        :returns: ids of the jobs that belong to another engine by now:
            nothing of them, nor of their trees, was written.
        :raises WriteRefused: the data was refused; nothing was written.
        :raises StoreUnavailable: nobody knows whether it was written.
        """
        try:
            return self._commit(write, engine_id)
        except StoreUnavailable as error:
            if self._is_too_large(write):
                raise WriteRefused('a row is larger than max_allowed_packet'
                                   ) from error
            raise

    def _is_too_large(self, write: batch.Write) -> bool:
        """Whether MySQL hung up because of a row that it never takes."""
        if self._database.dialect_name not in tuning.MYSQL_NAMES:
            return False
        with self._reader() as connection:
            limit = connection.scalar(sa.text('SELECT @@max_allowed_packet'))
        rows = [records.job_row(job, write.at)
                for job in write.jobs + write.new_jobs]
        for job, changed in write.changes:
            rows += [records.task_row(job, task, write.at)
                     for task in changed.new_tasks + changed.tasks]
            rows += [records.action_run_row(job, run, write.at)
                     for run in changed.new_runs + changed.runs]
        # Twice: a literal escapes much the same as JSON does.
        return any(len(types.to_json(types.to_json(row))) > limit
                   for row in rows)

    def _commit(self, write: batch.Write, engine_id: str) -> set[str]:
        with self._writer() as connection:
            lost = self._fence(connection, write, engine_id)
            roots = {job.root_job_id for job in write.jobs if job.id in lost}
            kept = [job for job in write.jobs if job.root_job_id not in roots]
            new = [job for job in write.new_jobs
                   if job.root_job_id not in roots]
            changes = [(job, changed) for job, changed in write.changes
                       if job.root_job_id not in roots]
            for job in kept + new:
                job.version += 1
            ids = {job.id for job, _changed in changes}
            script = bulk.Script(connection)
            self._write_jobs(script, write.at, kept, new, changes)
            self._write_parts(script, write.at, changes)
            script.insert(models.job_events, [
                row for row in write.history if row['job_id'] in ids])
            script.run()
        return lost

    @staticmethod
    def _fence(connection: sa.Connection, write: batch.Write,
               engine_id: str) -> set[str]:
        """Raise the version of every job that is ours; return the others."""
        ids = [job.id for job in write.jobs]
        if not ids:
            return set()
        mine = {'ids': ids, 'owner': engine_id}
        hit = connection.execute(_FENCE, mine)
        if hit.rowcount == len(ids):
            return set()
        held = set(connection.execute(_HELD, mine).scalars())
        return set(ids) - held

    @staticmethod
    def _write_jobs(script: bulk.Script, at: float, kept: list, new: list,
                    changes: list) -> None:
        changed = {job.id for job, change in changes if change.job}
        rows = [records.job_row(job, at) for job in kept
                if job.id in changed]
        script.update(models.jobs, rows)
        script.insert(models.jobs, [records.job_row(job, at) for job in new])

    @staticmethod
    def _write_parts(script: bulk.Script, at: float,
                     changes: list) -> None:
        new_tasks, tasks, new_runs, runs = [], [], [], []
        for job, changed in changes:
            new_tasks += [records.task_row(job, t, at)
                          for t in changed.new_tasks]
            tasks += [records.task_row(job, t, at) for t in changed.tasks]
            new_runs += [records.action_run_row(job, r, at)
                         for r in changed.new_runs]
            runs += [records.action_run_row(job, r, at)
                     for r in changed.runs]
        script.insert(models.tasks, new_tasks)
        script.update(models.tasks, tasks)
        script.insert(models.action_runs, new_runs)
        script.update(models.action_runs, runs)

    # -- reading jobs --

    def locate(self, job_ids: Iterable[str],
               silent_after: float) -> dict[str, Location]:
        """Say of each job where it is; what does not exist is left out."""
        jobs, services = models.jobs.c, models.services.c
        with self._reader() as connection:
            alive = self._alive(connection, silent_after)
            found = connection.execute(sa.select(
                jobs.id, jobs.root_job_id, jobs.project_id, jobs.state,
                jobs.engine_id, sa.case((alive, True), else_=False)
            ).select_from(models.jobs.outerjoin(
                models.services, services.id == jobs.engine_id)).where(
                    jobs.id.in_(list(job_ids)))).all()
        return {row[0]: Location(*row[1:5], owner_alive=bool(row[5]))
                for row in found}

    @staticmethod
    def _alive(connection: sa.Connection,
               silent_after: float) -> sa.ColumnElement:
        services = models.services.c
        return sa.and_(
            services.state.in_(('up', 'draining')),
            services.updated_at >= clock.now(connection) - silent_after)

    def load(self, root_ids: Iterable[str]) -> Loaded:
        """Return the unfinished jobs of these trees with all their parts."""
        jobs, runs = models.jobs.c, models.action_runs.c
        roots = list(root_ids)
        with self._reader() as connection:
            found = _rows(connection, sa.select(models.jobs).where(
                jobs.root_job_id.in_(roots), jobs.state.in_(_UNFINISHED)))
            ids = [row['id'] for row in found]
            tasks = _rows(connection, sa.select(models.tasks).where(
                models.tasks.c.job_id.in_(ids)).order_by(
                    models.tasks.c.job_id, models.tasks.c.number))
            action_runs = _rows(
                connection, sa.select(models.action_runs).where(
                    runs.job_id.in_(ids)).order_by(runs.job_id, runs.number))
            ended = _rows(connection, sa.select(
                jobs.id, jobs.parent_run_id, jobs.state, jobs.output,
                jobs.state_info).join(
                    models.action_runs, runs.id == jobs.parent_run_id).where(
                        jobs.root_job_id.in_(roots),
                        jobs.state.in_(sorted(states.FINISHED)),
                        runs.state.not_in(sorted(states.FINISHED))))
        return Loaded(found, tasks, action_runs, ended)

    def jobs_by_key(self, keys: list[tuple[str, str]]) -> dict[tuple, Row]:
        """Return the jobs with these (project id, idempotency key)."""
        if not keys:
            return {}
        with self._reader() as connection:
            rows = _rows(connection, _BY_KEY, {
                'keys': [key for _project, key in keys],
                'projects': list({project for project, _key in keys})})
        return {(row['project_id'], row['idempotency_key']): row
                for row in rows}

    def job(self, job_id: str) -> Row | None:
        """Return one job's row."""
        with self._reader() as connection:
            rows = _rows(connection, sa.select(models.jobs).where(
                models.jobs.c.id == job_id))
        return rows[0] if rows else None

    def action_run(self, run_id: str) -> Row | None:
        """Return one action run's row."""
        with self._reader() as connection:
            rows = _rows(connection, sa.select(models.action_runs).where(
                models.action_runs.c.id == run_id))
        return rows[0] if rows else None

    def ended_runs(self, run_ids: list[str]) -> list[str]:
        """Return those of these action runs that have ended."""
        if not run_ids:
            return []
        runs = models.action_runs.c
        with self._reader() as connection:
            return list(connection.execute(sa.select(runs.id).where(
                runs.id.in_(run_ids),
                runs.state.in_(sorted(states.FINISHED)))).scalars())

    # -- services: who lives, who owns what --

    def start_service(self, service: Row) -> None:
        """Add the row of a process that has just started.

        It may be there, when nobody knew whether this was committed.

        :param service: all columns but the times, which are the database's.
        """
        with self._writer() as connection:
            self._beat_one(connection, service, clock.now(connection))

    def beat(self, service: Row, executors: list[Row]
             ) -> tuple[bool, set[str]]:
        """Say that this engine lives, and the executors that it heard.

        :returns: whether this engine still counts as alive, and the
            executors that were declared dead before.
        """
        try:
            return self._beat(service, executors)
        except WriteRefused:
            # Another engine heard a new executor too and was faster: now
            # the row is there.
            return self._beat(service, executors)

    def _beat(self, service: Row, executors: list[Row]
              ) -> tuple[bool, set[str]]:
        with self._writer() as connection:
            now = clock.now(connection)
            alive = self._beat_one(connection, service, now)
            # In one order, or two engines that heard the same executors
            # wait for each other.
            dead = {row['id'] for row in
                    sorted(executors, key=operator.itemgetter('id'))
                    if not self._beat_one(connection, row, now)}
        return alive, dead

    @staticmethod
    def _beat_one(connection: sa.Connection, service: Row,
                  now: float) -> bool:
        services = models.services.c
        hit = connection.execute(sa.update(models.services).where(
            services.id == service['id'], services.state != 'dead').values(
                updated_at=now, state=service['state'],
                info=service['info']))
        if hit.rowcount:
            return True
        state = connection.scalar(sa.select(services.state).where(
            services.id == service['id']))
        if state is not None:
            # Not dead: another engine has just added the row.
            return state != 'dead'
        connection.execute(models.services.insert().values(
            **service, started_at=now, updated_at=now))
        return True

    def lose(self, executor_ids: list[str], silent_after: float) -> set[str]:
        """Declare silent executors dead; return those that are.

        An executor that some engine heard lately is not among them.
        """
        services = models.services.c
        with self._writer() as connection:
            known = set(connection.execute(sa.select(services.id).where(
                services.id.in_(executor_ids))).scalars())
            connection.execute(sa.update(models.services).where(
                services.id.in_(executor_ids),
                services.state.in_(('up', 'draining')),
                services.updated_at < clock.now(connection) - silent_after
            ).values(state='dead'))
            dead = set(connection.execute(sa.select(services.id).where(
                services.id.in_(executor_ids),
                services.state.in_(('dead', 'stopped')))).scalars())
        return dead | (set(executor_ids) - known)

    def claim(self, engine_id: str, silent_after: float, limit: int,
              roots: Iterable[str] | None = None) -> list[str]:
        """Take over trees of jobs that nobody owns any more.

        :param roots: only these; all there are when None.
        :returns: ids of the topmost jobs of the trees taken.
        """
        jobs = models.jobs.c
        with self._writer() as connection:
            gone = self._bury(connection, engine_id, silent_after)
            free = sa.or_(jobs.engine_id.is_(None), jobs.engine_id.in_(gone))
            if roots is None:
                roots = connection.execute(sa.select(jobs.root_job_id).where(
                    free, jobs.state.in_(_UNFINISHED)).distinct().limit(
                        limit)).scalars().all()
            roots = list(roots)
            if not roots:
                return []
            # The topmost row decides for the whole tree, so that two engines
            # never get halves of one.
            connection.execute(sa.update(models.jobs).where(
                jobs.id.in_(roots), free).values(
                    engine_id=engine_id, version=jobs.version + 1))
            mine = list(connection.execute(sa.select(jobs.id).where(
                jobs.id.in_(roots), jobs.engine_id == engine_id)).scalars())
            rest = sa.update(models.jobs).where(
                jobs.root_job_id.in_(mine), jobs.state.in_(_UNFINISHED),
                sa.or_(jobs.engine_id.is_(None), jobs.engine_id != engine_id)
            ).values(engine_id=engine_id, version=jobs.version + 1)
            # An owner that is only held up may be adding a sub-job to a row
            # that is waited for here: look again until nothing is new.
            while mine and connection.execute(rest).rowcount:
                pass
        return mine

    @staticmethod
    def _bury(connection: sa.Connection, engine_id: str,
              silent_after: float) -> list[str]:
        """Declare silent engines dead; return all that will not return."""
        services = models.services.c
        connection.execute(sa.update(models.services).where(
            services.kind == 'engine', services.state.in_(('up', 'draining')),
            services.id != engine_id,
            services.updated_at < clock.now(connection) - silent_after
        ).values(state='dead'))
        return list(connection.execute(sa.select(services.id).where(
            services.kind == 'engine',
            services.state.in_(('dead', 'stopped')))).scalars())

    def engines(self, silent_after: float) -> set[str]:
        """Return the engines that live."""
        services = models.services.c
        with self._reader() as connection:
            return set(connection.execute(sa.select(services.id).where(
                services.kind == 'engine',
                self._alive(connection, silent_after))).scalars())

    def owned(self, engine_id: str) -> list[str]:
        """Return the topmost jobs of all trees that an engine owns."""
        jobs = models.jobs.c
        with self._reader() as connection:
            return list(connection.execute(sa.select(
                jobs.root_job_id).where(
                    jobs.engine_id == engine_id,
                    jobs.state.in_(_UNFINISHED)).distinct()).scalars())

    def release(self, engine_id: str) -> None:
        """Give up every job, and say that this engine has stopped."""
        jobs, services = models.jobs.c, models.services.c
        with self._writer() as connection:
            connection.execute(sa.update(models.jobs).where(
                jobs.engine_id == engine_id,
                jobs.state.in_(_UNFINISHED)).values(
                    engine_id=None, version=jobs.version + 1))
            connection.execute(sa.update(models.services).where(
                services.id == engine_id, services.state != 'dead').values(
                    state='stopped', updated_at=clock.now(connection)))


def _rows(connection: sa.Connection, query: sa.Select,
          values: dict[str, Any] | None = None) -> list[Row]:
    return [dict(row) for row in
            connection.execute(query, values).mappings()]
