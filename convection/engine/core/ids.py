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
"""Ids of a job's parts, derived from the job's own id.

A job's id is a version 7 UUID whose low 32 bits are zero
(:func:`convection.common.uuids.new_job_id`). Its tasks and action runs are
numbered from 1 by one counter, and the number is put into those 32 bits: the
rows of a job lie together in every index, a replay gives the same ids, and
the job of an action run is known without a look-up.
"""

import hashlib

_NUMBER_BITS = 32
_NUMBER_MASK = (1 << _NUMBER_BITS) - 1
#: The highest number that a task or an action run of one job may have.
MAX_NUMBER = _NUMBER_MASK


def _text(value: int) -> str:
    digits = f'{value:032x}'
    return '-'.join((digits[:8], digits[8:12], digits[12:16], digits[16:20],
                     digits[20:]))


def _value(identifier: str) -> int:
    return int(identifier.replace('-', ''), 16)


def part_id(job_id: str, number: int) -> str:
    """Return the id of the job's task or action run with that number."""
    return f'{job_id[:-8]}{number:08x}'


def job_id_of(part: str) -> str:
    """Return the id of the job that a task or an action run belongs to."""
    return f'{part[:-8]}00000000'


def number_of(part: str) -> int:
    """Return the number of a task or an action run in its job."""
    return int(part[-8:], 16)


def sub_job_id(action_run_id: str) -> str:
    """Return the id of the job that an action run starts.

    It keeps the time of the parent's id and takes its random part from a
    hash of the action run's id, so that starting the same run again names
    the same job.
    """
    digest = hashlib.sha256(action_run_id.encode()).digest()
    random = int.from_bytes(digest[:8], 'big')
    value = _value(action_run_id) & ~((1 << 76) - 1)
    value |= ((random >> 30) & 0xfff) << 64      # rand_a
    value |= 0b10 << 62                          # the variant
    value |= (random & ((1 << 30) - 1)) << _NUMBER_BITS
    return _text(value)


def derived_uuid(job_id: str, number: int) -> str:
    """Return the uuid that the expression function ``uuid()`` gives.

    :param number: how many the job has drawn before; makes it repeatable.
    """
    digest = hashlib.sha256(f'{job_id}/uuid/{number}'.encode()).digest()
    value = int.from_bytes(digest[:16], 'big')
    value &= ~(0xf << 76) & ~(0b11 << 62)
    return _text(value | (4 << 76) | (0b10 << 62))
