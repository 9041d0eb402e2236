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
"""Schemas of workflows and their revisions."""

from convection.api.schemas import actions
from convection.api.schemas import parts

WORKFLOW = parts.resource({
    'id': parts.identifier('The id.'),
    'name': parts.line('The name.'),
    'namespace': parts.line('The namespace; empty for the common one.', 0),
    'workbook': parts.optional(parts.line('The workbook that it is in.')),
    'scope': parts.word('Who sees it: its project, or every project.',
                        'private', 'public'),
    'project_id': parts.line('The project that it belongs to.'),
    'description': parts.optional(parts.text('What it is for.')),
    'tags': parts.tags(),
    'revision': parts.integer('The number of the latest revision.', 1,
                              2 ** 31),
    'input': parts.array({}, 'The inputs as the document names them.'),
    'definition': parts.text('The document of the latest revision.'),
    'created_at': parts.time('When it was stored first.'),
    'updated_at': parts.time('When it was changed last.'),
})
#: Fields that lists have only when ``fields=`` names them.
LARGE_FIELDS = frozenset({'input', 'definition'})

REVISION = parts.resource({
    'id': parts.identifier('The id.'),
    'workflow_id': parts.identifier('The workflow.'),
    'revision': parts.integer('The number; 1 is the first.', 1, 2 ** 31),
    'user_id': parts.optional(parts.line('Who stored it.')),
    'definition': parts.text('The document.'),
    'created_at': parts.time('When it was stored.'),
})
REVISION_LARGE_FIELDS = frozenset({'definition'})

_PLACEMENT = {
    'namespace': parts.line('The namespace to store it in; empty for the '
                            'common one.', 0),
    'scope': parts.word('Who sees it: the project (the default), or every '
                        'project.', 'private', 'public'),
}
DOCUMENT_QUERY = parts.obj(_PLACEMENT)
DOCUMENT_BODY = parts.obj({
    'definition': parts.text('A workflow document, a workbook or ad-hoc '
                             'actions, in YAML.'),
    **_PLACEMENT}, required=('definition',))
VALIDATE_BODY = parts.obj({
    'definition': parts.text('The document to check, in YAML.'),
}, required=('definition',))

STORED = {
    'type': 'object', 'required': ['workflows', 'actions'], 'properties': {
        'workflows': parts.array(WORKFLOW, 'The workflows of the document.'),
        'actions': parts.array(actions.ACTION,
                               'The ad-hoc actions of the document.')}}
VALIDATED = {
    'type': 'object', 'required': ['valid', 'problems'], 'properties': {
        'valid': parts.boolean('Whether it has no errors.'),
        'problems': parts.array({
            'type': 'object', 'properties': {
                'code': parts.text('What is wrong; stable.'),
                'message': parts.text('The cause.'),
                'path': parts.text('The place in the document.'),
                'line': {'type': ['integer', 'null'],
                         'description': 'Counted from 1.'},
                'column': {'type': ['integer', 'null'],
                           'description': 'Counted from 1.'},
                'severity': parts.word('Warnings do not stop it.',
                                       'error', 'warning')},
        }, 'Every fault of the document.')}}

LIST_QUERY = parts.listing(WORKFLOW, {
    'name': parts.line('This name only.'),
    'namespace': parts.line('This namespace only.', 0),
    'workbook': parts.line('This workbook only.'),
    'tags': parts.words(parts.line('Workflows with this tag only; with all '
                                   'of them when given several times.')),
    'scope': parts.word('This scope only.', 'private', 'public'),
}, ('name', 'created_at', 'updated_at'))
SHOW_QUERY = parts.showing(WORKFLOW, namespace=parts.line(
    'Where a name is looked up; empty for the common namespace.', 0))
REVISIONS_QUERY = parts.obj({
    'limit': LIST_QUERY['properties']['limit'],
    'marker': LIST_QUERY['properties']['marker'],
    'fields': parts.fields(REVISION),
    'namespace': SHOW_QUERY['properties']['namespace'],
    **parts.all_projects()})
REVISION_QUERY = parts.obj({
    'fields': parts.fields(REVISION),
    'namespace': SHOW_QUERY['properties']['namespace'],
    **parts.all_projects()})
