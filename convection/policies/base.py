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
"""The personas that the other rules build on.

Each persona may do what the next one may: admin, manager, member, reader.
The chain is spelled out instead of left to Keystone's implied roles, so that
it holds with ``auth_strategy = noauth`` too.
"""

from oslo_policy import policy

ADMIN = 'rule:context_is_admin'
MANAGER = 'rule:project_manager'
MEMBER = 'rule:project_member'
READER = 'rule:project_reader'
#: A member, but only for what the member made; a manager for everything.
OWNER = 'rule:project_owner'

_IN_PROJECT = 'project_id:%(project_id)s'


def list_rules() -> list[policy.RuleDefault]:
    """List the personas."""
    return [
        policy.RuleDefault(
            'context_is_admin', 'role:admin',
            description='Operators of the cloud.'),
        policy.RuleDefault(
            'project_manager',
            f'{ADMIN} or (role:manager and {_IN_PROJECT})',
            description='Who manages a project.'),
        policy.RuleDefault(
            'project_member',
            f'{MANAGER} or (role:member and {_IN_PROJECT})',
            description='Who works in a project.'),
        policy.RuleDefault(
            'project_reader',
            f'{MEMBER} or (role:reader and {_IN_PROJECT})',
            description='Who looks at a project.'),
        policy.RuleDefault(
            'project_owner',
            f'{MANAGER} or ({MEMBER} and user_id:%(user_id)s)',
            description='Who made the thing, or manages its project.'),
    ]


def rule(name: str, check: str, description: str,
         *operations: tuple[str, str]) -> policy.DocumentedRuleDefault:
    """Make the rule of one operation.

    :param operations: method and path of each.
    """
    return policy.DocumentedRuleDefault(
        name, check, description,
        [{'method': method, 'path': path} for method, path in operations],
        scope_types=['project'])
