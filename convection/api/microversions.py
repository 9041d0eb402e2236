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
"""The versions of the API: one list, newest last.

A request names one in ``OpenStack-API-Version: convection 1.N``; without the
header it gets the oldest, so that a client keeps working as it was written.
"""

import microversion_parse

from convection.api import errors

SERVICE_TYPE = 'convection'
HEADER = 'OpenStack-API-Version'

#: Every version with what it brought.
HISTORY = [
    ('1.0', 'Workflows, jobs, tasks, action runs, actions and services.'),
]
MIN_VERSION = HISTORY[0][0]
MAX_VERSION = HISTORY[-1][0]


def _number(text: str) -> tuple[int, int]:
    version = microversion_parse.parse_version_string(text)
    return version.major, version.minor


_MIN = _number(MIN_VERSION)
_MAX = _number(MAX_VERSION)


def wanted(header: str | None) -> str:
    """Return the version to serve, like ``1.0``.

    :param header: the value of :data:`HEADER`, None when there is none.
    :raises NotAcceptable: this server does not speak it.
    """
    if header is None:
        return MIN_VERSION
    # The header lists a version for each of several services.
    found = microversion_parse.get_version({HEADER: header}, SERVICE_TYPE)
    if found is None:
        return MIN_VERSION
    if found == 'latest':
        return MAX_VERSION
    try:
        number = _number(found)
    except (TypeError, ValueError):
        number = None
    if number is None or not _MIN <= number <= _MAX:
        raise errors.NotAcceptable(
            reason=f'The version of {SERVICE_TYPE} that {HEADER} asks for '
                   'is not supported; this server speaks '
                   f'{MIN_VERSION} to {MAX_VERSION}.')
    return f'{number[0]}.{number[1]}'
