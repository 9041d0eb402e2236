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
"""How workflows and their revisions look."""

from convection.api.schemas import workflows as schemas
from convection.api.views import base

#: Fields that are made of the latest revision, which ``with_revision`` adds.
OF_REVISION = frozenset({'definition', 'input'})

VIEW = base.View(schemas.WORKFLOW, {
    'input': (('revision',), lambda row: row['data'].get('input') or []),
    'definition': (('revision',), lambda row: row['definition']),
}, schemas.LARGE_FIELDS)


def with_revision(row: base.Row, revision: base.Row) -> base.Row:
    """Return the row of a workflow with what is in its latest revision."""
    return {**row, 'definition': revision['definition'],
            'data': revision['data']}


REVISION_VIEW = base.View(schemas.REVISION,
                          large=schemas.REVISION_LARGE_FIELDS)
