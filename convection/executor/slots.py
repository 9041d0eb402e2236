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
"""Where actions run: a few threads, made when they are first needed.

The path of a run is kept short: no lock, no future and no thread per run. A
run is in ``_waiting`` until somebody takes it out, either the thread that
runs it or whoever withdraws it; taking a key out of a dictionary is atomic.
"""

import collections.abc
import queue
import threading
from typing import Any, Protocol

from oslo_config import cfg
from oslo_log import log as logging

from convection.actions import base
from convection.executor import ledger
from convection.executor import outcome
from convection.executor import processes

LOG = logging.getLogger(__name__)


class Work:
    """One action run on its way through a slot.

    :param order: the action run as the engine sent it.
    :param action: what runs it.
    :param conf: the executor's configuration.
    """

    __slots__ = ('run_id', 'order', 'action', 'context', 'abandoned')

    def __init__(self, order: dict[str, Any], action: base.Action,
                 conf: cfg.ConfigOpts) -> None:
        self.run_id: str = order['id']
        self.order = order
        self.action = action
        self.context = base.ActionContext(order, conf)
        #: Its end was reported, though its thread goes on.
        self.abandoned = False


class Listener(Protocol):
    """Hears what happens to runs, in the thread that runs them."""

    def began(self, run_id: str, deadline: float, timeout: float) -> None:
        """A run with a timeout began."""

    def ended(self, run_id: str, record: dict[str, Any], size: int,
              seconds: float) -> None:
        """A run ended; see :func:`convection.executor.ledger.record`."""


class Runner(Protocol):
    """Runs actions; :class:`Slots`, or a script in a simulation."""

    #: How many runs hold a slot now.
    used: int
    #: How many of these were reported as ended but could not be stopped.
    stuck: int

    def submit(self, work: Work) -> None:
        """Run this as soon as a slot is free."""

    def withdraw(self, run_id: str) -> bool:
        """Take back a run that has not begun; False when it has."""

    def withdraw_all(self) -> list[str]:
        """Take back every run that has not begun."""

    def interrupt(self, run_id: str) -> None:
        """Tell a run to stop; kill it when it has its own process."""

    def abandon(self, run_id: str) -> bool:
        """Give up waiting for a run; False when it has just ended."""

    def stop(self) -> None:
        """Stop what can be stopped, and run nothing more."""


class Slots:
    """Runs actions in threads.

    :param conf: the executor's configuration.
    :param listener: hears when runs begin and end.
    :param clock: gives the time in seconds since the epoch.
    """

    def __init__(self, conf: cfg.ConfigOpts, listener: Listener,
                 clock: collections.abc.Callable[[], float]) -> None:
        self._conf = conf
        self._listener = listener
        self._clock = clock
        self._size = conf.executor.slots
        self._limit = conf.executor.max_result_size
        self._processes = processes.Processes(conf)
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._waiting: dict[str, Work] = {}
        self._running: dict[str, Work] = {}
        self._threads = 0

    @property
    def used(self) -> int:
        """How many runs hold a slot now."""
        return len(self._running)

    @property
    def stuck(self) -> int:
        """How many runs hold a slot though their end was reported."""
        return sum(work.abandoned for work in list(self._running.values()))

    def submit(self, work: Work) -> None:
        """Run this as soon as a slot is free. One thread calls at a time."""
        self._waiting[work.run_id] = work
        self._queue.put(work)
        if (self._threads < self._size
                and len(self._waiting) + len(self._running) > self._threads):
            self._threads += 1
            threading.Thread(target=self._serve, daemon=True,
                             name=f'slot-{self._threads}').start()

    def withdraw(self, run_id: str) -> bool:
        """Take back a run that has not begun; False when it has."""
        return self._waiting.pop(run_id, None) is not None

    def withdraw_all(self) -> list[str]:
        """Take back every run that has not begun."""
        return [run_id for run_id in list(self._waiting)
                if self.withdraw(run_id)]

    def interrupt(self, run_id: str) -> None:
        """Tell a run to stop; kill it when it has its own process."""
        work = self._running.get(run_id)
        if work is not None:
            work.context.cancel()

    def abandon(self, run_id: str) -> bool:
        """Give up waiting for a run; False when it has just ended."""
        work = self._running.get(run_id)
        if work is None:
            return False
        work.abandoned = True
        return True

    def stop(self) -> None:
        """Stop what can be stopped, and run nothing more."""
        self.withdraw_all()
        for run_id in list(self._running):
            self.interrupt(run_id)
        for _ in range(self._threads):
            self._queue.put(None)
        self._processes.stop()

    def _serve(self) -> None:
        while True:
            work = self._queue.get()
            if work is None:
                return
            # First in, then out: whoever cannot withdraw it finds it here.
            self._running[work.run_id] = work
            if self._waiting.pop(work.run_id, None) is not None:
                self._run(work)
            else:
                del self._running[work.run_id]

    def _run(self, work: Work) -> None:
        began = self._clock()
        timeout = work.order.get('timeout')
        if timeout:
            work.context.deadline = began + timeout
            self._listener.began(work.run_id, began + timeout, timeout)
        try:
            record, size = self._call(work)
        except BaseException as error:
            record, size = self._failure(work, error)
        del self._running[work.run_id]
        self._listener.ended(work.run_id, record, size,
                             self._clock() - began)

    def _call(self, work: Work) -> tuple[dict[str, Any], int]:
        if work.action.isolation == 'process':
            return self._processes.call(work.action, work.order,
                                        work.context)
        value = work.action.run(work.context,
                                **(work.order.get('input') or {}))
        return outcome.success(work.run_id, value, work.action.asynchronous,
                               self._limit)

    def _failure(self, work: Work,
                 error: BaseException) -> tuple[dict[str, Any], int]:
        if work.context.is_cancelled:
            # Whoever told it to stop knows the state that this means.
            return ledger.record(work.run_id, 'CANCELLED'), 0
        if not isinstance(error, base.ActionError):
            LOG.warning('The action %s of run %s failed',
                        work.order['action'], work.run_id, exc_info=error)
        return outcome.failure(work.run_id, error, self._limit)
