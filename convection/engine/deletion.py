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
"""Deleting finished jobs with everything that belongs to them."""

import sqlalchemy as sa

from convection.common import exception
from convection.db import api
from convection.db import models
from convection.engine.core import states


def delete_job(database: api.Database, project_id: str, job_id: str) -> None:
    """Delete a finished job, its sub-jobs, tasks, action runs and history.

    :raises NotFound: no such job in the project.
    :raises Conflict: the job has not finished, or is a sub-job.
    """
    jobs = models.jobs.c
    with database.writer() as connection:
        row = connection.execute(sa.select(
            jobs.state, jobs.parent_job_id).where(
                jobs.id == job_id, jobs.project_id == project_id)).first()
        if row is None:
            raise exception.NotFound(noun='job', ref=job_id)
        if row.parent_job_id is not None:
            raise exception.Conflict(
                code='job.is_sub_job',
                reason='A sub-job is deleted with its topmost job.')
        if row.state not in states.FINISHED:
            raise exception.Conflict(
                code='job.not_finished',
                reason=f'The job is {row.state}; cancel it first.')
        tree = list(connection.execute(sa.select(jobs.id).where(
            jobs.root_job_id == job_id)).scalars())
        for table in (models.job_events, models.action_runs, models.tasks):
            connection.execute(sa.delete(table).where(
                table.c.job_id.in_(tree)))
        connection.execute(sa.delete(models.jobs).where(jobs.id.in_(tree)))
