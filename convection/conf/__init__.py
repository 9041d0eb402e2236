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
"""Configuration: one module per group, all registered here.

Each module has ``GROUP`` (an ``oslo_config.cfg.OptGroup``) and ``OPTIONS``
(a list); ``register_options`` puts them all on a configuration object.
"""

import importlib
import pkgutil

from oslo_config import cfg


def _modules() -> list:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f'{__name__}.{name}') for name in names]


def register_options(conf: cfg.ConfigOpts) -> None:
    """Register the options of every group on ``conf``; twice is harmless."""
    for module in _modules():
        # A group object holds what is set on it: every configuration gets its
        # own.
        conf.register_group(
            cfg.OptGroup(module.GROUP.name, title=module.GROUP.title))
        conf.register_opts(module.OPTIONS, group=module.GROUP.name)


def list_options() -> list[tuple]:
    """List every group with its options, for the sample generator."""
    return [(module.GROUP, module.OPTIONS) for module in _modules()]
