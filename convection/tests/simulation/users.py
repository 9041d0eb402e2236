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
"""The users of the simulated world, who ask until they are told."""

from typing import Any
from typing import Callable

from convection.common import exception
from convection.common import uuids
from convection.engine.core import states
from convection.engine import definitions
from convection.engine import requests
from convection.tests.simulation import scenarios
from convection.tests.simulation import store as simulated

PROJECT = 'simulated'


class User:
    """Somebody who starts a job, and asks again until told of it."""

    def __init__(self, world: Any, scenario: str, key: str,
                 at: float) -> None:
        self.world = world
        self.key = key
        self.scenario = next(s for s in scenarios.SCENARIOS
                             if s['name'] == scenario)
        self.job_id: str | None = None
        self.cancelled = False
        world.after(at, self.ask)

    def ended(self) -> bool:
        """Whether the job came to its end."""
        row = self.world.store.jobs.get(self.job_id or '')
        return row is not None and row['state'] in states.FINISHED

    def ask(self) -> None:
        """Ask any engine that is up; try again later if nothing comes."""
        if self.job_id is not None:
            return
        world = self.world
        alive = [e for e in world.engines if e.alive]
        if alive:
            world.random.choice(alive).ask(
                requests.CreateJob(job=self._job()), self._answered)
        world.after(3.0, self.ask)

    def _job(self) -> Any:
        world = self.world
        found = world.definitions.by_name[self.scenario['name']]
        now = world.clock.time()
        identity = uuids.new_job_id(now)
        identity = world.new_id()[:-8] + identity[-8:]
        job = definitions.new_job(found, {
            'id': identity, 'project_id': PROJECT, 'user_id': 'user',
            'name': self.key, 'kind': 'batch', 'input': {},
            'params': self.scenario.get('params', {}), 'namespace': '',
            'created_at': now, 'idempotency_key': self.key, 'context': {}})
        job.root = job
        job.actions = world.definitions.catalogue(PROJECT)
        return job

    def _answered(self, row: Any, error: Exception | None) -> None:
        if error is None:
            self.world.check_saved(row['id'])
            if self.job_id not in (None, row['id']):
                raise simulated.Violation(f'{self.key} was started twice')
            if self.job_id is None:
                self.job_id = row['id']
                self._meddle()
        elif not isinstance(error, exception.Unavailable):
            raise simulated.Violation(f'{self.key}: {error!r}')

    def _meddle(self) -> None:
        """Sometimes pause and resume the job, sometimes cancel it."""
        world = self.world
        draw = world.random.random() if world.meddling else 1.0
        if self.scenario['name'] == 'endless':
            draw = 0.3
        if draw < 0.2:
            world.after(world.random.uniform(0, 8), Command(
                world, self.job_id, 'pause', self._resume).ask)
        elif draw < 0.35:
            self.cancelled = True
            world.after(world.random.uniform(0, 8), Command(
                world, self.job_id, 'cancel').ask)

    def _resume(self) -> None:
        world = self.world
        world.after(world.random.uniform(0, 8), Command(
            world, self.job_id, 'resume').ask)


class Asker:
    """Somebody who asks the engines for something, until told the answer."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._done = False
        self._owner: str | None = None

    def ask(self) -> None:
        """Ask the owner when it is known, else any engine."""
        if self._done:
            return
        world = self._world
        alive = [e for e in world.engines if e.alive]
        known = [e for e in alive if e.engine.id == self._owner]
        if alive:
            world.random.choice(known or alive).ask(self._request(),
                                                    self._hear)
        world.after(2.0, self.ask)

    def _hear(self, row: Any, error: Exception | None) -> None:
        if self._done:
            return
        self._owner = None
        if isinstance(error, exception.NotOwner):
            self._owner = error.kwargs['engine_id']
        elif not isinstance(error, exception.Unavailable):
            self._done = True
            self._answered(row, error)

    def _request(self) -> requests.Request:
        raise AssertionError('of a subclass')

    def _answered(self, row: Any, error: Exception | None) -> None:
        raise AssertionError('of a subclass')


class Completion(Asker):
    """Completes an asynchronous action run."""

    def __init__(self, world: Any, run_id: str, value: Any) -> None:
        super().__init__(world)
        self._run_id = run_id
        self._value = value

    def _request(self) -> requests.Request:
        return requests.CompleteActionRun(
            run_id=self._run_id, project_id=PROJECT, state=states.SUCCESS,
            result=self._value)

    def _answered(self, row: Any, error: Exception | None) -> None:
        if error is None:
            saved = self._world.store.action_runs[self._run_id]
            if saved['state'] != states.SUCCESS:
                raise simulated.Violation(f'{self._run_id} was not saved')
        elif not isinstance(error, exception.Conflict):
            # A conflict: it was lost with its executor, or cancelled.
            raise simulated.Violation(f'{self._run_id}: {error!r}')


class Command(Asker):
    """Pauses, resumes or cancels a job, and then does the next thing."""

    def __init__(self, world: Any, job_id: str, command: str,
                 then: Callable[[], None] = lambda: None) -> None:
        super().__init__(world)
        self._job_id = job_id
        self._command = command
        self._then = then

    def _request(self) -> requests.Request:
        return requests.CommandJob(
            job_id=self._job_id, project_id=PROJECT, command=self._command)

    def _answered(self, row: Any, error: Exception | None) -> None:
        self._world.log(f'{self._command} of {self._job_id}: '
                        f'{error or row["state"]}')
        saved = self._world.store.jobs[self._job_id]
        if isinstance(error, exception.Conflict):
            if saved['state'] not in states.FINISHED:
                raise simulated.Violation(
                    f'{self._job_id} was said to be finished')
        elif error is not None:
            raise simulated.Violation(f'{self._job_id}: {error!r}')
        elif self._command == 'cancel' and \
                saved['state'] != states.CANCELLED:
            raise simulated.Violation(
                f'the cancel of {self._job_id} is not saved')
        self._then()
