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
"""Starts and stops a ``convection-all`` in a data folder, for quickstart.

Only the standard library is used. The data folder holds the configuration,
the database, the log and the process id.
"""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import environment

#: Seconds that the service may take to start, and to stop.
START_TIMEOUT = 60
STOP_TIMEOUT = 40

CONFIGURATION = """\
# Written by tools/quickstart at each run; changes are lost.
[DEFAULT]
use_stderr = true

[all]
data_path = {data}

[database]
connection = sqlite:///{data}/convection.sqlite

[api]
host = {host}
port = {port}
# Whoever reaches the port may do everything; it is a loopback address.
auth_strategy = noauth

[action_command]
enabled = true
# What the batch example runs, and nothing else.
programs = {programs}
"""


class LocalService:
    """The service of one data folder.

    :param data: the folder.
    :param port: where the API listens, on the loopback address.
    """

    host = '127.0.0.1'

    def __init__(self, data: pathlib.Path, port: int) -> None:
        self.data = data
        self.port = port
        self.config_file = data / 'convection.conf'
        self.log_file = data / 'convection.log'
        self._pid_file = data / 'convection.pid'

    @property
    def url(self) -> str:
        """The URL of the API."""
        return f'http://{self.host}:{self.port}'

    def configure(self, programs: list[str]) -> bool:
        """Write the configuration; return whether it changed.

        :param programs: what ``std.command`` may run.
        """
        # oslo.config takes $ for the beginning of a variable.
        values = {'data': self.data, 'programs': ','.join(programs)}
        values = {name: str(value).replace('$', '$$')
                  for name, value in values.items()}
        text = CONFIGURATION.format(host=self.host, port=self.port, **values)
        if self.config_file.exists() and (
                self.config_file.read_text() == text):
            return False
        self.config_file.write_text(text)
        return True

    def running(self) -> int | None:
        """Return the process id of the service, None when it is not up."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        # The number may have gone to another program in the meantime.
        return str(self.config_file) in _command_line(pid)

    def healthy(self) -> bool:
        """Return whether the API answers."""
        try:
            with urllib.request.urlopen(f'{self.url}/healthcheck',
                                        timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def start(self, python: pathlib.Path) -> None:
        """Start the service and wait until it is healthy.

        :param python: that of the environment it is installed in.
        :raises SetupError: the port is taken, or it did not start.
        """
        self._check_port()
        program = python.parent / 'convection-all'
        with open(self.log_file, 'a') as log:
            process = subprocess.Popen(
                [str(program), '--config-file', str(self.config_file)],
                stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.data,
                env={**os.environ, 'PATH': _with(python.parent)},
                start_new_session=True)
        self._pid_file.write_text(f'{process.pid}\n')
        end = time.monotonic() + START_TIMEOUT
        while not self.healthy():
            if process.poll() is not None:
                self._pid_file.unlink()
                raise environment.SetupError(
                    f'convection-all ended with status {process.returncode}. '
                    f'{self._tail()}')
            if time.monotonic() > end:
                self.stop()
                raise environment.SetupError(
                    'convection-all did not answer within '
                    f'{START_TIMEOUT} s. {self._tail()}')
            time.sleep(0.1)

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise environment.SetupError(
                    f'Port {self.port} of {self.host} cannot be used '
                    f'({error.strerror.lower()}). Choose another one: '
                    f'tools/quickstart --port {self.port + 1}') from error

    def _tail(self) -> str:
        lines = self.log_file.read_text(errors='replace').splitlines()[-20:]
        return '\n'.join([f'The end of {self.log_file}:', *lines])

    def stop(self) -> bool:
        """Stop the service; return whether it was running."""
        pid = self.running()
        if pid is None:
            self._pid_file.unlink(missing_ok=True)
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_TIMEOUT
        while self._alive(pid):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
                end += STOP_TIMEOUT
            time.sleep(0.1)
        self._pid_file.unlink(missing_ok=True)
        return True

    def _alive(self, pid: int) -> bool:
        # Our own child stays a zombie until it is waited for.
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return False
        return self._is_ours(pid)


def _with(folder: pathlib.Path) -> str:
    """Return the PATH with a folder in front.

    The programs that actions run find its Python, which is new enough.
    """
    return os.pathsep.join([str(folder), os.environ.get('PATH', os.defpath)])


def _command_line(pid: int) -> str:
    """Return what a process was started with, nothing when it is gone."""
    if pathlib.Path('/proc/self').exists():
        try:
            words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes()
        except OSError:
            return ''
        return words.replace(b'\0', b' ').decode(errors='replace')
    return subprocess.run(
        ['ps', '-ww', '-o', 'command=', '-p', str(pid)], check=False,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
