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
"""A seeded world: engines, executors, users, a database and a broker.

Everything happens in one thread, in the order that the seed gives: the same
seed gives the same world. For a while the world is harsh: processes crash at
every point, messages are lost, repeated and late, an engine is held past its
lease, the database goes away. Then it is mild, and every job must come to
the end that it has in a world without faults.
"""

import heapq
import itertools
import json
import logging
import random
import time
from typing import Any
from typing import Callable
from unittest import mock
import uuid

from convection.engine import batch
from convection.engine.core import states
from convection.executor import ledger
from convection.tests.simulation import network
from convection.tests.simulation import processes
from convection.tests.simulation import scenarios
from convection.tests.simulation import store as simulated
from convection.tests.simulation import users

#: When the world begins, in seconds since the epoch.
EPOCH = 1_800_000_000.0
#: How long it is harsh, and how long all jobs may take after that.
HARSH_FOR = 25.0
MILD_FOR = 400.0

Violation = simulated.Violation


class Clock:
    """The world's time."""

    def __init__(self) -> None:
        self.now = EPOCH

    def time(self) -> float:
        """Return the seconds since the epoch."""
        return self.now


class _Listener(logging.Handler):
    """Turns what the services log as an error into a violation."""

    def __init__(self, world: 'World') -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text += ': ' + logging.Formatter().formatException(
                record.exc_info)
        self._world.errors.append(text)


_CONF = processes.executor_conf()


