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
"""Options of the group ``[all]``: everything in one process."""

import os

from oslo_config import cfg

GROUP = cfg.OptGroup('all', title='convection-all')

OPTIONS = [
    cfg.StrOpt('data_path',
               default=os.path.join('~', '.local', 'share', 'convection'),
               sample_default='~/.local/share/convection',
               help='Folder of the SQLite database that convection-all '
                    'uses unless [database] connection names another.'),
]
