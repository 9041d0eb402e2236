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
"""The API as its callers see it: YAML tables in ``gabbits``."""

import os
import sys
from typing import Any
import unittest

from gabbi import driver
from gabbi import fixture

from convection.tests.unit.api import fakes
from convection.tests.unit.api import seed

_sites: list[fakes.Api] = []


class Site(fixture.GabbiFixture):
    """A seeded application of its own for each YAML file."""

    def start_fixture(self) -> None:
        """Build it."""
        # gabbi makes up a host.
        site = fakes.Api(force_noauth_listen=True, max_request_size=65536,
                         max_limit=100)
        site.setUp()
        seed.plant(site)
        _sites.append(site)

    def stop_fixture(self) -> None:
        """Remove it."""
        _sites.pop().cleanUp()


def _serve(environ: dict[str, Any], start_response: Any) -> Any:
    return _sites[-1].application(environ, start_response)


def _application() -> Any:
    # Asked for when tests are loaded, long before there is a site.
    return _serve


def load_tests(loader: unittest.TestLoader, tests: Any,
               pattern: str | None) -> unittest.TestSuite:
    """Make a test of every entry of the YAML files."""
    return driver.build_tests(
        os.path.join(os.path.dirname(__file__), 'gabbits'), loader,
        host=None, intercept=_application,
        fixture_module=sys.modules[__name__],
        test_loader_name=__name__)
