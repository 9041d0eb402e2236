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
"""What came of calling an action, as a JSON record of known size. Pure."""

import json
from typing import Any

from convection.actions import base
from convection.executor import ledger

#: Values that are JSON as they are, and small.
_PLAIN = (type(None), bool, int)
#: Texts up to so many characters are not measured.
_SHORT = 1000


def _text(value: str) -> str:
    """Make a text fit for UTF-8, where a part of it may be no character."""
    return value.encode('utf-8', 'replace').decode('utf-8')


def _json(value: Any) -> tuple[Any, int]:
    """Return the value as a reader of its JSON sees it, and its size.

    The copy is also what a thread that goes on cannot change any more.

    :raises ValueError, TypeError: it has no JSON form.
    """
    kind = type(value)
    if kind in _PLAIN or (kind is str and len(value) < _SHORT
                          and value.isascii()):
        return value, 8
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return json.loads(text), len(text.encode('utf-8'))


def _measured(run_id: str, state: str, value: Any, error: str | None,
              limit: int) -> tuple[dict[str, Any], int]:
    try:
        result, size = _json(value)
    except (ValueError, TypeError, RecursionError) as problem:
        return ledger.record(
            run_id, 'ERROR', error='The result of the action is not a JSON '
            f'value: {_text(str(problem))}'), 0
    if size > limit:
        return ledger.record(
            run_id, 'ERROR', error=f'The result of the action is {size} '
            f'bytes of JSON; at most {limit} are allowed.'), 0
    return ledger.record(run_id, state, result, error), size


def success(run_id: str, value: Any, asynchronous: bool,
            limit: int) -> tuple[dict[str, Any], int]:
    """Return the record of a call that returned, and its size in bytes.

    :param value: what the action returned.
    :param asynchronous: the action has only begun.
    :param limit: the largest result, in bytes of JSON.
    """
    if asynchronous:
        return ledger.record(run_id, 'RUNNING'), 0
    return _measured(run_id, 'SUCCESS', value, None, limit)


def failure(run_id: str, error: BaseException,
            limit: int) -> tuple[dict[str, Any], int]:
    """Return the record of a call that raised, and its size in bytes."""
    if isinstance(error, base.ActionError):
        return _measured(run_id, 'ERROR', error.result, _text(error.message),
                         limit)
    text = f'{type(error).__name__}: {error}' if str(error) else (
        type(error).__name__)
    return ledger.record(run_id, 'ERROR',
                         error='The action failed: ' + _text(text)), 0
