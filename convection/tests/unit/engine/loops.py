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
"""An engine on SQLite that is run round by round, with stub executors."""

import concurrent.futures
import time
import types
from typing import Any


from convection.common import context
from convection.common import uuids
from convection.engine import definitions
from convection.engine import loop
from convection.engine import requests
from convection.engine import store as stores
from convection.engine import workflows
from convection.tests.unit.db import base

SETTINGS = types.SimpleNamespace(
    heartbeat_interval=1.0, takeover_after=4.0, executor_lost_after=6.0)
#: Rounds, each a second of the engine's clock, before a test gives up.
ROUNDS = 60

DOCUMENT = """
version: '2.0'
work:
  input: [value: 1]
  output: {value: <% task(a).result %>}
  tasks:
    a: {action: test.work value=<% $.value %>}
ask:
  tasks:
    a: {action: test.ask}
quick:
  tasks:
    a: {action: std.echo output=1}
many:
  input: [count: 30]
  tasks:
    a:
      with-items: i in <% range($.count) %>
      workflow: quick
asks:
  tasks:
    a:
      with-items: i in <% range(20) %>
      workflow: ask
wait:
  tasks:
    a: {action: std.noop, wait-before: 1000}
"""
ACTIONS = [{'name': name, 'description': '', 'parameters': {
    'type': 'object'}, 'asynchronous': name == 'test.ask',
    'isolation': 'thread'} for name in ('test.work', 'test.ask')]


def caller(project_id: str = 'demo') -> context.RequestContext:
    """Return the context of a request."""
    return context.RequestContext(user_id='user', project_id=project_id,
                                  roles=['member'])


class Clock:
    """A time that moves when the test says so."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        """Return the seconds since the epoch."""
        return self.now


class Executor:
    """What engines send to executors, and a stub that answers."""

    def __init__(self, executor_id: str = 'x') -> None:
        self.id = executor_id
        self.messages: list[dict[str, Any]] = []
        self.passed_on: list[tuple] = []
        self.sequence = 0

    def dispatch(self, message: dict[str, Any]) -> None:
        """Take a message of an engine."""
        self.messages.append(message)

    def pass_on(self, message: dict[str, Any], engine_id: str) -> None:
        """Take a report on its way to another engine."""
        self.passed_on.append((message, engine_id))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """All runs that were sent, each once."""
        return list({run['id']: run for message in self.messages
                     for run in message['runs']}.values())

    @property
    def acknowledged(self) -> set[int]:
        """The numbers of the reports that engines acknowledged."""
        return {number for message in self.messages
                for number in message['acks']}

    def heartbeat(self, **values: Any) -> requests.Heartbeat:
        """Return a sign of life."""
        return requests.Heartbeat(message={
            'executor_id': self.id, 'host': 'there', 'tags': [], 'slots': 4,
            'used': 0, 'credits': 100, 'actions_digest': 'd', 'running': [],
            'load': 0.0, 'memory': 0, 'pid': 1, 'version': '1',
            'state': 'up', 'started_at': 0.0, **values})

    def register(self) -> requests.Register:
        """Return its catalogue."""
        return requests.Register(message={
            'executor_id': self.id, 'actions': ACTIONS,
            'actions_digest': 'd'})

    def report(self, *results: tuple[str, Any],
               **values: Any) -> requests.Report:
        """Return a report of runs that went well."""
        self.sequence += 1
        return requests.Report(message={
            'executor_id': self.id, 'engine_id': 'e', 'seq': self.sequence,
            'acks': [], 'credits': 100, 'refused': [], 'started': [],
            'results': [{'id': run_id, 'state': 'SUCCESS', 'result': value,
                         'error': None} for run_id, value in results],
            **values})


class LoopTest(base.DatabaseTest):
    """A test with an engine and an executor."""

    def setUp(self) -> None:
        """Make them, and store the workflows."""
        super().setUp()
        self.clock = Clock()
        self.executors = Executor()
        self.writer = workflows.Workflows(self.database, 100_000)
        self.writer.create(caller(), DOCUMENT, '', 'private')
        self.engine = self.new_engine()
        self.engine.submit(self.executors.heartbeat())
        self.engine.submit(self.executors.register())
        self.engine.run_batch()

    def new_engine(self) -> loop.Engine:
        """Return an engine that has not run."""
        return loop.Engine(
            store=stores.Store(self.database),
            definitions=definitions.Definitions(self.database),
            executors=self.executors, clock=self.clock, settings=SETTINGS,
            service={'host': 'here', 'version': '1', 'info': {}})

    def ask(self, request: requests.Request) -> concurrent.futures.Future:
        """Put a request into the inbox."""
        request.reply = concurrent.futures.Future()
        self.engine.submit(request)
        return request.reply

    def create(self, workflow: str, key: str | None = None,
               project_id: str = 'demo', name: str | None = None,
               **given: Any) -> concurrent.futures.Future:
        """Ask for a job."""
        known = self.engine.definitions
        found = known.find('demo', workflow)
        values, _extra = definitions.check_input(found, given)
        job = definitions.new_job(found, {
            'id': uuids.new_job_id(), 'project_id': project_id,
            'user_id': 'user', 'name': name or workflow, 'kind': 'batch',
            'input': values, 'params': {}, 'namespace': '',
            'created_at': self.clock.now, 'idempotency_key': key,
            'context': {}})
        job.root = job
        job.actions = known.catalogue(project_id)
        return self.ask(requests.CreateJob(job=job))

    def created(self, workflow: str, **values: Any) -> str:
        """Start a job and return its id."""
        reply = self.create(workflow, **values)
        self.engine.run_batch()
        return reply.result(0)['id']

    def state(self, job_id: str) -> str:
        """Return the state of a job by its row."""
        return self.engine.store.job(job_id)['state']

    def round(self) -> None:
        """Let a second pass and run a batch."""
        self.clock.now += 1.0
        self.engine.submit(self.executors.heartbeat())
        self.engine.run_batch()

    def until(self, condition: Any) -> None:
        """Run rounds until something is so."""
        for _ in range(ROUNDS):
            if condition():
                return
            self.round()
        raise AssertionError('it did not come to that')

    def until_acknowledged(self, report: requests.Report) -> None:
        """Repeat a report as executors do, until it is acknowledged."""
        number = report.message['seq']
        for _ in range(ROUNDS):
            if number in self.executors.acknowledged:
                return
            self.engine.submit(requests.Report(message=report.message))
            for _ in range(4):
                self.round()
        raise AssertionError('it was not acknowledged')
