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
"""The scenes: what is asked of the service, and how it is timed.

A scene is prepared once (its workflows are stored), then played; each play
says how many things were done and how long each job or request took.
"""

import concurrent.futures
import dataclasses
import threading
import time
from typing import Callable

from benchmarks import client as clients


@dataclasses.dataclass(slots=True)
class Play:
    """What one play did."""

    #: Tasks, items, jobs or requests.
    done: int
    seconds: float
    #: Seconds of each job or request, when there are several.
    latencies: list[float] = dataclasses.field(default_factory=list)
    #: Seconds of each POST alone.
    posts: list[float] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """One scene.

    :param unit: what is counted.
    :param document: stored before the first play.
    :param play: plays it once.
    """

    name: str
    title: str
    unit: str
    document: str
    play: Callable[[clients.Client], Play]
    #: Rows of other jobs that must be there before.
    rows: int = 0


ACTION = 'std.test_dict'


def _document(name: str, tasks: list[str], kind: str = 'direct') -> str:
    return (f"version: '2.0'\n{name}:\n  type: {kind}\n  tasks:\n" +
            ''.join(f'    {task}\n' for task in tasks))


def _chain(name: str, length: int, action: str = ACTION) -> str:
    tasks = [f't{n}: {{action: {action}, on-success: t{n + 1}}}'
             for n in range(length - 1)]
    return _document(name, [*tasks, f't{length - 1}: {{action: {action}}}'])


def _fan(name: str, width: int) -> str:
    tasks = [f't{n}: {{action: {ACTION}, on-success: end}}'
             for n in range(width)]
    return _document(name, [*tasks, 'end: {join: all, action: std.noop}'])


def _items(name: str, count: int, concurrency: int | None = None) -> str:
    limit = f', concurrency: {concurrency}' if concurrency else ''
    return _document(name, [
        f'each: {{with-items: n in <% range({count}) %>, '
        f'action: {ACTION}{limit}}}'])


def _reverse(name: str, layers: int, width: int) -> str:
    tasks = []
    for layer in range(layers):
        for place in range(width):
            requires = ', '.join(f't{layer - 1}_{n}' for n in range(width))
            if layer == 0:
                requires = ''
            tasks.append(f't{layer}_{place}: {{action: {ACTION}, '
                         f'requires: [{requires}]}}')
    last = ', '.join(f't{layers - 1}_{n}' for n in range(width))
    tasks.append(f'end: {{action: std.noop, requires: [{last}]}}')
    return _document(name, tasks, 'reverse')


def _one(workflow: str, tasks: int, **body) -> Callable:
    """Return what plays one job of so many tasks."""
    def play(client: clients.Client) -> Play:
        begun = time.perf_counter()
        client.wait(client.start(workflow, **body))
        return Play(tasks, time.perf_counter() - begun)
    return play


def _one_by_one(workflow: str, count: int) -> Callable:
    """Return what plays jobs, each after the one before has ended."""
    def play(client: clients.Client) -> Play:
        latencies, posts = [], []
        for _ in range(count):
            begun = time.perf_counter()
            job_id = client.start(workflow)
            posts.append(time.perf_counter() - begun)
            client.wait(job_id, clients.POLL_OFTEN)
            latencies.append(time.perf_counter() - begun)
        return Play(count, sum(latencies), latencies, posts)
    return play


def _crowd(workflow: str, count: int, at_once: int, per_job: int) -> Callable:
    """Return what plays jobs, so many of them under way at the same time."""
    def play(client: clients.Client) -> Play:
        latencies, posts = [], []
        lock = threading.Lock()

        def one(_: int) -> None:
            begun = time.perf_counter()
            job_id = client.start(workflow)
            posted = time.perf_counter()
            watcher.wait(job_id)
            with lock:
                posts.append(posted - begun)
                latencies.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        with (clients.Watcher(client, at_once) as watcher,
              concurrent.futures.ThreadPoolExecutor(at_once) as pool):
            list(pool.map(one, range(count)))
        return Play(count * per_job, time.perf_counter() - begun, latencies,
                    posts)
    return play


def _lists(count: int) -> Callable:
    """Return what plays lists of 100 jobs."""
    def play(client: clients.Client) -> Play:
        latencies = []
        for _ in range(count):
            begun = time.perf_counter()
            client.request('GET', '/v1/jobs?limit=100')
            latencies.append(time.perf_counter() - begun)
        return Play(count, sum(latencies), latencies)
    return play


SCENES = (
    Scene('a', 'a one-task job, POST to SUCCESS', 'jobs',
          _chain('bench_a', 1), _one_by_one('bench_a', 50)),
    Scene('b', '200 one-task jobs, 20 at a time', 'jobs',
          _chain('bench_b', 1), _crowd('bench_b', 200, 20, 1)),
    Scene('c', 'a chain of 100', 'tasks', _chain('bench_c', 100),
          _one('bench_c', 100)),
    Scene('d100', 'a fan-out of 100 and a join', 'tasks',
          _fan('bench_d100', 100), _one('bench_d100', 101)),
    Scene('d500', 'a fan-out of 500 and a join', 'tasks',
          _fan('bench_d500', 500), _one('bench_d500', 501)),
    Scene('e', 'with-items of 1,000', 'items', _items('bench_e', 1000),
          _one('bench_e', 1000)),
    Scene('e10', 'with-items of 1,000, 10 at a time', 'items',
          _items('bench_e10', 1000, 10), _one('bench_e10', 1000)),
    Scene('f', '100 jobs of a 10-task chain together', 'tasks',
          _chain('bench_f', 10), _crowd('bench_f', 100, 100, 10)),
    Scene('g', 'a reverse flow, 10 layers of 10', 'tasks',
          _reverse('bench_g', 10, 10),
          _one('bench_g', 101, params={'task_name': 'end'})),
    Scene('j', 'lists of 100 jobs of 3,000', 'requests',
          _chain('bench_j', 1, 'std.noop'), _lists(50), rows=3000),
    Scene('wide', 'a fan-out of 1,000 and a join', 'tasks',
          _fan('bench_wide', 1000), _one('bench_wide', 1001)),
    Scene('long', 'a chain of 1,000', 'tasks', _chain('bench_long', 1000),
          _one('bench_long', 1000)),
    Scene('control', 'a chain of 1,000 std.noop', 'tasks',
          _chain('bench_control', 1000, 'std.noop'),
          _one('bench_control', 1000)),
)
