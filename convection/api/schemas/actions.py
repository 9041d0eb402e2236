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
"""Schemas of actions."""

from convection.api.schemas import parts

KINDS = ('plugin', 'adhoc')

ACTION = parts.resource({
    'id': parts.identifier('The id.'),
    'name': parts.line('The name.'),
    'kind': parts.word('A plug-in of the executors, or composed in a '
                       'document.', *KINDS),
    'namespace': parts.line('The namespace; empty for the common one.', 0),
    'workbook': parts.optional(parts.line('The workbook that it is in.')),
    'project_id': parts.optional(parts.line('The project that it belongs '
                                            'to; null for a plug-in.')),
    'description': parts.optional(parts.text('What it does.')),
    'tags': parts.tags(),
    'parameters': parts.free_object('A JSON Schema of what it is called '
                                    'with.'),
    'asynchronous': parts.boolean('Whether it ends by a later call.'),
    'definition': parts.optional(parts.text('The document of an ad-hoc '
                                            'action.')),
    'created_at': parts.time('When it was stored first.'),
    'updated_at': parts.time('When it was changed last.'),
})
LARGE_FIELDS = frozenset({'parameters', 'definition'})

_NAMESPACE = parts.line('Where a name is looked up; empty for the common '
                        'namespace.', 0)
LIST_QUERY = parts.listing(ACTION, {
    'name': parts.line('This name only.'),
    'kind': parts.word('This kind only.', *KINDS),
    'namespace': parts.line('This namespace only.', 0),
    'workbook': parts.line('This workbook only.'),
}, ('name', 'created_at'))
SHOW_QUERY = parts.showing(ACTION, namespace=_NAMESPACE)
DELETE_QUERY = parts.obj({'namespace': _NAMESPACE, **parts.all_projects()})
