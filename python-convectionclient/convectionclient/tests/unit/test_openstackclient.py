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
"""The plug-in of OpenStackClient."""

import os
import subprocess
import sys

from convectionclient.tests.unit import base


class TestPlugin(base.TestCase):
    """``openstack convection …`` reaches the same commands."""

    def openstack(self, *args: str) -> subprocess.CompletedProcess:
        """Run OpenStackClient without Keystone."""
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith('OS_')}
        return subprocess.run(
            [sys.executable, '-m', 'openstackclient.shell', *args],
            capture_output=True, text=True, env=clean)

    def test_lists_with_either_plug_in(self) -> None:
        self.client.workflows.create('w')
        for kind in ('none', 'convection-noauth'):
            done = self.openstack(
                '--os-auth-type', kind, '--os-endpoint', self.stub.url,
                'convection', 'workflow', 'list', '-f', 'value', '-c',
                'Name')
            self.assertEqual(('w\n', 0), (done.stdout, done.returncode),
                             done.stderr)

    def test_exit_status(self) -> None:
        self.stub.end = {'state': 'ERROR', 'state_info': 'no'}
        self.client.workflows.create('w')
        done = self.openstack(
            '--os-auth-type', 'none', '--os-endpoint', self.stub.url,
            'convection', 'job', 'create', 'w', '--wait')
        self.assertEqual(3, done.returncode, done.stderr)
