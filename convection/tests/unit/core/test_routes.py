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
"""Who may still run: the counters against a search."""

import random

import hypothesis
from hypothesis import strategies
from oslotest import base

from convection.engine.core import routes


class _Graph:
    """As much of ``lang.graph.Graph`` as routes needs."""

    def __init__(self, edges: dict[str, list[str]],
                 joins: tuple[str, ...] = ()) -> None:
        self.inbound = {name: tuple(
            (source, 'on-success') for source, targets in edges.items()
            if name in targets) for name in edges}
        self.joins = joins


class RoutesTest(base.BaseTestCase):

    def test_components_of_a_long_chain(self):
        size = 5000
        edges = {f't{number}': [f't{number + 1}']
                 for number in range(size - 1)}
        edges[f't{size - 1}'] = []
        found = routes.Map(_Graph(edges))
        self.assertEqual(size, len(found.members))
        counters = routes.Routes(found, ['t0'], ())
        counters.enter('t1')
        self.assertEqual(['t0'], counters.leave('t0', False))
        self.assertTrue(counters.may_run('t4999'))
        self.assertEqual(size - 1, len(counters.leave('t1', False)))

    def test_a_loop_is_one_component(self):
        found = routes.Map(_Graph({'a': ['b'], 'b': ['c'], 'c': ['b', 'd'],
                                   'd': []}, ('b', 'd')))
        self.assertEqual([['a'], ['b', 'c'], ['d']],
                         sorted(found.members))
        self.assertEqual({'b'}, found.looping)
        self.assertEqual(['d'], found.watchers['c'])

    def test_a_spent_join_is_dead_though_others_may_reach_it(self):
        found = routes.Map(_Graph({'a': ['j'], 'b': ['j'], 'j': ['k'],
                                   'k': []}, ('j', 'k')))
        counters = routes.Routes(found, ['a', 'b'], ())
        counters.enter('j')
        self.assertEqual(['a'], counters.leave('a', False))
        self.assertEqual(['j', 'k'], counters.leave('j', True))
        self.assertEqual(['b'], counters.leave('b', False))

    @hypothesis.given(seed=strategies.integers(0, 2 ** 32))
    @hypothesis.settings(max_examples=100, deadline=None, derandomize=True)
    def test_like_a_search(self, seed: int) -> None:
        rng = random.Random(seed)
        names = [f't{number}' for number in range(rng.randint(1, 10))]
        edges = {name: rng.sample(names, rng.randint(0, min(2, len(names))))
                 for name in names}
        found = routes.Map(_Graph(edges))
        at_work = [rng.choice(names)]
        counters = routes.Routes(found, at_work, ())
        for _turn in range(20):
            if not at_work:
                break
            name = at_work.pop(rng.randrange(len(at_work)))
            for target in edges[name]:
                if rng.random() < 0.5:
                    at_work.append(target)
                    counters.enter(target)
            counters.leave(name, False)
            reached = routes.reachable(found, at_work, '')
            fresh = routes.Routes(found, at_work, ())
            for each in names:
                self.assertEqual(each in reached, counters.may_run(each))
                self.assertEqual(each in reached, fresh.may_run(each))
