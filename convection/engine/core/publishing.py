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
"""What a task publishes at its end: branch variables and global ones.

Three places may publish: the clause of the task's state (``on-success``,
``on-error``, ``on-skip``), the plain key (``publish``, ``publish-on-error``,
``publish-on-skip``), and ``on-complete``. Where they name the same variable
of the same scope the first of these wins; none is lost. All expressions see
the variables as they were before. ``atomic`` means what ``global`` does,
since the events of a job are in one order.
"""

import dataclasses
from typing import Any

from convection.engine.core import dataflow
from convection.engine.core import faults
from convection.engine.core import model
from convection.engine.core import scope as scopes
from convection.engine.core import states

#: The state of a task: its clause, and its plain key.
_PLACES = {
    states.SUCCESS: ('on-success', 'publish'),
    states.ERROR: ('on-error', 'publish-on-error'),
    states.SKIPPED: ('on-skip', 'publish-on-skip'),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Publication:
    """The values that a task is about to publish."""

    branch: dict[str, Any]
    #: The workflow's variables with the new ones; None when none are new.
    variables: dict[str, Any] | None


NOTHING = Publication({}, None)


def evaluate(job: model.Job, task: model.Task, state: str,
             scope: scopes.JobScope) -> Publication:
    """Evaluate what a task publishes when it ends in a state.

    :raises faults.Fault: when an expression fails.
    """
    branch: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for key, name, template in _templates(job, task, state):
        values = faults.evaluate_mapping(
            template, scope, f'"{key}" of the task "{task.name}"')
        (branch if name == 'branch' else shared).update(values)
    if not branch and not shared:
        return NOTHING
    return Publication(branch, dataflow.publish_global(
        job.variables, shared) if shared else None)


def _templates(job: model.Job, task: model.Task, state: str) -> list[tuple]:
    """Return ``(key, scope, template)``, the weakest first."""
    clause, plain = _PLACES[state]
    found = [('on-complete', name, template) for name, template in
             job.graph.publish(task.name, 'on-complete').items()]
    template = getattr(job.spec.tasks[task.name], plain.replace('-', '_'))
    if template is not None:
        found.append((plain, 'branch', template))
    found.extend((clause, name, template) for name, template in
                 job.graph.publish(task.name, clause).items())
    return found
