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
"""The migrations make the schema that the models say."""

from typing import Any

from oslo_db.sqlalchemy import test_migrations
import sqlalchemy as sa

from convection.db import migration
from convection.db import models
from convection.tests.unit.db import base


class TestModelsSync(test_migrations.ModelsMigrationsSync, base.DatabaseTest):
    """Compares the two."""

    schema = False

    def get_engine(self) -> sa.Engine:
        """Return the engine for oslo.db's test."""
        return self.database.engine

    def get_metadata(self) -> sa.MetaData:
        """Return the models for oslo.db's test."""
        return models.METADATA

    def db_sync(self, engine: sa.Engine) -> None:
        """Bring the database to the newest revision."""
        migration.upgrade(self.database)


class TestWalk(base.DatabaseTest):
    """Goes through the revisions one by one."""

    schema = False

    def test_walk(self) -> None:
        self.assertIsNone(migration.current(self.database))
        self.assertFalse(migration.is_at_head(self.database))
        for revision in migration.revisions():
            migration.upgrade(self.database, revision)
            self.assertEqual(revision, migration.current(self.database))
        self.assertTrue(migration.is_at_head(self.database))
        migration.upgrade(self.database)

    def test_mysql_tables(self) -> None:
        if self.database.dialect_name != 'mysql':
            self.skipTest('Only MySQL has engines and character sets')
        migration.upgrade(self.database)
        with self.database.reader() as connection:
            made: list[Any] = connection.exec_driver_sql(
                'SELECT engine, table_collation FROM '
                'information_schema.tables WHERE table_schema = database() '
                "AND table_name <> 'alembic_version'").all()
        self.assertEqual(len(models.METADATA.tables), len(made))
        self.assertEqual({('InnoDB', 'utf8mb4_bin')}, set(map(tuple, made)))
