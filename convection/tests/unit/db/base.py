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
"""What the tests of the database share.

They run on SQLite here; ``convection.tests.functional.db`` runs the same
classes on the other databases by another ``fixture_class``.
"""

from typing import Any

from oslotest import base

from convection.common import uuids
from convection.db import bulk
from convection.db import models
from convection.tests.functional.fixtures import database

NOW = 1_790_000_000.123456


class DatabaseTest(base.BaseTestCase):
    """A test with a database of its own, as ``self.database``."""

    fixture_class: type[database.DatabaseFixture] = database.SQLite
    schema = True

    def setUp(self) -> None:
        """Make the database."""
        super().setUp()
        self.fixture = self.useFixture(self.fixture_class(self.schema))
        self.database = self.fixture.database

    def insert(self, table: Any, *rows: dict[str, Any]) -> None:
        """Insert rows in a transaction of their own."""
        with self.database.writer() as connection:
            bulk.insert_many(connection, table, rows)


def job(**values: Any) -> dict[str, Any]:
    """Return a row for ``jobs``."""
    return {
        **dict.fromkeys(models.jobs.c.keys()),
        'id': uuids.new_job_id(), 'project_id': 'demo', 'name': 'backup',
        'kind': 'batch', 'workflow_id': uuids.new_id(),
        'workflow_revision_id': uuids.new_id(), 'workflow_name': 'backup',
        'workflow_revision': 1, 'namespace': '', 'state': 'RUNNING',
        'input': {}, 'params': {}, 'variables': {}, 'control': {},
        'last_number': 0, 'last_publish': 0, 'last_event': 0, 'priority': 0,
        'tags': [], 'version': 1, 'context': {}, 'created_at': NOW,
        'updated_at': NOW, **values}


def task(number: int, **values: Any) -> dict[str, Any]:
    """Return a row for ``tasks``."""
    return {
        **dict.fromkeys(models.tasks.c.keys()),
        'id': f'00000000-0000-7000-8000-{number:012x}', 'job_id': 'a-job',
        'project_id': 'demo', 'number': number, 'name': 'create',
        'kind': 'action', 'state': 'RUNNING', 'published': {},
        'triggered_by': [], 'error_handled': False, 'attempts': 1,
        'control': {}, 'created_at': NOW, 'updated_at': NOW, **values}


def action_run(number: int, **values: Any) -> dict[str, Any]:
    """Return a row for ``action_runs``."""
    return {
        **dict.fromkeys(models.action_runs.c.keys()),
        'id': f'00000000-0000-7000-8000-{number:012x}', 'job_id': 'a-job',
        'task_id': 'a-task', 'project_id': 'demo', 'number': number,
        'task_number': 1, 'name': 'std.echo', 'kind': 'action',
        'state': 'RUNNING', 'adhoc': [], 'attempt': 1, 'input': {},
        'accepted': False, 'asynchronous': False, 'called': False,
        'safe_rerun': False,
        'created_at': NOW, 'updated_at': NOW, **values}


def workflow(**values: Any) -> dict[str, Any]:
    """Return a row for ``workflows``."""
    return {
        **dict.fromkeys(models.workflows.c.keys()),
        'id': uuids.new_id(), 'project_id': 'demo', 'name': 'backup',
        'namespace': '', 'scope': 'private', 'tags': [], 'revision': 1,
        'created_at': NOW, 'updated_at': NOW, 'deleted': '', **values}


def revision(workflow_id: str, number: int = 1,
             **values: Any) -> dict[str, Any]:
    """Return a row for ``workflow_revisions``."""
    return {
        'id': uuids.new_id(), 'workflow_id': workflow_id,
        'revision': number, 'definition': 'version: "2.0"', 'data': {},
        'user_id': None, 'created_at': NOW, **values}


def action(**values: Any) -> dict[str, Any]:
    """Return a row for ``actions``."""
    return {
        **dict.fromkeys(models.actions.c.keys()),
        'id': uuids.new_id(), 'kind': 'adhoc', 'project_id': 'demo',
        'name': 'greet', 'namespace': '', 'tags': [], 'parameters': {},
        'asynchronous': False, 'created_at': NOW, 'updated_at': NOW,
        **values}
