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
"""Cancelling the job on request: everything at work is stopped."""

from convection.engine.core import faults
from convection.engine.core import states
from convection.engine.core import stepping


def requested(step: stepping.Step, reason: str | None) -> None:
    """Cancel the job, its tasks, their action runs and sub-jobs.

    :param reason: who wants it and why; a sentence.
    """
    text = faults.cut(reason) if reason else 'Cancelled on request.'
    step.end(stepping.Ending(states.CANCELLED, text, text))
