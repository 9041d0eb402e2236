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
"""The REST API: reads from the database, everything else over RPC.

A request goes through ``app`` (the list of middleware), ``routes`` (the one
table of what there is), a controller of ``controllers/v1`` and a view of
``views``; the same noun has its schemas in ``schemas`` and its rules in
``convection.policies``.
"""