class World:
    """One run of the simulation.

    :param seed: decides everything.
    :param faults: False for the world that outcomes are compared with.
    :param chosen: names of the scenarios to run; drawn when None.
    """

    def __init__(self, seed: int, faults: bool = True,
                 chosen: list[str] | None = None) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.clock = Clock()
        self.errors: list[str] = []
        self.history: list[str] = []
        self._heap: list[tuple] = []
        self._order = itertools.count()
        self._ids = random.Random(seed + 1)
        self.store = simulated.Store(self.clock)
        self.definitions = processes.Definitions(scenarios.DEFINITIONS)
        self.executor_conf = _CONF
        self.network = network.Network(self)
        self.harsh = False
        self.database_down = False
        #: Whether users pause, resume and cancel.
        self.meddling = faults
        self.crash_rate = 0.0
        self.failure_rate = 0.0
        #: So few make engines go on in another batch, with a commit between.
        self.steps_per_batch = batch.STEPS_PER_BATCH
        #: How often the action of each run began.
        self.began: dict[str, int] = {}
        self.jobs: list[users.User] = []
        self.engines: list[processes.EngineProcess] = []
        self.executors: list[processes.ExecutorProcess] = []
        self._populate(faults, chosen)

    def _populate(self, faults: bool, chosen: list[str] | None) -> None:
        draw = self.random
        counts = (draw.randint(1, 3), draw.randint(1, 3)) if faults else (1, 1)
        self.engines = [processes.EngineProcess(self, f'engine-{n}')
                        for n in range(counts[0])]
        self.executors = [processes.ExecutorProcess(self, f'executor-{n}')
                          for n in range(counts[1])]
        if chosen is None:
            chosen = [draw.choice(scenarios.SCENARIOS)['name']
                      for _ in range(draw.randint(1, 6))]
        for number, name in enumerate(chosen):
            self.jobs.append(users.User(self, name, f'{name}-{number}',
                                        self.random.uniform(0.5, 10.0)))
        if faults:
            self.harsh = True
            self.crash_rate = draw.choice((0, 0.002, 0.01, 0.03))
            self.failure_rate = draw.choice((0, 0.005, 0.03))
            self.steps_per_batch = draw.choice((batch.STEPS_PER_BATCH, 4))
            self.network.weather = network.Weather(draw, harsh=True)
            self._plan_faults()

    def _plan_faults(self) -> None:
        draw = self.random
        for _ in range(draw.choice((0, 1, 3, 6))):
            self.after(draw.uniform(1.0, HARSH_FOR),
                       draw.choice(self._FAULTS).__get__(self))
        self.after(HARSH_FOR, self._become_mild)

    def _pause_engine(self) -> None:
        engine = self.random.choice(self.engines)
        engine.paused_until = self.clock.now + self.random.uniform(1.0, 12.0)
        self.log(f'{engine.name} is held until {engine.paused_until - EPOCH}')

    def _stop_engine(self) -> None:
        self.random.choice(self.engines).stop()

    def _crash_executor(self) -> None:
        self.random.choice(self.executors).crash()

    def _stop_executor(self) -> None:
        self.random.choice(self.executors).stop()

    def _pause_executor(self) -> None:
        executor = self.random.choice(self.executors)
        executor.paused_until = (self.clock.now +
                                 self.random.uniform(1.0, 15.0))
        self.log(f'{executor.name} is held')

    def _lose_database(self) -> None:
        self.database_down = True
        self.log('the database is away')
        self.after(self.random.uniform(0.5, 8.0), self._find_database)

    def _find_database(self) -> None:
        self.database_down = False

    _FAULTS = (_pause_engine, _stop_engine, _crash_executor, _stop_executor,
               _pause_executor, _lose_database)

    def _become_mild(self) -> None:
        self.harsh = False
        self.database_down = False
        self.network.weather = network.Weather(self.random, harsh=False)
        self.log('the world is mild now')

    # -- time --

    def after(self, seconds: float, action: Callable, *arguments: Any
              ) -> None:
        """Do something later."""
        heapq.heappush(self._heap, (self.clock.now + seconds,
                                    next(self._order), action, arguments))

    def log(self, text: str) -> None:
        """Remember what happened, for the report of a failing seed."""
        self.history.append(f'{self.clock.now - EPOCH:9.3f} {text}')

    def new_id(self) -> str:
        """Return an id that the seed decides."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    # -- messages --

    def report(self, message: dict[str, Any], engine_id: str | None) -> None:
        """Bring a report to its engine, or to any."""
        alive = [e for e in self.engines if e.alive]
        if engine_id is None and alive:
            self.random.choice(alive).report(message)
        elif engine_id is None:
            # The queue that all engines share keeps it.
            self.after(0.5, self.report, message, None)
        for engine in alive:
            if engine.engine.id == engine_id:
                engine.report(message)

    def dispatch(self, message: dict[str, Any]) -> None:
        """Bring an engine's message to its executor."""
        for executor in self.executors:
            if executor.alive and executor.executor.executor_id == \
                    message['executor_id']:
                executor.dispatch(message)

    # -- actions --

    def script(self, order: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        """Say how long a run takes and how it ends."""
        given = order['input']
        if order['asynchronous']:
            record = ledger.record(order['id'], 'RUNNING')
            if not given.get('never'):
                self.after(self.random.uniform(0.1, 6.0), self._complete,
                           order['id'], given.get('value'))
        elif order['attempt'] <= given.get('fail', 0):
            record = ledger.record(order['id'], 'ERROR', error='scripted')
        else:
            record = ledger.record(order['id'], 'SUCCESS',
                                   given.get('value', given))
        seconds = self.random.choice((0.001, 0.05, self.random.uniform(0, 8)))
        if given.get('endless'):
            seconds = 1e9
        return seconds, record

    def _complete(self, run_id: str, value: Any) -> None:
        users.Completion(self, run_id, value).ask()

    # -- invariants --

    def action_began(self, order: dict[str, Any]) -> None:
        """Check that no action run is run twice."""
        run_id = order['id']
        self.began[run_id] = self.began.get(run_id, 0) + 1
        if self.began[run_id] > 1:
            raise Violation(f'the action run {run_id} ran twice')

    def check_dispatch(self, message: dict[str, Any]) -> None:
        """Check that everything sent was committed before."""
        for run in message['runs']:
            if (run['id'], message['executor_id']) not in \
                    self.store.assigned:
                raise Violation(f'{run["id"]} was sent before its commit')

    def check_saved(self, job_id: str) -> None:
        """Check that what a user was told is in the database."""
        if job_id not in self.store.jobs:
            raise Violation(f'the user was told of {job_id}, not saved')

    # -- the run --

    def run(self) -> dict[str, Any]:
        """Run to the end; return the outcome of each job by its key.

        :raises Violation: with what happened before.
        """
        listener = _Listener(self)
        logger = logging.getLogger('convection')
        logger.addHandler(listener)
        try:
            with mock.patch.object(batch, 'STEPS_PER_BATCH',
                                   self.steps_per_batch):
                return self._run()
        finally:
            logger.removeHandler(listener)

    def _run(self) -> dict[str, Any]:
        deadline = EPOCH + HARSH_FOR + MILD_FOR
        while self._heap:
            at, _order, action, arguments = heapq.heappop(self._heap)
            if at > deadline:
                break
            self.clock.now = max(at, self.clock.now)
            action(*arguments)
            if self.errors:
                raise Violation(self.errors[0])
            if not self.harsh and all(user.ended() for user in self.jobs) \
                    and self._quiet():
                break
        return self._outcomes()

    def _quiet(self) -> bool:
        """Whether no sub-job is left, and no executor runs anything."""
        return all(row['state'] in states.FINISHED
                   for row in self.store.jobs.values()) and not any(
            process.alive and process.executor.unfinished
            for process in self.executors)

    def _outcomes(self) -> dict[str, Any]:
        found = {}
        for user in self.jobs:
            row = self.store.jobs.get(user.job_id or '')
            if row is None or row['state'] not in states.FINISHED:
                raise Violation(f'{user.key} is stuck: {self.describe(row)}')
            found[user.key] = {'state': row['state'],
                               'output': row['output'],
                               'state_info': row['state_info']}
        self._check_rows()
        return found

    def describe(self, row: dict[str, Any] | None) -> str:
        """Return the rows of a job's tree."""
        if row is None:
            return 'no row'
        root = row['root_job_id']
        tree = [j for j in self.store.jobs.values()
                if j['root_job_id'] == root]
        keys = {j['id'] for j in tree}
        parts = [p for table in (self.store.tasks, self.store.action_runs)
                 for p in table.values() if p['job_id'] in keys]
        return '\n'.join(json.dumps(p, default=str) for p in tree + parts)

    def _check_rows(self) -> None:
        """Check that nothing was left behind under finished jobs."""
        for row in self.store.jobs.values():
            if row['state'] not in states.FINISHED:
                raise Violation(f'sub-job {row["id"]} is stuck')
        for process in self.executors:
            if process.alive and process.executor.unfinished:
                raise Violation(f'{process.name} runs for nobody')
        for table in (self.store.tasks, self.store.action_runs):
            for row in table.values():
                if row['state'] not in states.FINISHED:
                    raise Violation(f'{row["id"]} is {row["state"]} in a '
                                    'finished job')


_expected: dict[str, Any] = {}


def expected(scenario: str) -> dict[str, Any]:
    """Return how a scenario ends in a world without faults."""
    if scenario not in _expected:
        world = World(0, faults=False, chosen=[scenario])
        _expected[scenario] = world.run()[f'{scenario}-0']
    return _expected[scenario]


def check(seed: int) -> None:
    """Run a world and compare every outcome with that without faults.

    :raises Violation: with the seed and what happened.
    """
    world = World(seed)
    started = time.monotonic()
    try:
        outcomes = world.run()
        for user in world.jobs:
            _compare(user, outcomes[user.key])
    except Exception as error:
        story = '\n'.join(world.history)
        raise Violation(
            f'seed {seed} ({time.monotonic() - started:.1f} s): '
            f'{error}\n{story}') from error


def _compare(user: users.User, outcome: dict[str, Any]) -> None:
    name = user.scenario['name']
    wanted = expected(name)
    if name == 'unsafe' and outcome['state'] == states.ERROR:
        if 'lost' not in outcome['state_info']:
            raise Violation(f'{user.key}: {outcome}')
        return
    if user.cancelled and outcome['state'] == states.CANCELLED:
        return
    if outcome != wanted:
        raise Violation(f'{user.key} ended as {outcome}, without faults as '
                        f'{wanted}')
