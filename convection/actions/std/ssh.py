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
"""``std.ssh``."""

import contextlib
import io
import os
import threading
from typing import Any

from oslo_log import log as logging
import paramiko

from convection.actions import base
from convection.actions import network

LOG = logging.getLogger(__name__)

_CHUNK = 32 * 1024


class _Warn(paramiko.MissingHostKeyPolicy):
    """Accepts an unknown key, and logs it."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str,
                         key: paramiko.PKey) -> None:
        """Log the key."""
        LOG.warning('The key of %s is not known: %s %s', hostname,
                    key.get_name(), key.fingerprint)


_POLICIES = {'reject': paramiko.RejectPolicy,
             'warn': _Warn,
             'accept': paramiko.AutoAddPolicy}

_TEXT = {'type': ['string', 'null']}
COMMON: dict[str, Any] = {
    'cmd': {'type': 'string', 'minLength': 1,
            'description': 'The command to run, for the shell of the user.'},
    'host': {'type': ['string', 'array'], 'minLength': 1, 'minItems': 1,
             'items': {'type': 'string', 'minLength': 1},
             'description': 'The host, or a list of hosts, one after the '
                            'other.'},
    'port': {'type': 'integer', 'minimum': 1, 'maximum': 65535,
             'default': 22, 'description': 'The port of all hosts.'},
    'username': {'type': 'string', 'minLength': 1,
                 'description': 'The user to log in as.'},
    'password': {**_TEXT, 'description': 'The password of the user, or of '
                                         'the private key.'},
    'private_key_filename': {**_TEXT, 'description':
                             'The name of a key in the folder that the '
                             'operator set up.'},
    'private_key': {**_TEXT, 'description':
                    'A private key, in PEM or OpenSSH format.'},
    'return_result_on_error': {
        'type': ['boolean', 'null'], 'default': False,
        'description': 'Yield stdout, stderr and exit_code, and do not '
                       'fail when exit_code is not 0.'},
}


class Ssh(base.Action):
    """Run a command on a host, or on several, by SSH.

    The result is what the command wrote to its standard output; a list for a
    list of hosts. With ``return_result_on_error`` it is a map of ``stdout``,
    ``stderr`` and ``exit_code``. Otherwise an exit status that is not 0 is
    an error, with that map as its result.

    The operator decides which hosts can be reached, which host keys are
    accepted and how much output is kept.
    """

    parameters = {
        'type': 'object', 'properties': COMMON,
        'required': ['cmd', 'host', 'username'],
        'additionalProperties': False,
    }

    @contextlib.contextmanager
    def connected(self, guard: network.Guard, options: Any, host: str,
                  parameters: dict[str, Any]) -> Any:
        """Give a client that is logged in at a host."""
        with login(guard.connect(host, parameters.get('port') or 22,
                                 options.connect_timeout),
                   options, host, parameters['username'],
                   parameters) as client:
            yield client

    def run(self, context: base.ActionContext, **parameters: Any) -> Any:
        """Run the command on each host."""
        options = context.conf.action_ssh
        host = parameters['host']
        with network.guarded(context, options) as guard:
            results = [self._run_on(context, guard, options, one, parameters)
                       for one in (host if isinstance(host, list)
                                   else [host])]
        return results if isinstance(host, list) else results[0]

    def _run_on(self, context: base.ActionContext, guard: network.Guard,
                options: Any, host: str, parameters: dict[str, Any]) -> Any:
        context.raise_if_cancelled()
        try:
            with self.connected(guard, options, host, parameters) as client:
                result = execute(client, parameters['cmd'],
                                 options.max_output_size)
        except (paramiko.SSHException, OSError, EOFError) as error:
            context.raise_if_cancelled()
            text = str(error) or type(error).__name__
            raise base.ActionError(
                f'The command cannot be run on {host}: {text}') from error
        context.raise_if_cancelled()
        if parameters.get('return_result_on_error'):
            return result
        if result['exit_code'] != 0:
            raise base.ActionError(
                f'The command ended with the exit status '
                f'{result["exit_code"]} on {host}.', result)
        return result['stdout']


@contextlib.contextmanager
def login(sock: Any, options: Any, host: str, username: str,
          parameters: dict[str, Any]) -> Any:
    """Log in over a connection that is there already.

    :raises ActionError: the key cannot be used.
    :raises SSHException, OSError: the login failed.
    """
    client = paramiko.SSHClient()
    try:
        if options.known_hosts_file:
            client.load_system_host_keys(options.known_hosts_file)
        client.set_missing_host_key_policy(
            _POLICIES[options.host_key_policy]())
        # Nothing of the executor's own user: no agent, no keys of its home.
        client.connect(
            host, port=parameters.get('port') or 22, username=username,
            password=parameters.get('password'),
            pkey=private_key(options, parameters), sock=sock,
            allow_agent=False, look_for_keys=False,
            timeout=options.connect_timeout,
            banner_timeout=options.connect_timeout,
            auth_timeout=options.connect_timeout)
        yield client
    finally:
        client.close()
        sock.close()


def private_key(options: Any, parameters: dict[str, Any]) -> Any:
    """Return the private key that the task gives or names, or None.

    :raises ActionError: it cannot be used.
    """
    text = parameters.get('private_key')
    name = parameters.get('private_key_filename')
    if not text and name:
        text = _key_file(options.private_key_directory, name)
    if not text:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text),
                                         parameters.get('password'))
    raise base.ActionError('The private key is in no format that is known, '
                           'or its password is wrong.')


def _key_file(directory: str | None, name: str) -> str:
    if not directory:
        raise base.ActionError('The operator has set up no folder of keys: '
                               'private_key_filename cannot be used.')
    folder = os.path.realpath(os.path.expanduser(directory))
    path = os.path.realpath(os.path.join(folder, name))
    if os.path.dirname(path) != folder:
        raise base.ActionError('private_key_filename must be the name of a '
                               'file in the folder of keys.')
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except (OSError, UnicodeError) as error:
        raise base.ActionError(
            f'The key "{name}" cannot be read.') from error


def execute(client: paramiko.SSHClient, command: str,
            limit: int) -> dict[str, Any]:
    """Run a command and return its ``stdout``, ``stderr``, ``exit_code``.

    :param limit: bytes that are kept of each output.
    :raises SSHException, OSError: the connection was lost.
    """
    channel = client.get_transport().open_session()
    with channel:
        # A shell of the user's own, on the user's own host.
        channel.exec_command(command)  # nosec B601
        channel.shutdown_write()
        errors: list[bytes] = []
        # Both streams share a window: each must be read while it comes.
        reader = threading.Thread(target=_drain, daemon=True, args=(
            channel.recv_stderr, limit, errors))
        reader.start()
        output: list[bytes] = []
        _drain(channel.recv, limit, output)
        reader.join()
        status = channel.recv_exit_status()
    if status < 0 and not client.get_transport().is_active():
        raise paramiko.SSHException('the connection was lost')
    return {'stdout': b''.join(output).decode('utf-8', 'replace'),
            'stderr': b''.join(errors).decode('utf-8', 'replace'),
            'exit_code': status}


def _drain(receive: Any, limit: int, parts: list[bytes]) -> None:
    """Read to the end, and keep the beginning."""
    left = limit
    while data := receive(_CHUNK):
        if left > 0:
            parts.append(data[:left])
            left -= len(data)
