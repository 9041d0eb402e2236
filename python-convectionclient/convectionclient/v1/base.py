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
"""What the nouns share: resources and managers."""

from collections.abc import Iterator
from typing import Any
from urllib import parse

from convectionclient import exceptions


class Resource:
    """What the service told of one thing; its fields are attributes."""

    def __init__(self, manager: 'Manager', fields: dict[str, Any]) -> None:
        self._manager = manager
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(
                f'{type(self).__name__} has no {name}') from None

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field, or ``default`` when the server did not send it."""
        return self._fields.get(name, default)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return dict(self._fields)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._fields == other._fields

    def __repr__(self) -> str:
        name = self.get('name') or self.get('id')
        return f'<{type(self).__name__} {name}>'


class Manager:
    """Reaches the resources of one noun."""

    #: The noun in the path and, with underscores, in the body of a list.
    collection = ''
    resource_class: type[Resource] = Resource

    def __init__(self, http: Any) -> None:
        self._http = http

    def get(self, ref: str, **query: Any) -> Any:
        """Return one resource.

        :param ref: its id, or its name where it has one.
        :param query: for a name, the namespace; None is left out.
        :raises convectionclient.exceptions.NotFound: there is none.
        """
        return self._resource(self._http.get_json(
            self._path(ref), params=given(query)))

    def list(self, *, limit: int | None = None, marker: str | None = None,
             sort: str | None = None, **filters: Any) -> Iterator[Any]:
        """Yield resources, fetching page after page as they are needed.

        :param limit: yield so many at most; all when None.
        :param marker: begin after the resource with this id.
        :param sort: like ``created_at:desc``.
        :param filters: fields with the values they must have; None is no
            filter.
        """
        return self._pages(self._path(), self._key, limit,
                           marker=marker, sort=sort, **filters)

    @property
    def _key(self) -> str:
        return self.collection.replace('-', '_')

    def _path(self, *parts: str) -> str:
        return '/'.join([f'/{self.collection}', *map(_quoted, parts)])

    def _resource(self, fields: dict[str, Any]) -> Any:
        return self.resource_class(self, fields)

    def _pages(self, path: str, key: str, limit: int | None,
               **query: Any) -> Iterator[Any]:
        query = given(query)
        left = limit
        while True:
            if left is not None:
                query['limit'] = left
            body = self._http.get_json(path, params=query)
            for fields in body[key][:left]:
                yield self._resource(fields)
            if left is not None:
                left -= len(body[key])
            following = _next(body)
            if not following or not body[key] or left == 0:
                return
            query |= following


def _quoted(part: str) -> str:
    """Return a part of a path.

    :raises ConvectionClientError: it names nothing.
    """
    if part == '':
        # Without it the path would be that of the list.
        raise exceptions.ConvectionClientError(
            'A name or an id must not be empty.')
    try:
        return parse.quote(str(part), safe='')
    except UnicodeEncodeError:
        raise exceptions.ConvectionClientError(
            f'{part!r} is not text in UTF-8.') from None


def given(query: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that have a value."""
    return {k: v for k, v in query.items() if v is not None}


def _next(body: dict[str, Any]) -> dict[str, str]:
    """Return the query of the page after this one; empty at the end."""
    for link in body.get('links') or []:
        if link.get('rel') == 'next':
            pairs = parse.parse_qsl(parse.urlsplit(link['href']).query)
            return dict(pairs)
    return {}
