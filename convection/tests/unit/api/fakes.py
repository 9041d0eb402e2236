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
"""A scripted engine, and the application round it, for tests of the API.

The database is a real one, on SQLite; documents are read and stored by the
engine's own code. Only jobs do not move: a test sets the state it wants.
"""

import time
from typing import Any

import fixtures
from oslo_config import cfg

from convection.api import app
from convection.common import exception
from convection.common import uuids
from convection import conf as options
from convection.db import api
from convection.db import jobs
from convection.db import models
from convection.db import workflows as workflow_rows
from convection.engine.core import model
from convection.engine.core import states
from convection.engine import records
from convection.engine import workflows

PROJECT = 'demo'


class ScriptedEngine:
    """Answers as an engine does.

    ``fail_with`` is raised by the next call, whatever it is.
    """

    def __init__(self, database: api.Database) -> None:
        self._database = database
        self._workflows = workflows.Workflows(database, 1024 * 1024)
        self.fail_with: Exception | None = None

    def _begin(self) -> None:
        error, self.fail_with = self.fail_with, None
        if error is not None:
            raise error

    def create_workflows(self, ctxt: Any, *, definition: str,
                         namespace: str = '', scope: str = 'private'
                         ) -> list[dict[str, Any]]:
        self._begin()
        return self._workflows.create(ctxt, definition, namespace, scope)

    def update_workflows(self, ctxt: Any, *, definition: str,
                         namespace: str = '', scope: str | None = None
                         ) -> list[dict[str, Any]]:
        self._begin()
        return self._workflows.update(ctxt, definition, namespace, scope)

    def delete_workflow(self, ctxt: Any, *, workflow_id: str) -> None:
        self._begin()
        self._workflows.delete(ctxt, workflow_id)

    def delete_action(self, ctxt: Any, *, action_id: str) -> None:
        self._begin()
        self._workflows.delete_action(ctxt, action_id)

    def validate_workflows(self, ctxt: Any, *,
                           definition: str) -> dict[str, Any]:
        self._begin()
        return workflows.validate(definition)

    def create_job(self, ctxt: Any, *, workflow: str, namespace: str = '',
                   input: dict[str, Any] | None = None,
                   params: dict[str, Any] | None = None,
                   name: str | None = None, description: str | None = None,
                   kind: str = 'batch', priority: int = 0,
                   tags: list[str] | None = None,
                   idempotency_key: str | None = None) -> dict[str, Any]:
        self._begin()
        now = time.time()
        with self._database.writer() as conn:
            if idempotency_key:
                known = jobs.get_by_idempotency_key(conn, ctxt.project_id,
                                                    idempotency_key)
                if known:
                    return known
            found = workflow_rows.get(conn, ctxt.project_id, workflow,
                                      namespace)
            revision = workflow_rows.get_revision(conn, found['id'],
                                                  found['revision'])
            job_id = uuids.new_job_id(now)
            return add_job(conn, id=job_id, project_id=ctxt.project_id,
                           user_id=ctxt.user_id, name=name or found['name'],
                           kind=kind, workflow_id=found['id'],
                           workflow_revision_id=revision['id'],
                           workflow_name=found['name'],
                           workflow_revision=found['revision'],
                           namespace=namespace, created_at=now,
                           description=description, input=input or {},
                           params=params or {}, priority=priority,
                           tags=tags or [], idempotency_key=idempotency_key)

    def pause_job(self, ctxt: Any, *, job_id: str) -> dict[str, Any]:
        return self._move(ctxt, job_id, states.PAUSED)

    def resume_job(self, ctxt: Any, *, job_id: str) -> dict[str, Any]:
        return self._move(ctxt, job_id, states.RUNNING)

    def cancel_job(self, ctxt: Any, *, job_id: str,
                   reason: str | None = None) -> dict[str, Any]:
        return self._move(ctxt, job_id, states.CANCELLED, reason)

    def delete_job(self, ctxt: Any, *, job_id: str) -> None:
        self._begin()
        with self._database.writer() as conn:
            row = jobs.get(conn, ctxt.project_id, job_id)
            if row['state'] not in states.FINISHED:
                raise exception.Conflict(reason='The job has not finished.')
            conn.execute(models.jobs.delete().where(
                models.jobs.c.id == job_id))

    def complete_action_run(self, ctxt: Any, *, action_run_id: str,
                            state: str, result: Any = None
                            ) -> dict[str, Any]:
        self._begin()
        runs = models.action_runs
        with self._database.writer() as conn:
            hit = conn.execute(runs.update().where(
                runs.c.id == action_run_id, runs.c.state == states.RUNNING,
                runs.c.project_id == ctxt.project_id).values(
                    state=state, result=result, accepted=True,
                    finished_at=time.time()))
            if not hit.rowcount:
                raise exception.Conflict(
                    reason='The action run has finished.')
            return dict(conn.execute(runs.select().where(
                runs.c.id == action_run_id)).mappings().one())

    def _move(self, ctxt: Any, job_id: str, state: str,
              reason: str | None = None) -> dict[str, Any]:
        self._begin()
        with self._database.writer() as conn:
            row = jobs.get(conn, ctxt.project_id, job_id)
            if row['state'] in states.FINISHED:
                raise exception.Conflict(
                    reason=f'The job is {row["state"]}.')
            changed = {'state': state, 'state_info': reason}
            conn.execute(models.jobs.update().where(
                models.jobs.c.id == job_id).values(**changed))
            return {**row, **changed}


