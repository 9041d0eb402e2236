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
"""The command for the events of a job."""

import argparse
from collections.abc import Sequence
import json
from typing import Any

from convectionclient.osc import base
from convectionclient.v1 import jobs


class ListJobEvent(base.Lister):
    """List what happened in a job; with --follow as it happens.

    With --follow there is one line for each event, as JSON with -f json.
    """

    columns = ('number', 'at', 'kind', 'task_id', 'data')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('job', metavar='<job>', help='Id or name.')
        parser.add_argument('--follow', action='store_true',
                            help='Go on until the job ends.')
        parser.add_argument('--since', metavar='<number>', type=int,
                            default=0, help='Begin after this event.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        found = self.client.jobs.events(parsed_args.job,
                                        since=parsed_args.since)
        return self.rows(found, parsed_args)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Follow the job when asked to."""
        if not parsed_args.follow:
            return super().run(parsed_args)
        as_json = parsed_args.formatter == 'json'
        for event in self.client.jobs.events(
                parsed_args.job, since=parsed_args.since,
                wait=jobs.LONG_POLL):
            self.app.stdout.write(
                (json.dumps(event.to_dict(), ensure_ascii=False) if as_json
                 else ' '.join(_words(event))) + '\n')
            self.app.stdout.flush()
        return 0


def _words(event: Any) -> Sequence[str]:
    data = event.get('data') or {}
    details = [f'{key}={value}' for key, value in data.items()
               if key != 'name' and value not in (None, '')]
    return [str(event.number), event.at, event.kind,
            *([event.subject] if event.subject else []), *details]
