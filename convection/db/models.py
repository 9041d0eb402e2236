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
"""The tables.

The columns of ``jobs``, ``tasks`` and ``action_runs`` mirror the fields of
:mod:`convection.engine.core.model` down to the line "in memory only". Rows
come and go as plain dicts, times as seconds since the epoch.

Ids of jobs are time-ordered and those of tasks and action runs begin with
their job's, so that the primary keys keep the rows of a job together. The
indexes follow the lists of the API: what a page is filtered by, then what it
is sorted by, then the id, which makes every place in a list unique.
"""

from typing import Any

import sqlalchemy as sa

from convection.db import types

METADATA = sa.MetaData()

#: Longest names, in characters; the API and the language check them.
NAME_LENGTH = 255
#: Keystone's own limit for the ids of projects and users.
OWNER_LENGTH = 64

_ID_LENGTH = 36
_WORD_LENGTH = 16
# Binary order: names that differ in case are different names, as on the
# other databases. The connection's character set is fixed in db/api.py.
_MYSQL = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4',
          'mysql_collate': 'utf8mb4_bin'}


def _id(name: str, **kwargs: Any) -> sa.Column:
    return sa.Column(name, sa.String(_ID_LENGTH), **kwargs)


def _key(name: str = 'id') -> sa.Column:
    return _id(name, primary_key=True)


def _owner(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, types.Line(OWNER_LENGTH), nullable=nullable)


def _name(name: str = 'name', nullable: bool = False) -> sa.Column:
    return sa.Column(name, types.Line(NAME_LENGTH), nullable=nullable)


def _word(name: str) -> sa.Column:
    return sa.Column(name, sa.String(_WORD_LENGTH), nullable=False)


def _prose(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, types.Prose, nullable=nullable)


def _json(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, types.Json, nullable=nullable)


def _time(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, types.EpochTime, nullable=nullable)


def _count(name: str, **kwargs: Any) -> sa.Column:
    kwargs.setdefault('nullable', False)
    return sa.Column(name, sa.BigInteger, **kwargs)


def _flag(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean, nullable=False)


services = sa.Table(
    'services', METADATA,
    _key(),
    _word('kind'),
    _name('host'),
    _word('state'),
    sa.Column('version', sa.String(64)),
    _time('started_at'),
    _time('updated_at'),
    _json('info'),
    sa.Index('services_kind_updated_at', 'kind', 'updated_at'),
    **_MYSQL)

workflows = sa.Table(
    'workflows', METADATA,
    _key(),
    _owner('project_id'),
    _name(),
    _name('namespace'),
    _name('workbook', nullable=True),
    _word('scope'),
    _prose('description'),
    _json('tags'),
    _count('revision'),
    _time('created_at'),
    _time('updated_at'),
    _time('deleted_at', nullable=True),
    # Empty, or the id once deleted: frees the name for another.
    _id('deleted', nullable=False, default=''),
    sa.UniqueConstraint('project_id', 'namespace', 'name', 'deleted',
                        name='workflows_name'),
    sa.Index('workflows_project_created_at', 'project_id', 'created_at',
             'id'),
    sa.Index('workflows_scope_name', 'scope', 'name'),
    **_MYSQL)

workflow_revisions = sa.Table(
    'workflow_revisions', METADATA,
    _key(),
    _id('workflow_id', nullable=False),
    _count('revision'),
    _prose('definition', nullable=False),
    _json('data'),
    _owner('user_id', nullable=True),
    _time('created_at'),
    sa.UniqueConstraint('workflow_id', 'revision',
                        name='workflow_revisions_revision'),
    **_MYSQL)

actions = sa.Table(
    'actions', METADATA,
    _key(),
    _word('kind'),
    # Empty for the executors' plug-ins, which belong to nobody.
    _owner('project_id'),
    _name(),
    _name('namespace'),
    _name('workbook', nullable=True),
    _prose('description'),
    _json('tags'),
    _json('parameters'),
    _flag('asynchronous'),
    _json('data', nullable=True),
    _prose('definition'),
    _time('created_at'),
    _time('updated_at'),
    sa.UniqueConstraint('project_id', 'namespace', 'name',
                        name='actions_name'),
    **_MYSQL)

