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
"""``std.ssh_proxied``."""

import contextlib
from typing import Any

import paramiko

from convection.actions import base
from convection.actions import network
from convection.actions.std import ssh

_TEXT = {'type': ['string', 'null']}


class SshProxied(ssh.Ssh):
    """Run a command by SSH on a host that is reached through a gateway.

    The gateway is logged in to as ``gateway_username`` (``username`` when
    left out) with the same password or key, and connects to the host. With
    ``proxy_command``, when the operator allows it, that program makes the
    connection to the host instead. The results are those of ``std.ssh``.
    """

    parameters = {
        'type': 'object',
        'properties': {
            **ssh.COMMON,
            'gateway_host': {'type': 'string', 'minLength': 1,
                             'description': 'The host to go through.'},
            'gateway_port': {'type': 'integer', 'minimum': 1,
                             'maximum': 65535, 'default': 22,
                             'description': 'The port of the gateway.'},
            'gateway_username': {**_TEXT, 'description':
                                 'The user on the gateway.'},
            'proxy_command': {**_TEXT, 'description':
                              'A program of the executor whose standard '
                              'input and output lead to the host.'},
        },
        'required': ['cmd', 'host', 'username', 'gateway_host'],
        'additionalProperties': False,
    }

    @contextlib.contextmanager
    def connected(self, guard: network.Guard, options: Any, host: str,
                  parameters: dict[str, Any]) -> Any:
        """Give a client that is logged in at a host."""
        with contextlib.ExitStack() as stack:
            if parameters.get('proxy_command'):
                sock = _proxy(guard, options, parameters['proxy_command'])
            else:
                sock = _through_gateway(stack, guard, options, host,
                                        parameters)
            yield stack.enter_context(ssh.login(
                sock, options, host, parameters['username'], parameters))


def _proxy(guard: network.Guard, options: Any,
           command: str) -> paramiko.ProxyCommand:
    if not options.allow_proxy_command:
        raise base.ActionError('The operator does not allow proxy_command.')
    proxy = paramiko.ProxyCommand(command)
    guard.on_abort(proxy.close)
    return proxy


def _through_gateway(stack: contextlib.ExitStack, guard: network.Guard,
                     options: Any, host: str,
                     parameters: dict[str, Any]) -> paramiko.Channel:
    gateway = parameters['gateway_host']
    client = stack.enter_context(ssh.login(
        guard.connect(gateway, parameters.get('gateway_port') or 22,
                      options.connect_timeout),
        options, gateway,
        parameters.get('gateway_username') or parameters['username'],
        parameters))
    return client.get_transport().open_channel(
        'direct-tcpip', (host, parameters.get('port') or 22), ('', 0),
        timeout=options.connect_timeout)
