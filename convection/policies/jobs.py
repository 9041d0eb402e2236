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
"""Who may do what with jobs."""

from oslo_policy import policy

from convection.policies import base


def list_rules() -> list[policy.RuleDefault]:
    """List the rules."""
    return [
        base.rule('jobs:create', base.MEMBER,
                  'Start a job.',
                  ('POST', '/v1/jobs')),
        base.rule('jobs:list', base.READER,
                  'List jobs.',
                  ('GET', '/v1/jobs')),
        base.rule('jobs:get', base.READER,
                  'Show a job, its tasks and its events.',
                  ('GET', '/v1/jobs/{job}'),
                  ('GET', '/v1/jobs/{job}/tasks'),
                  ('GET', '/v1/jobs/{job}/events')),
        base.rule('jobs:pause', base.MEMBER,
                  'Pause a job.',
                  ('POST', '/v1/jobs/{job}/pause')),
        base.rule('jobs:resume', base.MEMBER,
                  'Let a paused job go on.',
                  ('POST', '/v1/jobs/{job}/resume')),
        base.rule('jobs:cancel', base.MEMBER,
                  'Cancel a job.',
                  ('POST', '/v1/jobs/{job}/cancel')),
        base.rule('jobs:delete', base.OWNER,
                  'Delete a finished job and its history.',
                  ('DELETE', '/v1/jobs/{job}')),
    ]
