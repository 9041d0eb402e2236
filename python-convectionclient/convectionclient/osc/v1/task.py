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
"""Commands for tasks."""

import argparse
from typing import Any

from convectionclient.osc import base


class ListTask(base.Lister):
    """List the tasks of a job."""

    columns = ('id', 'name', 'state', 'attempts', 'started_at',
               'finished_at', 'state_info')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('job', metavar='<job>', help='Id or name.')
        parser.add_argument('--limit', type=int, metavar='<number>',
                            help='List so many at most (default: all).')
        parser.add_argument('--state', metavar='<state>',
                            help='Those in this state.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        found = self.client.jobs.tasks(
            parsed_args.job, limit=parsed_args.limit,
            state=parsed_args.state)
        return self.rows(found, parsed_args)


class ShowTask(base.ShowOne):
    """Show a task with what it published and its result."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('task', metavar='<id>', help='Its id.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show it."""
        found = self.client.tasks.get(parsed_args.task)
        return base.fields(found.to_dict(), parsed_args)
