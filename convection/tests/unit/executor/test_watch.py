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
"""Tests of the watch over runs that must stop."""

from oslotest import base as test_base

from convection.executor import watch


class WatchTest(test_base.BaseTestCase):
    """Deadlines and cancels, in made-up time."""

    def setUp(self):
        super().setUp()
        self.watch = watch.Watch()

    def due(self, now):
        return [(step.run_id, step.give_up) for step in self.watch.due(now)]

    def test_a_deadline(self):
        self.assertIsNone(self.watch.next_due())
        self.watch.began('a', 10.0, 5)
        self.assertEqual(10.0, self.watch.next_due())
        self.assertEqual([], self.due(9.9))
        self.assertEqual([('a', False)], self.due(10.0))
        self.assertEqual(10.0 + watch.MOMENT, self.watch.next_due())
        self.assertEqual([('a', True)], self.due(10.0 + watch.MOMENT))
        state, reason = self.watch.forget('a')
        self.assertEqual('ERROR', state)
        self.assertIn('timeout of 5 s', reason)
        self.assertIsNone(self.watch.next_due())

    def test_a_cancel(self):
        self.watch.began('a', 10.0, 5)
        self.assertTrue(self.watch.cancel('a', 9.9))
        self.assertFalse(self.watch.cancel('a', 9.95))
        self.assertEqual([], self.due(10.0))
        self.assertEqual([('a', True)], self.due(9.9 + watch.MOMENT))
        self.assertEqual('CANCELLED', self.watch.forget('a')[0])

    def test_what_ended_is_forgotten(self):
        self.watch.began('a', 10.0, 5)
        self.watch.began('b', 11.0, 5)
        self.watch.cancel('b', 6.0)
        self.assertIsNone(self.watch.forget('a'))
        self.watch.forget('b')
        self.assertIsNone(self.watch.next_due())
        self.assertEqual([], self.due(100.0))

    def test_memory_is_bounded(self):
        for number in range(10000):
            self.watch.began(f'r{number}', 1e6, 1e6)
            self.watch.forget(f'r{number}')
        self.assertLess(len(self.watch._heap), 2000)
