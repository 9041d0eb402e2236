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
"""Looking along keys into the job's own data, without a copy."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from convection.expressions import scope as scope_module


class Unsupported(Exception):
    """The values are not what a fast path takes."""


def is_mapping(value: Any) -> bool:
    """Whether the value has keys."""
    return type(value) is dict or isinstance(value, Mapping)


def follow(keys: list[str]) -> Callable[[scope_module.Scope], Any]:
    """Return what looks up the first key in the variables, and so on.

    It raises KeyError for a missing key, and :class:`Unsupported` when a
    value on the way has no keys.
    """
    def evaluate(scope: scope_module.Scope) -> Any:
        value = scope.variables
        for key in keys:
            if type(value) is dict or is_mapping(value):
                value = value[key]
            else:
                raise Unsupported
        return value
    return evaluate
