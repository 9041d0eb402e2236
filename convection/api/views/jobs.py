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
"""How jobs and their events look."""

from typing import Any

from convection.api.schemas import jobs as schemas
from convection.api.views import base


def _workflow(row: base.Row) -> dict[str, Any]:
    return {'id': row['workflow_id'], 'name': row['workflow_name'],
            'revision': row['workflow_revision']}


VIEW = base.View(schemas.JOB, {
    'workflow': (('workflow_id', 'workflow_name', 'workflow_revision'),
                 _workflow)}, schemas.LARGE_FIELDS)
EVENT_VIEW = base.View(schemas.EVENT)
