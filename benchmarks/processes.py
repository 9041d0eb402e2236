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
"""What processes use: seconds of CPU, and memory as their share (PSS)."""

import dataclasses
import os
import pathlib
from typing import Iterable

_TICKS = os.sysconf('SC_CLK_TCK')
_PROC = pathlib.Path('/proc')

#: Names of the programs of brokers and databases.
SERVERS = {'broker': ('beam.smp',),
           'postgresql': ('postgres',),
           'mysql': ('mariadbd', 'mysqld')}


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    """What a group of processes used so far, and holds now."""

    cpu: float
    #: Bytes; None when it may not be read.
    memory: int | None


def _stat(pid: int) -> list[str]:
    # The name, in parentheses, may hold blanks.
    return (_PROC / str(pid) / 'stat').read_text().rpartition(')')[2].split()


def _parents() -> dict[int, int]:
    found = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int(_stat(int(entry.name))[1])
            except OSError:
                continue
    return found


def families(roots: Iterable[int]) -> list[int]:
    """Return these processes and all that they started."""
    parents = _parents()
    family = set(roots)
    while True:
        more = {pid for pid, parent in parents.items()
                if parent in family} - family
        if not more:
            return sorted(family)
        family |= more


def named(*names: str) -> list[int]:
    """Return the processes that run one of these programs."""
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / 'comm').read_text().strip() in names:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def usage(pids: Iterable[int]) -> Usage:
    """Return what these processes, and those that they waited for, use."""
    ticks = 0
    memory: int | None = 0
    for pid in pids:
        try:
            ticks += sum(int(value) for value in _stat(pid)[11:15])
            share = _share(pid)
        except FileNotFoundError:
            continue
        if share is None or memory is None:
            memory = None
        else:
            memory += share
    return Usage(ticks / _TICKS, memory)


def _share(pid: int) -> int | None:
    try:
        text = (_PROC / str(pid) / 'smaps_rollup').read_text()
    except (PermissionError, ProcessLookupError):
        return None
    for line in text.splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1]) * 1024
    return None
