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
"""The ``convection`` command.

Its commands are those of the OpenStackClient plug-in, without the word
``convection``. Only the module of the command that is run is imported, and
the network libraries only when it talks to the service.
"""

import argparse
import functools
from importlib import metadata
import logging
import os
import sys
from typing import Any

from cliff import app
from cliff import commandmanager

_DISTRIBUTION = 'python-convectionclient'
_GROUP = 'openstack.convection.v1'
_PREFIX = 'convection '

#: Options that name the caller, with their help. Their environment variables
#: are OS_…; openstacksdk reads these and clouds.yaml.
_IDENTITY_OPTIONS = (
    ('cloud', 'Entry of clouds.yaml to use.'),
    ('auth-type', 'How to authenticate: a keystoneauth plug-in, or none.'),
    ('auth-url', 'URL of Keystone.'),
    ('username', 'User name.'),
    ('user-id', 'User id; without Keystone: the header X-User-Id.'),
    ('password', 'Password.'),
    ('user-domain-name', 'Domain of the user.'),
    ('user-domain-id', 'Domain of the user.'),
    ('project-name', 'Project to act in.'),
    ('project-id', 'Its id; without Keystone: the header X-Project-Id.'),
    ('project-domain-name', 'Domain of the project.'),
    ('project-domain-id', 'Domain of the project.'),
    ('trust-id', 'Trust to use.'),
    ('token', 'A token to use.'),
    ('application-credential-id', 'Application credential to use.'),
    ('application-credential-name', 'Application credential to use.'),
    ('application-credential-secret', 'Its secret.'),
    ('region-name', 'Region of the service.'),
    ('interface', 'public, internal or admin.'),
    ('cacert', 'File with the certificates to trust.'),
    ('cert', 'Client certificate.'),
    ('key', 'Key of the client certificate.'),
)


class _Commands(commandmanager.CommandManager):
    """Knows the commands by the entry points of this package alone.

    cliff's own way imports every command to list their names.
    """

    def load_commands(self, namespace: str) -> None:
        """Read the names; import nothing."""
        self.group_list.append(namespace)
        for entry in metadata.distribution(_DISTRIBUTION).entry_points:
            if entry.group == namespace:
                name = entry.name.replace('_', ' ')
                self.commands[name.removeprefix(_PREFIX)] = entry


class ClientManager:
    """Makes the client when a command first needs it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @functools.cached_property
    def convection(self) -> Any:
        """The client."""
        from convectionclient import session
        return session.make_client(self._options)


class ConvectionShell(app.App):
    """The application: global options and the commands."""

    NAME = 'convection'
    LOG = logging.getLogger('convectionclient.shell')
    client_manager: ClientManager

    def __init__(self) -> None:
        super().__init__(
            description='Workflows and jobs of Convection, '
                        'Workflow-as-a-Service.',
            version=metadata.version(_DISTRIBUTION),
            command_manager=_Commands(_GROUP),
            # So that --help after a command is help for that command.
            deferred_help=True)

    def build_option_parser(self, description: str | None,
                            version: str | None,
                            argparse_kwargs: dict[str, Any] | None = None
                            ) -> argparse.ArgumentParser:
        """Add the options that say where the service is and who asks."""
        parser = super().build_option_parser(description, version,
                                             argparse_kwargs)
        group = parser.add_argument_group('service and identity')
        group.add_argument(
            '--endpoint', '--os-endpoint', metavar='<url>',
            default=os.environ.get('CONVECTION_URL')
            or os.environ.get('OS_ENDPOINT'),
            help='URL of the API instead of the one in the catalogue (env '
                 'CONVECTION_URL). Given without any way to authenticate, '
                 'none is used.')
        for name, text in _IDENTITY_OPTIONS:
            variable = 'OS_' + name.upper().replace('-', '_')
            group.add_argument(f'--os-{name}', metavar=f'<{name}>',
                               help=f'{text} (env {variable})')
        group.add_argument(
            '--os-roles', metavar='<names>',
            default=os.environ.get('CONVECTION_ROLES'),
            help='Without Keystone: the header X-Roles, names separated by '
                 'commas (env CONVECTION_ROLES).')
        group.add_argument(
            '--os-convection-api-version', metavar='<version>',
            help='Microversion to speak.')
        group.add_argument('--insecure', action='store_true', default=None,
                           help='Do not verify certificates.')
        return parser

    def configure_logging(self) -> None:
        """Keep the libraries' chatter for --debug and -v."""
        super().configure_logging()
        level = logging.DEBUG if self.options.debug or \
            self.options.verbose_level > 1 else logging.ERROR
        for name in ('keystoneauth', 'urllib3', 'openstack', 'stevedore',
                     'requests'):
            logging.getLogger(name).setLevel(level)

    def initialize_app(self, argv: list[str]) -> None:
        """Get ready to make the client."""
        self.client_manager = ClientManager(self.options)

    def run(self, argv: list[str]) -> int:
        """Run a command; without one show what there is."""
        return super().run(argv or ['--help'])


def main(argv: list[str] | None = None) -> int:
    """Run the ``convection`` command and return its exit status."""
    return ConvectionShell().run(sys.argv[1:] if argv is None else argv)
