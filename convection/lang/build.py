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
"""Specs from the plain data of documents that were found good.

The data are ``WorkflowDefinition.data`` and ``ActionDefinition.data`` of
:mod:`convection.lang.document`, as they come back from the database.
"""

from typing import Any, Callable, TypeVar

from convection.lang import actions
from convection.lang import report
from convection.lang import spec
from convection.lang import workflows

T = TypeVar('T')


def workflow(name: str, data: dict[str, Any]) -> spec.WorkflowSpec:
    """Make the spec of a workflow.

    :param name: the full name.
    :raises ValueError: when the data break the rules after all.
    """
    return _build(workflows.read, name, data)


def action(name: str, data: dict[str, Any]) -> spec.AdhocActionSpec:
    """Make the spec of an ad-hoc action.

    :param name: the full name.
    :raises ValueError: when the data break the rules after all.
    """
    return _build(actions.read, name, data)


def _build(read: Callable[[str, Any, report.Place], T | None], name: str,
           data: dict[str, Any]) -> T:
    found = report.Report()
    result = read(name, data, report.Place(found))
    for one in found.problems:
        if one.severity == 'error':
            raise ValueError(f'{name}: {one.path}: {one.message}')
    return result
