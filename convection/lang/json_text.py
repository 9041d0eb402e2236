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
"""JSON inside of a document's texts."""

import json
from typing import Any

#: How deep lists and mappings may be nested.
MAX_DEPTH = 64


def load(text: str) -> Any:
    """Read JSON.

    :raises ValueError: when it is none, or nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError('it is nested too deeply') from None
    layer = [value]
    for _depth in range(MAX_DEPTH + 1):
        layer = [item for part in layer for item in _items(part)]
        if not layer:
            return value
    raise ValueError('it is nested too deeply')


def _items(value: Any) -> list:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse(name: str) -> None:
    raise ValueError(f'{name} is not JSON')
