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
"""The executor: takes action runs, has them done, tells the engines.

Theory of operation. Messages come in threads of the RPC server
(:meth:`Executor.dispatch`): the ledger takes note and new runs go to the
slots. A slot's thread puts what it has to say into ``_events`` and goes on.
One reporter thread waits for events or for the next due time and calls
:meth:`Executor.tick`, which brings the ledger up to date, stops what is
overdue and sends what there is to send. A simulation calls ``tick`` itself,
with a runner of its own.
"""

import collections.abc
import importlib.metadata
import os
import resource
import threading
import time
from typing import Any, Protocol

from oslo_config import cfg
from oslo_log import log as logging

from convection.common import uuids
from convection.executor import catalogue as catalogues
from convection.executor import credit
from convection.executor import events
from convection.executor import ledger
from convection.executor import slots
from convection.executor import watch

LOG = logging.getLogger(__name__)

#: Seconds to wait at the end for engines to acknowledge the last results.
_LAST_WORDS = 5.0
#: Seconds to wait after an error that should not happen.
_AFTER_FAULT = 1.0


def _version() -> str:
    try:
        return importlib.metadata.version('convection')
    except importlib.metadata.PackageNotFoundError:
        return 'unknown'


class EngineClient(Protocol):
    """What is needed of :class:`convection.rpc.client.EngineClient`."""

    def report(self, message: dict[str, Any],
               engine_id: str | None = None) -> None:
        """Send results to one engine, or to any."""

    def heartbeat(self, message: dict[str, Any]) -> None:
        """Tell every engine that this executor lives."""

    def register(self, message: dict[str, Any]) -> None:
        """Tell every engine which actions this executor offers."""


