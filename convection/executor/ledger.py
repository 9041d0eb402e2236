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
"""What an executor took, what came of it and whom it has to tell. Pure.

Casts may be lost, repeated and reordered, engines come and go. The rules:

* A run that was taken is never run again: one that runs or has a result is
  only *adopted* by the engine that sends it, and the ids of those that are
  over are remembered (a bounded number).
* A result is kept until an engine acknowledges the report that carried it,
  which it does after it saved the result. Reports are numbered in one
  sequence for all engines, and sent again until acknowledged.
* A result goes to the engine that sent the run last, or that another engine
  named as the owner. When that one stays silent it goes to any.
* At most a few young reports are on their way to one engine. What completes
  meanwhile travels in the next one, so batches grow with the load.
* Engines get credits: how many unfinished runs each may have here.

Times are seconds since the epoch, given by the caller.
"""

import collections
import dataclasses
import math
from typing import Any

from convection.executor import credit
from convection.rpc import stream

#: Reports on their way to one engine before further results are held back.
WINDOW = 2
#: Seconds after which a report does not count for the window any more.
WINDOW_AGE = 0.05
#: Seconds that an acknowledgement waits for a result to ride with.
ACKNOWLEDGE_DELAY = 0.005
#: Results in one report, by number and by bytes of JSON.
REPORT_RESULTS = 1000
REPORT_BYTES = 4 * 1024 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class Orders:
    """What a message asks the executor to do.

    :ivar runs: new action runs, as they came.
    :ivar cancels: ids of runs that were taken, have no result, and should
        be stopped.
    :ivar describe: send the catalogue to the engines.
    """

    runs: list[dict[str, Any]]
    cancels: list[str]
    describe: bool


class _Entry:
    """A run that was taken and whose end no engine has acknowledged."""

    __slots__ = ('engine_id', 'record', 'size', 'seq')

    def __init__(self, engine_id: str) -> None:
        self.engine_id = engine_id
        # What is reported; None until the run ended.
        self.record: dict[str, Any] | None = None
        self.size = 0
        # Number of the report that carries it; None: in none yet.
        self.seq: int | None = None


class _Engine:
    """What is known of one engine."""

    __slots__ = ('heard', 'silent', 'acks', 'acks_since', 'ready', 'refused',
                 'on_way')

    def __init__(self) -> None:
        self.heard = 0.0
        self.silent = False
        # Numbers of its dispatches to acknowledge, and since when.
        self.acks: list[int] = []
        self.acks_since = 0.0
        # Entries to report, and ids of runs that were not taken.
        self.ready: collections.deque[_Entry] = collections.deque()
        self.refused: list[str] = []
        # report number -> when it was first sent
        self.on_way: dict[int, float] = {}

    @property
    def idle(self) -> bool:
        return not (self.acks or self.ready or self.refused or self.on_way)


