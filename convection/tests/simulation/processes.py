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
"""The simulated processes: production engines and executors on a string."""

import concurrent.futures
import types
from typing import Any

from oslo_config import cfg

from convection.actions import base
from convection import conf as options
from convection.engine import definitions
from convection.engine import loop
from convection.engine import ownership
from convection.engine import requests
from convection.engine import store as stores
from convection.executor import agent
from convection.executor import catalogue
from convection.executor import ledger
from convection.executor import slots
from convection.tests.simulation import network
from convection.tests.simulation import store as simulated

SETTINGS = types.SimpleNamespace(
    heartbeat_interval=1.0, takeover_after=4.0, executor_lost_after=6.0)


class Crash(BaseException):
    """The process ends here; nothing of it may handle this."""


class Work(base.Action):
    """Does what the script of the world says."""

    description = 'A scripted action.'
    parameters = {'type': 'object'}

    def run(self, context: Any, **parameters: Any) -> Any:
        """The simulated runner runs nothing."""
        raise AssertionError('not run in a simulation')


class Ask(Work):
    """Ends by a call of the world's user."""

    asynchronous = True


CATALOGUE = catalogue.Catalogue({'test.work': Work, 'test.ask': Ask})


def executor_conf() -> cfg.ConfigOpts:
    """Return a configuration with short intervals."""
    conf = cfg.ConfigOpts()
    options.register_options(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    for name, value in {'heartbeat_interval': 1.0, 'host': 'simulated',
                        'slots': 4, 'prefetch': 4,
                        'engine_silent_after': 4.0}.items():
        conf.set_override(name, value, group='executor')
    return conf


class Definitions:
    """Finds definitions among the documents of the scenario."""

    def __init__(self, found: dict[str, definitions.Definition]) -> None:
        self.by_name = found
        self._actions = definitions.Catalogue(
            {d['name']: d for d in CATALOGUE.describe()}, {})

    def find_sub_workflow(self, parent: Any,
                          name: str) -> definitions.Definition:
        """Return the definition of that name."""
        if name not in self.by_name:
            raise definitions.Refused(f'No workflow has the name "{name}".')
        return self.by_name[name]

    def revision(self, revision_id: str) -> definitions.Definition:
        """Return a definition by the id of its revision: its name."""
        return self.by_name[revision_id]

    def catalogue(self, project_id: str) -> definitions.Catalogue:
        """Return the scripted actions."""
        return self._actions

    def save_plugins(self, described: list, at: float) -> None:
        """Check that executors describe what is known already."""
        for description in described:
            if self._actions.plugin(description['name']) is None:
                raise simulated.Violation(f'unknown: {description}')


class EngineStore:
    """The database as one engine sees it: calls may fail or be the last."""

    def __init__(self, process: 'EngineProcess') -> None:
        self._process = process
        self._world = process.world

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._world.store, name)

        def call(*arguments: Any) -> Any:
            self._process.trouble(f'before {name}')
            answer = method(*arguments)
            self._process.trouble(f'after {name}')
            return answer
        return call


class EngineProcess:
    """An engine that is run batch by batch, killed, paused and replaced."""

    def __init__(self, world: Any, name: str) -> None:
        self.world = world
        self.name = name
        self.paused_until = 0.0
        self._replies: list[tuple[requests.Request, Any]] = []
        self.begin()

    def begin(self) -> None:
        """Start a new process with an empty memory."""
        world = self.world
        self.engine = loop.Engine(
            store=EngineStore(self), definitions=world.definitions,
            executors=network.ExecutorLink(world, self._leaving),
            clock=world.clock, settings=SETTINGS, new_id=world.new_id,
            service={'host': self.name, 'version': '1',
                     'info': {}})
        self.alive = True
        self._replies = []
        world.log(f'{self.name} begins as {self.engine.id}')
        world.after(0.0, self.wake)

    # -- faults --

    def trouble(self, where: str) -> None:
        """Fail or crash here, if the world wants it."""
        world = self.world
        if world.database_down:
            raise stores.StoreUnavailable('the database is away')
        if not world.harsh:
            return
        chance = world.random.random()
        if chance < world.crash_rate:
            raise Crash(where)
        if chance < world.crash_rate + world.failure_rate:
            raise stores.StoreUnavailable(f'failed {where}')

    def _leaving(self, message: dict[str, Any]) -> None:
        self.world.check_dispatch(message)
        if self.world.harsh and \
                self.world.random.random() < self.world.crash_rate:
            raise Crash('between commit and send')

    def crash(self, where: str) -> None:
        """Lose everything that is not in the database."""
        self.world.log(f'{self.name} crashes {where}')
        self.alive = False
        self._replies = []
        self.world.after(self.world.random.uniform(0.5, 8.0), self.begin)

    def stop(self) -> None:
        """Stop cleanly and start again later."""
        if not self.alive:
            return
        self.world.log(f'{self.name} stops')
        try:
            self.engine.ownership.release()
        except Crash:
            pass
        self.alive = False
        self._replies = []
        self.world.after(self.world.random.uniform(0.1, 3.0), self.begin)

    # -- work --

    def wake(self) -> None:
        """Run a batch if there is reason to, and say when to come back."""
        if not self.alive:
            return
        now = self.world.clock.time()
        if now < self.paused_until:
            self.world.after(self.paused_until - now, self.wake)
            return
        try:
            self.engine.run_batch()
        except Crash as crash:
            self.crash(str(crash))
            return
        except ownership.Superseded:
            self.world.log(f'{self.name} was declared dead')
            self._settle()
            self.begin()
            return
        self._settle()
        self._sleep()

    def _sleep(self) -> None:
        now = self.world.clock.time()
        due = max(self.engine.next_due() - now, 0.0)
        if self.engine._inbox:
            due = 0.0
        self._token = token = object()
        self.world.after(due + 0.0001, lambda: self._wake_if(token))

    def _wake_if(self, token: object) -> None:
        if self._token is token:
            self.wake()

    def _hear(self, request: requests.Request) -> None:
        if self.alive:
            self.engine.submit(request)
            self.world.after(self.world.random.uniform(0, 0.005), self.wake)

    def heartbeat(self, message: dict[str, Any]) -> None:
        """Take a heartbeat."""
        self._hear(requests.Heartbeat(message=message))

    def register(self, message: dict[str, Any]) -> None:
        """Take a catalogue."""
        self._hear(requests.Register(message=message))

    def report(self, message: dict[str, Any]) -> None:
        """Take results."""
        self._hear(requests.Report(message=message))

    def ask(self, request: requests.Request, answer: Any) -> None:
        """Take a user's request; ``answer(result, error)`` when settled."""
        request.reply = concurrent.futures.Future()
        self._replies.append((request, answer))
        self._hear(request)

    def _settle(self) -> None:
        waiting = []
        for request, answer in self._replies:
            if request.reply.done():
                error = request.reply.exception()
                answer(None if error else request.reply.result(), error)
            else:
                waiting.append((request, answer))
        self._replies = waiting


