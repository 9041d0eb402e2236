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
"""The development environment that the scripts in this folder share.

Only the standard library is used here: this file is read by the system's
Python before anything is installed. ``prepare`` makes a virtual environment
or finds it up to date; ``Steps`` prints what is done and how long it took.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / 'constraints.txt'
CLIENT = ROOT / 'python-convectionclient'

#: What both the tests and the documentation need.
REQUIREMENTS = (
    ROOT / 'requirements.txt',
    ROOT / 'test-requirements.txt',
    ROOT / 'doc' / 'requirements.txt',
    CLIENT / 'requirements.txt',
    CLIENT / 'test-requirements.txt',
)

#: The projects that are installed in editable mode.
PROJECTS = (ROOT, CLIENT)


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


class Steps:
    """Prints the name of each step, then the seconds that it took."""

    def __init__(self) -> None:
        self._taken: list[tuple[str, float, bool]] = []

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step; a ``SetupError`` in it marks it as failed."""
        print(f'==> {name}', flush=True)
        begun = time.monotonic()
        good = False
        try:
            yield
            good = True
        finally:
            taken = time.monotonic() - begun
            self._taken.append((name, taken, good))
            print(f'    {name}: {taken:.1f} s', flush=True)

    def run(self, name: str, command: list,
            watch: Callable[[str], None] | None = None, **options) -> bool:
        """Run a command as a step; True when it exits with status 0.

        :param watch: gets each line of the output, which is printed as well
        :param options: for ``subprocess.Popen``
        """
        begun = time.monotonic()
        print(f'==> {name}', flush=True)
        if watch is not None:
            options.update(stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, errors='replace')
        process = subprocess.Popen([str(word) for word in command],
                                   stdin=subprocess.DEVNULL, **options)
        for line in process.stdout or ():
            print(line, end='', flush=True)
            watch(line)
        good = process.wait() == 0
        taken = time.monotonic() - begun
        self._taken.append((name, taken, good))
        print(f'    {name}: {"ok" if good else "FAILED"}, {taken:.1f} s',
              flush=True)
        return good

    def summary(self) -> None:
        """Print every step with its time."""
        print('==> Summary')
        for name, taken, good in self._taken:
            print(f'    {"ok    " if good else "FAILED"} {taken:7.1f} s  '
                  f'{name}')
        total = sum(taken for _name, taken, _good in self._taken)
        print(f'           {total:7.1f} s  in all', flush=True)

    @property
    def failed(self) -> list[str]:
        """The names of the steps that failed."""
        return [name for name, _taken, good in self._taken if not good]


def prepare(folder: pathlib.Path,
            requirements: tuple[pathlib.Path, ...] = REQUIREMENTS
            ) -> pathlib.Path:
    """Make the environment, or find it up to date.

    :param folder: where it is
    :param requirements: files that name what it must hold
    :returns: the path of its Python
    :raises SetupError: when it cannot be made
    """
    _check_modules()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python = folder / 'bin' / 'python'
        stamp = folder / '.stamp'
        wanted = _digest(requirements)
        if python.exists() and _read(stamp) == wanted:
            print(f'    {folder}: up to date')
            return python
        # Without a stamp one may have been left half made.
        if not python.exists() or not stamp.exists():
            print(f'    {folder}: a new virtual environment')
            _create(folder)
        _install(python, requirements)
        stamp.write_text(wanted)
    return python


def _check_modules() -> None:
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        raise SetupError(
            f'This Python has no {error.name} module, so it cannot make a '
            'virtual environment. Debian and Ubuntu have it in the package '
            'python3-venv.') from error


def _create(folder: pathlib.Path) -> None:
    made = subprocess.run(
        [sys.executable, '-m', 'venv', str(folder)], check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise SetupError(
            f'python -m venv {folder} failed:\n{made.stdout}\n'
            'Debian and Ubuntu have the venv module in the package '
            'python3-venv.')


def _install(python: pathlib.Path,
             requirements: tuple[pathlib.Path, ...]) -> None:
    found = [path for path in requirements if path.exists()]
    _pip(python, '--constraint', str(CONSTRAINTS), 'setuptools',
         *_each('--requirement', found))
    # The build needs nothing but what was installed just now, so no
    # isolated environment, which would be filled without the constraints.
    _pip(python, '--no-deps', '--no-build-isolation',
         *_each('--editable', [path for path in PROJECTS
                               if (path / 'setup.cfg').exists()]))


def _each(option: str, paths: list) -> list[str]:
    return [word for path in paths for word in (option, str(path))]


def _pip(python: pathlib.Path, *arguments: str) -> None:
    command = [str(python), '-m', 'pip', 'install', '--quiet',
               '--disable-pip-version-check', *arguments]
    done = subprocess.run(command, check=False, cwd=ROOT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        tail = '\n'.join(done.stdout.splitlines()[-15:])
        raise SetupError(
            f'pip could not install what is needed:\n{tail}\n'
            'Is the network up, and does pip reach a package index? '
            'Behind a proxy or with a mirror, set HTTPS_PROXY or '
            'PIP_INDEX_URL and try again.')


def _digest(requirements: tuple[pathlib.Path, ...]) -> str:
    """A digest of all that decides what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    files = [CONSTRAINTS, *requirements]
    files += [path / name for path in PROJECTS
              for name in ('setup.cfg', 'pyproject.toml')]
    for path in files:
        digest.update(f'{path}\0{_read(path)}\0'.encode())
    return digest.hexdigest()


def _read(path: pathlib.Path) -> str:
    return path.read_text() if path.exists() else ''


def folder() -> pathlib.Path:
    """Where the environment is: CONVECTION_VENV, or .venv in the tree."""
    return pathlib.Path(os.environ.get('CONVECTION_VENV', ROOT / '.venv'))
