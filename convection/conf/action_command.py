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
"""Options of the group ``[action_command]``: ``std.command``."""

from oslo_config import cfg

GROUP = cfg.OptGroup('action_command', title='The action that runs programs')

OPTIONS = [
    cfg.BoolOpt('enabled', default=False,
                help='Whether tasks may run programs on this host, with the '
                     'rights of the executor.'),
    cfg.ListOpt('programs', default=[],
                help='The programs that tasks may run: absolute paths, or '
                     'names that are looked up in the PATH of the executor. '
                     'A task has to write a program as it is written here. '
                     'Shells and interpreters in this list allow a task to '
                     'do anything.'),
    cfg.IntOpt('max_output_size', default=1024 * 1024, min=1024,
               help='How many bytes of the output, and of the error output, '
                    'are kept; the rest is cut.'),
]
