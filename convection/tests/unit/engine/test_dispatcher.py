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
"""What waits for executors, and the messages that they get."""

import types
from typing import Any

from oslotest import base

from convection.engine import dispatcher

MEBIBYTE = 1024 * 1024


def job_with(*inputs: Any) -> Any:
    """Return what the dispatcher sees of a job and its runs."""
    return types.SimpleNamespace(
        priority=0, part_id=lambda number: f'run-{number}',
        touch=lambda run: None, runs=[types.SimpleNamespace(
            number=number, name='test.work', target=None, input=given)
            for number, given in enumerate(inputs)])


class TestDispatcher(base.BaseTestCase):
    """An engine with one executor."""

    def setUp(self) -> None:
        """Let the executor be known."""
        super().setUp()
        self.dispatcher = dispatcher.Dispatcher('e')
        self.dispatcher.hear({
            'executor_id': 'x', 'host': 'there', 'tags': [], 'state': 'up',
            'credits': 1000, 'actions_digest': 'd'}, 0.0)
        self.dispatcher.register({
            'executor_id': 'x', 'actions': [{'name': 'test.work'}],
            'actions_digest': 'd'}, 0.0)

    def test_large_runs_travel_in_several_messages(self):
        """A broker never takes what is larger than its limit."""
        large = 'x' * (MEBIBYTE + 1)
        for number in range(10):
            self.dispatcher.send(
                'x', {'id': f'run-{number}', 'input': {'value': large}}, 0.0)
        counts, now = [], 0.0
        while self.dispatcher.executors['x'].runs:
            counts += [len(message['runs'])
                       for message in self.dispatcher.messages(now)]
            now += 0.1
        self.assertEqual([4, 4, 2], counts)

    def test_dropped_runs_are_not_kept(self):
        """However long one in front of them waits for an executor."""
        job = job_with(*range(5000))
        for run in job.runs:
            run.name = 'nobody.offers.this'
            self.dispatcher.enqueue(job, run)
        for run in job.runs[1:]:
            self.dispatcher.drop(job.part_id(run.number))
        self.assertEqual([], self.dispatcher.assign(0.0))
        kept = sum(len(queue) for queue in self.dispatcher._queues.values())
        self.assertLess(kept, 2500)
