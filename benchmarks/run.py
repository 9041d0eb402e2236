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
"""Measure a deployment of Convection that is started for it.

Run from the root of the repository, in an environment that has the test
requirements: ``python -m benchmarks.run``. README.rst has the rest.
"""

import argparse
import dataclasses
import json
import os
import statistics
import sys
from typing import Any
import uuid

import fixtures
import sqlalchemy as sa

from benchmarks import client as clients
from benchmarks import processes
from benchmarks import scenes
from convection.db import bulk
from convection.db import models
from convection.tests.functional.fixtures import broker
from convection.tests.functional.fixtures import database
from convection.tests.functional.fixtures import deployment

_DATABASES = {'postgresql': database.PostgreSQL, 'mysql': database.MySQL,
              'all': database.SQLite}
_MIB = 1 << 20
_ROWS_AT_ONCE = 1000


class Bench(fixtures.Fixture):
    """A deployment, a client of it, and the processes to look at."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    def _setUp(self) -> None:
        options = self._options
        self._made = self.useFixture(_DATABASES[options.wiring](schema=False))
        transport_url = None
        self._servers: tuple[str, ...] = ()
        if options.wiring != 'all':
            transport_url = self.useFixture(broker.Broker()).url
            self._servers = ('broker', options.wiring)
        self.deployment = self.useFixture(deployment.Deployment(
            self._made.url, transport_url, engines=options.engines,
            executors=options.executors, workers=options.workers,
            timing=deployment.DEFAULT))
        self.client = clients.Client(self.deployment.port)

    def pids(self) -> dict[str, list[int]]:
        """Return the processes by what they are."""
        found = {name: processes.families(p.pid for p in group)
                 for name, group in self.deployment.processes.items()}
        for name in self._servers:
            found[name] = processes.named(*processes.SERVERS[name])
        found['driver'] = [os.getpid()]
        return found

    def usage(self) -> dict[str, processes.Usage]:
        """Return what each kind of process uses."""
        return {name: processes.usage(pids)
                for name, pids in self.pids().items()}

    def fill(self, rows: int) -> None:
        """Have so many more finished jobs in the database."""
        jobs = models.jobs
        with self._made.database.writer() as connection:
            pattern = dict(connection.execute(sa.select(jobs).where(
                jobs.c.state == 'SUCCESS').limit(1)).mappings().one())
            for first in range(0, rows, _ROWS_AT_ONCE):
                bulk.insert_many(connection, jobs, [
                    _copy(pattern) for _ in
                    range(first, min(rows, first + _ROWS_AT_ONCE))])


def _copy(pattern: dict[str, Any]) -> dict[str, Any]:
    name = str(uuid.uuid4())
    return {**pattern, 'id': name, 'root_job_id': name,
            'idempotency_key': name}


def measure(bench: Bench, scene: scenes.Scene, repeat: int) -> dict[str, Any]:
    """Play a scene; the first play is to warm up and does not count."""
    bench.client.store(scene.document)
    if scene.rows:
        bench.client.wait(bench.client.start('bench_' + scene.name))
        bench.fill(scene.rows)
    scene.play(bench.client)
    before = bench.usage()
    plays = [scene.play(bench.client) for _ in range(repeat)]
    after = bench.usage()
    done = sum(play.done for play in plays)
    cpu = {name: after[name].cpu - before[name].cpu for name in after}
    service = sum(value for name, value in cpu.items() if name != 'driver')
    return {
        'scene': scene.name, 'title': scene.title, 'unit': scene.unit,
        'plays': repeat, 'done': done,
        'per_second': [round(p.done / p.seconds, 1) for p in plays],
        'latency': _percentiles([v for p in plays for v in p.latencies]),
        'post': _percentiles([v for p in plays for v in p.posts]),
        'cpu_seconds': {n: round(v, 3) for n, v in cpu.items()},
        'cpu_ms_per_unit': round(1000 * service / done, 3),
        'memory_mib': {n: u.memory and round(u.memory / _MIB, 1)
                       for n, u in after.items()}}


def _percentiles(values: list[float]) -> dict[str, float] | None:
    """Return percentiles in milliseconds."""
    if len(values) < 2:
        return None
    cuts = statistics.quantiles(values, n=100, method='inclusive')
    return {f'p{n}': round(1000 * cuts[n - 1], 2) for n in (50, 95, 99)}


def table(results: list[dict[str, Any]]) -> str:
    """Return the results for people."""
    lines = []
    for result in results:
        rates = sorted(result['per_second'])
        lines.append(f'{result["scene"]:8} {result["title"]}')
        lines.append(
            f'         {statistics.median(rates):.1f} {result["unit"]}/s '
            f'(of {len(rates)}: {rates[0]:.1f} to {rates[-1]:.1f}), '
            f'{result["cpu_ms_per_unit"]:.2f} ms of CPU each')
        for name in ('latency', 'post'):
            if result[name]:
                lines.append(f'         {name}, ms: ' + _pairs(result[name]))
        lines.append('         CPU, s: ' + _pairs(result['cpu_seconds']))
        lines.append('         PSS, MiB: ' + _pairs(result['memory_mib']))
    return '\n'.join(lines)


def _pairs(values: dict[str, Any]) -> str:
    return ', '.join(f'{name} {value}' for name, value in values.items())


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    names = [scene.name for scene in scenes.SCENES]
    parser = argparse.ArgumentParser(prog='python -m benchmarks.run',
                                     description=__doc__)
    parser.add_argument('scenes', nargs='*', metavar='scene',
                        help=f'which ones: {", ".join(names)}; all of them '
                             'when none is named')
    parser.add_argument('--wiring', default='postgresql',
                        choices=sorted(_DATABASES),
                        help='RabbitMQ and PostgreSQL (the default) or '
                             'MySQL, or all in one process on SQLite')
    for name in ('engines', 'executors', 'workers'):
        parser.add_argument(f'--{name}', type=int, default=1)
    parser.add_argument('--repeat', type=int, default=3,
                        help='plays of each scene that count')
    parser.add_argument('--json', metavar='FILE',
                        help='write the results there, too')
    options = parser.parse_args(arguments)
    unknown = set(options.scenes) - set(names)
    if unknown:
        parser.error(f'no such scene: {", ".join(sorted(unknown))}')
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the scenes and print what was measured."""
    options = _parse(arguments)
    chosen = [scene for scene in scenes.SCENES
              if not options.scenes or scene.name in options.scenes]
    results = []
    with Bench(options) as bench:
        idle = bench.usage()
        print('idle, PSS, MiB: ' + _pairs({
            name: used.memory and round(used.memory / _MIB, 1)
            for name, used in idle.items()}), flush=True)
        for scene in chosen:
            results.append(measure(bench, scene, options.repeat))
            print(table(results[-1:]), flush=True)
    if options.json:
        with open(options.json, 'w', encoding='utf-8') as file:
            json.dump({'wiring': options.wiring, 'engines': options.engines,
                       'executors': options.executors,
                       'workers': options.workers,
                       'idle_memory': {n: dataclasses.asdict(u)['memory']
                                       for n, u in idle.items()},
                       'load': os.getloadavg(), 'scenes': results}, file,
                      indent=2)
    return 0


if __name__ == '__main__':
    sys.exit(main())
