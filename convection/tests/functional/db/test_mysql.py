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
"""The tests of the database on MySQL or MariaDB."""

from convection.tests.functional.fixtures import database
from convection.tests.unit.db import test_api
from convection.tests.unit.db import test_migration
from convection.tests.unit.db import test_nouns
from convection.tests.unit.db import test_paging
from convection.tests.unit.db import test_values


class _OnMySQL:
    fixture_class = database.MySQL


class TestTransactions(_OnMySQL, test_api.TestTransactions):
    """See the unit test."""


class TestModelsSync(_OnMySQL, test_migration.TestModelsSync):
    """See the unit test."""


class TestWalk(_OnMySQL, test_migration.TestWalk):
    """See the unit test."""


class TestJobs(_OnMySQL, test_nouns.TestJobs):
    """See the unit test."""


class TestWorkflows(_OnMySQL, test_nouns.TestWorkflows):
    """See the unit test."""


class TestActions(_OnMySQL, test_nouns.TestActions):
    """See the unit test."""


class TestServices(_OnMySQL, test_nouns.TestServices):
    """See the unit test."""


class TestPaging(_OnMySQL, test_paging.TestPaging):
    """See the unit test."""


class TestPageCost(_OnMySQL, test_paging.TestPageCost):
    """See the unit test."""


class TestValues(_OnMySQL, test_values.TestValues):
    """See the unit test."""
