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
"""The REST API."""

from oslo_config import cfg

GROUP = cfg.OptGroup('api', title='The REST API')

OPTIONS = [
    cfg.HostAddressOpt(
        'host', default='127.0.0.1',
        help='Address that convection-api listens on. A WSGI server that '
             'loads convection.wsgi.api has its own setting.'),
    cfg.PortOpt(
        'port', default=8790,
        help='Port that convection-api listens on.'),
    cfg.IntOpt(
        'workers', default=1, min=1,
        help='How many processes convection-api starts.'),
    cfg.IntOpt(
        'threads', default=16, min=1,
        help='How many requests one process of convection-api serves at a '
             'time.'),
    cfg.StrOpt(
        'auth_strategy', default='keystone',
        choices=[
            ('keystone', 'Tokens, validated by keystonemiddleware.'),
            ('noauth', 'The headers X-Project-Id, X-User-Id and X-Roles are '
                       'believed; for a single user on one machine and for '
                       'tests.'),
        ],
        help='How callers prove who they are.'),
    cfg.BoolOpt(
        'force_noauth_listen', default=False,
        help='Let convection-api listen on an address other than loopback '
             'although auth_strategy is noauth. Whoever reaches the port '
             'can then do everything.'),
    cfg.IntOpt(
        'max_request_size', default=16 * 1024 * 1024, min=1024,
        help='Largest body of a request, in bytes.'),
    cfg.IntOpt(
        'max_json_depth', default=64, min=8, max=500,
        help='How deep objects and lists of a JSON body may be nested.'),
    cfg.IntOpt(
        'max_limit', default=1000, min=1,
        help='Most rows that one page of a list holds, and the number of '
             'rows when the request has no limit.'),
    cfg.IntOpt(
        'max_waiting', default=8, min=0,
        help='How many requests of a process may wait for events '
             '(GET /v1/jobs/{id}/events?wait=) at a time, each in one of '
             'its threads. Others get what there is, at once.'),
]