def add_job(conn: Any, **values: Any) -> dict[str, Any]:
    """Insert a job; return its row."""
    job = model.Job(**{'state': states.RUNNING, 'workbook': None,
                       'root_job_id': values['id'], **values})
    row = {**records.job_row(job, job.created_at), 'version': 1}
    conn.execute(models.jobs.insert().values(**row))
    return row


def add_task(conn: Any, job: dict[str, Any], number: int,
             **values: Any) -> dict[str, Any]:
    """Insert a task of a job; return its row."""
    parent = records.job_of(job)
    task = model.Task(**{'number': number, 'kind': 'action',
                         'state': states.RUNNING,
                         'created_at': job['created_at'], **values})
    row = records.task_row(parent, task, job['created_at'])
    conn.execute(models.tasks.insert().values(**row))
    return row


def add_run(conn: Any, job: dict[str, Any], number: int, task_number: int,
            **values: Any) -> dict[str, Any]:
    """Insert an action run of a task; return its row."""
    parent = records.job_of(job)
    run = model.ActionRun(**{
        'number': number, 'task_number': task_number, 'name': 'std.echo',
        'kind': 'action', 'state': states.RUNNING,
        'created_at': job['created_at'], **values})
    row = records.action_run_row(parent, run, job['created_at'])
    conn.execute(models.action_runs.insert().values(**row))
    return row


def add_event(conn: Any, job: dict[str, Any], number: int, kind: str,
              task_id: str | None = None, **data: Any) -> None:
    """Insert an event of a job."""
    conn.execute(models.job_events.insert().values(
        job_id=job['id'], number=number, project_id=job['project_id'],
        kind=kind, at=job['created_at'] + number, task_id=task_id,
        data=data))


class Api(fixtures.Fixture):
    """The application in process: ``application``, ``engine``, ``database``.

    :param overrides: options of the group ``api``.
    """

    def __init__(self, **overrides: Any) -> None:
        super().__init__()
        self._overrides = {'auth_strategy': 'noauth', **overrides}

    def _setUp(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        self.conf = cfg.ConfigOpts()
        options.register_options(self.conf)
        self.conf([], project='convection', default_config_files=[],
                  default_config_dirs=[])
        for name, value in self._overrides.items():
            self.conf.set_override(name, value, 'api')
        self.database = _database(self.conf, folder)
        self.addCleanup(self.database.dispose)
        self.engine = ScriptedEngine(self.database)
        self.application = app.build_application(self.conf, self.database,
                                                 self.engine)


def _database(conf: cfg.ConfigOpts, folder: str) -> api.Database:
    # The first one registers the options that say where it is.
    api.Database(conf)
    conf.set_override('connection', f'sqlite:///{folder}/convection.db',
                      'database')
    database = api.Database(conf)
    models.METADATA.create_all(database.engine)
    return database
