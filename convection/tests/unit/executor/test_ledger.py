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
"""Tests of the executor's books, in made-up time."""

import itertools
import random as randoms

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies
from oslotest import base as test_base

from convection.executor import credit
from convection.executor import ledger

T0 = 1000.0


def success(run_id, result=None):
    return ledger.record(run_id, 'SUCCESS', result)


class LedgerTestCase(test_base.BaseTestCase):
    """Talks to a ledger as engines do."""

    def setUp(self):
        super().setUp()
        self.credits = credit.Credits(slots=4, prefetch=0)
        self.ledger = ledger.Ledger('x', self.credits, remembered=5)
        self.seq = itertools.count(1)

    def take(self, engine_id, now=T0, runs=(), **message):
        orders = self.ledger.take({
            'engine_id': engine_id, 'seq': next(self.seq),
            'runs': [{'id': run_id} for run_id in runs], **message}, now)
        return [run['id'] for run in orders.runs]

    def sent(self, now):
        """Return what goes out: (engine, seq, ids of results)."""
        return [(engine_id, message['seq'],
                 [result['id'] for result in message['results']])
                for engine_id, message in self.ledger.outgoing(now)]


class LedgerTest(LedgerTestCase):
    """The rules, one by one."""

    def test_a_run_is_taken_once(self):
        self.assertEqual(['a', 'b'], self.take('e', runs=['a', 'b']))
        self.assertEqual(['c'], self.take('e', runs=['a', 'c', 'c']))
        self.ledger.finish('a', success('a'))
        self.assertEqual([], self.take('e', runs=['a']))
        self.sent(T0)
        self.take('e', acks=[1])
        self.assertEqual([], self.take('e', runs=['a', 'b', 'c']))
        self.assertEqual(2, self.ledger.unfinished)

    def test_an_acknowledgement_waits_a_moment_for_a_result(self):
        self.take('e', runs=['a'])
        self.assertEqual([], self.sent(T0))
        due = self.ledger.next_due()
        self.assertEqual(T0 + ledger.ACKNOWLEDGE_DELAY, due)
        (engine_id, message), = self.ledger.outgoing(due)
        self.assertEqual(('e', [1], None), (
            engine_id, message['acks'], message['seq']))
        self.assertIsNone(self.ledger.next_due())
        self.take('e', T0 + 1, runs=['b'])
        self.ledger.finish('b', success('b'))
        (_, message), = self.ledger.outgoing(T0 + 1)
        self.assertEqual([2], message['acks'])
        self.assertEqual([], self.sent(T0 + 1.5))

    def test_a_report_is_sent_again_until_it_is_acknowledged(self):
        self.take('e', runs=['a'])
        self.ledger.finish('a', success('a', 5))
        self.assertEqual([('e', 1, ['a'])], self.sent(T0))
        times = []
        now = T0
        while len(times) < 6:
            now = self.ledger.next_due()
            self.take('e', now)
            for engine_id, seq, ids in self.sent(now):
                if seq is not None:
                    self.assertEqual(('e', 1, ['a']), (engine_id, seq, ids))
                    times.append(now - T0)
            self.sent(now + ledger.ACKNOWLEDGE_DELAY)
        self.assertEqual([1, 3, 7, 15, 25, 35], times)
        self.assertFalse(self.ledger.settled)
        self.take('e', now, acks=[1])
        self.sent(now + 1)
        self.assertTrue(self.ledger.settled)
        self.assertIsNone(self.ledger.next_due())

    def test_a_silent_engine_loses_its_reports_to_any(self):
        self.take('e', runs=['a', 'b'])
        self.ledger.finish('a', success('a'))
        self.assertEqual([('e', 1, ['a'])], self.sent(T0))
        self.assertEqual([('e', 1, ['a'])], self.sent(T0 + 5))
        (engine_id, message), = self.ledger.outgoing(T0 + 11)
        self.assertIsNone(engine_id)
        self.assertIsNone(message['engine_id'])
        # What comes now goes to any at once, until it speaks again.
        self.ledger.finish('b', success('b'))
        self.assertEqual([(None, 2, ['b'])], self.sent(T0 + 12))
        self.take('other', T0 + 12, acks=[1, 2])
        self.sent(T0 + 13)
        self.assertTrue(self.ledger.settled)
        self.take('e', T0 + 14, runs=['c'])
        self.ledger.finish('c', success('c'))
        self.assertEqual([('e', 3, ['c'])], self.sent(T0 + 14))

    def test_an_engine_that_only_waited_long_is_not_silent(self):
        self.take('e', runs=['a'])
        self.sent(T0 + 1)
        self.ledger.finish('a', success('a'))
        self.assertEqual([('e', 1, ['a'])], self.sent(T0 + 500))
        self.assertEqual([('e', 1, ['a'])], self.sent(T0 + 501))

    def test_a_result_follows_its_run_to_another_engine(self):
        self.take('e1', runs=['a', 'b'])
        self.ledger.finish('a', success('a'))
        self.assertEqual([('e1', 1, ['a'])], self.sent(T0))
        self.assertEqual([], self.take('e2', runs=['a', 'b']))
        self.assertEqual([('e2', 2, ['a'])], self.sent(T0))
        # The old report is still known, but its end settles nothing.
        self.take('e1', acks=[1])
        self.assertEqual([{'id': 'a', 'engine_id': 'e2'},
                          {'id': 'b', 'engine_id': 'e2'}],
                         self.ledger.unacknowledged())
        self.ledger.finish('b', success('b'))
        self.assertEqual([('e2', 3, ['b'])], self.sent(T0))
        self.take('e2', acks=[2, 3])
        self.sent(T0 + 1)
        self.assertTrue(self.ledger.settled)

    def test_moved(self):
        self.take('e1', runs=['a', 'b', 'c'])
        for run_id in 'ab':
            self.ledger.finish(run_id, success(run_id))
        self.assertEqual([('e1', 1, ['a', 'b'])], self.sent(T0))
        self.take('e1', acks=[1], moved={'a': 'e2', 'c': 'e3', 'z': 'e2'})
        self.assertEqual([('e2', 2, ['a'])], self.sent(T0))
        self.ledger.finish('c', success('c'))
        self.assertEqual([('e3', 3, ['c'])], self.sent(T0))
        self.assertEqual(['a', 'c'], [
            run['id'] for run in self.ledger.unacknowledged()])

    def test_a_result_not_yet_sent_moves_too(self):
        self.take('e1', runs=['a', 'b'])
        for run_id in 'ab':
            self.ledger.finish(run_id, success(run_id))
        self.take('e2', runs=['a'])
        self.assertEqual([('e1', 1, ['b']), ('e2', 2, ['a'])],
                         self.sent(T0))

    def test_late_results_are_refused(self):
        self.take('e', runs=['a'])
        self.assertTrue(self.ledger.finish('a', ledger.record(
            'a', 'CANCELLED')))
        self.assertFalse(self.ledger.finish('a', success('a')))
        self.assertFalse(self.ledger.finish('never', success('never')))
        (_, message), = self.ledger.outgoing(T0)
        self.assertEqual(['CANCELLED'], [
            result['state'] for result in message['results']])

    def test_cancels(self):
        self.take('e', runs=['a', 'b'])
        self.ledger.finish('b', success('b'))
        orders = self.ledger.take({'engine_id': 'e', 'seq': None,
                                   'cancels': ['a', 'b', 'c']}, T0)
        self.assertEqual(['a'], orders.cancels)
        # c was overtaken: it is answered, and never runs.
        self.assertEqual([], self.take('e', runs=['c']))
        (_, message), = self.ledger.outgoing(T0)
        self.assertEqual({'b': 'SUCCESS', 'c': 'CANCELLED'}, {
            result['id']: result['state'] for result in message['results']})

    def test_memory_is_bounded(self):
        runs = [f'r{number}' for number in range(8)]
        self.take('e', runs=runs)
        for run_id in runs:
            self.ledger.finish(run_id, success(run_id))
        self.sent(T0)
        self.take('e', acks=[1])
        # Five are remembered.
        self.assertEqual(runs[:3], self.take('e', runs=runs))

    def test_a_few_reports_are_on_their_way_the_rest_gathers(self):
        runs = [f'r{number}' for number in range(10)]
        self.take('e', runs=runs)
        for run_id in runs[:ledger.WINDOW]:
            self.ledger.finish(run_id, success(run_id))
            self.assertEqual(1, len(self.sent(T0)))
        for run_id in runs[ledger.WINDOW:]:
            self.ledger.finish(run_id, success(run_id))
            self.assertEqual([], self.sent(T0))
        self.assertEqual(T0 + ledger.WINDOW_AGE, self.ledger.next_due())
        self.take('e', acks=[1])
        (_, _, ids), = self.sent(T0)
        self.assertEqual(runs[ledger.WINDOW:], ids)

    def test_lost_reports_do_not_hold_up_others(self):
        self.take('e', runs=['a', 'b', 'c', 'd'])
        for run_id in 'ab':
            self.ledger.finish(run_id, success(run_id))
            self.sent(T0)
        self.ledger.finish('c', success('c'))
        due = self.ledger.next_due()
        self.assertEqual([('e', 3, ['c'])], self.sent(due))

    def test_reports_are_bounded(self):
        runs = [f'r{number}' for number in range(ledger.REPORT_RESULTS + 5)]
        self.take('e', runs=runs)
        for run_id in runs:
            self.ledger.finish(run_id, success(run_id), 10)
        self.assertEqual([ledger.REPORT_RESULTS, 5], [
            len(ids) for _, _, ids in self.sent(T0)])
        self.take('f', runs=['big1', 'big2'])
        for run_id in ('big1', 'big2'):
            self.ledger.finish(run_id, success(run_id), ledger.REPORT_BYTES)
        self.assertEqual([('f', 3, ['big1']), ('f', 4, ['big2'])],
                         self.sent(T0))
        # A broker has its limit too: no other goes with a large one.
        self.take('g', runs=['small', 'big'])
        for run_id, size in ('small', 10), ('big', 2 * ledger.REPORT_BYTES):
            self.ledger.finish(run_id, success(run_id), size)
        self.assertEqual([('g', 5, ['small']), ('g', 6, ['big'])],
                         self.sent(T0))

    def test_draining(self):
        self.take('e', runs=['a', 'b'])
        self.ledger.draining = True
        self.ledger.give_back(['b', 'unknown'])
        self.assertEqual([], self.take('e', runs=['c', 'a']))
        (_, message), = self.ledger.outgoing(T0)
        self.assertEqual(['b', 'c'], message['refused'])
        self.assertEqual(0, message['credits'])
        self.assertEqual(1, message['seq'])
        (_, again), = self.ledger.outgoing(T0 + 1)
        self.assertEqual(['b', 'c'], again['refused'])
        self.take('e', T0 + 1, acks=[1])
        self.assertEqual(1, self.ledger.unfinished)
        self.assertEqual(['a'], self.ledger.lose_unfinished())
        self.assertFalse(self.ledger.finish('a', success('a')))
        self.sent(T0 + 2)
        self.assertTrue(self.ledger.settled)

    def test_a_forgotten_engine_leaves_nothing(self):
        self.take('e')
        self.sent(T0 + 1)
        self.assertEqual(1, len(self.ledger._engines))
        self.sent(T0 + 100)
        self.assertEqual({}, self.ledger._engines)

    def test_describe(self):
        self.assertTrue(self.ledger.take(
            {'engine_id': 'e', 'describe': True}, T0).describe)
        self.assertFalse(self.ledger.take({'engine_id': 'e'}, T0).describe)


