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
"""The OpenAPI document tells the truth: schemathesis asks the real API."""

import hypothesis
from oslotest import base
import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from convection.tests.unit.api import fakes
from convection.tests.unit.api import seed

_CHECKS = [checks.not_a_server_error,
           openapi_checks.status_code_conformance,
           openapi_checks.content_type_conformance,
           openapi_checks.response_headers_conformance,
           openapi_checks.response_schema_conformance]


class OpenAPITest(base.BaseTestCase):
    """A few examples of every operation."""

    def test_operations(self) -> None:
        site = self.useFixture(fakes.Api())
        seed.plant(site)
        document = schemathesis.openapi.from_wsgi('/v1/openapi.json',
                                                  site.application)
        for result in document.get_all_operations():
            operation = result.ok()
            with self.subTest(operation.label):
                self._try(operation)

    @staticmethod
    def _try(operation: schemathesis.APIOperation) -> None:

        @hypothesis.settings(
            max_examples=8, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate])
        @hypothesis.given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            # An administrator gets further.
            answer = case.call(headers={'X-Roles': 'admin'})
            case.validate_response(answer, checks=_CHECKS)

        ask()
