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
"""A real ``convection-all``, started once for each test class."""

import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any
import urllib.error
import urllib.request

from keystoneauth1 import session
from oslotest import base

from convectionclient import noauth
from convectionclient.v1 import client

#: Seconds that the service may take to start, and to stop.
TIMEOUT = 60

CONFIGURATION = """
[all]
data_path = {folder}
[database]
connection = sqlite:///{folder}/convection.sqlite
[api]
port = {port}
auth_strategy = noauth
"""


class TestCase(base.BaseTestCase):
    """Tests of the client with the service that it is for."""

    @classmethod
    def setUpClass(cls) -> None:
        """Start the service; skip when it is not installed here."""
        super().setUpClass()
        program = pathlib.Path(sys.executable).parent / 'convection-all'
        if not program.exists():
            cls.skipTest(cls, f'{program} is not installed')
        cls.folder = tempfile.mkdtemp(prefix='convectionclient-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        cls.url = f'http://127.0.0.1:{port}'
        config = pathlib.Path(cls.folder, 'convection.conf')
        config.write_text(CONFIGURATION.format(folder=cls.folder, port=port))
        cls._start([str(program), '--config-file', str(config)])

    @classmethod
    def _start(cls, command: list[str]) -> None:
        log = open(pathlib.Path(cls.folder, 'log'), 'w+')
        cls.addClassCleanup(log.close)
        process = subprocess.Popen(command, stdout=log,
                                   stderr=subprocess.STDOUT)
        cls.addClassCleanup(process.wait, TIMEOUT)
        cls.addClassCleanup(process.terminate)
        end = time.monotonic() + TIMEOUT
        while not cls._healthy():
            if process.poll() is not None or time.monotonic() > end:
                log.seek(0)
                raise AssertionError(f'No service: {log.read()[-3000:]}')
            time.sleep(0.1)

    @classmethod
    def _healthy(cls) -> bool:
        try:
            with urllib.request.urlopen(f'{cls.url}/healthcheck') as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def setUp(self) -> None:
        """Make a client with a project of its own."""
        super().setUp()
        self.client = self.make_client(self.id().rpartition('.')[2])

    def make_client(self, project: str, roles: str = 'member'
                    ) -> client.Client:
        """Make a client of a project."""
        auth = noauth.NoAuth(self.url, project_id=project, user_id='u',
                             roles=roles)
        return client.Client(session.Session(auth=auth))

    def run_job(self, workflow: str, **options: Any) -> Any:
        """Run a job to its end."""
        job = self.client.jobs.create(workflow, **options)
        return self.client.jobs.wait(job.id, timeout=TIMEOUT)
