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
"""One workflow: from its mapping to its spec.

A new key of a workflow is one entry of ``_READERS`` and a field of the spec.
"""

from typing import Any

from convection.lang import checks
from convection.lang import inputs
from convection.lang import report
from convection.lang import spec
from convection.lang import tasks
from convection.lang import values

TYPES = ('direct', 'reverse')


def _read_description(value: Any, place: report.Place) -> str | None:
    """Take anything: it has never been checked."""
    return None if value is None else str(value)


#: Key to the reader of its value and the field of the spec.
_READERS = {
    'description': (_read_description, 'description'),
    'tags': (values.texts, 'tags'),
    'input': (inputs.read, 'inputs'),
    'output': (values.mapping_template, 'output'),
    'output-on-error': (values.mapping_template, 'output_on_error'),
    'vars': (values.mapping_template, 'vars'),
}

_KEYS = _READERS.keys() | {'type', 'task-defaults', 'tasks', 'name',
                           'version'}


def read(name: str, data: Any,
         place: report.Place) -> spec.WorkflowSpec | None:
    """Read a workflow.

    :returns: None when there is nothing to make a spec of; one with holes
        when errors were reported.
    """
    data = values.mapping(data, place)
    if not data:
        return None
    found = {}
    for key, value in data.items():
        if key in _READERS:
            reader, field = _READERS[key]
            found[field] = reader(value, place.at(key))
        elif key not in _KEYS:
            place.at(key).unknown_key('workflow.unknown_key', 'A workflow',
                                      _KEYS, 'warning')
    workflow_type = _read_type(data, place)
    defaults = spec.TaskDefaultsSpec()
    if 'task-defaults' in data:
        defaults = tasks.read_defaults(data['task-defaults'], workflow_type,
                                       place.at('task-defaults'))
    if 'tasks' not in data:
        place.error('value.missing', 'A workflow needs "tasks".', True)
        return None
    below = place.at('tasks')
    entries = values.mapping(data['tasks'], below)
    if not entries or not checks.check_size(entries, defaults, below):
        return None
    result = spec.WorkflowSpec(
        name=name, type=workflow_type, task_defaults=defaults,
        tasks={task: tasks.read(task, position, content, workflow_type,
                                defaults, below.at(task))
               for position, (task, content) in enumerate(entries.items())},
        **found)
    checks.check(result, data, place)
    return result


def _read_type(data: dict[str, Any], place: report.Place) -> str:
    value = data.get('type', 'direct')
    if value in TYPES:
        return value
    place.at('type').error('value.choice', 'The type of a workflow is '
                           '"direct" or "reverse".')
    return 'direct'
