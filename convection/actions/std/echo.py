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
"""``std.echo``."""

from typing import Any

from convection.actions import base


class Echo(base.Action):
    """Return the value given as ``output``, after ``delay`` seconds."""

    parameters = {
        'type': 'object',
        'properties': {
            'output': {'description': 'Any value; it is the result.'},
            'delay': {'type': 'number', 'minimum': 0, 'default': 0,
                      'maximum': 1000000000,
                      'description': 'Seconds to wait before.'},
        },
        'required': ['output'],
        'additionalProperties': False,
    }

    def run(self, context: base.ActionContext, output: Any,
            delay: float = 0) -> Any:
        """Return ``output``."""
        if delay and context.cancelled.wait(delay):
            raise base.ActionInterrupted()
        return output
