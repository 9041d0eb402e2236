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
"""Where messages go: the exchange, the topics, the versions.

Queue names are the topics themselves, whatever the exchange, so the topics
must be unique on a broker that other services use too.
"""

EXCHANGE = 'convection'

ENGINE = 'convection-engine'
EXECUTOR = 'convection-executor'

#: Version of the methods that engines serve; its history is in
#: :class:`convection.rpc.client.EngineClient`.
ENGINE_VERSION = '1.0'
#: Version of the methods that executors serve; its history is in
#: :class:`convection.rpc.client.ExecutorClient`.
EXECUTOR_VERSION = '1.0'

#: Methods whose receivers only take note and return.
CASTS = frozenset({'dispatch', 'report', 'heartbeat', 'register', 'released'})
