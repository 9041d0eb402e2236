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
"""``std.command``."""

import contextlib
import os
import shutil
import signal
# What it runs is on the operator's list.
import subprocess  # nosec B404
import threading
import time
from typing import Any, BinaryIO

from convection.actions import base

_CHUNK = 64 * 1024
#: Seconds for the pipes to close after the program has ended.
_LEFT_BEHIND = 1.0


class Command(base.Action):
    """Run a program on the executor's host, without a shell.

    The result is a map of ``exit_code``, ``stdout`` and ``stderr``. An exit
    code that is not 0 is an error with the same map, unless
    ``return_result_on_error`` is true; a program that was ended by a signal
    has the negative number of the signal as its exit code. A cancel, a
    timeout and the end of the program kill the programs that it started.

    The operator has to enable this action and to list the programs.
    """

    parameters = {
        'type': 'object',
        'properties': {
            'program': {'type': 'string', 'minLength': 1, 'description':
                        'The program, as the operator has listed it.'},
            'arguments': {
                'type': 'array', 'default': [],
                'items': {'type': ['string', 'number']},
                'description': 'The arguments, each as one item.'},
            'input': {'type': ['string', 'null'], 'description':
                      'Text for the standard input of the program.'},
            'environment': {
                'type': ['object', 'null'],
                'additionalProperties': {'type': ['string', 'number']},
                'description': 'Variables besides PATH, LANG and HOME.'},
            'cwd': {'type': ['string', 'null'],
                    'description': 'The folder to run in.'},
            'timeout': {'type': ['number', 'null'], 'exclusiveMinimum': 0,
                        'description': 'Seconds that the program may run.'},
            'return_result_on_error': {
                'type': ['boolean', 'null'], 'default': False,
                'description': 'Do not fail when exit_code is not 0.'},
        },
        'required': ['program'],
        'additionalProperties': False,
    }

    def run(self, context: base.ActionContext, program: str,
            arguments: list[str | int | float] | None = None,
            input: str | None = None,
            environment: dict[str, Any] | None = None,
            cwd: str | None = None, timeout: float | None = None,
            return_result_on_error: bool | None = False) -> dict[str, Any]:
        """Run the program."""
        options = context.conf.action_command
        command = [_path(options, program),
                   *(str(argument) for argument in arguments or ())]
        text = (input or '').encode('utf-8', 'replace')
        context.raise_if_cancelled()
        try:
            # No shell, and a program of the list.
            child = subprocess.Popen(  # nosec B603
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, cwd=cwd, start_new_session=True,
                env=_environment(environment))
        except (OSError, ValueError) as error:
            raise base.ActionError(f'The program "{program}" cannot be '
                                   f'started: {error}') from error
        running = _Running(child, options.max_output_size)
        with context.on_cancel(running.kill):
            result = running.finish(text, timeout)
        context.raise_if_cancelled()
        if running.late:
            raise base.ActionError(
                f'The program did not end within {timeout:g} s and was '
                'killed.', result)
        if result['exit_code'] != 0 and not return_result_on_error:
            raise base.ActionError('The program ended with the exit code '
                                   f'{result["exit_code"]}.', result)
        return result


def _path(options: Any, program: str) -> str:
    """Return the path of a program that may be run.

    :raises ActionError: it may not, or is not there.
    """
    if not options.enabled:
        raise base.ActionError('The operator has not enabled std.command.')
    if program not in options.programs:
        raise base.ActionError(f'The program "{program}" is not on the '
                               'operator\'s list.')
    path = (program if os.path.isabs(program) else shutil.which(program))
    if path is None:
        raise base.ActionError(f'The program "{program}" is not installed.')
    return path


def _environment(wanted: dict[str, Any] | None) -> dict[str, str]:
    """Return the variables of the program; none of the executor's secrets."""
    kept = {name: os.environ[name] for name in ('PATH', 'LANG', 'HOME')
            if name in os.environ}
    return {**kept, **{name: str(value)
                       for name, value in (wanted or {}).items()}}


class _Running:
    """A program that runs.

    :param child: the process, the leader of its own session.
    :param limit: bytes that are kept of each output.
    """

    def __init__(self, child: subprocess.Popen, limit: int) -> None:
        self._child = child
        self._limit = limit
        self._lock = threading.Lock()
        self._outputs: dict[str, list[bytes]] = {'stdout': [], 'stderr': []}
        #: Whether it was killed since its time was over.
        self.late = False

    def kill(self) -> None:
        """Kill the program and what it started; at any time."""
        with self._lock:
            # Until it is reaped nobody else can have its id.
            if self._child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._child.pid, signal.SIGKILL)

    def _kill_late(self) -> None:
        self.late = True
        self.kill()

    def finish(self, text: bytes, timeout: float | None) -> dict[str, Any]:
        """Feed the program, wait for its end and return what it wrote."""
        timer = None
        if timeout is not None:
            timer = threading.Timer(min(timeout, threading.TIMEOUT_MAX),
                                    self._kill_late)
            timer.daemon = True
            timer.start()
        helpers = [
            threading.Thread(target=target, args=arguments, daemon=True)
            for target, arguments in (
                (self._feed, (text,)),
                (self._drain, ('stdout', self._child.stdout)),
                (self._drain, ('stderr', self._child.stderr)))]
        for helper in helpers:
            helper.start()
        # Its end, not yet collected: its group is still ours to kill.
        os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
        if timer is not None:
            timer.cancel()
        self._join(helpers)
        # What the program left behind holds the pipes, or runs for nothing.
        self.kill()
        with self._lock:
            exit_code = self._child.wait()
        self._join(helpers)
        return {'exit_code': exit_code, **{
            name: b''.join(parts).decode('utf-8', 'replace')
            for name, parts in self._outputs.items()}}

    def _join(self, helpers: list[threading.Thread]) -> None:
        give_up = time.monotonic() + _LEFT_BEHIND
        for helper in helpers:
            helper.join(max(0.0, give_up - time.monotonic()))

    def _feed(self, text: bytes) -> None:
        # A program need not read its input.
        with contextlib.suppress(OSError):
            with self._child.stdin as pipe:
                pipe.write(text)

    def _drain(self, name: str, pipe: BinaryIO) -> None:
        """Read to the end, and keep the beginning."""
        left = self._limit
        with pipe:
            while data := pipe.read1(_CHUNK):
                if left > 0:
                    self._outputs[name].append(data[:left])
                    left -= len(data)
