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
"""What every end-to-end test starts from: a deployment and a user of it."""

import http.server
import os
import threading
import time
from typing import Any
import uuid

import fixtures
from oslotest import base
from testtools import content

from convection.tests.functional.fixtures import broker
from convection.tests.functional.fixtures import database
from convection.tests.functional.fixtures import deployment

WIRING = os.environ.get('CONVECTION_E2E', 'all')
#: Seconds that a job may take before the test gives up on it.
JOB_TIMEOUT = 120.0

DATABASES = {'postgresql': database.PostgreSQL, 'mysql': database.MySQL}
FINISHED = ('SUCCESS', 'ERROR', 'CANCELLED')


class Counter(fixtures.Fixture):
    """An HTTP server that counts the requests for each path."""

    def _setUp(self) -> None:
        self.counts: dict[str, int] = {}
        lock = threading.Lock()
        counts = self.counts

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self) -> None:
                with lock:
                    counts[self.path] = counts.get(self.path, 0) + 1
                self.send_response(200)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', '2')
                self.end_headers()
                self.wfile.write(b'{}')

            def log_message(self, *arguments: Any) -> None:
                """Keep the test's output clean."""

        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f'http://127.0.0.1:{server.server_port}'


class EndToEndTestCase(base.BaseTestCase):
    """A deployment for each class, and short words for what users do."""

    #: What differs from one process of each, where there are several.
    processes: dict[str, int] = {}
    #: More lines for the configuration file.
    extra = ''

    @classmethod
    def setUpClass(cls) -> None:
        """Start the deployment."""
        super().setUpClass()
        if WIRING == 'all':
            folder = cls.use(fixtures.TempDir()).path
            cls.deployment = cls.use(deployment.Deployment(
                f'sqlite:///{folder}/convection.sqlite', None,
                extra=cls.extra))
            return
        made = cls.use(DATABASES[WIRING](schema=False))
        queues = cls.use(broker.Broker())
        cls.deployment = cls.use(deployment.Deployment(
            made.url, queues.url, extra=cls.extra, **cls.processes))

    @classmethod
    def use(cls, fixture: Any) -> Any:
        """Set a fixture up for all tests of the class."""
        try:
            fixture.setUp()
        except fixtures.MultipleExceptions as error:
            # The first is the cause, for instance a SkipTest.
            raise error.args[0][1] from None
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    def setUp(self) -> None:
        """Bound the time, and show the logs with a failure."""
        super().setUp()
        self.useFixture(fixtures.Timeout(300, gentle=True))
        self.addOnException(self._show_logs)

    def _show_logs(self, _: Any) -> None:
        self.addDetail('logs of the services', content.text_content(
            self.deployment.logs()))

    # -- what users do --

    def request(self, method: str, path: str, expected: int | None = None,
                **kwargs: Any) -> Any:
        """Send a request and return the decoded body."""
        answer = self.deployment.request(method, path, **kwargs)
        if expected is not None:
            self.assertEqual(expected, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def store(self, definition: str) -> list[dict[str, Any]]:
        """Store a document."""
        return self.request(
            'POST', '/v1/workflows', 201, data=definition.encode(),
            headers={'Content-Type': 'text/yaml'})

    def start_job(self, workflow: str, **body: Any) -> dict[str, Any]:
        """Start a job."""
        return self.request('POST', '/v1/jobs', 201,
                            json={'workflow': workflow, **body})

    def job(self, job_id: str) -> dict[str, Any]:
        """Show a job."""
        return self.request('GET', f'/v1/jobs/{job_id}', 200)

    def tasks(self, job_id: str) -> list[dict[str, Any]]:
        """List all tasks of a job."""
        found: list[dict[str, Any]] = []
        marker = ''
        while True:
            page = self.request(
                'GET', f'/v1/jobs/{job_id}/tasks?limit=500{marker}',
                200)['tasks']
            found += page
            if len(page) < 500:
                return found
            marker = f'&marker={page[-1]["id"]}'

    def wait(self, job_id: str, *wanted: str,
             timeout: float = JOB_TIMEOUT) -> dict[str, Any]:
        """Wait until a job is in one of these states (an end, if none)."""
        return self.wait_for(
            lambda: self.job(job_id),
            lambda job: job['state'] in (wanted or FINISHED), timeout)

    def wait_for(self, look: Any, good: Any,
                 timeout: float = JOB_TIMEOUT) -> Any:
        """Look until what is seen is good."""
        deadline = time.monotonic() + timeout
        while True:
            seen = look()
            if good(seen):
                return seen
            if time.monotonic() > deadline:
                self.fail(f'Not in time: {str(seen)[:2000]}')
            time.sleep(0.05)

    def run_job(self, workflow: str, **body: Any) -> dict[str, Any]:
        """Start a job and wait for its end."""
        return self.wait(self.start_job(workflow, **body)['id'])

    def unique(self, stem: str) -> str:
        """Return a name that nothing else has."""
        return f'{stem}_{uuid.uuid4().hex[:8]}'
