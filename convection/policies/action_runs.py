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
"""Who may do what with action runs."""

from oslo_policy import policy

from convection.policies import base


def list_rules() -> list[policy.RuleDefault]:
    """List the rules."""
    return [
        base.rule('action_runs:list', base.READER,
                  'List action runs.',
                  ('GET', '/v1/action-runs')),
        base.rule('action_runs:get', base.READER,
                  'Show an action run.',
                  ('GET', '/v1/action-runs/{action_run}')),
        base.rule('action_runs:complete', base.MEMBER,
                  'Give the result of an asynchronous action.',
                  ('POST', '/v1/action-runs/{action_run}/complete')),
    ]
