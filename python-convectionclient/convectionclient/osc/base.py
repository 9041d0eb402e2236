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
"""What the commands share: the client, how values are shown, arguments."""

import argparse
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import json
import sys
from typing import Any, TextIO

from cliff import command
from cliff import lister
from cliff import show

from convectionclient import exceptions


class _ClientMixin:
    """Reaches the service through the application's client manager."""

    app: Any

    @property
    def client(self) -> Any:
        """The client; it is made at the first use."""
        return self.app.client_manager.convection

    def get_epilog(self) -> str:
        """Return none: looking up who provides a command is slow."""
        return ''


class Command(_ClientMixin, command.Command):
    """A command that shows nothing."""


class ShowOne(_ClientMixin, show.ShowOne):
    """A command that shows the fields of one thing."""


class Lister(_ClientMixin, lister.Lister):
    """A command that lists things.

    ``columns`` are fields of the resource; their titles are made of them.
    """

    columns: tuple[str, ...] = ()

    def rows(self, resources: Iterable[Any], parsed_args: argparse.Namespace
             ) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """Make what cliff prints of the resources."""
        kind = parsed_args.formatter
        return ([title(column) for column in self.columns],
                ([_line(cell(column, resource.get(column), kind), kind)
                  for column in self.columns] for resource in resources))


def _line(value: Any, formatter: str) -> Any:
    """Return of a text of several paragraphs the first."""
    if formatter in ('json', 'yaml') or not isinstance(value, str):
        return value
    return value.partition('\n\n')[0]


def add_paging(parser: argparse.ArgumentParser) -> None:
    """Add the options that every long list has."""
    parser.add_argument(
        '--limit', type=int, metavar='<number>',
        help='List so many at most (default: all).')
    parser.add_argument(
        '--marker', metavar='<id>', help='Begin after this one.')
    parser.add_argument(
        '--sort', metavar='<field>[:asc|:desc]',
        help='Order by a field, for instance created_at:desc.')
    parser.add_argument(
        '--all-projects', action='store_true', default=None,
        help='List those of every project; for administrators.')


def add_namespace(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where a name lives."""
    parser.add_argument('--namespace', metavar='<namespace>',
                        help='Where the name is looked up (default: the '
                             'common namespace).')


def paging(parsed_args: argparse.Namespace) -> dict[str, Any]:
    """Return the values of the options of ``add_paging``."""
    return {'limit': parsed_args.limit, 'marker': parsed_args.marker,
            'sort': parsed_args.sort,
            'all_projects': 'true' if parsed_args.all_projects else None}


def title(field: str) -> str:
    """Return the title of a column: ``job_id`` is ``Job ID``."""
    words = field.replace('_', ' ').split()
    return ' '.join('ID' if word == 'id' else
                    word if index else word.capitalize()
                    for index, word in enumerate(words))


def cell(field: str, value: Any, formatter: str) -> Any:
    """Make a value fit for an output format.

    json and yaml get the data as it is; the others get text, in which
    structures are JSON and a table has times without fractions.
    """
    if formatter in ('json', 'yaml'):
        return value
    if value is None:
        return ''
    if formatter == 'table' and field.endswith('_at') and \
            isinstance(value, str):
        return value.split('.')[0].rstrip('Z').replace('T', ' ')
    if formatter == 'table' and field == 'workflow' and \
            isinstance(value, dict):
        return f'{value.get("name")} (revision {value.get("revision")})'
    if isinstance(value, list) and formatter == 'table' and \
            all(isinstance(item, str) for item in value):
        return ', '.join(value)
    if isinstance(value, (dict, list)):
        indent = 2 if formatter == 'table' else None
        return json.dumps(value, indent=indent, ensure_ascii=False)
    return value


def fields(record: dict[str, Any], parsed_args: argparse.Namespace
           ) -> tuple[Sequence[str], Sequence[Any]]:
    """Make what cliff prints of one record."""
    kind = parsed_args.formatter
    return (list(record),
            [cell(name, value, kind) for name, value in record.items()])


def read_text(path: str) -> str:
    """Return the text of a file, or of standard input for ``-``.

    :raises ConvectionClientError: it cannot be read.
    """
    try:
        if path == '-':
            return sys.stdin.read()
        with open(path, encoding='utf-8') as file:
            return file.read()
    except OSError as error:
        raise exceptions.ConvectionClientError(
            f'{path}: {error.strerror or error}.') from error
    except ValueError as error:
        raise exceptions.ConvectionClientError(
            f'{path}: it is not text in UTF-8.') from error


def each(refs: Iterable[str], act: Callable[[str], Any],
         stderr: TextIO) -> int:
    """Do something to each of several things, whatever becomes of others.

    :return: the exit status: 1 when the service refused one of them.
    """
    status = 0
    for ref in refs:
        try:
            act(ref)
        except exceptions.HTTPError as error:
            stderr.write(f'{ref}: {error}\n')
            status = 1
    return status
