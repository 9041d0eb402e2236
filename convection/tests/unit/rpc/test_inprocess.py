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
"""The transport of one process, and how clients repeat calls over it."""

import subprocess
import sys
from unittest import mock

from oslotest import base

from convection.common import context
from convection.common import exception
from convection.rpc import client
from convection.rpc import inprocess
from convection.rpc import topics


class Endpoint:
    """Answers with what it is told to, in turn."""

    def __init__(self, name: str = 'a', *answers) -> None:
        self.name = name
        self.answers = list(answers)
        self.heard: list = []

    def _next(self, *heard):
        self.heard.append(heard)
        answer = self.answers.pop(0) if self.answers else {'by': self.name}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pause_job(self, ctxt, job_id):
        """See the client."""
        return self._next(ctxt, job_id)

    def delete_job(self, ctxt, job_id):
        """See the client."""
        return self._next(ctxt, job_id)

    def create_job(self, ctxt, **given):
        """See the client."""
        return self._next(ctxt, given)

    def heartbeat(self, ctxt, message):
        """See the client."""
        return self._next(ctxt, message)

    report = heartbeat


class InProcessTest(base.BaseTestCase):
    """Calls and casts."""

    def setUp(self) -> None:
        """Make a transport and a client that does not wait."""
        super().setUp()
        self.transport = inprocess.InProcessTransport()
        self.client = client.EngineClient(self.transport)
        self.ctxt = context.RequestContext(project_id='p')
        patch = mock.patch('time.sleep')
        self.sleep = patch.start()
        self.addCleanup(patch.stop)

    def serve(self, endpoint: Endpoint):
        """Let an endpoint be found by its name."""
        server = self.transport.serve(topics.ENGINE, endpoint.name, endpoint)
        server.start()
        return server

    def test_a_call(self):
        end = Endpoint('a', {'x': [1]})
        self.serve(end)
        self.assertEqual({'x': [1]},
                         self.client.pause_job(self.ctxt, job_id='j'))
        self.assertEqual([(self.ctxt, 'j')], end.heard)

    def test_nothing_is_shared(self):
        answer = {'x': []}
        self.serve(Endpoint('a', answer))
        self.client.pause_job(self.ctxt, job_id='j')['x'].append(1)
        self.assertEqual({'x': []}, answer)

    def test_nobody_answers(self):
        server = self.serve(Endpoint())
        server.stop()
        self.assertRaises(exception.Unavailable, self.client.pause_job,
                          self.ctxt, job_id='j')
        self.assertEqual(2, self.sleep.call_count)
        self.client.heartbeat({})

    def test_the_owner_is_asked_at_once(self):
        first = Endpoint('a', exception.NotOwner(engine_id='b'))
        self.serve(first)
        self.serve(Endpoint('b'))
        self.assertEqual({'by': 'b'},
                         self.client.pause_job(self.ctxt, job_id='j'))
        self.assertEqual(0, self.sleep.call_count)

    def test_an_owner_that_is_gone_is_not_asked_again(self):
        first = Endpoint('a', exception.NotOwner(engine_id='b'))
        self.serve(first)
        self.assertEqual({'by': 'a'},
                         self.client.pause_job(self.ctxt, job_id='j'))
        self.assertEqual(2, len(first.heard))

    def test_a_refusal_is_not_repeated(self):
        end = Endpoint('a', exception.NotFound(noun='job', ref='j'))
        self.serve(end)
        self.assertRaises(exception.NotFound, self.client.pause_job,
                          self.ctxt, job_id='j')
        self.assertEqual(1, len(end.heard))

    def test_what_is_not_safe_is_not_repeated(self):
        end = Endpoint('a', exception.Unavailable(reason='no'))
        self.serve(end)
        self.assertRaises(exception.Unavailable, self.client.delete_job,
                          self.ctxt, job_id='j')
        self.assertEqual(1, len(end.heard))

    def test_a_repeated_creation_has_one_key(self):
        end = Endpoint('a', exception.Unavailable(reason='no'))
        self.serve(end)
        self.client.create_job(self.ctxt, workflow='w')
        keys = {given['idempotency_key'] for _ctxt, given in end.heard}
        self.assertEqual(1, len(keys))
        self.assertNotIn(None, keys)

    def test_casts(self):
        ends = [Endpoint('a', ValueError('x')), Endpoint('b')]
        for end in ends:
            self.serve(end)
        self.client.heartbeat({'n': 1})
        self.client.report({'n': 2}, 'b')
        self.assertEqual([[(None, {'n': 1})],
                          [(None, {'n': 1}), (None, {'n': 2})]],
                         [end.heard for end in ends])


class ImportTest(base.BaseTestCase):
    """Other services import the client."""

    def test_importing_the_client_starts_nothing(self):
        script = (
            'import sys, threading\n'
            'from oslo_config import cfg\n'
            'before = list(cfg.CONF)\n'
            'import convection.rpc.client\n'
            'assert threading.active_count() == 1\n'
            'assert list(cfg.CONF) == before, list(cfg.CONF)\n'
            'print(" ".join(sys.modules))\n')
        loaded = subprocess.run(
            (sys.executable, '-W', 'ignore', '-c', script), check=True,
            capture_output=True, text=True).stdout.split()
        heavy = ('oslo_service', 'oslo_messaging', 'oslo_db', 'sqlalchemy',
                 'eventlet', 'convection.db', 'convection.engine',
                 'convection.executor', 'convection.api', 'convection.conf')
        self.assertEqual([], [name for name in loaded if any(
            name == one or name.startswith(f'{one}.') for one in heavy)])
