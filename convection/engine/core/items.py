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
"""``with-items``: one action run per item, all in one task.

The collections are evaluated when the attempt starts. What runs is counted
in memory (``live.Items``); the row of the task holds, as long as items are
still to be started, their values (``control['items']``), and the rows of the
runs tell the rest. A failed item does not stop the others; a cancelled one
ends the task.
"""

from typing import Any

from convection.engine.core import calls
from convection.engine.core import complete
from convection.engine.core import faults
from convection.engine.core import live as lives
from convection.engine.core import model
from convection.engine.core import policies
from convection.engine.core import results
from convection.engine.core import runs
from convection.engine.core import scope as scopes
from convection.engine.core import states
from convection.engine.core import stepping


def begin(step: stepping.Step, task: model.Task,
          scope: scopes.JobScope) -> None:
    """Evaluate the collections of an attempt.

    :raises faults.Fault: when one is no collection or lengths differ.
    """
    spec = step.job.spec.tasks[task.name]
    values = {each.variable: _collection(each, scope, task.name)
              for each in spec.with_items}
    lengths = {name: len(found) for name, found in values.items()}
    if len(set(lengths.values())) > 1:
        shown = ', '.join(f'"{name}" has {count}'
                          for name, count in lengths.items())
        raise faults.Fault(
            f'The collections of "with-items" of the task "{task.name}" '
            f'differ in length: {shown}.')
    concurrency = policies.number(spec.policies.concurrency, scope,
                                  'concurrency', task.name)
    if concurrency != int(concurrency):
        raise faults.Fault(
            f'An integer is expected in "concurrency" of the task '
            f'"{task.name}", not {concurrency!r}.')
    count = next(iter(lengths.values()))
    step.job.live.items[task.number] = lives.Items(
        count=count, values=values, concurrency=int(concurrency))
    task.control['items'] = {'count': count, 'values': values,
                             'concurrency': int(concurrency)}
    step.job.live.filling[task.number] = None


def fill(step: stepping.Step, task: model.Task, limit: int) -> None:
    """Start items while there is room.

    :param limit: how many may be started by this step at most.
    """
    live = step.job.live
    items = live.items[task.number]
    timeout = task.control.get('timeout', 0)
    while items.room and step.starts < limit and not task.finished:
        step.starts += 1
        _start(step, task, items, timeout)
        if live.items.get(task.number) is not items:
            # The attempt has ended.
            return
    if items.next >= items.count and items.values is not None:
        items.values = None
        task.control['items'].pop('values')
        step.job.touch(task)
    if not items.room:
        live.filling.pop(task.number, None)
    if not items.count:
        complete.attempt_ended(step, task, states.SUCCESS)


def load(job: model.Job, task: model.Task) -> None:
    """Count again, after a load, the items of a task at work."""
    saved = task.control['items']
    items = lives.Items(count=saved['count'], values=saved.get('values'),
                        concurrency=saved['concurrency'])
    for number in task.runs:
        run = job.runs[number]
        if run.attempt != task.attempts or run.index is None:
            continue
        items.next = max(items.next, run.index + 1)
        items.open += not run.finished
        # A run that was replaced failed without being accepted.
        items.failed += run.accepted and run.state == states.ERROR
    job.live.items[task.number] = items
    if items.room:
        job.live.filling[task.number] = None


def _start(step: stepping.Step, task: model.Task, items: lives.Items,
           timeout: float) -> None:
    index = items.next
    items.next += 1
    extra = {name: values[index] for name, values in items.values.items()}
    scope = scopes.JobScope(step.job, step.at, task, extra=extra)
    try:
        call = calls.prepare(step.job, task, scope)
    except faults.Fault as fault:
        complete.attempt_ended(step, task, states.ERROR,
                               f'Item {index}: {fault}')
        return
    items.open += 1
    run, end = runs.launch(step, task, call, timeout, index)
    if end is not None:
        results.run_ended(step, run, end)


def _collection(each: Any, scope: scopes.JobScope, task: str) -> list:
    value = faults.evaluate(each.collection, scope,
                            f'"with-items" of the task "{task}"')
    if isinstance(value, (list, str, dict)):
        return list(value)
    raise faults.Fault(
        f'A collection is expected for "{each.variable}" in "with-items" of '
        f'the task "{task}", not {faults.type_name(value)}.')
