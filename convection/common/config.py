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
"""Reading the configuration: the same for every command."""

from importlib import metadata

from oslo_config import cfg
from oslo_log import log as logging

from convection import conf as options

#: Libraries whose debug messages are noise to an operator.
_QUIET = ['amqp=WARN', 'stevedore=WARN', 'keystonemiddleware=WARN',
          'oslo_messaging=INFO', 'oslo.messaging=INFO', 'paramiko=WARN',
          'yaql=WARN', 'sqlalchemy=WARN', 'alembic=WARN']


def load(arguments: list[str] | None = None, prog: str | None = None,
         conf: cfg.ConfigOpts = cfg.CONF) -> cfg.ConfigOpts:
    """Read the command line and the configuration files, and start logging.

    The global object is used, since parts of oslo.messaging read nothing
    else.

    :param arguments: those after the program's name; ``sys.argv`` when None.
    :param prog: name of the program, for ``/etc/convection/<prog>.conf``.
    """
    options.register_options(conf)
    logging.register_options(conf)
    logging.set_defaults(
        default_log_levels=logging.get_default_log_levels() + _QUIET)
    conf(arguments, project='convection', prog=prog,
         version=metadata.version('convection'))
    logging.setup(conf, prog or 'convection')
    return conf
