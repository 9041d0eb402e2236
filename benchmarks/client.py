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
"""A client that costs little: it shares the machine with what it measures."""

import http.client
import json
import threading
import time
from typing import Any

FINISHED = frozenset({'SUCCESS', 'ERROR', 'CANCELLED'})

#: For jobs of a few milliseconds.
POLL_OFTEN = 0.002
_POLL_MANY = 0.025
_TIMEOUT = 600.0
_TRUSTED_FOR = 3.0


class Failed(Exception):
    """The service did not do what the scene is about."""


class Client:
    """Requests to the API, over one kept connection for each thread.

    :param port: of the API on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()

    def request(self, method: str, path: str, body: Any = None,
                content_type: str = 'application/json') -> Any:
        """Send a request and return the decoded answer.

        :param body: text as it is; what else is sent as JSON.
        :raises Failed: the status is 400 or more.
        """
        headers = {}
        if body is not None:
            headers['Content-Type'] = content_type
            if not isinstance(body, str):
                body = json.dumps(body)
        connection = self._connected()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        self._local.used_at = time.monotonic()
        if answer.status >= 400:
            raise Failed(f'{method} {path}: {answer.status} {text[:500]!r}')
        return json.loads(text) if text else None

    def _connected(self) -> http.client.HTTPConnection:
        connection = getattr(self._local, 'connection', None)
        if connection is None or \
                time.monotonic() - self._local.used_at > _TRUSTED_FOR:
            # The server closes those that are idle for long.
            connection = self._local.connection = http.client.HTTPConnection(
                '127.0.0.1', self._port, timeout=60)
        return connection

    def store(self, document: str) -> None:
        """Store workflows."""
        self.request('POST', '/v1/workflows', document, 'text/yaml')

    def start(self, workflow: str, **more: Any) -> str:
        """Start a job and return its id."""
        return self.request('POST', '/v1/jobs',
                            {'workflow': workflow, **more})['id']

    def wait(self, job_id: str, every: float = _POLL_MANY) -> None:
        """Wait for the end of a job.

        :param every: seconds between two looks; each costs the API some.
        :raises Failed: it is not SUCCESS.
        """
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            job = self.request(
                'GET', f'/v1/jobs/{job_id}?fields=id,state,state_info')
            if job['state'] in FINISHED:
                check(job)
                return
            time.sleep(every)
        raise Failed(f'{job_id} did not end in time')


def check(job: dict[str, Any]) -> None:
    """Make sure that a job succeeded.

    :raises Failed: it did not.
    """
    if job['state'] != 'SUCCESS':
        raise Failed(f'{job["id"]} ended in {job["state"]}: '
                     f'{job["state_info"]}')


class Watcher:
    """One thread that sees the end of many jobs, instead of many polls.

    :param most: jobs that are under way at the same time, at most.
    """

    def __init__(self, client: Client, most: int) -> None:
        self._client = client
        # Those that just ended stand among those that run.
        self._path = ('/v1/jobs?sort=created_at:desc&fields=id,state,'
                      f'state_info&limit={min(1000, 2 * most + 20)}')
        self._waiting: dict[str, threading.Event] = {}
        self._ended: dict[str, dict[str, Any]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> 'Watcher':
        self._thread.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stop.set()
        self._thread.join()

    def wait(self, job_id: str) -> None:
        """Wait for the end of a job.

        :raises Failed: it is not SUCCESS.
        """
        event = threading.Event()
        self._waiting[job_id] = event
        if not event.wait(_TIMEOUT):
            raise Failed(f'{job_id} did not end in time')
        check(self._ended.pop(job_id))

    def _run(self) -> None:
        while not self._stop.wait(_POLL_MANY):
            if not self._waiting:
                continue
            for job in self._client.request('GET', self._path)['jobs']:
                if job['state'] in FINISHED:
                    self._end(job)

    def _end(self, job: dict[str, Any]) -> None:
        event = self._waiting.pop(job['id'], None)
        if event is not None:
            self._ended[job['id']] = job
            event.set()
