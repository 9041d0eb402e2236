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
"""Workflows: named definitions with revisions."""

from collections.abc import Iterator
from typing import Any

from convectionclient.v1 import base


class Workflow(base.Resource):
    """A workflow; ``definition`` is the text of its latest revision."""


class Revision(base.Resource):
    """One revision of a workflow; never changes."""


class WorkflowManager(base.Manager):
    """``/v1/workflows``."""

    collection = 'workflows'
    resource_class = Workflow

    def create(self, definition: str, *, namespace: str = '',
               scope: str = 'private') -> dict[str, list[Any]]:
        """Store all that a document defines.

        :param definition: the document: a workflow list, a workbook or
            ad-hoc actions.
        :param scope: private, or public for every project.
        :return: the new resources under ``workflows`` and ``actions``.
        :raises convectionclient.exceptions.BadRequest: the document is not
            valid; ``errors`` has every fault with its place.
        """
        return self._store('POST', definition, namespace, scope)

    def update(self, definition: str, *, namespace: str = '',
               scope: str | None = None) -> dict[str, list[Any]]:
        """Make a new revision of all that a document defines.

        :param scope: None keeps it as it is.
        :return: as for ``create``.
        """
        return self._store('PUT', definition, namespace, scope)

    def validate(self, definition: str) -> dict[str, Any]:
        """Check a document and store nothing.

        :return: ``valid`` (a bool) and ``problems``, each with severity,
            code, message, path, line and column.
        """
        return self._http.send_json('POST', self._path('validate'),
                                    {'definition': definition})

    def delete(self, ref: str, *, namespace: str | None = None) -> None:
        """Delete a workflow; jobs that were made of it go on.

        :param ref: id or name.
        """
        self._http.delete(self._path(ref),
                          params=base.given({'namespace': namespace}))

    def revisions(self, ref: str, *, limit: int | None = None,
                  namespace: str | None = None) -> Iterator[Revision]:
        """Yield the revisions of a workflow.

        :param ref: id or name.
        """
        for found in self._pages(self._path(ref, 'revisions'), 'revisions',
                                 limit, namespace=namespace):
            yield Revision(self, found.to_dict())

    def revision(self, ref: str, number: int, *,
                 namespace: str | None = None) -> Revision:
        """Return one revision of a workflow.

        :param ref: id or name.
        """
        return Revision(self, self._http.get_json(
            self._path(ref, 'revisions', str(number)),
            params=base.given({'namespace': namespace})))

    def _store(self, method: str, definition: str, namespace: str,
               scope: str | None) -> dict[str, list[Any]]:
        body = {'definition': definition, 'namespace': namespace}
        if scope is not None:
            body['scope'] = scope
        stored = self._http.send_json(method, self._path(), body)
        return {noun: [self._resource(fields)
                       for fields in stored.get(noun) or []]
                for noun in ('workflows', 'actions')}
