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
"""Commands for action runs."""

import argparse
from typing import Any

from convectionclient.osc import base
from convectionclient.osc import inputs


class ListActionRun(base.Lister):
    """List single calls of actions."""

    columns = ('id', 'name', 'task_id', 'index', 'attempt', 'state',
               'started_at', 'finished_at')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        base.add_paging(parser)
        parser.add_argument('--task', metavar='<id>',
                            help='Those of this task.')
        parser.add_argument('--job', metavar='<id>',
                            help='Those of this job.')
        parser.add_argument('--state', metavar='<state>',
                            help='Those in this state.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        found = self.client.action_runs.list(
            task_id=parsed_args.task, job_id=parsed_args.job,
            state=parsed_args.state, **base.paging(parsed_args))
        return self.rows(found, parsed_args)


class ShowActionRun(base.ShowOne):
    """Show a call of an action with its input and result."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('action_run', metavar='<id>', help='Its id.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show it."""
        found = self.client.action_runs.get(parsed_args.action_run)
        return base.fields(found.to_dict(), parsed_args)


class CompleteActionRun(base.ShowOne):
    """End an action that waits to be told its result."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('action_run', metavar='<id>', help='Its id.')
        parser.add_argument(
            '--state', default='SUCCESS',
            choices=['SUCCESS', 'ERROR', 'CANCELLED'],
            help='How it ended (default: SUCCESS).')
        parser.add_argument(
            '--result', metavar='<json>', type=inputs.json_value,
            help='Its result, any JSON value; what is not JSON is text.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Tell the service and show the action run."""
        found = self.client.action_runs.complete(
            parsed_args.action_run, parsed_args.state, parsed_args.result)
        return base.fields(found.to_dict(), parsed_args)
