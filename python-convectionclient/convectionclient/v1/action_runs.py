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
"""Action runs: single calls of an action."""

from typing import Any

from convectionclient.v1 import base


class ActionRun(base.Resource):
    """An attempt of a retry, an item of a with-items, or the only call."""


class ActionRunManager(base.Manager):
    """``/v1/action-runs``."""

    collection = 'action-runs'
    resource_class = ActionRun

    def complete(self, id: str, state: str = 'SUCCESS',
                 result: Any = None) -> ActionRun:
        """End an action that waits for this call (an asynchronous one).

        :param state: SUCCESS, ERROR or CANCELLED.
        :param result: any JSON value.
        """
        return self._resource(self._http.send_json(
            'POST', self._path(id, 'complete'),
            {'state': state, 'result': result}))
