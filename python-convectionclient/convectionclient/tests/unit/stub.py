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
"""A small server that answers like Convection's API, over real HTTP.

It keeps workflows and jobs in memory; a job plays the events that its test
gave it. What it answers has the shapes of the API, so that a test of the
client says something about the real thing.
"""

import http.server
import json
import re
import threading
import time
from typing import Any
from urllib import parse
import uuid

import fixtures
from keystoneauth1 import fixture

NOW = '2026-11-23T10:00:00.123456Z'

#: What a document that is not valid looks like to the stub.
BAD = 'bad'
PROBLEMS = [
    {'code': 'definition.unknown_key', 'severity': 'error', 'line': 4,
     'column': 7, 'path': 'workflows.a.tasks.t', 'message': 'Unknown key.'},
    {'code': 'definition.no_tasks', 'severity': 'error', 'line': 9,
     'column': 1, 'path': 'workflows.b', 'message': 'No tasks.'}]


class Refused(Exception):
    """Becomes an answer of 400 or above."""

    def __init__(self, status: int, errors: list[dict]) -> None:
        super().__init__()
        self.status = status
        self.errors = errors


def refused(status: int, code: str, detail: str, **more: Any) -> Refused:
    """Make an answer with one error."""
    return Refused(status, [{'status': status, 'code': code,
                             'title': 'Refused', 'detail': detail,
                             'request_id': 'req-1', **more}])


