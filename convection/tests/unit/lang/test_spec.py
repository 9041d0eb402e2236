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
"""What a good document means."""

from oslotest import base

from convection.lang import document
from convection.lang import graph as graphs


def _spec(tasks, more=''):
    parsed = document.parse(
        f'version: "2.0"\nwf:\n  tasks: {tasks}\n{more}')
    assert not parsed.errors, parsed.errors
    return parsed.workflows[0].spec


class TestSpec(base.BaseTestCase):

    def test_call(self):
        task = _spec('{t: {action: std.echo output="x" n=1, '
                     'input: {output: y, delay: 0}}}').tasks['t']
        self.assertEqual('std.echo', task.action.name.source)
        self.assertEqual({'output': 'x', 'n': 1}, {
            key: value.source
            for key, value in task.action.parameters.items()})
        self.assertEqual({'delay': 0}, task.input.source)
        self.assertIs(task.action, task.call)

    def test_default_action(self):
        task = _spec('{t: {timeout: 1}}').tasks['t']
        self.assertEqual('std.noop', task.call.name.source)
        self.assertIsNone(task.input)

    def test_policies_of_defaults(self):
        spec = _spec(
            '{a: {wait-before: 0, safe-rerun: false}, b: {timeout: 5}, '
            'c: {action: x}}',
            '  task-defaults: {wait-before: 3, timeout: 9, safe-rerun: true,'
            ' retry: count=1 delay=2}\n')
        read = {name: (task.policies.wait_before.source,
                       task.policies.timeout.source,
                       task.policies.safe_rerun.source,
                       task.policies.retry.count.source)
                for name, task in spec.tasks.items()}
        self.assertEqual({'a': (3, 9, False, 1), 'b': (3, 5, True, 1),
                          'c': (3, 9, True, 1)}, read)

    def test_switched_off(self):
        policies = _spec('{t: {wait-after: 0, pause-before: false, '
                         'keep-result: false}}').tasks['t'].policies
        self.assertIsNone(policies.wait_after)
        self.assertIsNone(policies.pause_before)
        self.assertFalse(policies.keep_result.source)

    def test_items(self):
        first, second = _spec(
            '{t: {with-items: ["i in <% $.x %>", "j in[1, \\"a\\"]"]}}'
        ).tasks['t'].with_items
        self.assertEqual(('i', '<% $.x %>'), (first.variable,
                                              first.collection.source))
        self.assertEqual(('j', [1, 'a']), (second.variable,
                                           second.collection.source))

    def test_blanks_behind_a_condition(self):
        transition, = _spec('{t: {on-success: {u: "<% $.x %>  "}}, '
                            'u: {action: x}}').tasks['t'].on_success.next
        self.assertEqual('<% $.x %>', transition.condition.source)

    def test_command(self):
        transition, = _spec(
            '{t: {on-success: [fail msg="a"]}}').tasks['t'].on_success.next
        self.assertEqual('fail', transition.target)
        self.assertEqual('a', transition.parameters['msg'].source)

    def test_join(self):
        spec = _spec('{s: {on-success: [a, b, c]}, a: {join: one}, '
                     'b: {join: all}, c: {join: 0}}')
        self.assertEqual([None, 1, 'all', None],
                         [task.join for task in spec.tasks.values()])


class TestGraph(base.BaseTestCase):

    def _graph(self, tasks, more=''):
        return graphs.Graph.of(_spec(tasks, more))

    def test_inbound(self):
        graph = self._graph('{a: {on-success: [c, c: <% 1 %>], '
                            'on-error: c}, b: {on-complete: c}, '
                            'c: {join: all}}')
        self.assertEqual(('a', 'b'), graph.start_tasks)
        self.assertEqual({('a', 'on-success'), ('a', 'on-error'),
                          ('b', 'on-complete')}, set(graph.inbound['c']))
        self.assertEqual(('c',), graph.joins)

    def test_inherited_clauses(self):
        graph = self._graph(
            '{a: {on-success: b}, b: {on-error: {publish: {branch: {x: 1}}}},'
            ' c: {on-error: noop}, clean: {action: x}}',
            '  task-defaults: {on-error: {publish: {global: {g: 1}}, '
            'next: clean}}\n')
        targets = {name: [one.target for one
                          in graph.clause(name, 'on-error')]
                   for name in graph.spec.tasks}
        self.assertEqual({'a': ['clean'], 'b': ['clean'], 'c': ['noop'],
                          'clean': []}, targets)
        self.assertEqual(['global'], list(graph.publish('a', 'on-error')))
        self.assertEqual(['branch'], list(graph.publish('b', 'on-error')))
        self.assertEqual({}, graph.publish('c', 'on-error'))

    def test_closure(self):
        graph = self._graph(
            '{a: {requires: c}, b: {action: x}, c: {requires: b}, '
            'd: {requires: a}}', '  type: reverse\n')
        self.assertEqual(('a', 'b', 'c'), graph.closure('a'))
        self.assertEqual(('b',), graph.start_tasks)
        self.assertEqual({'a': ('d',), 'b': ('c',), 'c': ('a',), 'd': ()},
                         graph.dependants)

    def test_large(self):
        chain = ', '.join(f't{number}: {{on-success: t{number + 1}}}'
                          for number in range(2000))
        graph = self._graph(f'{{{chain}, t2000: {{join: all}}}}')
        self.assertEqual(('t0',), graph.start_tasks)
        self.assertEqual((('t1999', 'on-success'),), graph.inbound['t2000'])
