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
"""Actions: what tasks may call."""

from convectionclient.v1 import base


class Action(base.Resource):
    """A plug-in of the executors, or one composed in a document."""


class ActionManager(base.Manager):
    """``/v1/actions``; new ones come with a document, see workflows."""

    collection = 'actions'
    resource_class = Action

    def delete(self, ref: str, *, namespace: str | None = None) -> None:
        """Delete an action that a document composed.

        :param ref: id or name.
        """
        self._http.delete(self._path(ref),
                          params=base.given({'namespace': namespace}))
