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
"""Builds the WSGI application: the middleware, in order, round pecan."""

from typing import Any, Callable

from oslo_config import cfg
from oslo_middleware import cors
from oslo_middleware import healthcheck
from oslo_middleware import http_proxy_to_wsgi
from oslo_middleware import request_id

from convection.api import application
from convection.api.controllers import root
from convection.api.controllers.v1 import action_runs
from convection.api.controllers.v1 import actions
from convection.api.controllers.v1 import events
from convection.api.controllers.v1 import jobs
from convection.api.controllers.v1 import services
from convection.api.controllers.v1 import tasks
from convection.api.controllers.v1 import workflows
from convection.api import hooks
from convection.api import microversions
from convection.api import middleware
from convection.api import routes
from convection.common import policy

_HEALTHCHECK_PATH = '/healthcheck'

_CONTROLLERS = {
    'workflows': workflows.WorkflowsController,
    'jobs': jobs.JobsController,
    'events': events.EventsController,
    'tasks': tasks.TasksController,
    'action_runs': action_runs.ActionRunsController,
    'actions': actions.ActionsController,
    'services': services.ServicesController,
}


def build_application(conf: cfg.ConfigOpts, database: Any,
                      engine_client: Any) -> middleware.Application:
    """Return the API as a WSGI application.

    :param conf: has the options of ``convection.conf``.
    :param database: a ``convection.db.api.Database``; only read.
    :param engine_client: a ``convection.rpc.client.EngineClient``.
    """
    wrapped = _pecan(conf, database, engine_client)
    for wrap in reversed(_middleware(conf)):
        wrapped = wrap(wrapped)
    return _Dispatcher(wrapped, healthcheck.Healthcheck(None, conf))


def _middleware(conf: cfg.ConfigOpts) -> list[Callable]:
    """List the middleware, the outermost first, with why it stands there."""
    return [
        # Answers a browser's preflight by itself, and its headers belong on
        # every answer, errors too.
        lambda app: _cors(app, conf),
        # Before whatever logs or makes an error: both name the request.
        request_id.RequestId,
        # Everything below may raise; nothing but answers gets above.
        lambda app: middleware.Errors(app, _challenge(conf)),
        # Before whatever makes a URL.
        lambda app: _proxy_headers(app, conf),
        # Cheap refusals before costly ones.
        lambda app: middleware.Limits(app, conf),
        middleware.Microversion,
        # Last: what it lets through goes to the controllers, which ask who
        # the caller is (hooks.ContextHook), as discovery does not.
        lambda app: _authentication(app, conf),
    ]


def _pecan(conf: cfg.ConfigOpts, database: Any,
           engine_client: Any) -> middleware.Application:
    enforcer = policy.Enforcer(conf)
    controllers = {name: made(conf, database, engine_client, enforcer)
                   for name, made in _CONTROLLERS.items()}
    controllers['root'] = root.RootController()
    return application.Application(
        controllers, [hooks.RouteHook(routes.Router()), hooks.ContextHook()])


def _cors(wrapped: middleware.Application,
          conf: cfg.ConfigOpts) -> middleware.Application:
    headers = ['X-Auth-Token', 'X-Openstack-Request-Id',
               microversions.HEADER]
    cors.set_defaults(allow_headers=headers, expose_headers=headers,
                      allow_methods=['GET', 'POST', 'PUT', 'DELETE'])
    made = cors.CORS(wrapped, conf)
    # Without an origin it would only cost time.
    return made if made.allowed_origins else wrapped


def _proxy_headers(wrapped: middleware.Application,
                   conf: cfg.ConfigOpts) -> middleware.Application:
    made = http_proxy_to_wsgi.HTTPProxyToWSGI(wrapped, conf)
    # Unless the operator says that there is a proxy, it would do nothing.
    enabled = conf.oslo_middleware.enable_proxy_headers_parsing
    return made if enabled else wrapped


def _authentication(wrapped: middleware.Application,
                    conf: cfg.ConfigOpts) -> middleware.Application:
    if conf.api.auth_strategy == 'noauth':
        return middleware.NoAuth(wrapped, conf.api.force_noauth_listen)
    return middleware.Keystone(wrapped, conf)


def _challenge(conf: cfg.ConfigOpts) -> str | None:
    """Return the value of WWW-Authenticate: where to get a token."""
    if conf.api.auth_strategy == 'noauth':
        return None
    return f'Keystone uri="{conf.keystone_authtoken.www_authenticate_uri}"'


class _Dispatcher:
    """Serves the health check beside the API, without its middleware.

    oslo.middleware's health check is an application of its own: wrapped
    round another it swallows that one's requests.
    """

    def __init__(self, application: middleware.Application,
                 health: middleware.Application) -> None:
        self._application = application
        self._health = health

    def __call__(self, environ: dict[str, Any],
                 start_response: Callable) -> Any:
        if environ.get('PATH_INFO') == _HEALTHCHECK_PATH:
            return self._health(environ, start_response)
        return self._application(environ, start_response)
