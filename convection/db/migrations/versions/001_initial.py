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
"""The first schema.

Revision ID: 001
Revises:
"""

from typing import Any

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '001'
down_revision = None

_MYSQL = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4',
          'mysql_collate': 'utf8mb4_bin'}
_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


def _column(name: str, kind: Any, nullable: bool = False,
            **kwargs: Any) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, **kwargs)


def upgrade() -> None:
    """Make all tables."""
    _services()
    _workflows()
    _workflow_revisions()
    _actions()
    _jobs()
    _tasks()
    _action_runs()
    _job_events()


def _services() -> None:
    op.create_table(
        'services',
        _column('id', sa.String(36), primary_key=True),
        _column('kind', sa.String(16)),
        _column('host', sa.String(255)),
        _column('state', sa.String(16)),
        _column('version', sa.String(64), nullable=True),
        _column('started_at', _TIME),
        _column('updated_at', _TIME),
        _column('info', _TEXT),
        sa.Index('services_kind_updated_at', 'kind', 'updated_at'),
        **_MYSQL)


def _workflows() -> None:
    op.create_table(
        'workflows',
        _column('id', sa.String(36), primary_key=True),
        _column('project_id', sa.String(64)),
        _column('name', sa.String(255)),
        _column('namespace', sa.String(255)),
        _column('workbook', sa.String(255), nullable=True),
        _column('scope', sa.String(16)),
        _column('description', _TEXT, nullable=True),
        _column('tags', _TEXT),
        _column('revision', sa.BigInteger()),
        _column('created_at', _TIME),
        _column('updated_at', _TIME),
        _column('deleted_at', _TIME, nullable=True),
        _column('deleted', sa.String(36)),
        sa.UniqueConstraint('project_id', 'namespace', 'name', 'deleted',
                            name='workflows_name'),
        sa.Index('workflows_project_created_at', 'project_id', 'created_at',
                 'id'),
        sa.Index('workflows_scope_name', 'scope', 'name'),
        **_MYSQL)


def _workflow_revisions() -> None:
    op.create_table(
        'workflow_revisions',
        _column('id', sa.String(36), primary_key=True),
        _column('workflow_id', sa.String(36)),
        _column('revision', sa.BigInteger()),
        _column('definition', _TEXT),
        _column('data', _TEXT),
        _column('user_id', sa.String(64), nullable=True),
        _column('created_at', _TIME),
        sa.UniqueConstraint('workflow_id', 'revision',
                            name='workflow_revisions_revision'),
        **_MYSQL)


def _actions() -> None:
    op.create_table(
        'actions',
        _column('id', sa.String(36), primary_key=True),
        _column('kind', sa.String(16)),
        _column('project_id', sa.String(64)),
        _column('name', sa.String(255)),
        _column('namespace', sa.String(255)),
        _column('workbook', sa.String(255), nullable=True),
        _column('description', _TEXT, nullable=True),
        _column('tags', _TEXT),
        _column('parameters', _TEXT),
        _column('asynchronous', sa.Boolean()),
        _column('data', _TEXT, nullable=True),
        _column('definition', _TEXT, nullable=True),
        _column('created_at', _TIME),
        _column('updated_at', _TIME),
        sa.UniqueConstraint('project_id', 'namespace', 'name',
                            name='actions_name'),
        **_MYSQL)


