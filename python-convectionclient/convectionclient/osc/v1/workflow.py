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
"""Commands for workflows."""

import abc
import argparse
import functools
from typing import Any

from convectionclient.osc import base

#: Fields that are shown on demand only, since they fill the screen.
_LONG = ('definition', 'data')


def _add_document(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('definition', metavar='<file>',
                        help='The document; - for standard input.')


def _add_namespace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--namespace', metavar='<namespace>', default='',
                        help='Where to store the names (default: the common '
                             'namespace).')


def _summary(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if k not in _LONG}


class _StoreWorkflow(base.Lister):
    """Sends a document and lists what became of it."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_document(parser)
        _add_namespace(parser)
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument('--public', dest='scope', action='store_const',
                           const='public', help='For every project.')
        scope.add_argument('--private', dest='scope', action='store_const',
                           const='private', help='For this project only.')
        return parser

    def listed(self, stored: dict[str, list[Any]],
               parsed_args: argparse.Namespace) -> Any:
        """Make the rows: a workflow or an action in each."""
        kind = parsed_args.formatter
        return (['Noun', 'ID', 'Name', 'Revision'],
                [[noun.removesuffix('s'), found.id, found.name,
                  base.cell('revision', found.get('revision'), kind)]
                 for noun, resources in stored.items()
                 for found in resources])


class CreateWorkflow(_StoreWorkflow):
    """Store all workflows and actions of a document."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Store them."""
        return self.listed(self.client.workflows.create(
            base.read_text(parsed_args.definition),
            namespace=parsed_args.namespace,
            scope=parsed_args.scope or 'private'), parsed_args)


class UpdateWorkflow(_StoreWorkflow):
    """Make new revisions of all workflows and actions of a document."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Store them."""
        return self.listed(self.client.workflows.update(
            base.read_text(parsed_args.definition),
            namespace=parsed_args.namespace,
            scope=parsed_args.scope), parsed_args)


class ValidateWorkflow(base.Lister):
    """Check a document and list every fault with its place.

    The exit status is 0 only when it is valid; warnings do not count.
    """

    _valid = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_document(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Check it."""
        names = ('severity', 'line', 'column', 'path', 'message')
        found = self.client.workflows.validate(
            base.read_text(parsed_args.definition))
        self._valid = found['valid']
        return ([base.title(name) for name in names],
                [[base.cell(name, problem.get(name), parsed_args.formatter)
                  for name in names] for problem in found['problems']])

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return 1 when the document is not valid."""
        super().run(parsed_args)
        return 0 if self._valid else 1


class ListWorkflow(base.Lister):
    """List workflows."""

    columns = ('id', 'name', 'namespace', 'revision', 'scope', 'tags',
               'updated_at')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        base.add_paging(parser)
        parser.add_argument('--name', metavar='<name>',
                            help='Those of this name.')
        parser.add_argument('--namespace', metavar='<namespace>',
                            help='Those of this namespace.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        found = self.client.workflows.list(
            name=parsed_args.name, namespace=parsed_args.namespace,
            **base.paging(parsed_args))
        return self.rows(found, parsed_args)


class _ShowDefinition(base.ShowOne):
    """Shows fields, or the text of the document and nothing else."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('workflow', metavar='<workflow>',
                            help='Id or name.')
        base.add_namespace(parser)
        parser.add_argument('--definition', action='store_true',
                            help='Print the document, and nothing else.')
        return parser

    @abc.abstractmethod
    def found(self, parsed_args: argparse.Namespace) -> Any:
        """Return what is asked for."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show the fields."""
        return base.fields(_summary(self.found(parsed_args).to_dict()),
                           parsed_args)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print the document when asked to."""
        if not parsed_args.definition:
            return super().run(parsed_args)
        self.app.stdout.write(self.found(parsed_args).definition)
        return 0


class ShowWorkflow(_ShowDefinition):
    """Show a workflow."""

    def found(self, parsed_args: argparse.Namespace) -> Any:
        """Return the workflow."""
        return self.client.workflows.get(
            parsed_args.workflow, namespace=parsed_args.namespace)


class DeleteWorkflow(base.Command):
    """Delete workflows; jobs that were made of them go on."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('workflow', metavar='<workflow>', nargs='+',
                            help='Ids or names.')
        base.add_namespace(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete them all, and say which could not be."""
        delete = functools.partial(self.client.workflows.delete,
                                   namespace=parsed_args.namespace)
        return base.each(parsed_args.workflow, delete, self.app.stderr)


class ListWorkflowRevision(base.Lister):
    """List the revisions of a workflow."""

    columns = ('revision', 'id', 'created_at', 'user_id')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('workflow', metavar='<workflow>',
                            help='Id or name.')
        parser.add_argument('--limit', type=int, metavar='<number>',
                            help='List so many at most (default: all).')
        base.add_namespace(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        return self.rows(self.client.workflows.revisions(
            parsed_args.workflow, limit=parsed_args.limit,
            namespace=parsed_args.namespace), parsed_args)


class ShowWorkflowRevision(_ShowDefinition):
    """Show a revision of a workflow."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('revision', metavar='<revision>', type=int,
                            help='Its number.')
        return parser

    def found(self, parsed_args: argparse.Namespace) -> Any:
        """Return the revision."""
        return self.client.workflows.revision(
            parsed_args.workflow, parsed_args.revision,
            namespace=parsed_args.namespace)
