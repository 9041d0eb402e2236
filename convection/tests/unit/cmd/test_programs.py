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
"""The programs, as an operator starts them, on SQLite."""

import pathlib
import signal
import socket
import subprocess
import sys
import threading

import fixtures
from oslotest import base

from convection.db import models
from convection.tests.functional.fixtures import database
from convection.tests.functional.fixtures import deployment
from convection.tests.unit.engine import stores as suite

#: Seconds that a program may take to start or to end.
LIMIT = 60.0

_CONFIG = """
[DEFAULT]
transport_url = {broker}
[database]
connection = {url}
[api]
auth_strategy = noauth
host = {host}
port = {port}
[all]
data_path = {folder}
"""


def _program(name: str) -> str:
    return str(pathlib.Path(sys.executable).parent / f'convection-{name}')


class ProgramTest(base.BaseTestCase):
    """A test with a configuration file."""

    def setUp(self) -> None:
        """Write it."""
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.port = deployment.free_port()
        self.configure(f'sqlite:///{self.folder}/test.sqlite')

    def configure(self, url: str, host: str = '127.0.0.1',
                  extra: str = '', broker: str = 'fake://') -> None:
        """Write the configuration."""
        self.config = self.folder / 'test.conf'
        self.config.write_text(_CONFIG.format(
            url=url, host=host, port=self.port, folder=self.folder,
            broker=broker) + extra)

    def run_program(self, name: str,
                    *arguments: str) -> subprocess.CompletedProcess:
        """Run a program to its end."""
        return subprocess.run(
            (_program(name), '--config-file', str(self.config), *arguments),
            capture_output=True, text=True, check=False, timeout=LIMIT)

    def check_refused(self, name: str, *words: str,
                      arguments: tuple[str, ...] = ()) -> None:
        """Check that a program says in one line why it does not start."""
        done = self.run_program(name, *arguments)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        last = done.stderr.splitlines()[-1]
        for word in words:
            self.assertIn(word, last)


class TestManage(ProgramTest):
    """convection-manage and convection-status."""

    def _manage(self, *arguments: str) -> str:
        done = self.run_program('manage', *arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_the_database(self):
        self.assertEqual('The database is empty.\n',
                         self._manage('db', 'version'))
        done = self.run_program('status', 'upgrade', 'check')
        self.assertEqual(2, done.returncode, done.stdout + done.stderr)
        self._manage('db', 'sync')
        self.assertIn(self._manage('db', 'version').strip(),
                      self._manage('db', 'sync'))
        done = self.run_program('status', 'upgrade', 'check')
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        self.assertIn('No engine and no executor', done.stdout)

    def test_services(self):
        self._manage('db', 'sync')
        fixture = database.SQLite(schema=False)
        self.useFixture(fixture)
        fixture.conf.set_override(
            'connection', f'sqlite:///{self.folder}/test.sqlite', 'database')
        with fixture.open().writer() as connection:
            for name, kind, state in (('one', 'engine', 'up'),
                                      ('two', 'engine', 'dead'),
                                      ('three', 'executor', 'stopped'),
                                      ('four', 'executor', 'up')):
                connection.execute(models.services.insert().values(
                    **suite.service(name, kind=kind, state=state),
                    started_at=0, updated_at=0))
        found = self._manage('service', 'list')
        for name in ('one', 'two', 'three'):
            self.assertIn(name, found)
        self.assertEqual('3 services were forgotten.\n',
                         self._manage('service', 'clean'))
        self.assertNotIn('two', self._manage('service', 'list'))


class TestRefusals(ProgramTest):
    """Programs that cannot start say why."""

    def test_no_authentication_for_everybody(self):
        self.configure(f'sqlite:///{self.folder}/test.sqlite', '0.0.0.0')
        for name in ('all', 'api'):
            self.check_refused(name, 'noauth', '0.0.0.0')

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', self.port))
            taken.listen()
            for name in ('all', 'api'):
                self.check_refused(name, f'127.0.0.1:{self.port}',
                                   'cannot be listened on')

    def test_a_database_that_cannot_be_opened(self):
        self.configure('sqlite:////nowhere/test.sqlite')
        self.check_refused('all', '/nowhere/test.sqlite', 'cannot be used')
        self.check_refused('manage', '/nowhere/test.sqlite',
                           arguments=('db', 'sync'))
        self.configure('nonsense')
        for name in ('all', 'api', 'engine'):
            self.check_refused(name, 'cannot be used')

    def test_a_database_without_tables(self):
        self.check_refused('engine', 'no tables', 'convection-manage db sync')

    def test_a_revision_that_nobody_knows(self):
        self.check_refused('manage', "'999'",
                           arguments=('db', 'sync', '999'))

    def test_a_broker_that_no_url_names(self):
        self.configure(f'sqlite:///{self.folder}/test.sqlite',
                       broker='nonsense')
        for name in ('api', 'engine', 'executor'):
            self.check_refused(name, 'transport_url')


class TestEnds(ProgramTest):
    """Programs end at SIGTERM, with status 0."""

    def _check_end(self, name: str, ready: str) -> None:
        process = subprocess.Popen(
            (_program(name), '--config-file', str(self.config)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        limit = threading.Timer(2 * LIMIT, process.kill)
        limit.start()
        self.addCleanup(limit.cancel)
        said = []
        for line in process.stdout:
            said.append(line)
            if ready in line:
                break
        process.send_signal(signal.SIGTERM)
        said += process.stdout
        self.assertEqual(0, process.wait(LIMIT), ''.join(said))
        self.assertNotIn('Traceback', ''.join(said))

    def test_all(self):
        self._check_end('all', 'is ready')

    def test_all_for_everybody_when_forced(self):
        self.configure(f'sqlite:///{self.folder}/test.sqlite', '0.0.0.0',
                       '[api]\nforce_noauth_listen = true\n')
        self._check_end('all', 'is ready')

    def test_engine(self):
        self.run_program('manage', 'db', 'sync')
        self._check_end('engine', 'has started')

    def test_executor(self):
        self._check_end('executor', 'has started')


class TestThreads(base.BaseTestCase):
    """Nothing is patched to be green."""

    def test_eventlet_patches_nothing(self):
        script = (
            'import convection.cmd.all, convection.cmd.engine, sys\n'
            'import convection.cmd.executor, convection.wsgi.api\n'
            'from oslo_service import backend\n'
            'assert "THREADING" in str(backend.get_backend_type())\n'
            'patcher = sys.modules.get("eventlet.patcher")\n'
            'for name in ("socket", "thread", "time", "os", "select"):\n'
            '    assert not (patcher and patcher.is_monkey_patched(name))\n')
        subprocess.run((sys.executable, '-W', 'ignore', '-c', script),
                       check=True, timeout=LIMIT)
