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
"""Tests of the actions that need nothing but themselves."""

import json
import threading

import jsonschema

from convection.actions import base
from convection.actions.std import async_noop
from convection.actions.std import callback_http
from convection.actions.std import command
from convection.actions.std import echo
from convection.actions.std import email
from convection.actions.std import fail
from convection.actions.std import http
from convection.actions.std import noop
from convection.actions.std import sleep
from convection.actions.std import ssh
from convection.actions.std import ssh_proxied
from convection.actions.std import test_dict
from convection.tests.unit.actions import helpers

ALL = (async_noop.AsyncNoop, callback_http.CallbackHttp,
       callback_http.MistralHttp, command.Command, echo.Echo, email.Email,
       fail.Fail, http.Http, noop.Noop, sleep.Sleep, ssh.Ssh,
       ssh_proxied.SshProxied, test_dict.TestDict)

#: (action, parameters, whether the schema takes them)
PARAMETERS = (
    (noop.Noop, {}, True),
    (noop.Noop, {'x': 1}, False),
    (echo.Echo, {'output': None}, True),
    (echo.Echo, {}, False),
    (echo.Echo, {'output': 1, 'delay': -1}, False),
    (fail.Fail, {'error_data': [1]}, True),
    (sleep.Sleep, {'seconds': 0.5}, True),
    (sleep.Sleep, {'seconds': '1'}, False),
    (test_dict.TestDict, {'size': 2, 'key_prefix': 'k', 'val': {}}, True),
    (test_dict.TestDict, {'size': -1}, False),
    (http.Http, {'url': 'http://x', 'body': {'a': 1}, 'timeout': 1.5}, True),
    (http.Http, {'url': 'http://x', 'headers': None, 'json': None}, True),
    (http.Http, {'url': 'http://x', 'headers': 'a: b'}, False),
    (http.Http, {'url': 'http://x', 'timeout': 0}, False),
    (http.Http, {'method': 'GET'}, False),
    (email.Email, {'from_addr': 'a@b', 'to_addrs': ['c@d'],
                   'smtp_server': 'mail:25'}, True),
    (email.Email, {'from_addr': 'a@b', 'to_addrs': [],
                   'smtp_server': 'mail:25'}, False),
    (ssh.Ssh, {'cmd': 'ls', 'host': ['a', 'b'], 'username': 'u'}, True),
    (ssh.Ssh, {'cmd': 'ls', 'host': [], 'username': 'u'}, False),
    (ssh_proxied.SshProxied, {'cmd': 'ls', 'host': 'a', 'username': 'u',
                              'gateway_host': 'g'}, True),
    (ssh_proxied.SshProxied, {'cmd': 'ls', 'host': 'a',
                              'username': 'u'}, False),
    (command.Command, {'program': 'ls', 'arguments': ['-l', 1]}, True),
    (command.Command, {'program': 'ls', 'arguments': '-l'}, False),
)


class StandardActionsTest(helpers.ActionTestCase):
    """Their results, and the schemas of their parameters."""

    def setUp(self):
        super().setUp()
        self.context = helpers.context(helpers.configuration())

    def test_descriptions(self):
        for cls in ALL:
            description = cls.describe('std.x')
            self.assertEqual('std.x', description['name'])
            self.assertTrue(description['description'])
            json.dumps(description)
            schema = description['parameters']
            jsonschema.Draft202012Validator.check_schema(schema)
            self.assertIs(False, schema['additionalProperties'])
            for name, part in schema['properties'].items():
                self.assertIn('description', part, f'{cls}: {name}')

    def test_parameters(self):
        for cls, parameters, good in PARAMETERS:
            validator = jsonschema.Draft202012Validator(cls.parameters)
            self.assertEqual(good, validator.is_valid(parameters),
                             f'{cls.__name__}: {parameters}')

    def test_results(self):
        run = self.context
        self.assertIsNone(noop.Noop().run(run))
        self.assertIsNone(async_noop.AsyncNoop().run(run))
        self.assertTrue(async_noop.AsyncNoop.asynchronous)
        self.assertEqual([1], echo.Echo().run(run, output=[1]))
        self.assertEqual('x', echo.Echo().run(run, output='x', delay=0.001))
        self.assertIsNone(sleep.Sleep().run(run, seconds=0))
        self.assertEqual({}, test_dict.TestDict().run(run))
        self.assertEqual({'k0': 'v', 'k1': 'v'}, test_dict.TestDict().run(
            run, size=2, key_prefix='k', val='v'))
        error = self.assertRaises(base.ActionError, fail.Fail().run, run,
                                  error_data={'a': 1})
        self.assertEqual({'a': 1}, error.result)

    def test_waits_are_interrupted(self):
        for call, parameters in ((sleep.Sleep().run, {'seconds': 1e9}),
                                 (echo.Echo().run, {'output': 1,
                                                    'delay': 1e9})):
            context = helpers.context(None)
            finish = self.in_thread(call, context, **parameters)
            context.cancel()
            self.assertIsInstance(finish()['error'], base.ActionInterrupted)


class ActionContextTest(helpers.ActionTestCase):
    """What an action knows of its run, and how it is told to stop."""

    def test_fields(self):
        order = {'id': 'r', 'action': 'a', 'job_id': 'j', 'job_name': 'jn',
                 'task_id': 't', 'task_name': 'tn', 'workflow_name': 'w',
                 'project_id': 'p', 'user_id': 'u', 'attempt': 3,
                 'context': {'roles': ['member']}, 'callback_url': 'http://x'}
        context = base.ActionContext(order, None, 12.0)
        self.assertEqual(
            ('r', 'a', 'j', 'jn', 't', 'tn', 'w', 'p', 'u', 3,
             {'roles': ['member']}, 'http://x', 12.0),
            (context.action_run_id, context.action_name, context.job_id,
             context.job_name, context.task_id, context.task_name,
             context.workflow_name, context.project_id, context.user_id,
             context.attempt, context.identity, context.callback_url,
             context.deadline))

    def test_cancel(self):
        context = helpers.context(None)
        context.raise_if_cancelled()
        before = context.cancelled
        called = []
        with context.on_cancel(lambda: called.append('left')):
            pass
        with context.on_cancel(lambda: called.append('in')):
            context.cancel()
        with context.on_cancel(lambda: called.append('late')):
            pass
        self.assertEqual(['in', 'late'], called)
        self.assertTrue(before.is_set())
        self.assertTrue(context.is_cancelled)
        self.assertRaises(base.ActionInterrupted, context.raise_if_cancelled)
        late = helpers.context(None)
        late.cancel()
        self.assertTrue(late.cancelled.is_set())

    def test_one_event_for_all_threads(self):
        context = helpers.context(None)
        events = []
        threads = [threading.Thread(
            target=lambda: events.append(context.cancelled))
            for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(1, len(set(map(id, events))))
