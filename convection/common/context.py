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
"""Who asks: the context of one request, in the API and across RPC."""

from typing import Any

from oslo_context import context

#: What crosses RPC. Neither a token nor a password, nor anything that grants
#: rights by itself: whoever can write to the broker can forge a context, so
#: the engine goes by the project alone.
WIRE_FIELDS = (
    'user_id', 'user_name', 'user_domain_id', 'user_domain_name',
    'project_id', 'project_name', 'project_domain_id', 'project_domain_name',
    'domain_id', 'domain_name', 'system_scope', 'roles',
    'request_id', 'global_request_id',
)


class RequestContext(context.RequestContext):
    """The caller of a request; ``from_environ`` reads what auth_token set."""

    def to_dict(self) -> dict[str, Any]:
        """Return the primitives that cross RPC (:data:`WIRE_FIELDS`)."""
        return {name: getattr(self, name) for name in WIRE_FIELDS}

    @classmethod
    def from_dict(cls, values: dict[str, Any],
                  **kwargs: Any) -> 'RequestContext':
        """Rebuild a context from ``to_dict``; other keys are dropped.

        :param kwargs: arguments that go before those in ``values``.
        """
        taken = {name: values.get(name) for name in WIRE_FIELDS}
        return cls(**{**taken, **kwargs})

    def get_logging_values(self) -> dict[str, Any]:
        """Return what a log line may name, under oslo.log's own keys."""
        identity = {
            'user': self.user_id,
            'project': self.project_id,
            'domain': self.domain_id,
            'user_domain': self.user_domain_id,
            'project_domain': self.project_domain_id,
        }
        return {**self.to_dict(), **identity,
                'user_identity': ' '.join(value or '-'
                                          for value in identity.values())}

    def acting_in(self, project_id: str) -> 'RequestContext':
        """Return the same caller, at work in another project.

        Only an administrator who named a resource of another project gets
        there, after the policy allowed it.
        """
        if project_id == self.project_id:
            return self
        return self.from_dict(self.to_dict(), overwrite=False,
                              project_id=project_id, project_name=None,
                              project_domain_id=None,
                              project_domain_name=None)
