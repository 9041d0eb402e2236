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
"""A document: a list of workflows, a workbook, or a list of actions."""

import dataclasses
from typing import Any, Iterator, Literal

from convection.lang import actions
from convection.lang import loader
from convection.lang import names
from convection.lang import problem
from convection.lang import report
from convection.lang import spec
from convection.lang import values
from convection.lang import workflows

Kind = Literal['workflows', 'workbook', 'actions']

VERSION = '2.0'

_WORKBOOK_KEYS = frozenset({'version', 'name', 'description', 'tags',
                            'workflows', 'actions'})


@dataclasses.dataclass(slots=True)
class WorkflowDefinition:
    """One workflow of a document."""

    #: Full: ``<workbook>.<name>`` in a workbook.
    name: str
    #: The name of the workbook, or None.
    workbook: str | None
    #: Plain JSON data that ``build.workflow`` makes the spec of again.
    data: dict[str, Any]
    #: None when the document has errors.
    spec: spec.WorkflowSpec | None


@dataclasses.dataclass(slots=True)
class ActionDefinition:
    """One ad-hoc action of a document."""

    #: Full: ``<workbook>.<name>`` in a workbook.
    name: str
    #: The name of the workbook, or None.
    workbook: str | None
    #: Plain JSON data that ``build.action`` makes the spec of again.
    data: dict[str, Any]
    #: None when the document has errors.
    spec: spec.AdhocActionSpec | None


@dataclasses.dataclass(slots=True)
class Document:
    """What a text holds, and everything that is wrong with it."""

    kind: Kind
    #: Of a workbook; None for the others.
    name: str | None = None
    workflows: list[WorkflowDefinition] = dataclasses.field(
        default_factory=list)
    actions: list[ActionDefinition] = dataclasses.field(default_factory=list)
    problems: list[problem.Problem] = dataclasses.field(default_factory=list)

    @property
    def errors(self) -> list[problem.Problem]:
        """The problems for which the document is refused."""
        return [one for one in self.problems if one.severity == 'error']

    @property
    def warnings(self) -> list[problem.Problem]:
        """The problems that do no harm."""
        return [one for one in self.problems if one.severity == 'warning']


def parse(text: str, kind: Kind | None = None) -> Document:
    """Read a document and check all of it.

    Never raises for what the text holds: look at ``errors``.

    :param kind: which kind it must be; None finds out.
    """
    loaded = loader.load(text)
    found = report.Report(loaded, loaded.problems)
    place = report.Place(found)
    data = loaded.data
    result = Document(kind or _kind_of(data))
    if data == {}:
        place.error('document.empty', 'The document is empty.')
    elif isinstance(data, dict):
        _READERS[result.kind](data, place, result)
    elif data is not None:
        place.error('document.type', 'The document must be a mapping, not '
                    f'{report.kind_of(data)}.')
    result.problems = found.result()
    if result.errors:
        for definition in (*result.workflows, *result.actions):
            definition.spec = None
    return result


def _kind_of(data: Any) -> Kind:
    """Find out which kind a document is meant to be."""
    if not isinstance(data, dict):
        return 'workflows'
    if isinstance(data.get('name'), str) or any(
            _is_section(data.get(key)) for key in ('workflows', 'actions')):
        return 'workbook'
    entries = [value for value in data.values() if isinstance(value, dict)]
    if (any('base' in entry for entry in entries)
            and not any('tasks' in entry for entry in entries)):
        return 'actions'
    return 'workflows'


def _is_section(data: Any) -> bool:
    """Tell a section of a workbook from a workflow of that name."""
    return isinstance(data, dict) and not (
        isinstance(data.get('tasks'), dict)
        and 'tasks' not in data['tasks']) and 'base' not in data


def _read_workflows(data: dict[str, Any], place: report.Place,
                    result: Document) -> None:
    _check_version(data, place)
    for name, content in _entries(data, place):
        names.check(name, place.at(name))
        _add_workflow(name, None, content, place.at(name), result)


def _read_actions(data: dict[str, Any], place: report.Place,
                  result: Document) -> None:
    _check_version(data, place)
    for name, content in _entries(data, place):
        names.check(name, place.at(name))
        _add_action(name, None, content, place.at(name), result)


def _read_workbook(data: dict[str, Any], place: report.Place,
                   result: Document) -> None:
    _check_workbook_version(data, place)
    for key in data.keys() - _WORKBOOK_KEYS:
        place.at(key).unknown_key('document.unknown_key', 'A workbook',
                                  _WORKBOOK_KEYS)
    if 'name' in data:
        result.name = values.text(data['name'], place.at('name'))
        if result.name:
            names.check(result.name, place.at('name'), on_key=False)
    else:
        place.error('value.missing', 'A workbook needs a "name".')
    if 'description' in data:
        values.text(data['description'], place.at('description'))
    if 'tags' in data:
        values.texts(data['tags'], place.at('tags'))
    for section, add in (('workflows', _add_workflow),
                         ('actions', _add_action)):
        if section not in data:
            continue
        below = place.at(section)
        for name, content in _section(data[section], below):
            names.check_in_workbook(name, result.name, below.at(name))
            add(f'{result.name}.{name}', result.name, content,
                below.at(name), result)


def _section(data: Any,
             place: report.Place) -> Iterator[tuple[str, Any]]:
    for name, content in values.mapping(data, place).items():
        if name == 'version' and _is_version_2(content):
            continue
        yield name, content


def _entries(data: dict[str, Any],
             place: report.Place) -> list[tuple[str, Any]]:
    found = [(name, content) for name, content in data.items()
             if name != 'version']
    if not found:
        place.error('document.empty',
                    'The document holds nothing but a version.')
    return found


def _add_workflow(name: str, workbook: str | None, content: Any,
                  place: report.Place, result: Document) -> None:
    found = workflows.read(name, content, place)
    result.workflows.append(WorkflowDefinition(
        name, workbook, _stored(name, content), found))


def _add_action(name: str, workbook: str | None, content: Any,
                place: report.Place, result: Document) -> None:
    found = actions.read(name, content, place)
    result.actions.append(ActionDefinition(
        name, workbook, _stored(name, content), found))


def _stored(name: str, content: Any) -> dict[str, Any]:
    data = content if isinstance(content, dict) else {}
    return data | {'name': name, 'version': VERSION}


def _check_version(data: dict[str, Any], place: report.Place) -> None:
    """Check the version of a list: any is taken for 2.0."""
    if 'version' not in data:
        place.error('document.version', 'The document needs a "version", '
                    'such as "2.0".')
        return
    version = data['version']
    where = place.at('version')
    if _is_version_2(version):
        return
    if isinstance(version, str) and version or (
            isinstance(version, int | float) and version >= 0
            and not isinstance(version, bool)):
        where.warning('document.version_ignored', 'The version is read as '
                      '"2.0", the only one there is.')
    else:
        where.error('document.version', 'The version must be "2.0".')


def _check_workbook_version(data: dict[str, Any],
                            place: report.Place) -> None:
    if 'version' not in data:
        place.error('document.version', 'A workbook needs a "version", '
                    '"2.0".')
    elif not _is_version_2(data['version']):
        place.at('version').error('document.version', 'The version of a '
                                  'workbook must be "2.0".')


def _is_version_2(value: Any) -> bool:
    return value in ('2.0', '2', 2) and not isinstance(value, bool)


_READERS = {
    'workflows': _read_workflows,
    'workbook': _read_workbook,
    'actions': _read_actions,
}
