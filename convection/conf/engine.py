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
"""Options of the group ``[engine]``: the processes that own jobs."""

from oslo_config import cfg

GROUP = cfg.OptGroup('engine', title='The engine')

OPTIONS = [
    cfg.IntOpt('workers', default=1, min=1,
               help='Engine processes that one convection-engine starts. '
                    'Each owns jobs of its own.'),
    cfg.FloatOpt('heartbeat_interval', default=3.0, min=0.1,
                 help='Seconds between two beats of an engine, and between '
                      'two looks for jobs that nobody owns.'),
    cfg.FloatOpt('takeover_after', default=10.0, min=0.5,
                 help='Seconds without a beat after which the other engines '
                      'take the jobs of an engine over. Several times the '
                      'heartbeat interval.'),
    cfg.FloatOpt('executor_lost_after', default=15.0, min=0.5,
                 help='Seconds without a heartbeat after which an executor '
                      'counts as lost. What it ran is run again when the '
                      'task says safe-rerun and fails otherwise.'),
    cfg.IntOpt('max_definition_size', default=1024 * 1024, min=1024,
               help='Largest definition of workflows or actions, in bytes.'),
    cfg.IntOpt('max_input_size', default=1024 * 1024, min=1024,
               help='Largest input, parameters included, that a job may be '
                    'started with, in bytes of JSON.'),
]
