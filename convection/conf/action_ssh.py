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
"""Options of the group ``[action_ssh]``: ``std.ssh``, ``std.ssh_proxied``."""

from oslo_config import cfg

from convection.common import network_options

GROUP = cfg.OptGroup('action_ssh', title='SSH actions')

OPTIONS = network_options.make() + [
    cfg.StrOpt('host_key_policy', default='warn',
               choices=[('reject', 'only hosts of the known_hosts file'),
                        ('warn', 'accept an unknown key and log it'),
                        ('accept', 'accept an unknown key')],
               help='What to do about a host whose key is not known. A key '
                    'that differs from the known one is always refused.'),
    cfg.StrOpt('known_hosts_file',
               help='A file of known host keys, as OpenSSH writes it.'),
    cfg.StrOpt('private_key_directory',
               help='The folder of the keys that a task may name with '
                    'private_key_filename. Every project can use all of '
                    'them. Without it, a task has to bring its key.'),
    cfg.BoolOpt('allow_proxy_command', default=False,
                help='Whether std.ssh_proxied may run the program that a '
                     'task names as proxy_command, on this host, with the '
                     'rights of the executor.'),
    cfg.FloatOpt('connect_timeout', default=30.0, min=0.1,
                 help='Seconds to wait for a connection and a login.'),
    cfg.IntOpt('max_output_size', default=1024 * 1024, min=1024,
               help='How many bytes of the output, and of the error output, '
                    'are kept; the rest is cut.'),
]
