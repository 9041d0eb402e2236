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
"""An action that needs a process of its own."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

from convection.actions import base


class Foreign(base.Action):
    """Does all that foreign code may do."""

    isolation = 'process'
    parameters: dict[str, Any] = {'type': 'object'}

    def run(self, context: base.ActionContext, what: str,
            value: Any = None) -> Any:
        """Do ``what``."""
        return getattr(self, what)(context, value)

    def echo(self, context: base.ActionContext, value: Any) -> Any:
        """Return the process and the value."""
        return {'pid': os.getpid(), 'value': value,
                'run': context.action_run_id}

    def option(self, context: base.ActionContext, value: Any) -> Any:
        """Return an option of the executor."""
        return context.conf.action_command.programs

    def write(self, context: base.ActionContext, value: Any) -> str:
        """Write to the standard streams, which are not the pipe."""
        print('noise')
        os.write(1, b'more noise')
        return sys.stdin.read()

    def fail(self, context: base.ActionContext, value: Any) -> None:
        """Fail as an action should."""
        raise base.ActionError('It failed.', {'a': 1})

    def raise_error(self, context: base.ActionContext, value: Any) -> None:
        """Fail as an action should not."""
        raise KeyError('x')

    def leave(self, context: base.ActionContext, value: Any) -> None:
        """End the process."""
        os._exit(7)

    def crash(self, context: base.ActionContext, value: Any) -> None:
        """Crash the process."""
        os.kill(os.getpid(), signal.SIGSEGV)

    def big(self, context: base.ActionContext, value: Any) -> str:
        """Return a large result."""
        return 'x' * value

    def hang(self, context: base.ActionContext, value: Any) -> None:
        """Start a program, say so in a file, and compute for ever."""
        child = subprocess.Popen(['sleep', '1000'])
        with open(value + '.new', 'w', encoding='utf-8') as file:
            file.write(f'{os.getpid()} {child.pid}')
        os.rename(value + '.new', value)
        while True:
            time.sleep(0.001)
