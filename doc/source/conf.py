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
"""Sphinx configuration of the documentation."""

# The backend must be selected before anything imports oslo.service.
import pathlib
import sys

from oslo_service import backend

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'ext'))
backend.init_backend(backend.BackendType.THREADING)

extensions = [
    'cliff.sphinxext',
    'convection_reference',
    'openstackdocstheme',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'stevedore.sphinxext',
]

project = 'Convection'
copyright = 'OpenStack contributors'
openstackdocs_repo_name = 'openstack/convection'
openstackdocs_auto_name = False

root_doc = 'index'
source_suffix = {'.rst': 'restructuredtext'}
exclude_patterns = []
add_module_names = False
pygments_style = 'native'
html_theme = 'openstackdocs'

# Options that every command has say nothing about the one at hand.
autoprogram_cliff_application = 'openstack'
autoprogram_cliff_ignored = [
    '--help', '--format', '--column', '--quote', '--noindent', '--max-width',
    '--fit-width', '--print-empty', '--prefix', '--sort-column',
    '--sort-ascending', '--sort-descending',
]
