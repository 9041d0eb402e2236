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
"""The tables have a column for each field that the core saves."""

import dataclasses
import inspect

from oslotest import base
import sqlalchemy as sa

from convection.db import models
from convection.db import types
from convection.engine.core import model

_MEMORY_ONLY = '# -- in memory only --'
#: What the rows have beside them.
_ROW_ONLY = {
    model.Job: {'version', 'updated_at'},
    model.Task: {'id', 'job_id', 'project_id', 'updated_at'},
    model.ActionRun: {'id', 'job_id', 'task_id', 'project_id', 'updated_at'},
}
_TABLES = {model.Job: models.jobs, model.Task: models.tasks,
           model.ActionRun: models.action_runs}


class TestModels(base.BaseTestCase):
    """Compares the tables with the core's classes."""

    def test_columns_are_the_saved_fields(self) -> None:
        for kind, table in _TABLES.items():
            saved = inspect.getsource(kind).partition(_MEMORY_ONLY)[0]
            fields = {field.name for field in dataclasses.fields(kind)
                      if f'\n    {field.name}:' in saved}
            self.assertEqual(fields | _ROW_ONLY[kind], set(table.c.keys()),
                             table.name)

    def test_what_a_document_makes_fits_any_column(self) -> None:
        # A text that came from an expression must not stop a commit.
        for table in _TABLES.values():
            for column in table.c:
                if isinstance(column.type, sa.Text):
                    self.assertIsInstance(column.type,
                                          (types.Json, types.Prose))
