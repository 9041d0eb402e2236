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
"""Making tasks, and the queue of those that may start.

The queue is in order of numbers drawn from the job's one counter: a task
made now has its own number, any other gets a new one (kept in
``control['queued']``). So the order can be told from the rows alone.
"""

from convection.engine.core import dataflow
from convection.engine.core import model
from convection.engine.core import states
from convection.engine.core import stepping


def create(step: stepping.Step, name: str, state: str,
           triggered_by: list[list],
           context: dataflow.Context) -> model.Task:
    """Make a task.

    :param state: IDLE for one that may start, WAITING for a join.
    :param triggered_by: see ``Task.triggered_by``.
    """
    job = step.job
    spec = job.spec.tasks[name]
    task = model.Task(
        number=job.next_number(), name=name,
        kind='action' if spec.workflow is None else 'workflow',
        state=state, created_at=step.at, triggered_by=triggered_by)
    task.context = context
    job.add_task(task)
    job.live.open_tasks[task.number] = task
    job.unfinished_tasks += 1
    job.touch(task)
    if state == states.IDLE:
        job.ready.append(task.number)
    return task


def enqueue(step: stepping.Step, task: model.Task) -> None:
    """Put a task at the end of the queue of those that may start."""
    job = step.job
    task.control['queued'] = job.next_number()
    job.ready.append(task.number)
    job.touch(task)


def queue_key(task: model.Task) -> int | None:
    """Return the place of a task in the queue; None when it is not in it."""
    queued = task.control.get('queued')
    if queued is None and task.state == states.IDLE and (
            'held' not in task.control):
        return task.number
    return queued
