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
"""The options of every group whose actions connect to other hosts."""

from oslo_config import cfg

#: What a tenant's action must not reach on the executor's own host and
#: link: loopback, unspecified and link-local addresses (metadata services).
DENIED = ['127.0.0.0/8', '::1/128', '0.0.0.0/8', '::/128', '169.254.0.0/16',
          'fe80::/10']


def make() -> list[cfg.Opt]:
    """Return new options, to be registered in one group."""
    return [
        cfg.ListOpt('allowed_hosts', default=[],
                    help='The hosts that tasks may name; "*" stands for any '
                         'characters. Any host when empty.'),
        cfg.ListOpt('denied_cidrs', default=DENIED,
                    help='Networks that no task may connect to. What counts '
                         'is the address that a name has at that moment.'),
    ]
