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
"""Jobs from their rows: after a start, a takeover, or a failed commit."""

import collections
from typing import Any
from typing import Iterable

from oslo_log import log as logging

from convection.engine.core import machine
from convection.engine.core import model
from convection.engine import definitions
from convection.engine import records
from convection.engine import store as stores

LOG = logging.getLogger(__name__)


def load(store: stores.Store, known: definitions.Definitions,
         roots: Iterable[str]) -> tuple[list[model.Job], list[dict]]:
    """Read the unfinished jobs of trees and rebuild their memory.

    :returns: the jobs, parents before their sub-jobs, and the rows of
        finished sub-jobs whose parents do not know of their end yet.
    """
    loaded = store.load(roots)
    tasks = _by_job(loaded.tasks)
    runs = _by_job(loaded.action_runs)
    catalogues: dict[str, Any] = {}
    revisions: dict[str, Any] = {}
    jobs: dict[str, model.Job] = {}
    for row in sorted(loaded.jobs, key=_depth):
        job = records.job_of(row)
        if job.workflow_revision_id not in revisions:
            revisions[job.workflow_revision_id] = known.revision(
                job.workflow_revision_id)
        definition = revisions[job.workflow_revision_id]
        job.spec, job.graph = definition.spec, definition.graph
        if job.project_id not in catalogues:
            catalogues[job.project_id] = known.catalogue(job.project_id)
        job.actions = catalogues[job.project_id]
        job.root = jobs.get(job.root_job_id, job)
        for part in tasks[job.id]:
            job.add_task(records.task_of(part))
        for part in runs[job.id]:
            job.add_run(records.action_run_of(part))
        machine.rebuild(job)
        jobs[job.id] = job
    return list(jobs.values()), loaded.ended


def _by_job(rows: list[dict]) -> dict[str, list[dict]]:
    found = collections.defaultdict(list)
    for row in rows:
        found[row['job_id']].append(row)
    return found


def _depth(row: dict) -> int:
    return row['control'].get('depth', 0)
