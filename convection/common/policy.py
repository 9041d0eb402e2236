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
"""Decides by the policies whether a caller may do something."""

import time
from typing import Any, Callable

from oslo_config import cfg
from oslo_policy import opts
from oslo_policy import policy

from convection.common import context
from convection.common import exception
from convection import policies

#: Seconds that a decision is remembered. oslo.policy looks at the policy
#: files for every question, which costs more than the rest of a request;
#: a change of the files counts after this time.
DECISION_LIFETIME = 2.0
#: How many decisions are remembered.
_MOST_DECISIONS = 4096


class Enforcer:
    """The policies in code with the operator's changes.

    :param clock: gives seconds that only grow.
    """

    def __init__(self, conf: cfg.ConfigOpts,
                 clock: Callable[[], float] = time.monotonic) -> None:
        opts.set_defaults(conf)
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.register_defaults(policies.list_rules())
        self._clock = clock
        self._decisions: dict[tuple, bool] = {}
        self._forget_at = 0.0

    def check(self, ctxt: context.RequestContext, rule: str,
              project_id: str | None, user_id: str | None = None) -> bool:
        """Say whether the caller may do it.

        :param project_id: project of what it is done to.
        :param user_id: who made that.
        """
        now = self._clock()
        decisions = self._decisions
        if now >= self._forget_at or len(decisions) > _MOST_DECISIONS:
            decisions = self._decisions = {}
            self._forget_at = now + DECISION_LIFETIME
        question = (rule, project_id, user_id, ctxt.user_id,
                    ctxt.project_id, ctxt.domain_id, ctxt.system_scope,
                    tuple(ctxt.roles), tuple(ctxt.service_roles))
        allowed = decisions.get(question)
        if allowed is None:
            target = {'project_id': project_id, 'user_id': user_id}
            allowed = decisions[question] = self._ask(ctxt, rule, target)
        return allowed

    def authorize(self, ctxt: context.RequestContext, rule: str,
                  project_id: str | None,
                  user_id: str | None = None) -> None:
        """Do nothing when the caller may do it.

        :raises Forbidden: the caller may not.
        """
        if not self.check(ctxt, rule, project_id, user_id):
            raise exception.Forbidden(
                reason=f'Your roles do not allow "{rule}".')

    def _ask(self, ctxt: context.RequestContext, rule: str,
             target: dict[str, Any]) -> bool:
        # A rule that is not registered is a mistake of ours, not a refusal.
        return bool(self._enforcer.authorize(rule, target, ctxt))
