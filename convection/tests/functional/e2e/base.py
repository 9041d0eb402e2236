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

from convection.tests.functional.fixtures import broker
from convection.tests.functional.fixtures import database
from convection.tests.functional.fixtures import deployment

WIRING = os.environ.get('CONVECTION_E2E', 'all')
#: Seconds that a job may take before the test gives up on it.
JOB_TIMEOUT = 120.0

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


def make_deployment(test: Any, **kwargs: Any) -> deployment.Deployment:
    """Start a deployment in the wiring that is asked for."""
    if WIRING == 'all':
        folder = test.useFixture(fixtures.TempDir()).path
        return test.useFixture(deployment.Deployment(
            f'sqlite:///{folder}/convection.sqlite', None, **kwargs))
    made = test.useFixture(database.ServerDatabase(WIRING))
    queues = test.useFixture(broker.Broker())
    return test.useFixture(deployment.Deployment(made.url, queues.url,
                                                 **kwargs))


class EndToEndTestCase(base.BaseTestCase):
    """A deployment for each test, and short words for what users do."""

    #: How many of each in the wirings with separate processes.
    engines = 1
    executors = 1

    def setUp(self) -> None:
        """Start the deployment."""
        super().setUp()
        self.useFixture(fixtures.Timeout(600, gentle=True))
        counts = {} if WIRING == 'all' else {
            'engines': self.engines, 'executors': self.executors}
        self.deployment = make_deployment(self, **counts)
        self.addOnException(lambda _: self.addDetail_logs())

    def addDetail_logs(self) -> None:
        """Show the logs of the services with a failure."""
        print(self.deployment.logs())

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
