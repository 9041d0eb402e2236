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
"""Who may look at the processes of the service."""

from oslo_policy import policy

from convection.policies import base


def list_rules() -> list[policy.RuleDefault]:
    """List the rules."""
    return [
        base.rule('services:list', base.ADMIN,
                  'List engines, executors and APIs.',
                  ('GET', '/v1/services')),
        base.rule('services:get', base.ADMIN,
                  'Show an engine, an executor or an API.',
                  ('GET', '/v1/services/{service}')),
    ]
