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
"""What may be wrong with a document, and the codes that say so.

A code is never renamed and never used for something else.
"""

import dataclasses
from typing import Any, Literal

#: Every code with what it means.
CODES = {
    'document.too_large': 'The document is larger than allowed.',
    'document.empty': 'The document, or a part of it, holds nothing.',
    'document.type': 'The document is not a mapping.',
    'document.version': 'The version is missing or not a version.',
    'document.version_ignored': 'The version is read as 2.0.',
    'document.unknown_key': 'A workbook has no such key.',
    'document.more_problems': 'There are more problems than are listed.',
    'yaml.syntax': 'The text is not YAML.',
    'yaml.documents': 'There is more than one document in the text.',
    'yaml.depth': 'Lists and mappings are nested too deeply.',
    'yaml.tag': 'The tag is not one of plain data.',
    'yaml.value': 'The value cannot be held as JSON.',
    'yaml.key': 'The key of a mapping is a list or a mapping.',
    'yaml.key_not_string': 'The key of a mapping was not read as a string.',
    'yaml.duplicate_key': 'A mapping has the key twice; the last one counts.',
    'yaml.merge': 'What is merged by "<<" is not a mapping.',
    'value.type': 'The value is of the wrong type.',
    'value.empty': 'The value must not be empty.',
    'value.range': 'The number is out of range.',
    'value.choice': 'The value is not one of those allowed.',
    'value.duplicate': 'The list has the entry twice.',
    'value.missing': 'A required key is missing.',
    'expression.syntax': 'The expression breaks the grammar of its language.',
    'expression.required': 'The value must be an expression as a whole.',
    'name.invalid': 'The name has characters that names must not have.',
    'name.too_long': 'The name is too long.',
    'name.uuid': 'The name looks like an id.',
    'name.reserved': 'The name is that of a command.',
    'workflow.unknown_key': 'A workflow has no such key; it is ignored.',
    'workflow.too_large': 'The workflow has too many tasks or transitions.',
    'workflow.no_start': 'Every task waits for another: none could start.',
    'workflow.ignored_key': 'The key has no effect in this type of workflow.',
    'action.unknown_key': 'An ad-hoc action has no such key.',
    'input.duplicate': 'The input is declared twice; the last one counts.',
    'task.unknown_key': 'A task has no such key.',
    'task.wrong_type': 'The key belongs to the other type of workflow.',
    'task.action_and_workflow': 'A task calls an action or a workflow.',
    'task.unreachable': 'No way leads to the task from a start task.',
    'call.syntax': 'The call does not begin with a name or an expression.',
    'call.dropped': 'A part of the call is not understood and is ignored.',
    'items.syntax': 'The entry of with-items is not "variable in list".',
    'items.dropped': 'A part of the entry is not understood and is ignored.',
    'items.duplicate': 'The variable is used twice; the last one counts.',
    'retry.unknown_key': 'A retry has no such key.',
    'publish.unknown_scope': 'There is no such scope.',
    'publish.no_effect': 'Nothing is ever published to this scope.',
    'transition.syntax': 'The entry is not one of the forms of a transition.',
    'transition.unknown_task': 'There is no task and no command of that name.',
    'transition.ignored_parameter': 'The parameter has no effect here.',
    'join.not_enough': 'Fewer tasks lead to the join than it waits for.',
    'requires.unknown_task': 'There is no task of that name.',
    'requires.cycle': 'The tasks require each other: none could start.',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document, and where."""

    #: One of ``CODES``.
    code: str
    #: A plain sentence.
    message: str
    #: Such as ``workflows.a.tasks.t1.retry.count``; empty for the document.
    path: str = ''
    #: From 1; None when the place is not known.
    line: int | None = None
    column: int | None = None
    #: A document with an error is refused; with a warning it is taken.
    severity: Literal['error', 'warning'] = 'error'

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as a JSON object."""
        return dataclasses.asdict(self)
