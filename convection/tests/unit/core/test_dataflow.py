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
"""Contexts: look-up, sharing, and the merge at joins."""

import random
from typing import Any

import hypothesis
from hypothesis import strategies
from oslotest import base

from convection.engine.core import dataflow


class ContextTest(base.BaseTestCase):

    def test_the_newest_layer_is_seen(self):
        context = dataflow.EMPTY.publish({'a': 1, 'b': 1}, 1).publish(
            {'a': 2}, 2)
        self.assertEqual({'a': 2, 'b': 1}, context.values())
        self.assertEqual((2, 2), context.find('a'))
        self.assertIsNone(context.find('c'))

    def test_publishing_nothing_shares_everything(self):
        context = dataflow.EMPTY.publish({'a': 1}, 1)
        self.assertIs(context, context.publish({}, 2))

    def test_names_are_in_the_order_of_publication(self):
        context = dataflow.EMPTY
        for order, name in enumerate('cabcd'):
            context = context.publish({name: order}, order)
        self.assertEqual(list('cabd'), list(context))

    def test_layers_stay_few_and_old_contexts_stay_as_they_were(self):
        context = dataflow.EMPTY
        kept = []
        for order in range(2000):
            context = context.publish({f'v{order}': order}, order)
            kept.append(context)
        self.assertLess(len(context._layers), 13)
        for order in (0, 1, 500, 1999):
            self.assertEqual(order + 1, len(kept[order].values()))
            self.assertIsNone(kept[order].find(f'v{order + 1}'))
        self.assertEqual(kept[-1].values(), context.flat().values())

    def test_values_are_never_changed(self):
        first = {'m': {'k': {'a': 1}}}
        second = {'m': {'k': {'b': 1}}}
        united = dataflow.merge([dataflow.EMPTY.publish(first, 1),
                                 dataflow.EMPTY.publish(second, 2)])
        self.assertEqual({'m': {'k': {'a': 1, 'b': 1}}}, united.values())
        self.assertEqual({'m': {'k': {'a': 1}}}, first)
        old = {'g': {'a': 1}}
        self.assertEqual({'g': {'a': 1, 'b': 2}},
                         dataflow.publish_global(old, {'g': {'b': 2}}))
        self.assertEqual({'g': {'a': 1}}, old)

    def test_a_tie_goes_to_the_first_in_the_document(self):
        united = dataflow.merge([dataflow.Context(({'x': ({}, 'first')},)),
                                 dataflow.Context(({'x': (0, 'second')},))])
        self.assertEqual({'x': 'first'}, united.values())

    def test_a_key_that_a_branch_replaced_comes_back_from_the_other(self):
        base_context = dataflow.EMPTY.publish({'m': {'old': 1}}, 1)
        replaced = base_context.publish({'m': {'new': 2}}, 2)
        self.assertEqual(
            {'m': {'old': 1, 'new': 2}},
            dataflow.merge([replaced, base_context]).values())
        # Both replaced it: nobody sees the old one any more.
        other = base_context.publish({'m': {'other': 3}}, 3)
        self.assertEqual({'m': {'new': 2, 'other': 3}},
                         dataflow.merge([replaced, other]).values())

    def test_very_deep_mappings_are_taken_whole(self):
        deep: Any = 1
        other: Any = 2
        for _level in range(300):
            deep, other = {'k': deep, 'a': 1}, {'k': other, 'b': 1}
        united = dataflow.merge([dataflow.EMPTY.publish({'d': deep}, 1),
                                 dataflow.EMPTY.publish({'d': other}, 2)])
        self.assertEqual({'k', 'a', 'b'}, set(united.values()['d']))

    @hypothesis.given(seed=strategies.integers(0, 2 ** 32))
    @hypothesis.settings(max_examples=100, deadline=None, derandomize=True)
    def test_like_a_model_without_sharing(self, seed: int) -> None:
        rng = random.Random(seed)
        contexts = [(dataflow.EMPTY, {})]
        for order in range(1, 60):
            if rng.random() < 0.75:
                context, plain = rng.choice(contexts[-12:])
                values = {rng.choice('abcdefgh'): (order, rng.random())
                          for _name in range(rng.randint(1, 3))}
                contexts.append((
                    context.publish(values, order),
                    {**plain, **{name: (order, value)
                                 for name, value in values.items()}}))
                continue
            chosen = [rng.choice(contexts)
                      for _one in range(rng.randint(2, 5))]
            merged: dict[str, tuple] = {}
            for _context, plain in chosen:
                for name, entry in plain.items():
                    if name not in merged or entry[0] > merged[name][0]:
                        merged[name] = entry
            contexts.append((dataflow.merge(each[0] for each in chosen),
                             merged))
        for context, plain in contexts:
            self.assertEqual(
                {name: entry[1] for name, entry in plain.items()},
                context.values())
