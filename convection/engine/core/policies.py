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
"""The values of the policies of a task, evaluated when they are needed."""

from convection.engine.core import faults
from convection.engine.core import scope as scopes
from convection import expressions


def number(template: expressions.Template | None, scope: scopes.JobScope,
           policy: str, task: str) -> float:
    """Evaluate a policy that is a number; 0 when it is not given.

    :param policy: its key in the document.
    :raises faults.Fault: when the value is not a number of at least 0.
    """
    if template is None:
        return 0
    value = faults.evaluate(template, scope, _place(policy, task))
    if (isinstance(value, bool) or not isinstance(value, (int, float)) or
            value < 0):
        raise faults.Fault(
            f'A number of at least 0 is expected in {_place(policy, task)}, '
            f'not {faults.type_name(value)}'
            + (f': {value!r}.' if isinstance(value, (int, float, str))
               else '.'))
    return value


def flag(template: expressions.Template | None, scope: scopes.JobScope,
         policy: str, task: str, default: bool = False) -> bool:
    """Evaluate a policy that is true or false, as Python sees it.

    :raises faults.Fault: when the expression fails.
    """
    if template is None:
        return default
    return bool(faults.evaluate(template, scope, _place(policy, task)))


def _place(policy: str, task: str) -> str:
    return f'"{policy}" of the task "{task}"'
