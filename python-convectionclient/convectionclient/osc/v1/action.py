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
"""Commands for actions."""

import argparse
import functools
from typing import Any

from convectionclient.osc import base


class ListAction(base.Lister):
    """List what tasks may call."""

    columns = ('name', 'kind', 'namespace', 'description')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        base.add_paging(parser)
        parser.add_argument('--kind', choices=['plugin', 'adhoc'],
                            help='List only these.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        found = self.client.actions.list(kind=parsed_args.kind,
                                         **base.paging(parsed_args))
        return self.rows(found, parsed_args)


class ShowAction(base.ShowOne):
    """Show an action with its parameters."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('action', metavar='<action>', help='Name or id.')
        base.add_namespace(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show it."""
        found = self.client.actions.get(parsed_args.action,
                                        namespace=parsed_args.namespace)
        return base.fields(found.to_dict(), parsed_args)


class DeleteAction(base.Command):
    """Delete actions that a document composed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('action', metavar='<action>', nargs='+',
                            help='Names or ids.')
        base.add_namespace(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete them all, and say which could not be."""
        delete = functools.partial(self.client.actions.delete,
                                   namespace=parsed_args.namespace)
        return base.each(parsed_args.action, delete, self.app.stderr)