class Runner:
    """Runs actions by the script of the world, in simulated time."""

    stuck = 0

    def __init__(self, process: 'ExecutorProcess',
                 listener: slots.Listener) -> None:
        self._process = process
        self._world = process.world
        self._listener = listener
        self._running: dict[str, object] = {}

    @property
    def used(self) -> int:
        """How many run."""
        return len(self._running)

    def submit(self, work: slots.Work) -> None:
        """Begin a run; its end is an event of the world."""
        order = work.order
        self._world.action_began(order)
        token = self._running[work.run_id] = object()
        if order['timeout']:
            self._listener.began(
                work.run_id, self._world.clock.time() + order['timeout'],
                order['timeout'])
        seconds, record = self._world.script(order)
        self._world.after(seconds, lambda: self._end(
            work.run_id, token, record, seconds))

    def _end(self, run_id: str, token: object, record: dict[str, Any],
             seconds: float) -> None:
        if self._running.get(run_id) is not token:
            return
        del self._running[run_id]
        self._listener.ended(run_id, record, 10, seconds)
        self._process.tick()

    def withdraw(self, run_id: str) -> bool:
        """Everything begins at once here."""
        return False

    def withdraw_all(self) -> list[str]:
        """Everything begins at once here."""
        return []

    def interrupt(self, run_id: str) -> None:
        """End a run as cancelled, a moment later."""
        token = self._running.get(run_id)
        if token is not None:
            self._world.after(0.01, lambda: self._end(
                run_id, token, ledger.record(run_id, 'CANCELLED',
                                             error='interrupted'), 0.01))

    def abandon(self, run_id: str) -> bool:
        """Give up waiting for a run."""
        return self._running.pop(run_id, None) is not None

    def stop(self) -> None:
        """Run nothing more."""
        self._running.clear()


class ExecutorProcess:
    """An executor that is ticked, killed and replaced."""

    def __init__(self, world: Any, name: str) -> None:
        self.world = world
        self.name = name
        self.paused_until = 0.0
        self.begin()

    def begin(self) -> None:
        """Start a new process with an empty memory."""
        world = self.world
        self.executor = agent.Executor(
            world.executor_conf, network.EngineLink(world), CATALOGUE,
            clock=world.clock.time, new_id=world.new_id,
            make_runner=lambda listener: Runner(self, listener))
        self.alive = True
        world.log(f'{self.name} begins as {self.executor.executor_id}')
        world.after(0.0, self.tick)

    def tick(self) -> None:
        """Let the reporter do what is due."""
        if not self.alive:
            return
        now = self.world.clock.time()
        if now < self.paused_until:
            self.world.after(self.paused_until - now, self.tick)
            return
        due = self.executor.tick(now)
        self._token = token = object()
        self.world.after(max(due - now, 0.0) + 0.0001,
                         lambda: self._tick_if(token))

    def _tick_if(self, token: object) -> None:
        if self._token is token:
            self.tick()

    def dispatch(self, message: dict[str, Any]) -> None:
        """Take a message of an engine."""
        if self.alive:
            self.executor.dispatch(message)
            self.tick()

    def crash(self) -> None:
        """Lose everything."""
        if self.alive:
            self.world.log(f'{self.name} crashes')
            self.alive = False
            self.world.after(self.world.random.uniform(0.5, 8.0), self.begin)

    def stop(self) -> None:
        """Drain, leave when idle, and start again later."""
        if self.alive and not self.world.clock.time() < self.paused_until:
            self.world.log(f'{self.name} drains')
            self.executor.drain()
            self.tick()
            self.world.after(self.world.random.uniform(0.5, 12.0),
                             self._leave)

    def _leave(self) -> None:
        if self.alive:
            self.world.log(f'{self.name} leaves')
            self.executor.give_up()
            self.executor.leave(self.world.clock.time())
            self.alive = False
            self.world.after(self.world.random.uniform(0.1, 3.0), self.begin)
