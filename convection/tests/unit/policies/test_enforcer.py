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
"""The enforcer: its memory, and the operator's changes."""

import os

import fixtures
from oslo_config import cfg
from oslo_policy import opts
from oslotest import base

from convection.common import context
from convection.common import exception
from convection.common import policy


class EnforcerTest(base.BaseTestCase):
    """Decisions and how long they hold."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        conf = cfg.ConfigOpts()
        conf([], project='convection', default_config_files=[],
             default_config_dirs=[])
        self.path = os.path.join(self.folder, 'policy.yaml')
        opts.set_defaults(conf)
        conf.set_override('policy_file', self.path, 'oslo_policy')
        self.now = 0.0
        self.enforcer = policy.Enforcer(conf, lambda: self.now)
        self.reader = context.RequestContext(
            project_id='demo', user_id='demo', roles=['reader'],
            overwrite=False)

    def test_refusal(self) -> None:
        error = self.assertRaises(
            exception.Forbidden, self.enforcer.authorize, self.reader,
            'jobs:create', 'demo')
        self.assertEqual('Your roles do not allow "jobs:create".',
                         error.message)

    def test_domain_scope_is_refused(self) -> None:
        ctxt = context.RequestContext(domain_id='default', roles=['admin'],
                                      overwrite=False)
        self.assertFalse(self.enforcer.check(ctxt, 'jobs:list', 'demo'))

    def test_a_change_counts_after_a_while(self) -> None:
        self.assertFalse(self.enforcer.check(self.reader, 'jobs:create',
                                             'demo'))
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write('"jobs:create": "role:reader"\n')
        self.assertFalse(self.enforcer.check(self.reader, 'jobs:create',
                                             'demo'))
        self.now += policy.DECISION_LIFETIME
        self.assertTrue(self.enforcer.check(self.reader, 'jobs:create',
                                            'demo'))
