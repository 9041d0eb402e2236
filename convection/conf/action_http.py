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
"""Options of the group ``[action_http]``: ``std.http`` and its kin."""

from oslo_config import cfg

from convection.common import network_options

GROUP = cfg.OptGroup('action_http', title='HTTP actions')

OPTIONS = network_options.make() + [
    cfg.FloatOpt('default_timeout', default=60.0, min=0.1,
                 help='Seconds that a whole call may take when the task does '
                      'not say.'),
    cfg.IntOpt('max_response_size', default=5 * 1024 * 1024, min=1024,
               help='The largest body of a response, in bytes after '
                    'decompression.'),
    cfg.IntOpt('max_redirects', default=10, min=0,
               help='How many redirections are followed when the task asks '
                    'for it.'),
    cfg.StrOpt('ca_file',
               help='A file with the certificates of the authorities to '
                    'trust, instead of the ones that come with Python.'),
]
