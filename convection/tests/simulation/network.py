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
"""The simulated broker: loses, repeats, delays and reorders messages."""

import json
import random
from typing import Any
from typing import Callable


class Weather:
    """How bad the network is; all zero is a perfect one."""

    def __init__(self, source: random.Random, harsh: bool) -> None:
        self.loss = source.choice((0, 0.02, 0.2)) if harsh else 0
        self.repeat = source.choice((0, 0.05, 0.3)) if harsh else 0
        self.late = source.choice((0, 0.02, 0.1)) if harsh else 0


class Network:
    """Brings messages to processes some time after they were sent."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self.weather = Weather(world.random, harsh=False)

    def deliver(self, message: Any, receive: Callable[[Any], None]) -> None:
        """Send a message: it may come late, twice, or never."""
        source, weather = self._world.random, self.weather
        copies = 1
        if source.random() < weather.loss:
            copies = 0
        elif source.random() < weather.repeat:
            copies = 2
        for _ in range(copies):
            delay = source.uniform(0.0005, 0.02)
            if source.random() < weather.late:
                delay = source.uniform(0.5, 8.0)
            self._world.after(delay, receive, json.loads(json.dumps(message)))


class EngineLink:
    """What an executor sees of the engines: the typed client's casts."""

    def __init__(self, world: Any) -> None:
        self._world = world

    def report(self, message: dict[str, Any],
               engine_id: str | None = None) -> None:
        """Send results to one engine, or to any."""
        self._world.network.deliver(
            message, lambda m: self._world.report(m, engine_id))

    def heartbeat(self, message: dict[str, Any]) -> None:
        """Send a sign of life to each engine."""
        for engine in self._world.engines:
            self._world.network.deliver(message, engine.heartbeat)

    def register(self, message: dict[str, Any]) -> None:
        """Send the catalogue to each engine."""
        for engine in self._world.engines:
            self._world.network.deliver(message, engine.register)


class ExecutorLink:
    """What an engine sees of the executors.

    :param leaving: called before a message leaves; raises to crash there.
    """

    def __init__(self, world: Any,
                 leaving: Callable[[dict[str, Any]], None]) -> None:
        self._world = world
        self._leaving = leaving

    def dispatch(self, message: dict[str, Any]) -> None:
        """Send a message to one executor."""
        self._leaving(message)
        self._world.network.deliver(message, self._world.dispatch)

    def pass_on(self, message: dict[str, Any], engine_id: str) -> None:
        """Send a report to the engine that owns the jobs it is about."""
        self._world.network.deliver(
            message, lambda m: self._world.report(m, engine_id))
