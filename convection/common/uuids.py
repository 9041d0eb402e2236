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
"""New ids: the one place that draws random ones."""

import secrets
import time
import uuid

_LOW_BITS = 32


def new_job_id(at: float | None = None) -> str:
    """Return a time-ordered id for a job: a version 7 UUID (RFC 9562).

    Its low 32 bits are zero: they number the job's tasks and action runs
    (:mod:`convection.engine.core.ids`).

    :param at: the time in seconds since the epoch; now when left out.
    """
    milliseconds = int((time.time() if at is None else at) * 1000)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(30) << _LOW_BITS
    return str(uuid.UUID(int=value))


def new_id() -> str:
    """Return a random id, for everything that is not part of a job."""
    return str(uuid.uuid4())
