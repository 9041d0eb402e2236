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
"""A scope made of plain data, for the tests."""

import collections
from typing import Any

from convection import expressions

JOB_ID = '5b8f1b4e-64a0-4a0f-8f5c-6a4f0a2d7c11'

DATA = {
    'a': {'b': 1, 'empty': {}, 'deep': {'er': [1, 2]}},
    'list': [3, 1, 2],
    'servers': [{'id': 'x', 'up': True}, {'id': 'y', 'up': False}],
    'text': 'Hi',
    'unicode': '\u00e9\U0001f600',
    'nothing': None,
    'yes': True,
    'zero': 0,
    'half': 0.5,
    'items': 'a key that is a method of dict',
}

TASKS = [
    {'name': 'one', 'state': 'SUCCESS', 'result': {'x': [1, 2]}},
    {'name': 'two', 'state': 'ERROR', 'result': 'boom'},
    {'name': 'one', 'state': 'ERROR', 'result': None},
]


class DataScope(expressions.Scope):
    """Answers from plain data; the variables have two layers."""

    def __init__(self, variables: Any = None) -> None:
        if variables is None:
            variables = collections.ChainMap({'text': DATA['text']}, DATA)
        self.variables = variables
        self.drawn = 0

    def env(self) -> dict[str, Any]:
        return {'region': 'north'}

    def execution(self) -> dict[str, Any]:
        return {'id': JOB_ID, 'name': 'job', 'input': {'n': 1}}

    def task(self, name: str | None = None) -> dict[str, Any] | None:
        if name is None:
            raise LookupError('there is no current task')
        found = [task for task in TASKS if task['name'] == name]
        return found[-1] if found else None

    def tasks(self) -> list[dict[str, Any]]:
        return TASKS

    def global_variable(self, name: str) -> Any:
        return {'count': 3}.get(name)

    def new_uuid(self) -> str:
        self.drawn += 1
        return '00000000-0000-4000-8000-{:012d}'.format(self.drawn)

    def now(self) -> float:
        return 1795428000.25
