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
"""Who may do what with workflows."""

from oslo_policy import policy

from convection.policies import base


def list_rules() -> list[policy.RuleDefault]:
    """List the rules."""
    return [
        base.rule('workflows:create', base.MEMBER,
                  'Store new workflows and ad-hoc actions.',
                  ('POST', '/v1/workflows')),
        base.rule('workflows:publicize', base.ADMIN,
                  'Store workflows that every project sees.',
                  ('POST', '/v1/workflows'),
                  ('PUT', '/v1/workflows'),
                  ('PUT', '/v1/workflows/{workflow}')),
        base.rule('workflows:validate', base.READER,
                  'Check a document.',
                  ('POST', '/v1/workflows/validate')),
        base.rule('workflows:list', base.READER,
                  'List workflows.',
                  ('GET', '/v1/workflows')),
        base.rule('workflows:get', base.READER,
                  'Show a workflow and its revisions.',
                  ('GET', '/v1/workflows/{workflow}'),
                  ('GET', '/v1/workflows/{workflow}/revisions'),
                  ('GET', '/v1/workflows/{workflow}/revisions/{revision}')),
        base.rule('workflows:update', base.MEMBER,
                  'Store new revisions of workflows and ad-hoc actions.',
                  ('PUT', '/v1/workflows'),
                  ('PUT', '/v1/workflows/{workflow}')),
        base.rule('workflows:delete', base.MEMBER,
                  'Delete a workflow.',
                  ('DELETE', '/v1/workflows/{workflow}')),
    ]
