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
"""What the tests of the executor share."""

import threading
import time
from typing import Any

from oslotest import base as test_base

from convection.actions import base
from convection.actions.std import async_noop
from convection.actions.std import echo
from convection.actions.std import fail
from convection.actions.std import noop
from convection.actions.std import sleep
from convection.executor import agent
from convection.executor import catalogue
from convection.tests.unit.executor import foreign

#: The longest that a test waits for something that must happen.
BOUND = 30.0


class Stubborn(base.Action):
    """Does not hear that it is to stop."""

    parameters: dict[str, Any] = {'type': 'object'}

    def __init__(self) -> None:
        self.began = threading.Event()
        self.release = threading.Event()

    def run(self, context: base.ActionContext) -> str:
        """Wait for the test."""
        self.began.set()
        self.release.wait(BOUND)
        return 'late'


class Raises(base.Action):
    """Fails in a way that no author foresaw."""

    parameters: dict[str, Any] = {'type': 'object'}

    def run(self, context: base.ActionContext, kind: str = '') -> Any:
        """Fail, or return what is no JSON."""
        if kind == 'exit':
            raise SystemExit(3)
        if kind == 'object':
            return object()
        if kind == 'nan':
            return [float('nan')]
        if kind == 'surrogate':
            return ['\ud800']
        if kind == 'deep':
            deep: list[Any] = []
            for _ in range(100000):
                deep = [deep]
            return deep
        raise KeyError(kind)


ACTIONS = {
    'async': async_noop.AsyncNoop, 'echo': echo.Echo, 'fail': fail.Fail,
    'noop': noop.Noop, 'sleep': sleep.Sleep, 'stubborn': Stubborn,
    'raises': Raises, 'foreign': foreign.Foreign,
}


class Engines:
    """Takes what an executor tells engines; acknowledges nothing."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.reports: list[tuple[str | None, dict[str, Any]]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.registers: list[dict[str, Any]] = []
        self.results: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()
        #: Raised by every method, if anything.
        self.fault: Exception | None = None

    def _note(self, where: list, what: Any) -> None:
        if self.fault is not None:
            raise self.fault
        with self.changed:
            where.append(what)
            self.changed.notify_all()

    def report(self, message: dict[str, Any],
               engine_id: str | None = None) -> None:
        """Take a report."""
        if self.fault is None:
            for result in message['results']:
                self.results.setdefault(result['id'], result)
            self.refused.update(message['refused'])
        self._note(self.reports, (engine_id, message))

    def heartbeat(self, message: dict[str, Any]) -> None:
        """Take a heartbeat."""
        self._note(self.heartbeats, message)

    def register(self, message: dict[str, Any]) -> None:
        """Take a catalogue."""
        self._note(self.registers, message)

    def wait(self, condition: Any) -> None:
        """Wait until a condition holds.

        :raises AssertionError: it does not, for too long.
        """
        with self.changed:
            if not self.changed.wait_for(condition, BOUND):
                raise AssertionError('what was waited for did not happen')


class ExecutorTestCase(test_base.BaseTestCase):
    """Runs an executor, and talks to it as engines do."""

    def make(self, conf: Any, **arguments: Any) -> agent.Executor:
        """Make an executor that is not started."""
        self.engines = Engines()
        self.catalogue = catalogue.Catalogue(ACTIONS)
        self.numbers = 0
        self.executor = agent.Executor(conf, self.engines, self.catalogue,
                                       **arguments)
        return self.executor

    def dispatch(self, *runs: tuple, engine_id: str = 'e',
                 **message: Any) -> None:
        """Send runs: (id, action, input, other fields of the run)."""
        self.numbers += 1
        self.executor.dispatch({
            'engine_id': engine_id, 'seq': self.numbers,
            'executor_id': self.executor.executor_id,
            'runs': [{'id': run[0], 'action': run[1],
                      'input': run[2] if len(run) > 2 else {},
                      **(run[3] if len(run) > 3 else {})} for run in runs],
            **message})

    def result(self, run_id: str) -> dict[str, Any]:
        """Wait for the result of a run."""
        self.engines.wait(lambda: run_id in self.engines.results)
        return self.engines.results[run_id]

    def acknowledge(self) -> None:
        """Acknowledge all that was reported."""
        self.dispatch(acks=[
            message['seq'] for _, message in list(self.engines.reports)
            if message['seq'] is not None])

    def eventually(self, condition: Any) -> None:
        """Wait until a condition holds that nobody announces."""
        give_up = time.monotonic() + BOUND
        while not condition():
            self.assertLess(time.monotonic(), give_up, 'it did not happen')
            time.sleep(0.005)
