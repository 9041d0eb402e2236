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
"""Shows a job's progress as it happens: a live table, or plain lines.

The live table is for a terminal. Everything else (a file, a pipe, a log)
gets one line for each event. Both go to standard error: what a command
answers stays alone on standard output.
"""

import collections
from collections.abc import Callable
import dataclasses
import datetime
import time
from typing import Any, TextIO

from convectionclient import exceptions

#: Lines of the terminal that the live table leaves free.
_MARGIN = 6

#: How many tasks a board knows; of older ones that ended it only counts.
_KNOWN = 1000

_STYLES = {'RUNNING': 'cyan', 'SUCCESS': 'green', 'ERROR': 'bold red',
           'CANCELLED': 'yellow', 'PAUSED': 'yellow', 'DELAYED': 'blue',
           'WAITING': 'dim', 'IDLE': 'dim', 'SKIPPED': 'dim'}

#: The state that an event means when its data has none.
_STATES = {'started': 'RUNNING', 'delayed': 'DELAYED', 'paused': 'PAUSED',
           'resumed': 'RUNNING'}


@dataclasses.dataclass
class Line:
    """A task as the events tell of it; times are seconds of the epoch."""

    name: str
    state: str
    started: float
    finished: float | None = None
    info: str = ''

    @property
    def seconds(self) -> float:
        """How long it took, or has taken up to now."""
        return max(0.0, (self.finished or time.time()) - self.started)


class Board:
    """The state of every task that had an event.

    :param name_of: finds the name of a task by its id; not every event has
        it.
    """

    def __init__(self, name_of: Callable[[str], str]) -> None:
        self.lines: dict[str, Line] = {}
        self.state = 'RUNNING'
        self._name_of = name_of
        self._forgotten: collections.Counter = collections.Counter()

    def take(self, event: Any) -> Line | None:
        """Take an event; return the line that it changed, if any."""
        verb = event.kind.rpartition('.')[2]
        data = event.get('data') or {}
        state = data.get('state') or _STATES.get(verb)
        if event.kind.startswith('job.'):
            self.state = state or self.state
            return None
        task_id = event.get('task_id')
        if not event.kind.startswith('task.') or task_id is None:
            return None
        at = seconds_of(event.at)
        line = self.lines.get(task_id)
        if line is None:
            name = data.get('name') or self._name_of(task_id)
            line = self.lines[task_id] = Line(name, 'RUNNING', at)
            self._forget()
        line.state = state or line.state
        line.finished = at if verb == 'finished' else None
        line.info = one_line(data.get('state_info') or '')
        return line

    def _forget(self) -> None:
        """Drop the oldest task when there are many and it has ended."""
        if len(self.lines) > _KNOWN:
            task_id, line = next(iter(self.lines.items()))
            if line.finished is not None:
                self._forgotten[line.state] += 1
                del self.lines[task_id]

    def counts(self) -> str:
        """Say how many tasks are in each state."""
        found = self._forgotten + collections.Counter(
            line.state for line in self.lines.values())
        return ', '.join(f'{number} {state}'
                         for state, number in sorted(found.items()))


def seconds_of(text: str) -> float:
    """Return the seconds of the epoch of one of the API's times."""
    return datetime.datetime.fromisoformat(text).timestamp()


def one_line(text: str, width: int = 160) -> str:
    """Return the text without line breaks, cut when it is long."""
    text = ' '.join(text.split())
    return text if len(text) <= width else text[:width - 1] + '…'


class PlainProgress:
    """One line for each event."""

    def __init__(self, job: Any, stream: TextIO,
                 name_of: Callable[[str], str]) -> None:
        self._stream = stream
        self._board = Board(name_of)
        self._write(time.time(), f'job {job.name} ({job.id}) created')

    def __enter__(self) -> 'PlainProgress':
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def on_event(self, event: Any) -> None:
        """Print the event."""
        line = self._board.take(event)
        at = seconds_of(event.at)
        if line is not None:
            self._write(at, _task_text(line))
        elif event.kind.startswith('job.'):
            info = one_line((event.get('data') or {}).get('state_info') or '')
            self._write(at, f'job {self._board.state}'
                            f'{": " + info if info else ""}')

    def _write(self, at: float, text: str) -> None:
        clock = time.strftime('%H:%M:%S', time.localtime(at))
        self._stream.write(f'{clock} {text}\n')
        self._stream.flush()


def _task_text(line: Line) -> str:
    text = f'task {line.name} {line.state}'
    if line.finished is not None:
        text += f' in {line.seconds:.1f} s'
    return f'{text}: {line.info}' if line.info else text


class LiveProgress:
    """A table of tasks that is drawn again as they go on."""

    def __init__(self, job: Any, stream: TextIO,
                 name_of: Callable[[str], str]) -> None:
        # Rich is needed on a terminal only, and takes long to import.
        from rich import console
        from rich import live
        self._job = job
        self._board = Board(name_of)
        self._started = time.time()
        self._console = console.Console(file=stream)
        self._live = live.Live(console=self._console, refresh_per_second=4,
                               get_renderable=self._table)

    def __enter__(self) -> 'LiveProgress':
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def on_event(self, event: Any) -> None:
        """Take the event; the next drawing shows it."""
        self._board.take(event)

    def _table(self) -> Any:
        from rich import table
        from rich import text
        board = self._board
        drawn = table.Table(
            title=f'{self._job.name}  {board.state}  '
                  f'{time.time() - self._started:.0f} s',
            caption=board.counts() or None, title_justify='left',
            caption_justify='left')
        for heading, justify in (('Task', 'left'), ('State', 'left'),
                                 ('Seconds', 'right'), ('', 'left')):
            drawn.add_column(heading, justify=justify, no_wrap=True,
                             overflow='ellipsis')
        room = max(3, self._console.height - _MARGIN - 2)
        for line in list(board.lines.values())[-room:]:
            drawn.add_row(
                text.Text(line.name),
                text.Text(line.state, _STYLES.get(line.state, '')),
                f'{line.seconds:.1f}', text.Text(line.info))
        return drawn


def progress(client: Any, job: Any, stream: TextIO
             ) -> PlainProgress | LiveProgress:
    """Choose how to show the progress of a job on a stream."""
    def name_of(task_id: str) -> str:
        try:
            return client.tasks.get(task_id).name
        except exceptions.ConvectionClientError:
            return task_id

    kind = LiveProgress if stream.isatty() else PlainProgress
    return kind(job, stream, name_of)