class Executor:
    """One executor, under one id at a time.

    :param conf: the configuration.
    :param engine_client: sends messages to engines; what it raises is
        logged, and the message sent again when that matters.
    :param catalogue: the actions there are.
    :param clock: gives the time in seconds since the epoch.
    :param make_runner: makes what runs the actions, given the listener;
        :class:`convection.executor.slots.Slots` when left out.
    :param new_id: makes the executor's ids.
    :param renamed: called in the reporter thread with the new id after
        engines took this executor for dead: messages must be heard under it.
    """

    def __init__(self, conf: cfg.ConfigOpts, engine_client: EngineClient,
                 catalogue: catalogues.Catalogue, *,
                 clock: collections.abc.Callable[[], float] = time.time,
                 make_runner: collections.abc.Callable[
                     [slots.Listener], slots.Runner] | None = None,
                 new_id: collections.abc.Callable[[], str] = uuids.new_id,
                 renamed: collections.abc.Callable[
                     [str], None] | None = None) -> None:
        self._conf = conf
        self._options = dict(conf.executor)
        self._client = engine_client
        self._catalogue = catalogue
        self._digest = catalogue.digest()
        self._clock = clock
        self._new_id = new_id
        self._renamed = renamed
        self._started_at = clock()
        self._version = _version()
        self._make_runner = make_runner or (
            lambda listener: slots.Slots(conf, listener, clock))
        # Guards all that follows, and whoever asks the runner for more.
        self._lock = threading.Lock()
        self._state = 'up'
        self._idle = threading.Event()
        self._settled = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopping = False
        # Runners of earlier books, in which something still goes on.
        self._retired: list[slots.Runner] = []
        self._become(new_id())

    def _become(self, executor_id: str) -> None:
        """Begin under a new id, with empty books."""
        options = self._options
        self._ledger = ledger.Ledger(
            executor_id,
            credit.Credits(options['slots'], options['prefetch'],
                           options['prefetch_time'],
                           options['engine_window']),
            retry=options['report_retry'],
            retry_limit=options['report_retry_limit'],
            silent_after=options['engine_silent_after'],
            remembered=options['remembered_runs'])
        self._watch = watch.Watch()
        # Of its own, since a run of the books before may come again.
        self._events = events.Events()
        self._runner = self._make_runner(self._events)
        self._register = True
        self._next_heartbeat = 0.0
        self._was_renamed = False

    @property
    def executor_id(self) -> str:
        """The id under which engines know this executor now."""
        return self._ledger.executor_id

    @property
    def unfinished(self) -> int:
        """How many runs have no result yet."""
        return self._ledger.unfinished

    # -- messages from engines --

    def dispatch(self, message: dict[str, Any]) -> None:
        """Take note of an engine's message; repeating it is harmless.

        The keys are described in :mod:`convection.executor`.
        """
        now = self._clock()
        with self._lock:
            if message['executor_id'] != self.executor_id:
                return
            if message.get('dead'):
                stop = self._die()
            else:
                stop = self._take(message, now)
            reporter = self._events
        for function, arguments in stop:
            function(*arguments)
        reporter.wake()

    def _take(self, message: dict[str, Any], now: float) -> list[tuple]:
        """Begin what is new; return what must be called to stop runs."""
        orders = self._ledger.take(message, now)
        self._register |= orders.describe
        for order in orders.runs:
            self._begin(order)
        return [(self._runner.interrupt, (run_id,))
                for run_id in orders.cancels if self._cancel(run_id, now)]

    def _begin(self, order: dict[str, Any]) -> None:
        action = self._catalogue.get(order['action'])
        if action is None:
            self._ledger.finish(order['id'], ledger.record(
                order['id'], 'ERROR', error='The executor '
                f'{self._options["host"]} does not offer the action '
                f'"{order["action"]}".'))
            return
        self._runner.submit(slots.Work(order, action, self._conf))

    def _cancel(self, run_id: str, now: float) -> bool:
        """Cancel a run; True when it must be told to stop."""
        if self._runner.withdraw(run_id):
            self._ledger.finish(run_id, ledger.record(
                run_id, 'CANCELLED',
                error='The action run was cancelled before it began.'))
            return False
        return self._watch.cancel(run_id, now)

    def _die(self) -> list[tuple]:
        """Obey the engines: whatever was taken here is no concern now.

        :returns: what must be called to stop what runs.
        """
        LOG.warning('The engines took the executor %s for dead; it goes on '
                    'under a new id', self.executor_id)
        runner, reporter = self._runner, self._events
        self._retired.append(runner)
        self._become(self._new_id())
        self._was_renamed = True
        return [(runner.stop, ()), (reporter.wake, ())]

    # -- the reporter --

    def tick(self, now: float) -> float:
        """Do what there is to do now, and say when to be called again.

        :returns: a time; earlier when something happens before.
        """
        with self._lock:
            for event in self._events.take():
                self._hear(event)
            interrupt = self._stop_overdue(now)
            renamed, self._was_renamed = self._was_renamed, False
            messages = self._messages(now)
            due = self._next_due()
            self._tell_waiting()
        for run_id in interrupt:
            self._runner.interrupt(run_id)
        if renamed and self._renamed:
            self._renamed(self.executor_id)
        for send, arguments in messages:
            self._send(send, arguments)
        return due

    def _hear(self, event: tuple) -> None:
        if len(event) == 3:
            self._watch.began(*event)
            return
        run_id, record, size, seconds = event
        self._ledger.credits.ran(seconds)
        verdict = self._watch.forget(run_id)
        if verdict is not None and record['state'] == 'CANCELLED':
            record = ledger.record(run_id, verdict[0],
                                   error=f'{verdict[1]}.')
        self._ledger.finish(run_id, record, size)

    def _stop_overdue(self, now: float) -> list[str]:
        """Give up what did not stop; return what must be told to."""
        interrupt = []
        for step in self._watch.due(now):
            if not step.give_up:
                interrupt.append(step.run_id)
            elif self._runner.abandon(step.run_id):
                state, reason = self._watch.forget(step.run_id)
                LOG.warning('Run %s could not be stopped', step.run_id)
                self._ledger.finish(step.run_id, ledger.record(
                    step.run_id, state, error=f'{reason}, but its thread '
                    'could not be stopped and holds a slot of the executor '
                    'until it ends.'))
        return interrupt

    def _messages(self, now: float) -> list[tuple]:
        """Return what to send, as pairs of a method and its arguments."""
        self._retired = [old for old in self._retired if old.used]
        self._ledger.credits.stuck = self._runner.stuck + sum(
            old.used for old in self._retired)
        messages = []
        if self._register:
            self._register = False
            messages.append((self._client.register, (self._catalogue_now(),)))
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + self._options['heartbeat_interval']
            messages.append((self._client.heartbeat,
                             (self._heartbeat(now),)))
        messages.extend((self._client.report, (message, engine_id))
                        for engine_id, message in self._ledger.outgoing(now))
        return messages

    def _next_due(self) -> float:
        due = [self._next_heartbeat, self._ledger.next_due(),
               self._watch.next_due()]
        return min(at for at in due if at is not None)

    def _tell_waiting(self) -> None:
        """Wake whoever waits for the end in :meth:`stop`."""
        if self._state != 'up':
            if not self._ledger.unfinished:
                self._idle.set()
            if self._ledger.settled:
                self._settled.set()

    def _send(self, send: collections.abc.Callable[..., None],
              arguments: tuple) -> None:
        try:
            send(*arguments)
        except Exception as error:
            LOG.warning('A message to the engines was not sent: %s', error)

    def _catalogue_now(self) -> dict[str, Any]:
        return {'executor_id': self.executor_id,
                'actions': self._catalogue.describe(),
                'actions_digest': self._digest}

    def _heartbeat(self, now: float) -> dict[str, Any]:
        return {'executor_id': self.executor_id,
                'host': self._options['host'],
                'tags': list(self._options['tags']),
                'slots': self._options['slots'],
                'used': self._runner.used,
                'credits': self._ledger.credit(now),
                'actions_digest': self._digest,
                'running': self._ledger.unacknowledged(),
                'load': os.getloadavg()[0],
                'memory': resource.getrusage(
                    resource.RUSAGE_SELF).ru_maxrss * 1024,
                'pid': os.getpid(),
                'version': self._version,
                'state': self._state,
                'started_at': self._started_at}

    # -- life --

    def start(self) -> None:
        """Say hello to the engines, and report from now on."""
        self._thread = threading.Thread(target=self._report, daemon=True,
                                        name='reporter')
        self._thread.start()

    def _report(self) -> None:
        while not self._stopping:
            try:
                due = self.tick(self._clock())
            except Exception:
                LOG.exception('The reporter failed and goes on')
                time.sleep(_AFTER_FAULT)
                continue
            self._events.wait(due - self._clock())

    def drain(self) -> None:
        """Take nothing more, and give back what has not begun."""
        with self._lock:
            self._state = 'draining'
            self._ledger.draining = True
            self._ledger.give_back(self._runner.withdraw_all())
            self._next_heartbeat = 0.0
        self._events.wake()

    def stop(self, grace: float) -> None:
        """Stop well.

        :param grace: seconds that running actions get to end. Engines take
            what still runs then for lost.
        """
        if self._thread is None:
            return
        self.drain()
        if not self._idle.wait(grace):
            LOG.warning('%d action runs did not end within %s s',
                        len(self.give_up()), grace)
        # New runs are refused all this time, results are acknowledged.
        self._settled.wait(_LAST_WORDS)
        self._runner.stop()
        self._stopping = True
        self._events.wake()
        self._thread.join()
        self.leave(self._clock())

    def give_up(self) -> list[str]:
        """Wait no more for what runs; return the ids of the runs."""
        with self._lock:
            return self._ledger.lose_unfinished()

    def leave(self, now: float) -> None:
        """Say good-bye to the engines.

        What none of them acknowledged is left to whichever comes next.
        """
        self._state = 'stopped'
        with self._lock:
            self._next_heartbeat = 0.0
            reports = self._ledger.farewell(now)
        for message in reports:
            self._send(self._client.report, (message,))
        self.tick(now)
