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
"""Tests of ``std.ssh`` and ``std.ssh_proxied`` against real servers."""

import io
import os
import select
import socket
import tempfile
import threading

import paramiko

from convection.actions import base
from convection.actions.std import ssh
from convection.actions.std import ssh_proxied
from convection.tests.unit.actions import helpers

HOST_KEY = paramiko.RSAKey.generate(2048)
USER_KEY = paramiko.RSAKey.generate(2048)


def _text(key, password=None):
    file = io.StringIO()
    key.write_private_key(file, password)
    return file.getvalue()


class _Interface(paramiko.ServerInterface):
    """Lets one user in, runs a few made-up commands, and forwards."""

    def __init__(self, transport, server):
        self.transport = transport
        self.server = server

    def get_allowed_auths(self, username):
        return 'password,publickey'

    def check_auth_password(self, username, password):
        self.server.users.append(username)
        return (paramiko.AUTH_SUCCESSFUL if password == 'right'
                else paramiko.AUTH_FAILED)

    def check_auth_publickey(self, username, key):
        return (paramiko.AUTH_SUCCESSFUL if key == USER_KEY
                else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        self.server.forwarded.append(destination)
        threading.Thread(target=self._forward, args=(destination,),
                         daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def _forward(self, destination):
        channel = self.transport.accept(helpers.BOUND)
        with socket.create_connection(destination) as sock:
            while True:
                ready = select.select([channel, sock], [], [])[0]
                for one, other in ((channel, sock), (sock, channel)):
                    if one in ready:
                        data = one.recv(4096)
                        if not data:
                            channel.close()
                            return
                        other.sendall(data)

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=self._execute, daemon=True,
                         args=(channel, command.decode())).start()
        return True

    def _execute(self, channel, command):
        # The client closes its side once the request has been granted.
        while channel.recv(100):
            pass
        if command == 'hang':
            self.server.hanging.set()
            return
        if command == 'big':
            for _ in range(100):
                channel.sendall(b'o' * 30000)
                channel.sendall_stderr(b'e' * 30000)
        else:
            channel.sendall(f'out of {command}'.encode())
            channel.sendall_stderr(b'warning')
        channel.send_exit_status(3 if command == 'fail' else 0)
        channel.close()


class _Server:
    """An SSH server on the loopback interface."""

    def __init__(self, test):
        self.users = []
        self.forwarded = []
        self.hanging = threading.Event()
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        test.addCleanup(self._socket.close)
        self._transports = []
        test.addCleanup(lambda: [t.close() for t in self._transports])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            self._transports.append(transport)
            transport.add_server_key(HOST_KEY)
            try:
                transport.start_server(server=_Interface(transport, self))
            except (paramiko.SSHException, EOFError):
                continue


class SshTest(helpers.ActionTestCase):
    """Logging in, running a command, its result."""

    def setUp(self):
        super().setUp()
        self.conf = helpers.configuration(action_ssh={
            'max_output_size': 100000})
        self.server = _Server(self)

    def run_action(self, action=None, **parameters):
        return (action or ssh.Ssh()).run(
            helpers.context(self.conf),
            **{'cmd': 'ls', 'host': '127.0.0.1', 'port': self.server.port,
               'username': 'me', 'password': 'right', **parameters})

    def fail_action(self, action=None, **parameters):
        return self.assertRaises(base.ActionError, self.run_action, action,
                                 **parameters)

    def test_results(self):
        self.assertEqual('out of ls', self.run_action())
        self.assertEqual(['out of ls'] * 2, self.run_action(
            host=['127.0.0.1', '127.0.0.1']))
        self.assertEqual(
            {'stdout': 'out of ls', 'stderr': 'warning', 'exit_code': 0},
            self.run_action(return_result_on_error=True))
        failed = {'stdout': 'out of fail', 'stderr': 'warning',
                  'exit_code': 3}
        error = self.fail_action(cmd='fail')
        self.assertEqual(failed, error.result)
        self.assertIn('exit status 3 on 127.0.0.1', error.message)
        self.assertEqual(failed, self.run_action(
            cmd='fail', return_result_on_error=True))

    def test_output_is_bounded(self):
        result = self.run_action(cmd='big', return_result_on_error=True)
        self.assertEqual('o' * 100000, result['stdout'])
        self.assertEqual('e' * 100000, result['stderr'])

    def test_login_failures_are_plain(self):
        error = self.fail_action(password='wrong')
        self.assertIn('cannot be run on 127.0.0.1: Authentication failed',
                      error.message)
        self.server._socket.close()
        with socket.create_server(('127.0.0.1', 0)) as other:
            port = other.getsockname()[1]
        self.assertIn('refused', self.fail_action(port=port).message)

    def test_private_keys(self):
        key = _text(USER_KEY)
        self.assertEqual('out of ls', self.run_action(
            private_key=key, password=None))
        self.assertEqual('out of ls', self.run_action(
            private_key=_text(USER_KEY, 'pass'), password='pass'))
        self.assertIn('no format that is known',
                      self.fail_action(private_key='nonsense').message)

    def test_private_key_files(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with open(os.path.join(folder, 'key'), 'w') as file:
            file.write(_text(USER_KEY))
        os.mkdir(os.path.join(folder, 'sub'))
        self.assertIn('no folder of keys', self.fail_action(
            private_key_filename='key').message)
        self.conf.set_override('private_key_directory', folder, 'action_ssh')
        self.assertEqual('out of ls', self.run_action(
            private_key_filename='key', password=None))
        for name in ('../key', 'sub/../../key', '/etc/passwd', '..', '.'):
            self.assertIn('must be the name', self.fail_action(
                private_key_filename=name).message)
        self.assertIn('cannot be read', self.fail_action(
            private_key_filename='other').message)

    def test_host_keys(self):
        self.conf.set_override('host_key_policy', 'reject', 'action_ssh')
        self.assertIn('not found in known_hosts',
                      self.fail_action().message)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, 'known_hosts')
        self.conf.set_override('known_hosts_file', path, 'action_ssh')
        name = f'[127.0.0.1]:{self.server.port}'
        for key, good in ((HOST_KEY, True), (USER_KEY, False)):
            with open(path, 'w') as file:
                file.write(f'{name} {key.get_name()} {key.get_base64()}\n')
            if good:
                self.assertEqual('out of ls', self.run_action())
            else:
                self.conf.set_override('host_key_policy', 'accept',
                                       'action_ssh')
                self.assertIn('does not match', self.fail_action().message)

    def test_denied_addresses(self):
        self.conf.clear_override('denied_cidrs', 'action_ssh')
        self.assertIn('may not connect', self.fail_action().message)

    def test_cancel(self):
        context = helpers.context(self.conf)
        finish = self.in_thread(
            ssh.Ssh().run, context, cmd='hang', host='127.0.0.1',
            port=self.server.port, username='me', password='right')
        self.assertTrue(self.server.hanging.wait(helpers.BOUND))
        context.cancel()
        self.assertIsInstance(finish()['error'], base.ActionInterrupted)

    def test_through_a_gateway(self):
        gateway = _Server(self)
        self.assertEqual('out of ls', self.run_action(
            ssh_proxied.SshProxied(), gateway_host='127.0.0.1',
            gateway_port=gateway.port, gateway_username='gate'))
        self.assertEqual(['gate'], gateway.users)
        self.assertEqual(['me'], self.server.users)
        self.assertEqual([('127.0.0.1', self.server.port)],
                         gateway.forwarded)

    def test_proxy_command(self):
        parameters = {
            'gateway_host': 'unused',
            'proxy_command': '%s -c "%s"' % (
                'python3', 'import socket, sys, threading as t, os; '
                's = socket.create_connection((\'127.0.0.1\', '
                f'{self.server.port})); '
                't.Thread(target=lambda: [s.sendall(d) for d in '
                'iter(lambda: os.read(0, 4096), b\'\')], daemon=True)'
                '.start(); [os.write(1, d) for d in iter(lambda: '
                's.recv(4096), b\'\')]')}
        action = ssh_proxied.SshProxied()
        self.assertIn('does not allow', self.fail_action(
            action, **parameters).message)
        self.conf.set_override('allow_proxy_command', True, 'action_ssh')
        self.assertEqual('out of ls', self.run_action(action, **parameters))
