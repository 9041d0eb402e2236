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
"""Which executor gets which action run, and what is on its way to it.

An executor says how many unfinished runs it will take of this engine (its
credits). What exceeds them waits here, in the order of priority and age; its
row says WAITING, so nothing is lost with this memory. A run is given to an
executor in its row first, and sent after the commit.
"""

import collections
import dataclasses
import heapq
import itertools
import json
from typing import Any

from convection.engine.core import model
from convection.engine.core import states
from convection.rpc import stream

#: Seconds that an acknowledgement waits for a message to ride on.
ACKNOWLEDGE_AFTER = 0.005
#: Runs in one message, by number and by bytes of JSON of their inputs: a
#: broker refuses messages above a size, however often they are sent.
RUNS_PER_MESSAGE = 200
BYTES_PER_MESSAGE = 4 * 1024 * 1024
#: Messages on their way to one executor before further runs are held back,
#: so that batches grow with the load.
WINDOW = 2
#: Seconds after which a message does not count for the window any more.
WINDOW_AGE = 0.05
#: So many dropped runs may stay in the queues, or as many as wait there.
_TIDY_FROM = 1000


@dataclasses.dataclass(eq=False)
class Executor:
    """An executor as its heartbeats describe it."""

    id: str
    heard_at: float
    host: str = ''
    tags: tuple[str, ...] = ()
    state: str = 'up'
    credits: int = 0
    #: The names of its actions; None before it registered.
    actions: frozenset[str] | None = None
    actions_digest: str | None = None
    #: The last heartbeat as it came, for the row in ``services``.
    heartbeat: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: Ids of the runs that it was given and has not finished.
    outstanding: dict[str, None] = dataclasses.field(default_factory=dict)
    outbox: stream.Outbox = dataclasses.field(default_factory=stream.Outbox)
    #: Numbers of its reports whose results are committed.
    acknowledgements: list[int] = dataclasses.field(default_factory=list)
    #: When these go alone if nothing else was sent by then.
    acknowledge_at: float | None = None
    #: Runs whose results belong to another engine: {run id: engine id}.
    moved: dict[str, str] = dataclasses.field(default_factory=dict)
    #: What the next message carries.
    runs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    cancels: list[str] = dataclasses.field(default_factory=list)
    describe: bool = False
    dead: bool = False

    @property
    def free(self) -> int:
        """How many more runs it will take."""
        if self.state != 'up' or self.dead:
            return 0
        return self.credits - len(self.outstanding)

    def opens_at(self) -> float:
        """When the next message may be sent to it."""
        if len(self.runs) >= RUNS_PER_MESSAGE:
            return 0.0
        return self.outbox.opens_at(WINDOW, WINDOW_AGE)

    def offers(self, action: str, target: str | None) -> bool:
        """Whether it may run the action for that target."""
        if self.actions is None or action not in self.actions:
            return False
        return target is None or target == self.host or target in self.tags


@dataclasses.dataclass(slots=True, eq=False)
class _Waiting:
    """A run in the queue; dropped ones are passed over when they come up."""

    job: model.Job
    run: model.ActionRun
    dropped: bool = False