class CreditsTest(test_base.BaseTestCase):
    """How many runs engines may send."""

    def test_shares(self):
        credits = credit.Credits(slots=10, prefetch=0, window=60)
        self.assertEqual(10, credits.each(T0))
        for number in range(3):
            credits.hear(f'e{number}', T0 + number)
        self.assertEqual(3, credits.each(T0 + 5))
        self.assertEqual(5, credits.each(T0 + 60.5))
        for number in range(30):
            credits.hear(f'f{number}', T0)
        self.assertEqual(1, credits.each(T0))

    def test_stuck_slots(self):
        credits = credit.Credits(slots=4, prefetch=0)
        credits.stuck = 3
        self.assertEqual(1, credits.each(T0))
        credits.stuck = 9
        self.assertEqual(1, credits.each(T0))

    def test_short_runs_come_in_large_batches_long_ones_do_not(self):
        credits = credit.Credits(slots=10, prefetch=500, prefetch_time=0.1)
        self.assertEqual(20, credits.capacity)
        for _ in range(300):
            credits.ran(0.0001)
        self.assertEqual(510, credits.capacity)
        for _ in range(300):
            credits.ran(0.02)
        self.assertEqual(60, credits.capacity)
        for _ in range(300):
            credits.ran(30)
        self.assertEqual(10, credits.capacity)
        for _ in range(1000):
            credits.ran(0)
        self.assertEqual(510, credits.capacity)


