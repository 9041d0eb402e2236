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
"""Reverse workflows: a target, and all that it requires before it.

The start parameter ``task_name`` names the target. A task starts when all
that it requires has succeeded; it sees what those published.
"""

from convection.engine.core import dataflow
from convection.engine.core import model
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import tasks


def begin(step: stepping.Step) -> None:
    """Start what requires nothing."""
    job = step.job
    count(job)
    for name, missing in job.live.missing.items():
        if not missing:
            tasks.create(step, name, states.IDLE, [], dataflow.EMPTY)


def count(job: model.Job) -> None:
    """Count the requirements that have not ended well."""
    for name in job.graph.closure(job.params['task_name']):
        job.live.missing[name] = len(job.spec.tasks[name].requires)


def follow(step: stepping.Step, task: model.Task,
           outbound: dataflow.Context) -> None:
    """Start what a task that ended was the last requirement of."""
    job = step.job
    task.next_tasks = []
    note(job, task, outbound)
    if task.state not in (states.SUCCESS, states.SKIPPED):
        return
    for name in job.graph.dependants[task.name]:
        if job.live.missing.get(name) == 0:
            task.next_tasks.append([name, None])
            required = requirements(job, name)
            tasks.create(
                step, name, states.IDLE,
                [[number, None] for number in required],
                gather(job, name))


def note(job: model.Job, task: model.Task,
         outbound: dataflow.Context) -> None:
    """Count the end of a task for those that require it."""
    job.live.outbound[task.name] = outbound
    if task.state in (states.SUCCESS, states.SKIPPED):
        for name in job.graph.dependants[task.name]:
            if name in job.live.missing:
                job.live.missing[name] -= 1


def requirements(job: model.Job, name: str) -> list[int]:
    """Return the numbers of the tasks that a task requires."""
    return [job.tasks_by_name[required][0]
            for required in _required(job, name)]


def gather(job: model.Job, name: str) -> dataflow.Context:
    """Unite what the tasks that a task requires published."""
    return dataflow.merge(job.live.outbound[required]
                          for required in _required(job, name))


def _required(job: model.Job, name: str) -> list[str]:
    return sorted(job.spec.tasks[name].requires, key=job.graph.position)
