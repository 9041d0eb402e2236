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
"""The schema's revisions: which there are, and moving to them."""

from typing import Any

from alembic import command
from alembic import config as alembic_config
from alembic import migration as alembic_migration
from alembic import script as alembic_script

from convection.db import api

HEAD = 'head'


def upgrade(database: api.Database, revision: str = HEAD) -> None:
    """Bring the schema to a revision; nothing happens when it is there."""
    config = _config()
    with database.writer() as connection:
        config.attributes['connection'] = connection
        command.upgrade(config, revision)


def current(database: api.Database) -> str | None:
    """Return the revision that the schema is at; None for an empty one."""
    with database.reader() as connection:
        context = alembic_migration.MigrationContext.configure(connection)
        return context.get_current_revision()


def head() -> str:
    """Return the newest revision that this release knows."""
    return _scripts().get_current_head()


def revisions() -> list[str]:
    """Return all revisions, the oldest first."""
    found = [script.revision for script in _scripts().walk_revisions()]
    return found[::-1]


def is_at_head(database: api.Database) -> bool:
    """Whether the schema is the one that this release expects."""
    return current(database) == head()


def _config() -> Any:
    config = alembic_config.Config()
    config.set_main_option('script_location', 'convection.db:migrations')
    return config


def _scripts() -> alembic_script.ScriptDirectory:
    return alembic_script.ScriptDirectory.from_config(_config())