class _BadNetwork:
    """Two engines and an executor; what is sent may not arrive."""

    def __init__(self, seed):
        self.random = randoms.Random(seed)
        self.books = ledger.Ledger('x', credit.Credits(4, 10))
        self.now = T0
        #: False: messages are lost, and runs change their engines.
        self.calm = False
        self.owners = {f'r{number}': self.random.choice('ef')
                       for number in range(12)}
        self.acks = {name: set() for name in 'ef'}
        self.running, self.begun, self.results = set(), [], {}

    def chance(self, probability):
        return self.random.random() < probability

    def step(self):
        self.now += self.random.random()
        for name in self.acks:
            if self.calm or self.chance(0.4):
                self.dispatch(name)
        if not self.calm and self.chance(0.05):
            run_id = self.random.choice(sorted(self.owners))
            self.owners[run_id] = self.random.choice('ef')
        for run_id in sorted(self.running):
            if self.chance(0.3):
                self.running.discard(run_id)
                self.books.finish(run_id, success(run_id))
        for target, message in self.books.outgoing(self.now):
            if self.calm or self.chance(0.5):
                self.report(target or self.random.choice('ef'), message)

    def dispatch(self, name):
        runs = [{'id': run_id} for run_id, owner in self.owners.items()
                if owner == name and run_id not in self.results
                and (self.calm or self.chance(0.5))]
        orders = self.books.take({'engine_id': name, 'seq': 1, 'runs': runs,
                                  'acks': sorted(self.acks[name])}, self.now)
        self.begun += [run['id'] for run in orders.runs]
        self.running.update(run['id'] for run in orders.runs)

    def report(self, name, message):
        moved = {}
        for result in message['results']:
            run_id = result['id']
            if self.owners[run_id] == name:
                self.results[run_id] = result
            elif run_id not in self.results:
                moved[run_id] = self.owners[run_id]
        if message['seq'] is not None:
            self.acks[name].add(message['seq'])
        self.books.take({'engine_id': name, 'moved': moved}, self.now)


class BadNetworkTest(test_base.BaseTestCase):
    """Messages are lost, repeated and late; nothing else may be."""

    @settings(max_examples=100, deadline=None)
    @given(strategies.integers())
    def test_every_run_once_every_result_delivered(self, seed):
        network = _BadNetwork(seed)
        for _ in range(200):
            network.step()
        network.calm = True
        for _ in range(200):
            network.step()
        self.assertEqual(sorted(network.owners), sorted(network.begun))
        self.assertEqual(sorted(network.owners), sorted(network.results))
        self.assertTrue(network.books.settled)
