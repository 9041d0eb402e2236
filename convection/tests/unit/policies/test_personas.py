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
"""Who may do what: the table ``personas.yaml``, over the real API."""

import json
import os
from typing import Any

from oslotest import base
import webob
import yaml

from convection.api import routes
from convection.common import context
from convection.db import models
from convection import policies
from convection.tests.unit.api import fakes
from convection.tests.unit.api import seed

#: Roles, project and user of each.
PERSONAS = {
    'admin': ('admin', 'demo', 'operator'),
    'manager': ('manager', 'demo', 'boss'),
    'member': ('member', 'demo', 'colleague'),
    'owner': ('member', 'demo', 'demo'),
    'reader': ('reader', 'demo', 'guest'),
    'stranger': ('auditor', 'demo', 'stranger'),
    'other': ('member', 'elsewhere', 'demo'),
}
_ADHOC = "version: '2.0'\nshout:\n  base: std.echo\n"


def _table() -> dict[str, Any]:
    path = os.path.join(os.path.dirname(__file__), 'personas.yaml')
    with open(path, encoding='utf-8') as file:
        return yaml.safe_load(file)


class PersonasTest(base.BaseTestCase):
    """Each persona tries everything."""

    def setUp(self) -> None:
        super().setUp()
        self.table = _table()

    def test_every_rule_is_in_the_table(self) -> None:
        personas = {'context_is_admin', 'project_manager', 'project_member',
                    'project_reader', 'project_owner'}
        rules = {rule.name for rule in policies.list_rules()} - personas
        self.assertEqual(rules, set(self.table))

    def test_every_route_has_a_rule_that_names_it(self) -> None:
        named = {(rule.name, operation['method'], operation['path'])
                 for rule in policies.list_rules()
                 for operation in getattr(rule, 'operations', ())}
        for route in routes.ROUTES:
            if route.rule is not None:
                self.assertIn((route.rule, route.method, route.path), named)

    def test_only_projects(self) -> None:
        for rule in policies.list_rules():
            if ':' in rule.name:
                self.assertEqual(['project'], rule.scope_types)

    def test_table(self) -> None:
        site = self.useFixture(fakes.Api())
        for rule, row in self.table.items():
            for persona in PERSONAS:
                with self.subTest(rule=rule, persona=persona):
                    _seed(site)
                    self._try(site, row, persona)

    def _try(self, site: fakes.Api, row: dict[str, Any],
             persona: str) -> None:
        answer = _ask(site, row, persona)
        if persona in row['allowed']:
            self.assertLess(answer.status_int, 300, answer.text)
        else:
            wanted = 404 if persona in row.get('hidden', ()) else 403
            self.assertEqual(wanted, answer.status_int, answer.text)


def _seed(site: fakes.Api) -> None:
    """Begin again with what is planted."""
    with site.database.writer() as conn:
        for table in models.METADATA.tables.values():
            conn.execute(table.delete())
    seed.plant(site)
    site.engine.create_workflows(
        context.RequestContext(project_id='demo', user_id='demo',
                               overwrite=False), definition=_ADHOC)


def _ask(site: fakes.Api, row: dict[str, Any],
         persona: str) -> webob.Response:
    method, path = row['request'].split()
    roles, project, user = PERSONAS[persona]
    request = webob.Request.blank(path, method=method, headers={
        'X-Roles': roles, 'X-Project-Id': project, 'X-User-Id': user})
    if 'body' in row:
        request.content_type = 'application/json'
        request.text = json.dumps(row['body']).replace('%s', f'by_{persona}')
    return request.get_response(site.application)