class Ledger:
    """The books of one executor under one id.

    :param executor_id: the id under which engines know this executor.
    :param credits: counts what the engines may send.
    :param retry: seconds until a report is sent again; doubled each time.
    :param retry_limit: the longest time between repetitions, in seconds.
    :param silent_after: seconds without a sign of life until an engine's
        reports go to any other.
    :param remembered: how many ids of finished runs are remembered.
    """

    def __init__(self, executor_id: str, credits: credit.Credits, *,
                 retry: float = 1.0, retry_limit: float = 10.0,
                 silent_after: float = 10.0,
                 remembered: int = 100000) -> None:
        self.executor_id = executor_id
        self.credits = credits
        self.draining = False
        self.unfinished = 0
        self._silent_after = silent_after
        self._remembered = remembered
        self._entries: dict[str, _Entry] = {}
        # Runs that were given up at the end of the executor.
        self._lost: dict[str, _Entry] = {}
        self._over: collections.OrderedDict[str, None] = (
            collections.OrderedDict())
        self._engines: dict[str, _Engine] = {}
        self._outbox = stream.Outbox(retry, retry_limit)
        # report number -> what it carries
        self._carried: dict[int, list[_Entry]] = {}

    # -- what comes in --

    def take(self, message: dict[str, Any], now: float) -> Orders:
        """Take note of an engine's message; repeating it is harmless."""
        engine_id = message['engine_id']
        engine = self._hear(engine_id, now)
        for run_id, owner in (message.get('moved') or {}).items():
            self._move(self._entries.get(run_id), owner)
        self._acknowledged(message.get('acks') or ())
        seq = message.get('seq')
        if seq is not None:
            if not engine.acks:
                engine.acks_since = now
            engine.acks.append(seq)
        runs = [run for run in message.get('runs') or ()
                if self._is_new(run['id'], engine_id)]
        cancels = [run_id for run_id in message.get('cancels') or ()
                   if self._is_running(run_id, engine_id)]
        return Orders(runs, cancels, bool(message.get('describe')))

    def _hear(self, engine_id: str, now: float) -> _Engine:
        engine = self._engine(engine_id)
        engine.heard = now
        engine.silent = False
        self.credits.hear(engine_id, now)
        return engine

    def _engine(self, engine_id: str) -> _Engine:
        engine = self._engines.get(engine_id)
        if engine is None:
            engine = self._engines[engine_id] = _Engine()
        return engine

    def _is_new(self, run_id: str, engine_id: str) -> bool:
        entry = self._entries.get(run_id)
        if entry is not None:
            self._adopt(entry, engine_id)
            return False
        if run_id in self._over:
            return False
        if self.draining:
            self._engine(engine_id).refused.append(run_id)
            return False
        self._entries[run_id] = _Entry(engine_id)
        self.unfinished += 1
        return True

    def _is_running(self, run_id: str, engine_id: str) -> bool:
        entry = self._entries.get(run_id)
        if entry is not None:
            return entry.record is None
        if run_id not in self._over:
            # The cancel overtook its run, which must not start any more.
            self._entries[run_id] = _Entry(engine_id)
            self.unfinished += 1
            self.finish(run_id, record(
                run_id, 'CANCELLED', error='The action run was cancelled '
                'before it reached the executor.'))
        return False

    def _adopt(self, entry: _Entry | None, engine_id: str) -> None:
        if entry is None or entry.engine_id == engine_id:
            return
        entry.engine_id = engine_id
        if entry.record is not None:
            entry.seq = None
            self._engine(engine_id).ready.append(entry)

    def _move(self, entry: _Entry | None, owner: str) -> None:
        """Send a result to the engine that another one named.

        Again, when it was meant for that engine before: the one that names
        it took nothing of the report it acknowledges.
        """
        if entry is not None and entry.engine_id == owner and \
                entry.seq is not None:
            entry.seq = None
            self._engine(owner).ready.append(entry)
        self._adopt(entry, owner)

    def _acknowledged(self, numbers: Any) -> None:
        self._outbox.acknowledge(numbers)
        for seq in numbers:
            for entry in self._carried.pop(seq, ()):
                # A result that is to go elsewhere has left this report.
                if entry.seq == seq:
                    self._settle(entry.record['id'])
            for engine in self._engines.values():
                engine.on_way.pop(seq, None)

    def _settle(self, run_id: str) -> None:
        self._entries.pop(run_id, None)
        self._over[run_id] = None
        if len(self._over) > self._remembered:
            self._over.popitem(last=False)

    # -- what the slots say --

    def finish(self, run_id: str, ended: dict[str, Any],
               size: int = 0) -> bool:
        """Take the end of a run.

        :param ended: see :func:`record`.
        :param size: bytes of JSON that the result takes, roughly.
        :returns: False when the run has ended already or is not known: the
            result is too late and of no interest.
        """
        entry = self._entries.get(run_id)
        if entry is None or entry.record is not None:
            return False
        entry.record = ended
        entry.size = size
        self.unfinished -= 1
        self._engine(entry.engine_id).ready.append(entry)
        return True

    def give_back(self, run_ids: list[str]) -> None:
        """Refuse runs that were taken but have not begun."""
        for run_id in run_ids:
            entry = self._entries.get(run_id)
            if entry is not None and entry.record is None:
                del self._entries[run_id]
                self.unfinished -= 1
                self._engine(entry.engine_id).refused.append(run_id)

    def lose_unfinished(self) -> list[str]:
        """Wait no more for the runs that have no result; return their ids.

        For the end of the executor: the last heartbeat names them, and
        engines take them for lost.
        """
        lost = {run_id: entry for run_id, entry in self._entries.items()
                if entry.record is None}
        for run_id in lost:
            del self._entries[run_id]
        self._lost.update(lost)
        self.unfinished = 0
        return list(lost)

    # -- what goes out --

    @property
    def settled(self) -> bool:
        """Whether no run is unfinished and no result unacknowledged."""
        return not self._entries and not self._outbox and not any(
            engine.refused for engine in self._engines.values())

    def unacknowledged(self) -> list[dict[str, str]]:
        """List the runs taken whose end no engine has acknowledged."""
        return [{'id': run_id, 'engine_id': entry.engine_id}
                for run_id, entry in (self._entries | self._lost).items()]

    def credit(self, now: float) -> int:
        """Return how many unfinished runs each engine may have here."""
        return 0 if self.draining else self.credits.each(now)

    def outgoing(self, now: float) -> list[tuple[str | None, dict[str, Any]]]:
        """Return the reports to send now, each with its engine or None."""
        reports = []
        credit_now = self.credit(now)
        for message in self._outbox.due(now):
            reports.append(self._again(message, credit_now, now))
        for engine_id, engine in list(self._engines.items()):
            while ((engine.ready or engine.refused)
                   and self._young(engine, now) < WINDOW):
                message = self._report(engine_id, engine, credit_now, now)
                if message is not None:
                    reports.append((message['engine_id'], message))
            if engine.acks and now >= engine.acks_since + ACKNOWLEDGE_DELAY:
                reports.append((engine_id, self._message(
                    engine_id, engine, credit_now)))
            if engine.idle and self.credits.gone(engine_id, now):
                del self._engines[engine_id]
        return reports

    def farewell(self, now: float) -> list[dict[str, Any]]:
        """Return all that no engine has acknowledged, for any engine.

        For the end of the executor: these reports wait at the broker until
        an engine is there again.
        """
        reports = self._outbox.due(math.inf)
        for message in reports:
            message['engine_id'] = None
        for engine in self._engines.values():
            engine.silent = True
            engine.on_way.clear()
        return reports + [message for _engine, message in self.outgoing(now)
                          if message['seq'] is not None]

    def next_due(self) -> float | None:
        """Return when :meth:`outgoing` should be asked again, if ever."""
        due = self._outbox.next_due()
        for engine in self._engines.values():
            at = None
            if engine.ready or engine.refused:
                if len(engine.on_way) < WINDOW:
                    return 0.0
                at = sorted(engine.on_way.values())[-WINDOW] + WINDOW_AGE
            if engine.acks:
                ride = engine.acks_since + ACKNOWLEDGE_DELAY
                at = ride if at is None else min(at, ride)
            if at is not None:
                due = at if due is None else min(due, at)
        return due

    def _young(self, engine: _Engine, now: float) -> int:
        return sum(now < at + WINDOW_AGE for at in engine.on_way.values())

    def _again(self, message: dict[str, Any], credit_now: int,
               now: float) -> tuple[str | None, dict[str, Any]]:
        """Bring a report that is sent again up to date."""
        engine_id = message['engine_id']
        if engine_id is not None:
            engine = self._engine(engine_id)
            first = engine.on_way.get(message['seq'], now)
            if now - max(engine.heard, first) > self._silent_after:
                engine.silent = True
                engine.on_way.pop(message['seq'], None)
                engine_id = message['engine_id'] = None
        message['credits'] = credit_now
        return engine_id, message

    def _report(self, engine_id: str, engine: _Engine, credit_now: int,
                now: float) -> dict[str, Any] | None:
        entries = self._next_entries(engine_id, engine)
        if not entries and not engine.refused:
            return None
        message = self._message(None if engine.silent else engine_id, engine,
                                credit_now)
        message['results'] = [entry.record for entry in entries]
        message['refused'], engine.refused = engine.refused, []
        seq = self._outbox.add(message, now)['seq']
        for entry in entries:
            entry.seq = seq
        self._carried[seq] = entries
        if not engine.silent:
            engine.on_way[seq] = now
        return message

    def _next_entries(self, engine_id: str, engine: _Engine) -> list[_Entry]:
        entries: list[_Entry] = []
        size = 0
        while engine.ready and len(entries) < REPORT_RESULTS:
            # One that is larger travels alone.
            if entries and size + engine.ready[0].size > REPORT_BYTES:
                break
            entry = engine.ready.popleft()
            # An entry that another engine adopted waits there.
            if entry.engine_id == engine_id and entry.seq is None:
                entries.append(entry)
                size += entry.size
        return entries

    def _message(self, engine_id: str | None, engine: _Engine,
                 credit_now: int) -> dict[str, Any]:
        acks: list[int] = []
        if engine_id is not None:
            acks, engine.acks = engine.acks, []
        return {'executor_id': self.executor_id, 'engine_id': engine_id,
                'seq': None, 'acks': acks, 'results': [], 'refused': [],
                'credits': credit_now}


def record(run_id: str, state: str, result: Any = None,
           error: str | None = None) -> dict[str, Any]:
    """Return what is reported of a run: its state and its result."""
    return {'id': run_id, 'state': state, 'result': result, 'error': error}
