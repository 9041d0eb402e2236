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
"""Who may look beyond the own project."""

from oslo_policy import policy

from convection.policies import base

#: Every operation on a project's rows takes ``all_projects=true``.
ALL_PROJECTS = 'all_projects'

_NOUNS = ('workflows', 'jobs', 'tasks', 'action-runs')


def list_rules() -> list[policy.RuleDefault]:
    """List the rules."""
    return [
        base.rule(ALL_PROJECTS, base.ADMIN,
                  'Use all_projects=true: reach the rows of every project.',
                  *(('GET', f'/v1/{noun}?all_projects=true')
                    for noun in _NOUNS)),
    ]
