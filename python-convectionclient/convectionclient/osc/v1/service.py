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
"""Commands for services."""

import argparse
from typing import Any

from convectionclient.osc import base


class ListService(base.Lister):
    """List the processes that Convection is made of."""

    columns = ('id', 'kind', 'host', 'state', 'version', 'started_at',
               'updated_at')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('--kind', choices=['api', 'engine', 'executor'],
                            help='List only these.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        return self.rows(self.client.services.list(kind=parsed_args.kind),
                         parsed_args)
