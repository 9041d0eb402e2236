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
"""Processes for the actions that ask for one, kept warm and killed at need.

Each is a fresh interpreter running :mod:`convection.executor.worker`, not a
fork: it inherits no thread's locks. It leads a session of its own, so that
killing its group also ends what the action started.
"""

import contextlib
import os
import signal
# It starts this interpreter only.
import subprocess  # nosec B404
import sys
import threading
import time
from typing import Any

from oslo_config import cfg

from convection.actions import base
from convection.executor import catalogue
from convection.executor import frames

#: Idle processes kept for the next runs.
_WARM = 4
#: Seconds that a process that closed its pipe gets to end.
_LEAVING = 1.0
#: Bytes of a frame that are not the result.
_OVERHEAD = 64 * 1024


class _Process:
    """One worker process, used by one run at a time."""

    def __init__(self, settings: dict[str, Any]) -> None:
        environment = dict(os.environ)
        # The same modules must be found that were found here.
        environment['PYTHONPATH'] = os.pathsep.join(
            path for path in sys.path if path)
        self._settings: dict[str, Any] | None = settings
        self._lock = threading.Lock()
        # Nothing of the command comes from outside.
        self._child = subprocess.Popen(  # nosec B603
            [sys.executable, '-m', 'convection.executor.worker'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True, env=environment)

    def ask(self, question: dict[str, Any], limit: int) -> dict[str, Any]:
        """Have a run done.

        :raises EOFError, OSError: the process ended.
        :raises frames.TooLong: the answer is too long.
        """
        if self._settings is not None:
            frames.write(self._child.stdin, self._settings)
            self._settings = None
        frames.write(self._child.stdin, question)
        return frames.read(self._child.stdout, limit)

    def kill(self) -> None:
        """Kill the process and what it started; at once, at any time."""
        with self._lock:
            # Until the process is reaped nobody else can have its id.
            if self._child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._child.pid, signal.SIGKILL)

    def end(self, leaving: float = 0.0) -> int:
        """Kill what is left of it, and return how it ended.

        :param leaving: seconds that it gets to end by itself and leave its
            own exit status behind.
        """
        if self._child.returncode is None:
            give_up = time.monotonic() + leaving
            while self._running() and time.monotonic() < give_up:
                time.sleep(0.005)
            self.kill()
            with self._lock:
                self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()
        return self._child.returncode

    def _running(self) -> bool:
        return os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT
                         | os.WNOHANG) is None


class Processes:
    """Runs actions in processes of their own.

    :param conf: the executor's configuration; the groups whose names begin
        with ``action_`` are given to the processes.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._limit = conf.executor.max_result_size
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._stopped = False

    def call(self, action: base.Action, order: dict[str, Any],
             context: base.ActionContext) -> tuple[dict[str, Any], int]:
        """Run an action, and return its record and the record's size.

        :raises ActionInterrupted: it was told to stop, and was killed.
        :raises ActionError: its process ended, or the result is too large.
        """
        context.raise_if_cancelled()
        process = self._take()
        answer = None
        try:
            with context.on_cancel(process.kill):
                answer = process.ask(
                    {'action': catalogue.reference(type(action)),
                     'order': order, 'deadline': context.deadline},
                    self._limit + _OVERHEAD)
        except frames.TooLong as error:
            process.kill()
            raise base.ActionError(
                f'The result of the action is {error.size} bytes; at most '
                f'{self._limit} are allowed.') from error
        except (EOFError, OSError) as error:
            context.raise_if_cancelled()
            how = _how(process.end(_LEAVING))
            raise base.ActionError(
                f'The process of the action ended {how}.') from error
        finally:
            self._put_back(process, answer is not None
                           and not context.is_cancelled)
        return answer['record'], answer['size']

    def stop(self) -> None:
        """End the idle processes; busy ones end after their run."""
        with self._lock:
            self._stopped = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _take(self) -> _Process:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        groups = {
            name: dict(self._conf[name]) for name in self._conf
            if name.startswith('action_')}
        return _Process({'groups': groups, 'limit': self._limit})

    def _put_back(self, process: _Process, usable: bool) -> None:
        with self._lock:
            if usable and not self._stopped and len(self._idle) < _WARM:
                self._idle.append(process)
                return
        process.end()


def _how(status: int) -> str:
    if status < 0:
        return f'by the signal {signal.Signals(-status).name}'
    return f'with the exit status {status}'
