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
"""Schemas of services: the processes that Convection is made of."""

from convection.api.schemas import parts

KINDS = ('api', 'engine', 'executor')
STATES = ('up', 'draining', 'stopped', 'dead')

SERVICE = parts.resource({
    'id': parts.text('The id, made new when the process starts.'),
    'kind': parts.word('What the process is.', *KINDS),
    'host': parts.line('The machine that it runs on.'),
    'state': parts.word('The state.', *STATES),
    'version': parts.optional(parts.text('The version of its code.')),
    'started_at': parts.time('When it started.'),
    'updated_at': parts.time('When it was heard of last.'),
    'info': parts.free_object('What it tells of itself: slots, load.'),
})
LARGE_FIELDS = frozenset()

LIST_QUERY = parts.obj({
    'kind': parts.word('This kind only.', *KINDS),
    'state': parts.word('This state only.', *STATES),
    'host': parts.line('This machine only.'),
    'limit': parts.integer('The most rows to answer with.', 1,
                           1_000_000_000),
    'marker': parts.identifier('The id of the last row of the page before.'),
    'fields': parts.fields(SERVICE),
})
SHOW_QUERY = parts.obj({'fields': parts.fields(SERVICE)})
