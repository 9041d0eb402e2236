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
"""What workflows, actions and tasks may be called."""

import re
import uuid

from convection.lang import report
from convection.lang import spec

MAX_NAME = 255
#: A task with a join.
MAX_JOIN_NAME = 208

_BLANK = re.compile(r'\s')
_IN_WORKBOOK = re.compile(r'[\w-]+')


def check(name: str, place: report.Place, on_key: bool = True) -> None:
    """Check the name of a workflow, an action or a workbook.

    :param on_key: the name is the key of its place, not the value there.
    """
    if not name:
        place.error('value.empty', 'The name must not be empty.', on_key)
    elif _BLANK.search(name):
        place.error('name.invalid', f'The name {report.quote(name)} must '
                    'not have blanks.', on_key)
    elif _like_uuid(name):
        place.error('name.uuid', f'The name {report.quote(name)} looks like '
                    'an id; a name must not.', on_key)
    _check_length(name, MAX_NAME, place)


def check_in_workbook(name: str, workbook: str | None,
                      place: report.Place) -> None:
    """Check the name of a part of a workbook."""
    if not _IN_WORKBOOK.fullmatch(name) or name == 'version':
        place.error('name.invalid', f'The name {report.quote(name)} must '
                    'consist of letters, digits, "_" and "-" in a workbook, '
                    'and not be "version".', True)
    _check_length(f'{workbook}.{name}', MAX_NAME, place)


def check_task(name: str, has_join: bool, place: report.Place) -> None:
    """Check the name of a task."""
    if name in spec.COMMANDS:
        place.error('name.reserved', f'A task must not be called "{name}", '
                    'like the command.', True)
    elif not name:
        place.error('value.empty', 'The name must not be empty.', True)
    _check_length(name, MAX_JOIN_NAME if has_join else MAX_NAME, place)


def _check_length(name: str, limit: int, place: report.Place) -> None:
    if len(name) > limit:
        place.error('name.too_long', f'The name has {len(name)} characters; '
                    f'at most {limit} are allowed.', True)


def _like_uuid(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
