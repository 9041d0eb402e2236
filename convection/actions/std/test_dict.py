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
"""``std.test_dict``."""

from convection.actions import base


class TestDict(base.Action):
    """Return a dictionary with ``size`` entries, for tests of big data.

    The keys are ``key_prefix`` and a number from 0, every value is ``val``.
    """

    parameters = {
        'type': 'object',
        'properties': {
            'size': {'type': 'integer', 'minimum': 0, 'default': 0,
                     'maximum': 1000000,
                     'description': 'The number of entries.'},
            'key_prefix': {'type': 'string', 'default': '',
                           'description': 'The beginning of every key.'},
            'val': {'default': '', 'description': 'The value of all keys.'},
        },
        'additionalProperties': False,
    }

    def run(self, context: base.ActionContext, size: int = 0,
            key_prefix: str = '', val: object = '') -> dict[str, object]:
        """Return the dictionary."""
        return {f'{key_prefix}{number}': val for number in range(size)}