def _jobs() -> None:
    op.create_table(
        'jobs',
        _column('id', sa.String(36), primary_key=True),
        _column('project_id', sa.String(64)),
        _column('user_id', sa.String(64), nullable=True),
        _column('name', sa.String(255)),
        _column('kind', sa.String(16)),
        _column('workflow_id', sa.String(36)),
        _column('workflow_revision_id', sa.String(36)),
        _column('workflow_name', sa.String(255)),
        _column('workflow_revision', sa.BigInteger()),
        _column('namespace', sa.String(255)),
        _column('workbook', sa.String(255), nullable=True),
        _column('state', sa.String(16)),
        _column('state_info', _TEXT, nullable=True),
        _column('description', _TEXT, nullable=True),
        _column('input', _TEXT),
        _column('params', _TEXT),
        _column('output', _TEXT, nullable=True),
        _column('variables', _TEXT),
        _column('control', _TEXT),
        _column('last_number', sa.BigInteger()),
        _column('last_publish', sa.BigInteger()),
        _column('last_event', sa.BigInteger()),
        _column('priority', sa.BigInteger()),
        _column('tags', _TEXT),
        _column('idempotency_key', sa.String(255), nullable=True),
        _column('parent_job_id', sa.String(36), nullable=True),
        _column('parent_task_id', sa.String(36), nullable=True),
        _column('parent_run_id', sa.String(36), nullable=True),
        _column('root_job_id', sa.String(36), nullable=True),
        _column('engine_id', sa.String(36), nullable=True),
        _column('version', sa.BigInteger()),
        _column('context', _TEXT),
        _column('created_at', _TIME),
        _column('started_at', _TIME, nullable=True),
        _column('finished_at', _TIME, nullable=True),
        _column('updated_at', _TIME),
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


def _tasks() -> None:
    op.create_table(
        'tasks',
        _column('id', sa.String(36), primary_key=True),
        _column('job_id', sa.String(36)),
        _column('project_id', sa.String(64)),
        _column('number', sa.BigInteger()),
        _column('name', sa.String(255)),
        _column('kind', sa.String(16)),
        _column('state', sa.String(16)),
        _column('state_info', _TEXT, nullable=True),
        _column('published', _TEXT),
        _column('publish_order', sa.BigInteger(), nullable=True),
        _column('triggered_by', _TEXT),
        _column('next_tasks', _TEXT, nullable=True),
        _column('error_handled', sa.Boolean()),
        _column('attempts', sa.BigInteger()),
        _column('control', _TEXT),
        _column('created_at', _TIME),
        _column('started_at', _TIME, nullable=True),
        _column('finished_at', _TIME, nullable=True),
        _column('updated_at', _TIME),
        sa.Index('tasks_job_number', 'job_id', 'number'),
        sa.Index('tasks_project', 'project_id', 'id'),
        **_MYSQL)


def _action_runs() -> None:
    op.create_table(
        'action_runs',
        _column('id', sa.String(36), primary_key=True),
        _column('job_id', sa.String(36)),
        _column('task_id', sa.String(36)),
        _column('project_id', sa.String(64)),
        _column('number', sa.BigInteger()),
        _column('task_number', sa.BigInteger()),
        _column('name', _TEXT),
        _column('kind', sa.String(16)),
        _column('state', sa.String(16)),
        _column('state_info', _TEXT, nullable=True),
        _column('adhoc', _TEXT),
        _column('index', sa.BigInteger(), nullable=True),
        _column('attempt', sa.BigInteger()),
        _column('input', _TEXT),
        _column('result', _TEXT, nullable=True),
        _column('accepted', sa.Boolean()),
        _column('asynchronous', sa.Boolean()),
        _column('called', sa.Boolean()),
        _column('safe_rerun', sa.Boolean()),
        _column('timeout', sa.Double(), nullable=True),
        _column('target', _TEXT, nullable=True),
        _column('executor_id', sa.String(36), nullable=True),
        _column('sub_job_id', sa.String(36), nullable=True),
        _column('created_at', _TIME),
        _column('started_at', _TIME, nullable=True),
        _column('finished_at', _TIME, nullable=True),
        _column('updated_at', _TIME),
        sa.Index('action_runs_job_number', 'job_id', 'number'),
        sa.Index('action_runs_task_number', 'task_id', 'number'),
        sa.Index('action_runs_project', 'project_id', 'id'),
        sa.Index('action_runs_executor_state', 'executor_id', 'state'),
        **_MYSQL)


def _job_events() -> None:
    op.create_table(
        'job_events',
        _column('job_id', sa.String(36), primary_key=True),
        _column('number', sa.BigInteger(), primary_key=True,
                autoincrement=False),
        _column('project_id', sa.String(64)),
        _column('kind', sa.String(64)),
        _column('task_id', sa.String(36), nullable=True),
        _column('data', _TEXT),
        _column('at', _TIME),
        **_MYSQL)
