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
"""Templates as a whole: constants, the cache, threads, sharing."""

from concurrent import futures

import hypothesis
from hypothesis import strategies as st
from oslotest import base

from convection import expressions
from convection.expressions import template as template_module
from convection.tests.unit.expressions import scopes

_TEXTS = st.text(
    alphabet=st.sampled_from('<%{}>$_.ab \n"\'|([])=+-1#'), max_size=20)


class TestTemplate(base.BaseTestCase):

    def test_a_constant_is_its_source(self):
        for value in ({'a': [1, {'b': 'x'}]}, [1], 'text', None, 3, {}):
            template = expressions.compile(value)
            self.assertTrue(template.constant)
            self.assertIs(value, template.source)
            self.assertIs(value, template.evaluate(scopes.DataScope()))

    def test_evaluation_leaves_the_source(self):
        source = {'a': ['<% $.a.b %>', {'c': '{{ _.a.b }}'}], 'k': [1]}
        template = expressions.compile(source)
        self.assertFalse(template.constant)
        result = template.evaluate(scopes.DataScope())
        self.assertEqual({'a': [1, {'c': 1}], 'k': [1]}, result)
        self.assertEqual('<% $.a.b %>', source['a'][0])
        self.assertIs(source['k'], result['k'])

    def test_strings_are_parsed_once(self):
        text = '<% $.a.b + 123 %>'
        expressions.compile(text)
        before = template_module._compile_text.cache_info().hits
        expressions.compile({'again': text})
        self.assertEqual(
            before + 1, template_module._compile_text.cache_info().hits)

    def test_is_expression(self):
        for value in ('<% $ %>', 'a {{ b }}', '{% raw %}'):
            self.assertTrue(expressions.is_expression(value))
        for value in ('a', '<% $', '{{\n}}', None, 1, ['<% $ %>']):
            self.assertFalse(expressions.is_expression(value))

    def test_check_finds_all(self):
        found = expressions.check(
            {'a': '<% $. %>', 'b': ['ok', '{{ a b }}'], '<% $. %>': 1})
        self.assertEqual([('a',), ('b', 1)], [path for path, _ in found])
        self.assertIn('"$."', found[0][1])
        self.assertEqual([], expressions.check('<% $ %>'))

    def test_variables_need_not_be_a_mapping(self):
        for variables in ([1, 2], 'text', None, 5):
            scope = scopes.DataScope()
            scope.variables = variables
            for text in ('<% $ %>', '{{ _ }}', '<% [$].first() %>'):
                self.assertEqual(
                    variables, expressions.compile(text).evaluate(scope))

    def test_bare_variables_are_a_plain_dict(self):
        for text in ('<% $ %>', '{{ _ }}'):
            value = expressions.compile(text).evaluate(scopes.DataScope())
            self.assertIs(dict, type(value))
            self.assertEqual(scopes.DATA, value)

    def test_threads(self):
        texts = ['<% $.list.where($ > {0}).len() + {0} %>'.format(number)
                 for number in range(40)]

        def evaluate(text):
            return expressions.compile(text).evaluate(scopes.DataScope())

        with futures.ThreadPoolExecutor(4) as pool:
            found = list(pool.map(evaluate, texts))
        self.assertEqual([3, 3, 3] + list(range(3, 40)), found)

    def test_random_is_the_same_on_a_replay(self):
        for text in ('<% random() %>', '<% random(1, 1000000) %>',
                     '{{ range(100000) | random }}'):
            template = expressions.compile(text)
            self.assertEqual(template.evaluate(scopes.DataScope()),
                             template.evaluate(scopes.DataScope()))

    @hypothesis.settings(deadline=None)
    @hypothesis.given(_TEXTS)
    def test_nothing_but_expression_errors(self, text):
        found = expressions.check(text)
        try:
            expressions.compile(text).evaluate(scopes.DataScope())
        except expressions.ExpressionError:
            return
        self.assertEqual([], found)
