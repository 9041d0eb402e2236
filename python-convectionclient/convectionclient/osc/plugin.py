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
"""The plug-in of OpenStackClient: ``openstack convection …``."""

import argparse
from typing import Any

API_NAME = 'convection'
API_VERSION_OPTION = 'os_convection_api_version'
DEFAULT_API_VERSION = '1'
API_VERSIONS = {'1': 'convectionclient.v1.client.Client'}


def make_client(instance: Any) -> Any:
    """Make the client of this run.

    :param instance: OpenStackClient's client manager.
    """
    # The library takes half a second to import, and this module is loaded
    # by each run of each command of OpenStackClient.
    from convectionclient.v1 import client
    return client.Client(instance.session, interface=instance.interface,
                         region_name=instance.region_name)


def build_option_parser(parser: argparse.ArgumentParser
                        ) -> argparse.ArgumentParser:
    """Add the global options that this plug-in needs."""
    parser.add_argument(
        '--os-convection-api-version', metavar='<version>',
        default=DEFAULT_API_VERSION, choices=sorted(API_VERSIONS),
        help='Version of the Convection API (default: '
             f'{DEFAULT_API_VERSION}).')
    return parser
