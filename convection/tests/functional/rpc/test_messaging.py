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
"""The transport of separate processes, through RabbitMQ."""

import socket
import threading
import time
from typing import Any

from oslo_config import cfg
import oslo_messaging
from oslo_messaging import conffixture
from oslotest import base

from convection.common import context
from convection.common import exception
from convection import conf as options
from convection.rpc import client
from convection.rpc import messaging
from convection.rpc import topics
from convection.tests.functional.fixtures import broker

#: Seconds after which a test gives up waiting for a message.
LIMIT = 30.0


class Endpoint:
    """Answers calls as the job id says."""

    target = oslo_messaging.Target(version=topics.ENGINE_VERSION)

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[Any] = []
        self.changed = threading.Condition()
        self.released = threading.Event()

    def pause_job(self, ctxt: Any, job_id: str) -> dict[str, Any]:
        """See the client."""
        if job_id == 'silent':
            self.released.wait(LIMIT)
        if job_id == 'wrong':
            raise exception.InvalidDefinition(
                count=2, reason='first',
                locations=[{'line': 3, 'column': 1, 'message': 'first'}])
        if job_id == 'missing':
            raise exception.NotFound(noun='job', ref=job_id)
        if job_id == 'conflict':
            raise exception.Conflict(code='job.finished', reason='It is.')
        if job_id == 'defect':
            raise ValueError('a secret detail')
        if job_id == 'foreign':
            raise socket.gaierror('another')
        if job_id != self.name and job_id in ('a', 'b'):
            raise exception.NotOwner(engine_id=job_id)
        return {'by': self.name, 'project': ctxt.project_id,
                'token': ctxt.auth_token, 'text': 'ä\x00\U0001f600'}

    def heartbeat(self, ctxt: Any, message: dict[str, Any]) -> None:
        """See the client."""
        with self.changed:
            self.heard.append((ctxt, message))
            self.changed.notify_all()

    report = heartbeat

    def wait_for(self, message: dict[str, Any]) -> None:
        """Wait until a message was heard."""
        with self.changed:
            if not self.changed.wait_for(
                    lambda: (None, message) in self.heard, LIMIT):
                raise AssertionError(f"{message} not in {self.heard}")


def make_transport(test: base.BaseTestCase, url: str,
                   timeout: int) -> messaging.MessagingTransport:
    """Return a transport with a configuration of its own."""
    conf = cfg.ConfigOpts()
    options.register_options(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    test.useFixture(conffixture.ConfFixture(conf, url))
    conf.set_override('timeout', timeout, 'rpc')
    transport = messaging.MessagingTransport(conf)
    test.addCleanup(transport.close)
    return transport


class TestMessaging(base.BaseTestCase):
    """Two engines and a client."""

    def setUp(self) -> None:
        """Start them on a virtual host of their own."""
        super().setUp()
        url = self.useFixture(broker.Broker()).url
        self.transport = make_transport(self, url, 20)
        self.hasty = make_transport(self, url, 1)
        self.client = client.EngineClient(self.transport)
        self.ctxt = context.RequestContext(project_id='p', auth_token='t')
        self.ends = {name: Endpoint(name) for name in ('a', 'b')}
        served = make_transport(self, url, 20)
        self.servers = {}
        for name, end in self.ends.items():
            self.servers[name] = served.serve(topics.ENGINE, name, end)
            self.servers[name].start()
            self.addCleanup(self.servers[name].stop)
            self.addCleanup(end.released.set)

    def test_calls_find_the_owner(self):
        for name in ('a', 'b', 'a'):
            self.assertEqual(
                {'by': name, 'project': 'p', 'token': None,
                 'text': 'ä\x00\U0001f600'},
                self.client.pause_job(self.ctxt, job_id=name))

    def test_refusals_arrive_as_they_were(self):
        error = self.assertRaises(exception.NotFound, self.client.pause_job,
                                  self.ctxt, job_id='missing')
        self.assertEqual('No job has the id or name "missing".',
                         error.message)
        self.assertEqual(('job.not_found', 404), (error.code, error.status))
        error = self.assertRaises(
            exception.InvalidDefinition, self.client.pause_job, self.ctxt,
            job_id='wrong')
        self.assertEqual(
            [{'line': 3, 'column': 1, 'message': 'first'}], error.locations)
        self.assertEqual(('definition.invalid', 400),
                         (error.code, error.status))
        self.assertNotIn('Traceback', error.message)
        error = self.assertRaises(exception.Conflict, self.client.pause_job,
                                  self.ctxt, job_id='conflict')
        self.assertEqual('job.finished', error.code)

    def test_defects_tell_nothing(self):
        for job_id in ('defect', 'foreign'):
            error = self.assertRaises(
                exception.ConvectionException, self.client.pause_job,
                self.ctxt, job_id=job_id)
            self.assertEqual(('internal', 500), (error.code, error.status))
            self.assertNotIn('secret', str(error))

    def test_no_answer_in_time(self):
        hasty = client.EngineClient(self.hasty, attempts=1)
        error = self.assertRaises(exception.Unavailable, hasty.pause_job,
                                  self.ctxt, job_id='silent')
        self.assertIn('within 1 s', error.message)
        for end in self.ends.values():
            end.released.set()

    def test_casts(self):
        self.client.heartbeat({'n': 1})
        for end in self.ends.values():
            end.wait_for({'n': 1})
        self.client.report({'n': 2}, 'b')
        self.client.report({'n': 3}, 'a')
        self.ends['b'].wait_for({'n': 2})
        self.ends['a'].wait_for({'n': 3})
        self.assertEqual(2, len(self.ends['a'].heard))


class TestNoBroker(base.BaseTestCase):
    """A broker that is not there."""

    def test_a_call_ends_in_time(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        transport = make_transport(
            self, f'rabbit://guest:guest@127.0.0.1:{port}/', 1)
        engines = client.EngineClient(transport, attempts=2)
        engines.heartbeat({})
        began = time.monotonic()
        error = self.assertRaises(exception.Unavailable, engines.ping,
                                  context.RequestContext())
        self.assertEqual('The message broker does not answer.',
                         error.message)
        self.assertLess(time.monotonic() - began, LIMIT)
