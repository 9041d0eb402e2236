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
"""Options of the group ``[action_email]``: ``std.email``."""

from oslo_config import cfg

from convection.common import network_options

GROUP = cfg.OptGroup('action_email', title='The action that sends e-mail')

OPTIONS = network_options.make() + [
    cfg.FloatOpt('timeout', default=30.0, min=0.1,
                 help='Seconds to wait for each answer of a mail server.'),
    cfg.StrOpt('ca_file',
               help='A file with the certificates of the authorities to '
                    'trust, instead of the ones of the system.'),
]
