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
"""The API reference says what the code does: operations, fields, samples."""

import json
import pathlib
import re

from oslotest import base
import yaml

import convection
from convection.api import routes
from convection.api.schemas import action_runs
from convection.api.schemas import actions
from convection.api.schemas import jobs
from convection.api.schemas import services
from convection.api.schemas import tasks
from convection.api.schemas import workflows

SOURCE = (pathlib.Path(convection.__file__).parent.parent / 'api-ref' /
          'source' / 'v1')

#: The sample that shows each resource with all of its fields.
SHOWN = {
    'workflow-show': workflows.WORKFLOW,
    'revision-show': workflows.REVISION,
    'job-show': jobs.JOB,
    'task-show': tasks.TASK,
    'action-run-show': action_runs.ACTION_RUN,
    'action-show': actions.ACTION,
    'service-show': services.SERVICE,
}

_METHOD = re.compile(r'^\.\. rest_method:: (.*)$', re.MULTILINE)
_NAME = re.compile(r'^   - (\w+): (\w+)$', re.MULTILINE)


def _documented() -> dict:
    """Read the pages: operation -> (request fields, response fields)."""
    found = {}
    for page in sorted(SOURCE.glob('*.inc')):
        parts = _METHOD.split(page.read_text())
        for operation, text in zip(parts[1::2], parts[2::2], strict=True):
            request, response = text.split('Response\n--------')
            found[operation] = tuple(
                {name for name, _key in _NAME.findall(part)}
                for part in (request, response))
    return found


def _accepted(route: routes.Route) -> set[str]:
    """Name all that a request may hold."""
    names = set(re.findall(r'{(\w+)}', route.path))
    names |= set(route.query['properties'])
    return names | set((route.body or {}).get('properties', {}))


def _answered(route: routes.Route) -> set[str]:
    """Name the keys of the answer, or of it and the rows of a page."""
    properties = (route.answer or {}).get('properties', {})
    names = set(properties)
    if 'links' in properties:
        (key,) = set(properties) - {'links'}
        names |= set(properties[key]['items']['properties'])
    return names


class ApiRefTest(base.BaseTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.documented = _documented()

    def test_every_operation_is_documented(self) -> None:
        self.assertEqual({f'{r.method} {r.path}' for r in routes.ROUTES},
                         set(self.documented))

    def test_requests(self) -> None:
        for route in routes.ROUTES:
            operation = f'{route.method} {route.path}'
            request, _response = self.documented[operation]
            self.assertEqual(_accepted(route), request, operation)

    def test_responses(self) -> None:
        for route in routes.ROUTES:
            operation = f'{route.method} {route.path}'
            _request, response = self.documented[operation]
            # Large fields are in lists only when they are asked for.
            self.assertEqual(set(), response - _answered(route) - {
                'code', 'message', 'path', 'line', 'column', 'severity',
            }, operation)
            if response and 'links' not in response:
                self.assertEqual(set(), _answered(route) - response,
                                 operation)

    def test_parameters_are_defined_and_used(self) -> None:
        defined = set(yaml.safe_load(
            (SOURCE / 'parameters.yaml').read_text()))
        used = {key for page in SOURCE.glob('*.inc')
                for _name, key in _NAME.findall(page.read_text())}
        self.assertEqual(used, defined)

    def test_samples_have_every_field(self) -> None:
        for name, schema in SHOWN.items():
            sample = json.loads(
                (SOURCE / 'samples' / f'{name}.json').read_text())
            self.assertEqual(list(schema['properties']), list(sample), name)

    def test_samples_are_used(self) -> None:
        text = ''.join(page.read_text() for page in SOURCE.glob('*.inc'))
        for path in SOURCE.glob('samples/*.json'):
            json.loads(path.read_text())
            self.assertIn(f'samples/{path.name}', text)
