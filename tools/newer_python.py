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
"""Goes on with a newer Python when the one that was called is too old.

Kept to what a Python of many years ago understands.
"""

import os
import shutil
import sys

OLDEST = (3, 11)
NEWER = ('python3.14', 'python3.13', 'python3.12', 'python3.11')


def need():
    """Return when this Python will do; else become a newer one, or end."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer] + sys.argv)
    sys.exit('{}: Python {}.{} or newer is needed; this is {} ({}), and no '
             'newer one is in the PATH.'.format(
                 os.path.basename(sys.argv[0]), OLDEST[0], OLDEST[1],
                 sys.version.split()[0], sys.executable))
