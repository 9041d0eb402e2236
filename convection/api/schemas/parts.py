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
"""The parts that the schemas of the nouns are made of."""

from typing import Any

Schema = dict[str, Any]

#: One line of text: no control characters.
_LINE = '^[^\\u0000-\\u001f\\u007f]*$'
#: Longest text of a line, as in the database.
_LINE_LENGTH = 255
_ID = ('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')
#: What fits into a 32-bit column.
_MAX_PRIORITY = 1_000_000


def line(description: str, minimum: int = 1) -> Schema:
    """Return the schema of a line of text."""
    return {'type': 'string', 'minLength': minimum,
            'maxLength': _LINE_LENGTH, 'pattern': _LINE,
            'description': description}


def text(description: str, **more: Any) -> Schema:
    """Return the schema of text of any kind."""
    return {'type': 'string', 'description': description, **more}


def word(description: str, *words: str) -> Schema:
    """Return the schema of one of a few words."""
    return {'type': 'string', 'enum': list(words),
            'description': description}


def integer(description: str, minimum: int, maximum: int) -> Schema:
    """Return the schema of a whole number."""
    return {'type': 'integer', 'minimum': minimum, 'maximum': maximum,
            'description': description}


def boolean(description: str) -> Schema:
    """Return the schema of true or false."""
    return {'type': 'boolean', 'description': description}


def free_object(description: str) -> Schema:
    """Return the schema of an object with whatever keys."""
    return {'type': 'object', 'description': description}


def anything(description: str) -> Schema:
    """Return the schema of any JSON value."""
    return {'description': description}


def identifier(description: str) -> Schema:
    """Return the schema of an id."""
    return {'type': 'string', 'pattern': _ID, 'description': description}


def time(description: str) -> Schema:
    """Return the schema of a time, as answers have it."""
    return {'type': 'string', 'format': 'date-time',
            'description': f'{description} UTC, like '
                           '2026-11-23T10:00:00.123456Z.'}


def optional(schema: Schema) -> Schema:
    """Return the schema of that or null."""
    return {**schema, 'type': [schema['type'], 'null']}


def array(items: Schema, description: str, **more: Any) -> Schema:
    """Return the schema of a list."""
    return {'type': 'array', 'items': items, 'description': description,
            **more}


def obj(properties: dict[str, Schema], required: tuple[str, ...] = ()
        ) -> Schema:
    """Return the schema of an object that has no other keys."""
    schema = {'type': 'object', 'properties': properties,
              'additionalProperties': False}
    return {**schema, 'required': list(required)} if required else schema


def resource(properties: dict[str, Schema]) -> Schema:
    """Return the schema of an answer.

    Every key may be left out by ``fields=``; later versions may add some.
    """
    return {'type': 'object', 'properties': properties}


def tags() -> Schema:
    """Return the schema of a resource's tags."""
    return array(line('A tag.'), 'Words to find it by.', maxItems=64)


def priority() -> Schema:
    """Return the schema of a priority."""
    return integer('Higher goes first when work waits for executors; 0 by '
                   'default.', -_MAX_PRIORITY, _MAX_PRIORITY)


def words(schema: Schema) -> Schema:
    """Return the schema of a filter that may be given several times."""
    return array(schema, schema['description'], minItems=1, maxItems=20)


def no_query() -> Schema:
    """Return the schema of a query without parameters."""
    return obj({})


def all_projects() -> dict[str, Schema]:
    """Return the parameter that reaches beyond the caller's project."""
    return {'all_projects': boolean('Look in every project; for '
                                    'administrators.')}


def showing(answer: Schema, **more: Schema) -> Schema:
    """Return the schema of the query of a single resource."""
    return obj({'fields': fields(answer), **all_projects(), **more})


def fields(answer: Schema) -> Schema:
    """Return the schema of the parameter that chooses fields."""
    names = '|'.join(sorted(answer['properties']))
    return {'type': 'string', 'pattern': f'^({names})(,({names}))*$',
            'description': 'Names of the fields to answer with, separated '
                           'by commas.'}


def listing(answer: Schema, filters: dict[str, Schema],
            sort_keys: tuple[str, ...]) -> Schema:
    """Return the schema of the query of a list.

    :param sort_keys: what it may be sorted by; the first is the default.
    """
    keys = '|'.join(sort_keys)
    return obj({
        'limit': integer('The most rows to answer with; the server may give '
                         'fewer.', 1, 1_000_000_000),
        'marker': identifier('The id of the last row of the page before.'),
        'sort': {'type': 'string', 'pattern': f'^({keys})(:(asc|desc))?$',
                 'description': 'The field to sort by, ascending unless '
                                ':desc is added.'},
        'fields': fields(answer), **filters, **all_projects()})


def collection(key: str, answer: Schema) -> Schema:
    """Return the schema of a page of a list."""
    link = {'type': 'object', 'properties': {
        'rel': {'type': 'string', 'enum': ['next']},
        'href': {'type': 'string'}}, 'required': ['rel', 'href']}
    return {'type': 'object', 'required': [key, 'links'], 'properties': {
        key: array(answer, 'The rows of this page.'),
        'links': array(link, 'Where the next page is, if there is one.')}}
