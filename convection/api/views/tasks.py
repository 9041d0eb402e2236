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
"""How tasks look."""

from typing import Any

from convection.api.schemas import tasks as schemas
from convection.api.views import base


def result(runs: list[base.Row]) -> Any:
    """Return the result of a task: what its accepted action runs gave.

    :param runs: its action runs in order.
    :returns: a list in the order of the items for a with-items, else the
        result of the last; None when there is none.
    """
    accepted = [run for run in runs if run['accepted']]
    if any(run['index'] is not None for run in runs):
        return [run['result'] for run in sorted(
            accepted, key=lambda run: run['index'] or 0)]
    return accepted[-1]['result'] if accepted else None


#: ``runs`` and ``waits_for`` are no columns; the controller adds them.
VIEW = base.View(schemas.TASK, {
    'result': ((), lambda row: result(row['runs'])),
    'waits_for': ((), lambda row: row['waits_for']),
}, schemas.LARGE_FIELDS)
