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
"""Options of the group ``[executor]``: the processes that run actions."""

import socket

from oslo_config import cfg

GROUP = cfg.OptGroup('executor', title='The processes that run actions')

OPTIONS = [
    # Not a HostAddressOpt: a machine may have a name that no DNS would take.
    cfg.StrOpt('host', default=socket.gethostname(),
               sample_default='<host name>',
               help='The host name that this executor tells the engines; a '
                    'task may ask for it.'),
    cfg.ListOpt('tags', default=[],
                help='What is special about this executor, for tasks that '
                     'ask for it.'),
    cfg.IntOpt('workers', default=1, min=1,
               help='Executor processes that one convection-executor '
                    'starts. Each has slots of its own.'),
    cfg.IntOpt('slots', default=32, min=1,
               help='How many actions run at the same time in one process. '
                    'Threads are made when they are first needed.'),
    cfg.IntOpt('prefetch', default=1000, min=0,
               help='How many action runs may wait here for a slot, at most. '
                    'The executor asks for as many as its slots can do in '
                    '[executor] prefetch_time.'),
    cfg.FloatOpt('prefetch_time', default=0.1, min=0,
                 help='Seconds of work that may wait here for a slot. Short '
                      'actions travel in large batches, and long ones stay '
                      'in the engine, where another executor can have them.'),
    cfg.FloatOpt('heartbeat_interval', default=3.0, min=0.1,
                 help='Seconds between the signs of life that engines get.'),
    cfg.FloatOpt('report_retry', default=1.0, min=0.01,
                 help='Seconds until results that no engine acknowledged are '
                      'sent again; doubled each time.'),
    cfg.FloatOpt('report_retry_limit', default=10.0, min=0.01,
                 help='The longest time between two such repetitions, in '
                      'seconds.'),
    cfg.FloatOpt('engine_silent_after', default=10.0, min=0.1,
                 help='Seconds after which an engine that does not '
                      'acknowledge results is taken for gone: they are sent '
                      'to any other.'),
    cfg.FloatOpt('engine_window', default=60.0, min=1,
                 help='The slots are divided between the engines that sent '
                      'something in the last so many seconds.'),
    cfg.IntOpt('remembered_runs', default=100000, min=1000,
               help='How many finished action runs are remembered, so that '
                    'a repeated message does not run them again.'),
    cfg.IntOpt('max_result_size', default=8 * 1024 * 1024, min=1024,
               help='The largest result of an action, in bytes of JSON.'),
    cfg.FloatOpt('stop_grace', default=30.0, min=0,
                 help='Seconds that running actions get to end when the '
                      'executor is stopped.'),
]