jobs = sa.Table(
    'jobs', METADATA,
    _key(),
    _owner('project_id'),
    _owner('user_id', nullable=True),
    _name(),
    _word('kind'),
    _id('workflow_id', nullable=False),
    _id('workflow_revision_id', nullable=False),
    _name('workflow_name'),
    _count('workflow_revision'),
    _name('namespace'),
    _name('workbook', nullable=True),
    _word('state'),
    _prose('state_info'),
    _prose('description'),
    _json('input'),
    _json('params'),
    _json('output', nullable=True),
    _json('variables'),
    _json('control'),
    _count('last_number'),
    _count('last_publish'),
    _count('last_event'),
    _count('priority'),
    _json('tags'),
    _name('idempotency_key', nullable=True),
    _id('parent_job_id'),
    _id('parent_task_id'),
    _id('parent_run_id'),
    _id('root_job_id'),
    _id('engine_id'),
    # Grows with every write of the owner; who finds another is no owner.
    _count('version'),
    _json('context'),
    _time('created_at'),
    _time('started_at', nullable=True),
    _time('finished_at', nullable=True),
    _time('updated_at'),
    sa.UniqueConstraint('project_id', 'idempotency_key',
                        name='jobs_idempotency_key'),
    sa.Index('jobs_created_at', 'created_at', 'id'),
    sa.Index('jobs_project_created_at', 'project_id', 'created_at', 'id'),
    sa.Index('jobs_project_state', 'project_id', 'state', 'created_at',
             'id'),
    sa.Index('jobs_project_name', 'project_id', 'name', 'id'),
    sa.Index('jobs_engine_state', 'engine_id', 'state'),
    sa.Index('jobs_root', 'root_job_id'),
    sa.Index('jobs_parent', 'parent_job_id'),
    sa.Index('jobs_workflow', 'workflow_id', 'created_at', 'id'),
    **_MYSQL)

tasks = sa.Table(
    'tasks', METADATA,
    _key(),
    _id('job_id', nullable=False),
    _owner('project_id'),
    _count('number'),
    _name(),
    _word('kind'),
    _word('state'),
    _prose('state_info'),
    _json('published'),
    _count('publish_order', nullable=True),
    _json('triggered_by'),
    _json('next_tasks', nullable=True),
    _flag('error_handled'),
    _count('attempts'),
    _json('control'),
    _time('created_at'),
    _time('started_at', nullable=True),
    _time('finished_at', nullable=True),
    _time('updated_at'),
    sa.Index('tasks_job_number', 'job_id', 'number'),
    sa.Index('tasks_project', 'project_id', 'id'),
    **_MYSQL)

action_runs = sa.Table(
    'action_runs', METADATA,
    _key(),
    _id('job_id', nullable=False),
    _id('task_id', nullable=False),
    _owner('project_id'),
    _count('number'),
    _count('task_number'),
    # Not bounded: the name may come from an expression and name nothing.
    _prose('name', nullable=False),
    _word('kind'),
    _word('state'),
    _prose('state_info'),
    _json('adhoc'),
    _count('index', nullable=True),
    _count('attempt'),
    _json('input'),
    _json('result', nullable=True),
    _flag('accepted'),
    _flag('asynchronous'),
    _flag('called'),
    _flag('safe_rerun'),
    sa.Column('timeout', sa.Double),
    _prose('target'),
    _id('executor_id'),
    _id('sub_job_id'),
    _time('created_at'),
    _time('started_at', nullable=True),
    _time('finished_at', nullable=True),
    _time('updated_at'),
    sa.Index('action_runs_job_number', 'job_id', 'number'),
    sa.Index('action_runs_task_number', 'task_id', 'number'),
    sa.Index('action_runs_project', 'project_id', 'id'),
    sa.Index('action_runs_executor_state', 'executor_id', 'state'),
    **_MYSQL)

job_events = sa.Table(
    'job_events', METADATA,
    _key('job_id'),
    _count('number', primary_key=True, autoincrement=False),
    _owner('project_id'),
    sa.Column('kind', sa.String(64), nullable=False),
    _id('task_id'),
    _json('data'),
    _time('at'),
    **_MYSQL)
