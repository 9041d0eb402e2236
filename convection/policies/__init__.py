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
"""Who may do what: policies in code, one module per noun."""

import itertools

from oslo_policy import policy

from convection.policies import action_runs
from convection.policies import actions
from convection.policies import base
from convection.policies import jobs
from convection.policies import projects
from convection.policies import services
from convection.policies import tasks
from convection.policies import workflows

_MODULES = (base, projects, workflows, jobs, tasks, action_runs, actions,
            services)


def list_rules() -> list[policy.RuleDefault]:
    """List every rule with its default, for enforcer and generators."""
    return list(itertools.chain.from_iterable(
        module.list_rules() for module in _MODULES))
