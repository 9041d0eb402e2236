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
"""What the tests share: the stub, a client of it, a run of the command."""

import io
import os
from typing import Any
from unittest import mock

from keystoneauth1 import session
from oslotest import base

from convectionclient import noauth
from convectionclient import shell
from convectionclient.tests.unit import stub
from convectionclient.v1 import client


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class TestCase(base.BaseTestCase):
    """A test with a stub server."""

    def setUp(self) -> None:
        """Start the stub and make a client of it."""
        super().setUp()
        self.stub = self.useFixture(stub.Stub())
        auth = noauth.NoAuth(self.stub.url, project_id='p', user_id='u',
                             roles='member')
        self.client = client.Client(session.Session(auth=auth))

    def last(self, method: str = 'GET') -> dict[str, Any]:
        """Return the last request of a method."""
        return [r for r in self.stub.requests if r['method'] == method][-1]

    def convection(self, *args: str, url: str | None = None,
                   stderr: io.StringIO | None = None
                   ) -> tuple[int, str, str]:
        """Run the command: exit status, standard output and error."""
        out, err = io.StringIO(), stderr or io.StringIO()
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(('OS_', 'CONVECTION_'))}
        clean['CONVECTION_URL'] = self.stub.url if url is None else url
        with mock.patch.dict(os.environ, clean, clear=True), \
                mock.patch('sys.stdout', out), mock.patch('sys.stderr', err):
            try:
                status = shell.main(list(args))
            except SystemExit as stop:
                status = stop.code or 0
        return status, out.getvalue(), err.getvalue()
