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
"""Between objects and rows: how jobs, tasks and action runs are saved.

The names of the columns are the names of the fields.
"""

import dataclasses
import operator
from typing import Any

from convection.engine.core import model

Row = dict[str, Any]

_IN_MEMORY = {'spec', 'graph', 'actions', 'root', 'tasks', 'runs',
              'tasks_by_name', 'ready', 'unfinished_tasks', 'context', 'live'}


def _fields(cls: type, *kept: str) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(cls)
                 if f.name in kept or
                 f.name not in _IN_MEMORY and not f.name.startswith('_'))


JOB_FIELDS = _fields(model.Job, 'context')
TASK_FIELDS = _fields(model.Task)
ACTION_RUN_FIELDS = _fields(model.ActionRun)

_job_values = operator.attrgetter(*JOB_FIELDS)
_task_values = operator.attrgetter(*TASK_FIELDS)
_action_run_values = operator.attrgetter(*ACTION_RUN_FIELDS)


def job_row(job: model.Job, at: float) -> Row:
    """Return the row of a job."""
    row = dict(zip(JOB_FIELDS, _job_values(job)))
    row['updated_at'] = at
    return row


def task_row(job: model.Job, task: model.Task, at: float) -> Row:
    """Return the row of a task."""
    row = dict(zip(TASK_FIELDS, _task_values(task)))
    row['id'] = job.part_id(task.number)
    row['job_id'] = job.id
    row['project_id'] = job.project_id
    row['updated_at'] = at
    return row


def action_run_row(job: model.Job, run: model.ActionRun, at: float) -> Row:
    """Return the row of an action run."""
    row = dict(zip(ACTION_RUN_FIELDS, _action_run_values(run)))
    row['id'] = job.part_id(run.number)
    row['job_id'] = job.id
    row['task_id'] = job.part_id(run.task_number)
    row['project_id'] = job.project_id
    row['updated_at'] = at
    return row


def job_of(row: Row) -> model.Job:
    """Make a job of its row; its parts and its definition are added."""
    return model.Job(**{name: row[name] for name in JOB_FIELDS})


def task_of(row: Row) -> model.Task:
    """Make a task of its row."""
    return model.Task(**{name: row[name] for name in TASK_FIELDS})


def action_run_of(row: Row) -> model.ActionRun:
    """Make an action run of its row."""
    return model.ActionRun(**{name: row[name] for name in ACTION_RUN_FIELDS})
