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
"""Random workflows, results and interleavings: what must hold for all."""

import json
import random
from typing import Any

import hypothesis
from hypothesis import strategies
from oslotest import base

from convection.engine.core import events
from convection.engine.core import states
from convection.tests.unit.core import harness

_SETTINGS = hypothesis.settings(
    max_examples=100, deadline=None, derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck))


def workflow(rng: random.Random, size: int, deep: bool) -> dict[str, Any]:
    """Make up a direct workflow; each task counts ``n`` up.

    :param deep: some tasks are sub-workflows.
    """
    names = [f't{number}' for number in range(size)]
    tasks = {name: _task(rng, deep) for name in names}
    inbound: dict[str, int] = dict.fromkeys(names, 0)
    for place, name in enumerate(names):
        for event, chance in (('on-success', 0.7), ('on-error', 0.3),
                              ('on-complete', 0.1)):
            if rng.random() < chance:
                found = _clause(rng, names[place + 1:], inbound)
                if found:
                    tasks[name][event] = found
    if rng.random() < 0.3 and size > 2:
        source = rng.randrange(1, size)
        target = names[rng.randrange(1, source + 1)]
        if inbound[target]:
            tasks[names[source]].setdefault('on-success', []).append(
                {target: '<% $.n < 4 %>'})
            inbound[target] += 1
    for name in names:
        # Without joins the number of tasks would grow with each fork.
        if inbound[name] > 1 and rng.random() < 0.7 or (
                inbound[name] and rng.random() < 0.2):
            tasks[name]['join'] = rng.choice(['all', 'all', 'one', 1])
    return {'vars': {'n': 0}, 'tasks': tasks}


def _clause(rng: random.Random, after: list[str],
            inbound: dict[str, int]) -> list:
    found: list[Any] = []
    for target in rng.sample(after, min(len(after), rng.choice([1, 1, 2]))):
        inbound[target] += 1
        found.append(rng.choice([
            target, target, {target: '<% $.n < 3 %>'},
            {target: '<% $.nothing %>'}]))
    if rng.random() < 0.15:
        found.insert(rng.randint(0, len(found)), rng.choice(
            ['noop', 'pause', 'pause', 'fail', 'succeed']))
    return found


def _task(rng: random.Random, deep: bool) -> dict[str, Any]:
    task: dict[str, Any] = {'publish': {'n': '<% $.n + 1 %>'}}
    if deep and rng.random() < 0.4:
        task['workflow'] = 'sub'
    else:
        task['action'] = rng.choice(['std.noop', 'test.x', 'test.x',
                                     'test.x', 'std.sleep', 'std.fail'])
    for key, chance, values in (
            ('retry', 0.2, [{'count': 2, 'delay': 1},
                            {'count': 1, 'delay': 0}]),
            ('wait-before', 0.15, [1, 2]), ('wait-after', 0.15, [1, 2]),
            ('timeout', 0.2, [1, 3]), ('pause-before', 0.05, [True]),
            ('fail-on', 0.1, ['<% $.n = 2 %>']),
            ('safe-rerun', 0.3, [True]),
            ('with-items', 0.2, ['i in <% range(3) %>', 'i in <% [] %>'])):
        if rng.random() < chance:
            task[key] = rng.choice(values)
    if 'with-items' in task and rng.random() < 0.5:
        task['concurrency'] = rng.choice([1, 2])
    if rng.random() < 0.2:
        task['publish-on-error'] = {'n': '<% $.n + 1 %>', 'e': 1}
    if rng.random() < 0.2:
        task['on-complete'] = {'publish': {'global': {'g': '<% $.n %>'}}}
    return task


def results(rng: random.Random, size: int) -> dict[str, list[dict]]:
    """Make up what the runs of each task come to."""
    return {f't{number}': [
        {**rng.choice([{'value': 1}, {'value': 2}, {'value': {'a': 1}},
                       {'error': 'e'}, {'lost': True},
                       {'cancelled': True} if rng.random() < 0.2
                       else {'value': 3}]),
         'after': rng.choice([0, 0, 1, 2, 4])}
        for _call in range(4)] for number in range(size)}


def play(seed: int, size: int, **kwargs: Any) -> harness.Run:
    """Play a made-up workflow to its end, with requests on the way."""
    rng = random.Random(seed)
    deep = rng.random() < 0.5
    document = {'version': '2.0', 'wf': workflow(rng, size, deep),
                'sub': workflow(rng, 3, False)}
    run = harness.Run(json.dumps(document), 'wf', seed=seed,
                      results=results(rng, size), **kwargs)
    for _time in range(rng.randint(0, 4)):
        run.put(rng.choice([events.PauseRequested, events.ResumeRequested,
                            events.ResumeRequested, events.Continued]),
                after=rng.randint(0, 6))
    if rng.random() < 0.1:
        run.put(events.CancelRequested, after=rng.randint(0, 6))
    run.play()
    for _time in range(100):
        paused = [job for job in run.jobs.values()
                  if job.state == states.PAUSED]
        if not paused:
            break
        job = rng.choice(paused)
        run.send(events.ResumeRequested, job_id=job.id)
        run.play()
    return run


class PropertyTest(base.BaseTestCase):

    def _check_end(self, run: harness.Run) -> None:
        for job in run.jobs.values():
            self.assertTrue(job.finished, job.workflow_name)
            for task in job.tasks.values():
                self.assertTrue(task.finished, task.name)
                self.assertIsNotNone(task.publish_order)
            for action_run in job.runs.values():
                self.assertTrue(action_run.finished)
            self.assertEqual(0, job.unfinished_tasks)
            json.dumps(job.output)

    @hypothesis.given(seed=strategies.integers(0, 2 ** 32),
                      size=strategies.integers(1, 9))
    @_SETTINGS
    def test_no_job_is_ever_stuck(self, seed: int, size: int) -> None:
        self._check_end(play(seed, size))

    @hypothesis.given(seed=strategies.integers(0, 2 ** 32),
                      size=strategies.integers(1, 9))
    @_SETTINGS
    def test_rows_hold_everything(self, seed: int, size: int) -> None:
        run, loaded = play(seed, size), play(seed, size, reload=True)
        self.assertEqual(run.effects, loaded.effects)
        self.assertEqual(json.dumps(run.rows()), json.dumps(loaded.rows()))

    @hypothesis.given(seed=strategies.integers(0, 2 ** 32),
                      size=strategies.integers(1, 9))
    @_SETTINGS
    def test_same_events_same_effects(self, seed: int, size: int) -> None:
        run, again = play(seed, size), play(seed, size)
        self.assertEqual(run.effects, again.effects)
        self.assertEqual(json.dumps(run.rows()), json.dumps(again.rows()))

    @hypothesis.given(seed=strategies.integers(0, 2 ** 32),
                      size=strategies.integers(1, 9))
    @_SETTINGS
    def test_what_is_outstanding_may_be_repeated(
            self, seed: int, size: int) -> None:
        run = play(seed, size)
        repeated = play(seed, size, repeat=True)
        self.assertEqual(run.started, repeated.started)
        self.assertEqual(json.dumps(run.rows()), json.dumps(repeated.rows()))