class Stub(fixtures.Fixture):
    """The server; ``url`` says where it listens.

    ``events`` is what new jobs play, ``end`` what they end in; ``requests``
    are all requests seen: method, path, query, body, headers.
    """

    def _setUp(self) -> None:
        self.lock = threading.Condition()
        self.requests: list[dict[str, Any]] = []
        self.workflows: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.action_runs: list[dict[str, Any]] = []
        self.actions: list[dict[str, Any]] = []
        self.services: list[dict[str, Any]] = []
        self.job_events: dict[str, list[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self.end: dict[str, Any] = {'state': 'SUCCESS', 'output': {'a': 1}}
        self.page = 1000
        #: Answers of 503 to give before the next real answer.
        self.away = 0
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
        server.daemon_threads = True
        server.stub = self
        self.url = f'http://127.0.0.1:{server.server_address[1]}'
        thread = threading.Thread(target=server.serve_forever, args=(0.01,),
                                  daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def handle(self, method: str, path: str, query: dict[str, str],
               body: Any) -> tuple[int, Any]:
        """Answer a request: the status and the body."""
        if self.away:
            self.away -= 1
            raise refused(503, 'service.unavailable', 'No engine answered.')
        for wanted, pattern, function in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and wanted == method:
                refs = [parse.unquote(part) for part in found.groups()]
                return function(self, *refs, query=query, body=body or {})
        raise refused(404, 'not_found', f'Nothing is at {path}.')

    # -- what the routes call --

    def issue_token(self, query: dict, body: dict) -> tuple[int, Any]:
        """Answer like Keystone, with this server in the catalogue."""
        token = fixture.V3Token()
        token.set_project_scope()
        service = token.add_service('convection')
        service.add_standard_endpoints(public=self.url, region='RegionOne')
        return 201, token

    def find(self, noun: str, rows: list[dict], ref: str) -> dict[str, Any]:
        """Return a row by id or name."""
        for row in reversed(rows):
            if ref in (row['id'], row.get('name')):
                return row
        raise refused(404, f'{noun}.not_found',
                      f'No {noun} has the id or name "{ref}".')

    def listed(self, key: str, rows: list[dict], query: dict[str, str]
               ) -> tuple[int, Any]:
        """Return a page of a list."""
        limit = min(int(query.pop('limit', self.page)), self.page)
        marker = query.pop('marker', None)
        query.pop('sort', None)
        rows = [row for row in rows
                if all(str(row.get(k)) == v for k, v in query.items())]
        ids = [row['id'] for row in rows]
        start = ids.index(marker) + 1 if marker else 0
        page, links = rows[start:start + limit], []
        if start + limit < len(rows):
            following = {**query, 'limit': limit, 'marker': page[-1]['id']}
            links = [{'rel': 'next', 'href': f'/v1/{key}?' +
                      parse.urlencode(following)}]
        return 200, {key: page, 'links': links}

    def store(self, query: dict, body: dict) -> tuple[int, Any]:
        """Store a document: each line names a workflow."""
        if body['definition'].startswith(BAD):
            raise Refused(400, [
                {'status': 400, 'code': 'definition.invalid',
                 'title': 'Bad Request', 'detail': problem['message'],
                 'request_id': 'req-1',
                 'location': {k: problem[k]
                              for k in ('path', 'line', 'column')}}
                for problem in PROBLEMS])
        stored = [{'id': str(uuid.uuid4()), 'name': name, 'revision': 1,
                   'namespace': body['namespace'], 'scope': 'private',
                   'definition': body['definition'], 'tags': ['x', 'y'],
                   'created_at': NOW, 'updated_at': NOW}
                  for name in body['definition'].split()]
        self.workflows += stored
        return 201, {'workflows': stored, 'actions': []}

    def validate(self, query: dict, body: dict) -> tuple[int, Any]:
        """Check a document."""
        bad = body['definition'].startswith(BAD)
        return 200, {'valid': not bad, 'problems': PROBLEMS if bad else []}

    def revisions(self, ref: str, query: dict, body: dict
                  ) -> tuple[int, Any]:
        """List the one revision that a workflow of the stub has."""
        found = self.find('workflow', self.workflows, ref)
        return self.listed('revisions', [{**found, 'user_id': 'u'}], query)

    def revision(self, ref: str, number: str, query: dict, body: dict
                 ) -> tuple[int, Any]:
        """Show a revision."""
        found = self.find('workflow', self.workflows, ref)
        return 200, {**found, 'revision': int(number)}

    def drop(self, noun: str, rows: list[dict], ref: str) -> tuple[int, Any]:
        """Delete a row."""
        rows.remove(self.find(noun, rows, ref))
        return 204, None

    def create_job(self, query: dict, body: dict) -> tuple[int, Any]:
        """Start a job that plays the events."""
        workflow = self.find('workflow', self.workflows, body['workflow'])
        job = {'id': str(uuid.uuid4()), 'name': body.get('name') or
               workflow['name'], 'state': 'RUNNING', 'state_info': None,
               'kind': 'batch', 'workflow': {'id': workflow['id'], 'name':
                                             workflow['name'], 'revision': 1},
               'input': body.get('input') or {}, 'output': None,
               'created_at': NOW, 'finished_at': None}
        self.jobs.append(job)
        self.job_events[job['id']] = []
        threading.Thread(target=self._play, args=(job,), daemon=True).start()
        return 201, job

    def _play(self, job: dict[str, Any]) -> None:
        script = [*self.events]
        if self.end:
            script.append({'kind': 'job.finished',
                           'data': {'state': self.end['state']}})
        for event in script:
            time.sleep(0.01)
            with self.lock:
                known = self.job_events[job['id']]
                known.append({'number': len(known) + 1, 'at': NOW,
                              'task_id': None, 'data': {}, **event})
                if event['kind'] == 'job.finished':
                    job.update(self.end, finished_at=NOW)
                self.lock.notify_all()

    def events_of(self, ref: str, query: dict, body: dict
                  ) -> tuple[int, Any]:
        """Return events, waiting for one when asked to."""
        job = self.find('job', self.jobs, ref)
        since, wait = int(query['since']), int(query.get('wait', 0))
        known = self.job_events.setdefault(job['id'], [])
        with self.lock:
            self.lock.wait_for(lambda: len(known) > since, timeout=wait)
            return 200, {'events': known[since:], 'links': []}

    def control(self, ref: str, verb: str, query: dict, body: dict
                ) -> tuple[int, Any]:
        """Pause, resume or cancel."""
        job = self.find('job', self.jobs, ref)
        if job['state'] not in ('RUNNING', 'PAUSED'):
            raise refused(409, 'request.conflict',
                          f'The job is {job["state"]}.')
        job['state'] = {'pause': 'PAUSED', 'resume': 'RUNNING',
                        'cancel': 'CANCELLED'}[verb]
        job['state_info'] = body.get('reason')
        return 200, job

    def complete(self, ref: str, query: dict, body: dict
                 ) -> tuple[int, Any]:
        """End an action run."""
        run = self.find('action_run', self.action_runs, ref)
        run.update(body)
        return 200, run


def _rows(noun: str) -> list[tuple]:
    """Return the routes that list and show the rows of a noun."""
    path, single = f'/v1/{noun.replace("_", "-")}', noun.removesuffix('s')
    return [
        ('GET', path, lambda stub, query, body:
         stub.listed(noun, getattr(stub, noun), query)),
        ('GET', f'{path}/([^/]+)', lambda stub, ref, query, body:
         (200, stub.find(single, getattr(stub, noun), ref))),
        ('DELETE', f'{path}/([^/]+)', lambda stub, ref, query, body:
         stub.drop(single, getattr(stub, noun), ref))]


_ROUTES = [
    ('POST', '/v3/auth/tokens', Stub.issue_token),
    ('POST', '/v1/workflows', Stub.store),
    ('PUT', '/v1/workflows', Stub.store),
    ('POST', '/v1/workflows/validate', Stub.validate),
    ('GET', '/v1/workflows/([^/]+)/revisions', Stub.revisions),
    ('GET', '/v1/workflows/([^/]+)/revisions/([^/]+)', Stub.revision),
    ('POST', '/v1/jobs', Stub.create_job),
    ('GET', '/v1/jobs/([^/]+)/events', Stub.events_of),
    ('GET', '/v1/jobs/([^/]+)/tasks', lambda stub, ref, query, body:
     stub.listed('tasks', stub.tasks, {
         **query, 'job_id': stub.find('job', stub.jobs, ref)['id']})),
    ('POST', '/v1/jobs/([^/]+)/(pause|resume|cancel)', Stub.control),
    ('POST', '/v1/action-runs/([^/]+)/complete', Stub.complete),
    *_rows('workflows'), *_rows('jobs'), *_rows('tasks'),
    *_rows('action_runs'), *_rows('actions'), *_rows('services')]


class _Handler(http.server.BaseHTTPRequestHandler):
    """Turns HTTP into calls of the stub."""

    protocol_version = 'HTTP/1.1'
    #: Header and body leave in one packet.
    wbufsize = -1

    def _answer(self) -> None:
        stub = self.server.stub
        split = parse.urlsplit(self.path)
        query = dict(parse.parse_qsl(split.query, keep_blank_values=True))
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        body = json.loads(raw) if raw else None
        stub.requests.append({
            'method': self.command, 'path': split.path, 'query': dict(query),
            'body': body, 'headers': dict(self.headers)})
        try:
            status, answer = stub.handle(self.command, split.path, query,
                                         body)
        except Refused as error:
            status, answer = error.status, {'errors': error.errors}
        text = b'' if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        if split.path == '/v3/auth/tokens':
            self.send_header('X-Subject-Token', 'secret')
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