class Dispatcher:
    """The executors that this engine knows, and the runs that wait."""

    def __init__(self, engine_id: str) -> None:
        self.engine_id = engine_id
        self.executors: dict[str, Executor] = {}
        self._order = itertools.count()
        # One queue for each (action, target): a run that no executor offers
        # must not hold up the others.
        self._queues: dict[tuple[str, str | None], list] = \
            collections.defaultdict(list)
        self._waiting: dict[str, _Waiting] = {}
        #: Runs dropped since the queues were last tidied.
        self._dropped = 0
        self._listened_at = 0.0
        #: Before that nobody was heard, whoever spoke.
        self._listening_since = 0.0

    # -- what executors say --

    def hear(self, message: dict[str, Any], now: float) -> Executor:
        """Take a heartbeat."""
        executor = self.executor(message['executor_id'], now)
        executor.host = message['host']
        executor.tags = tuple(message['tags'])
        executor.state = message['state']
        executor.credits = message['credits']
        executor.heartbeat = message
        executor.heard_at = now
        if executor.actions_digest != message['actions_digest']:
            executor.describe = True
        return executor

    def register(self, message: dict[str, Any], now: float) -> None:
        """Take a catalogue."""
        executor = self.executor(message['executor_id'], now)
        executor.actions = frozenset(a['name'] for a in message['actions'])
        executor.actions_digest = message['actions_digest']
        executor.describe = False

    def executor(self, executor_id: str, now: float) -> Executor:
        """Return what is known of an executor, from now on at least."""
        if executor_id not in self.executors:
            self.executors[executor_id] = Executor(executor_id, now)
        return self.executors[executor_id]

    def listen(self, heard: dict[str, float], now: float,
               deaf_after: float) -> None:
        """Take signs of life; to be called in every round of the loop.

        :param heard: when executors were heard, by their ids.
        :param deaf_after: seconds between two rounds that mean that this
            process was held up, or its clock set: no executor is to blame.
        """
        if now - self._listened_at > deaf_after:
            self._listening_since = now
        self._listened_at = now
        for executor_id, at in heard.items():
            executor = self.executors.get(executor_id)
            if executor is not None:
                executor.heard_at = max(executor.heard_at, at)

    def silent(self, now: float, after: float) -> list[str]:
        """Return the executors with runs that were not heard for so long."""
        if now - self._listening_since <= after:
            return []
        return [e.id for e in self.executors.values()
                if e.outstanding and now - e.heard_at > after]

    def forget_executors(self, now: float, after: float) -> None:
        """Forget executors without runs that were not heard for so long."""
        for executor in list(self.executors.values()):
            if not executor.outstanding and now - executor.heard_at > after:
                del self.executors[executor.id]

    def lose(self, executor_id: str, now: float) -> list[str]:
        """Declare an executor dead; return the ids of the runs it had."""
        executor = self.executor(executor_id, now)
        lost = list(executor.outstanding)
        executor.outstanding.clear()
        executor.runs.clear()
        executor.cancels.clear()
        executor.outbox = stream.Outbox()
        executor.dead = True
        return lost

    # -- runs --

    def enqueue(self, job: model.Job, run: model.ActionRun) -> None:
        """Let a run wait for an executor."""
        run_id = job.part_id(run.number)
        if run_id in self._waiting:
            return
        waiting = _Waiting(job, run)
        self._waiting[run_id] = waiting
        heapq.heappush(self._queues[run.name, run.target],
                       (-job.priority, next(self._order), waiting))

    def drop(self, run_id: str) -> None:
        """Let a run wait no more, or count no more for its executor."""
        waiting = self._waiting.pop(run_id, None)
        if waiting is not None:
            waiting.dropped = True
            self._dropped += 1
            if self._dropped > max(_TIDY_FROM, len(self._waiting)):
                self._tidy()

    def _tidy(self) -> None:
        """Take dropped runs out of the queues, where they keep their jobs."""
        self._dropped = 0
        for key, queue in list(self._queues.items()):
            queue[:] = [entry for entry in queue if not entry[2].dropped]
            heapq.heapify(queue)
            if not queue:
                del self._queues[key]

    def finish(self, run_id: str, executor_id: str | None) -> None:
        """Free the place of a run on its executor."""
        executor = self.executors.get(executor_id or '')
        if executor is not None:
            executor.outstanding.pop(run_id, None)

    def assign(self, now: float) -> list[tuple[model.Job, model.ActionRun]]:
        """Give waiting runs to executors with free places, in memory.

        The caller saves the runs, and calls :meth:`send` after the commit.
        """
        assigned = []
        heads = [(queue[0][:2], key) for key, queue in self._queues.items()
                 if queue]
        heapq.heapify(heads)
        while heads:
            key = heapq.heappop(heads)[1]
            queue = self._queues[key]
            assigned.extend(self._assign_queue(
                key, now, heads[0][0] if heads else None))
            if not queue:
                del self._queues[key]
            elif heads and queue[0][:2] > heads[0][0]:
                heapq.heappush(heads, (queue[0][:2], key))
        return assigned

    def _assign_queue(self, key: tuple[str, str | None], now: float,
                      until: tuple[int, int] | None) -> list[tuple]:
        """Give the runs of a queue that come before those of the others.

        :param until: the head of the next queue, if there is another.
        """
        queue = self._queues[key]
        able = [e for e in self.executors.values()
                if e.free > 0 and e.offers(*key)]
        assigned = []
        while queue:
            waiting = queue[0][2]
            if waiting.dropped:
                heapq.heappop(queue)
                continue
            able = [e for e in able if e.free > 0]
            if not able or until is not None and queue[0][:2] > until:
                break
            executor = max(able, key=lambda e: e.free)
            heapq.heappop(queue)
            job, run = waiting.job, waiting.run
            run_id = job.part_id(run.number)
            del self._waiting[run_id]
            executor.outstanding[run_id] = None
            run.executor_id = executor.id
            run.state = states.RUNNING
            run.started_at = now
            job.touch(run)
            assigned.append((job, run))
        return assigned

    def send(self, executor_id: str, run: dict[str, Any],
             now: float) -> None:
        """Put a committed run on its way to the executor it was given to."""
        executor = self.executor(executor_id, now)
        executor.outstanding[run['id']] = None
        executor.runs.append(run)

    def cancel(self, executor_id: str, run_id: str, now: float) -> None:
        """Put a cancel on its way to the executor that has the run."""
        self.executor(executor_id, now).cancels.append(run_id)

    # -- messages --

    def acknowledge(self, executor_id: str, number: int,
                    moved: dict[str, str], now: float) -> None:
        """Tell an executor that what it reported is committed.

        :param moved: results that another engine must get instead.
        """
        executor = self.executor(executor_id, now)
        executor.acknowledgements.append(number)
        executor.moved.update(moved)
        if executor.acknowledge_at is None:
            executor.acknowledge_at = now + ACKNOWLEDGE_AFTER

    def messages(self, now: float) -> list[dict[str, Any]]:
        """Return what is to be sent now: new messages and repeated ones."""
        out = []
        for executor in self.executors.values():
            out.extend(self._new_messages(executor, now))
            if not executor.dead:
                out.extend(executor.outbox.due(now))
        return out

    def _new_messages(self, executor: Executor,
                      now: float) -> list[dict[str, Any]]:
        out = []
        while ((executor.runs or executor.cancels)
               and executor.opens_at() <= now):
            message = self._message(executor)
            count = _fitting(executor.runs)
            message['runs'] = executor.runs[:count]
            message['cancels'] = executor.cancels
            executor.runs = executor.runs[count:]
            executor.cancels = []
            out.append(executor.outbox.add(message, now))
        alone = executor.describe or (executor.acknowledge_at is not None and
                                      executor.acknowledge_at <= now)
        if alone and not out:
            out.append(self._message(executor))
        return out

    def _message(self, executor: Executor) -> dict[str, Any]:
        message = {'engine_id': self.engine_id, 'executor_id': executor.id,
                   'seq': None, 'acks': executor.acknowledgements,
                   'runs': [], 'cancels': [], 'moved': executor.moved,
                   'describe': executor.describe, 'dead': executor.dead}
        executor.acknowledgements = []
        executor.acknowledge_at = None
        executor.moved = {}
        executor.describe = False
        return message

    def dead_notice(self, executor_id: str) -> dict[str, Any]:
        """Return the message that tells an executor it was declared dead."""
        return {'engine_id': self.engine_id, 'executor_id': executor_id,
                'seq': None, 'acks': [], 'runs': [], 'cancels': [],
                'moved': {}, 'describe': False, 'dead': True}

    def next_due(self) -> float | None:
        """Return when a message must go without a new reason, if any."""
        dues = [e.acknowledge_at for e in self.executors.values()]
        dues += [e.opens_at() for e in self.executors.values()
                 if e.runs or e.cancels]
        dues += [e.outbox.next_due() for e in self.executors.values()
                 if not e.dead]
        return min((due for due in dues if due is not None), default=None)


def _fitting(runs: list[dict[str, Any]]) -> int:
    """Return how many of the runs one message may carry: one at least."""
    size = 0
    for count, run in enumerate(runs[:RUNS_PER_MESSAGE], start=1):
        size += len(json.dumps(run['input']))
        if size >= BYTES_PER_MESSAGE:
            return count
    return RUNS_PER_MESSAGE
