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
"""The progress of a job, line by line and drawn."""

import io
from unittest import mock

from oslotest import base
from rich import console

from convectionclient.osc import progress
from convectionclient.tests.unit import base as client_base
from convectionclient.v1 import jobs

AT = '2026-11-23T10:00:0%d.000000Z'


def event(kind: str, at: int = 0, task_id: str | None = 't1',
          **data: object) -> jobs.Event:
    """Make an event, so many seconds after the first."""
    return jobs.Event(mock.Mock(spec=jobs.JobManager), {
        'number': 1, 'kind': kind, 'at': AT % at, 'task_id': task_id,
        'data': data})


def name_of(task_id: str) -> str:
    """Find the name of a task."""
    return f'name-of-{task_id}'


class TestBoard(base.BaseTestCase):
    """What the events add up to."""

    def test_a_retried_task(self) -> None:
        board = progress.Board(name_of)
        for step, state in (
                (event('task.delayed', why='wait-before'), 'DELAYED'),
                (event('task.started', 1, name='a'), 'RUNNING'),
                (event('task.delayed', 2, why='retry'), 'DELAYED'),
                (event('task.started', 3, name='a'), 'RUNNING'),
                (event('task.finished', 4, state='ERROR',
                       state_info='No\nway.'), 'ERROR')):
            line = board.take(step)
            self.assertEqual(state, line.state)
        self.assertEqual('name-of-t1', line.name)
        self.assertEqual('No way.', line.info)
        self.assertEqual(4.0, line.seconds)
        self.assertEqual('1 ERROR', board.counts())

    def test_the_job(self) -> None:
        board = progress.Board(name_of)
        for kind, state in (('job.paused', 'PAUSED'),
                            ('job.resumed', 'RUNNING')):
            self.assertIsNone(board.take(event(kind, task_id=None)))
            self.assertEqual(state, board.state)
        board.take(event('job.finished', task_id=None, state='CANCELLED'))
        self.assertEqual('CANCELLED', board.state)

    def test_what_it_does_not_know_it_leaves_alone(self) -> None:
        board = progress.Board(name_of)
        self.assertIsNone(board.take(event('action_run.finished')))
        self.assertIsNone(board.take(event('moon.full', task_id=None)))
        self.assertEqual('', board.counts())

    def test_a_long_job_does_not_fill_the_memory(self) -> None:
        board = progress.Board(name_of)
        for number in range(progress._KNOWN + 50):
            board.take(event('task.started', task_id=f't{number}'))
            board.take(event('task.finished', task_id=f't{number}',
                             state='SUCCESS'))
        self.assertEqual(progress._KNOWN, len(board.lines))
        self.assertEqual(f'{progress._KNOWN + 50} SUCCESS', board.counts())


class TestLive(base.BaseTestCase):
    """The table of a terminal."""

    def test_it_fits_the_terminal(self) -> None:
        stream = client_base.Terminal()
        job = mock.Mock(spec=['name', 'id'], id='j')
        job.name = 'many'
        with progress.LiveProgress(job, stream, name_of) as live:
            live._console.size = (80, 20)
            for number in range(100):
                live.on_event(event('task.started', task_id=str(number),
                                    name=f'task-{number}'))
            drawn = io.StringIO()
            console.Console(file=drawn, width=80).print(live._table())
        self.assertIn('100 RUNNING', drawn.getvalue())
        self.assertIn('task-99', drawn.getvalue())
        self.assertNotIn('task-50', drawn.getvalue())
        self.assertLess(len(drawn.getvalue().splitlines()), 20)
