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
"""The methods that engines serve do not change without a new version."""

import inspect
import json
import pathlib

from oslotest import base

from convection.engine import endpoint
from convection.rpc import client
from convection.rpc import topics

_GOLDEN = json.loads(
    pathlib.Path(__file__).with_name('signatures.json').read_text())
#: What an executor or an engine sends; no answer comes.
_CASTS = {'report', 'heartbeat', 'register', 'released'}


def _methods(cls: type) -> dict[str, inspect.Signature]:
    return {name: inspect.signature(method)
            for name, method in vars(cls).items()
            if not name.startswith('_') and inspect.isfunction(method)}


class SignaturesTest(base.BaseTestCase):
    """To change one: raise the version, then write the new file."""

    def test_the_version(self):
        self.assertEqual(_GOLDEN['version'], topics.ENGINE_VERSION)
        self.assertEqual(topics.ENGINE_VERSION,
                         endpoint.EngineEndpoint.target.version)
        self.assertIn(f'* {topics.ENGINE_VERSION}:',
                      client.EngineClient.__doc__)

    def test_the_client(self):
        found = {}
        for name, signature in _methods(client.EngineClient).items():
            found[name] = {
                p.name: None if p.default is p.empty else repr(p.default)
                for p in signature.parameters.values()
                if p.name not in ('self', 'ctxt')}
        self.assertEqual(_GOLDEN['client'], found)

    def test_the_endpoint(self):
        found = {name: [p for p in signature.parameters if p != 'self']
                 for name, signature
                 in _methods(endpoint.EngineEndpoint).items()}
        self.assertEqual(_GOLDEN['endpoint'], found)

    def test_they_fit_each_other(self):
        served = _GOLDEN['endpoint']
        self.assertEqual(set(_GOLDEN['client']), set(served))
        for name in set(served) - _CASTS:
            self.assertEqual(['ctxt', *_GOLDEN['client'][name]],
                             served[name])
