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
"""Hostile expressions end with an error, and soon."""

import json
import os
import pathlib
import re
import subprocess
import sys
from unittest import mock

import hypothesis
from hypothesis import strategies as st
from oslotest import base
import yaml

from convection import expressions
from convection.expressions import budget
from convection.expressions import inline
from convection.expressions import ordered_set
from convection.expressions import regex_limits
from convection.tests.unit.expressions import scopes

_HERE = pathlib.Path(__file__).parent
_SETS = _HERE / 'sets.yaml'


def _evaluate(template):
    return expressions.compile(template).evaluate(scopes.DataScope())


def set_values():
    """Return the values of sets.yaml."""
    return [_evaluate(template) for template in
            yaml.safe_load(_SETS.read_text(encoding='utf-8'))]


class TestHostile(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.cases = yaml.safe_load(
            (_HERE / 'hostile.yaml').read_text(encoding='utf-8'))
        for name, value in (('MAX_SECONDS', 0.2), ('MAX_STEPS', 100_000)):
            patch = mock.patch.object(budget, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def _check(self, language):
        wrong = []
        for case in self.cases[language]:
            try:
                wrong.append((case, _evaluate(case['template'])))
            except expressions.ExpressionError as error:
                if case['error'] not in error.message:
                    wrong.append((case, error.message))
        self.assertEqual([], wrong)

    def test_yaql(self):
        self._check('yaql')

    def test_jinja(self):
        self._check('jinja')

    def test_a_template_has_one_budget(self):
        loop = '<% range(60000).len() %>'
        self.assertEqual(60000, _evaluate(loop))
        for template in ([loop, loop], {'a': loop, 'b': loop}, loop + loop,
                         [[loop], {'a': loop}]):
            error = self.assertRaises(
                expressions.ExpressionError, _evaluate, template)
            self.assertIn('it takes', error.message)


class TestBudget(base.BaseTestCase):

    def test_memory(self):
        texts = []
        with mock.patch.object(budget, 'MAX_BYTES', 1_000_000):
            taken = budget.Budget()
            for _ in range(100):
                # The same text, then one that nothing keeps.
                taken.weigh('a' * 100_000)
            self.assertRaisesRegex(
                OverflowError, 'too much memory',
                lambda: [texts.append('a' * 100_000 + str(number)) or
                         taken.weigh(texts[-1]) for number in range(20)])

    def test_a_value_weighs_what_it_shows(self):
        taken = budget.Budget()
        inner = [1] * 1000
        self.assertEqual(1001, taken.weigh(inner))
        self.assertEqual(10_011, taken.weigh((inner,) * 10 + ('a' * 64,))
                         - 2)
        self.assertRaises(OverflowError, taken.weigh, [inner] * 1000)
        self.assertEqual(2003, taken.weigh({'a': inner, 'b': inner}) - 2)


class TestStrings(base.BaseTestCase):
    """Long strings; the slow ones would take hours in quadratic time."""

    def test_openers_only(self):
        for text in ('<%' * 500_000, '{{' * 500_000, '{%' * 500_000,
                     '<%\n' * 300_000 + '%>', '{{\n' * 300_000 + '}}',
                     '<%\n%>' * 200_000, '{%{{' * 250_000):
            self.assertFalse(expressions.is_expression(text))
            self.assertEqual(text, _evaluate(text))

    def test_openers_behind_an_expression(self):
        self.assertEqual('1' + '<%' * 500_000,
                         _evaluate('<% 1 %>' + '<%' * 500_000))
        for opener in ('{{ ', '{% ', '{# ', '{% raw %}'):
            self.assertRaises(expressions.ExpressionError, _evaluate,
                              '{{ 1 }}' + opener * 300_000)

    def test_number_of_expressions(self):
        for text in ('<% 1 %>', '{{ 1 }}', '{% if 1 %}1{% endif %}'):
            limit = inline.MAX_EXPRESSIONS // (2 if '%}' in text else 1)
            self.assertEqual('1' * limit, _evaluate(text * limit))
            for count in (limit + 1, 20_000):
                [(_, message)] = expressions.check(text * count)
                self.assertIn('more than 1000 expressions', message)

    def test_length_of_an_expression(self):
        for text in ('<% {} %>', '{{{{ {} }}}}', 'x <% {} %>',
                     'x {{{{ {} }}}}', '{{% if {} %}}{{% endif %}}'):
            self.assertEqual([], expressions.check(
                text.format('a' * 60_000)))
            [(_, message)] = expressions.check(text.format('a' * 70_000))
            self.assertIn('longer than 65536 characters', message)

    def test_deep_expressions(self):
        for text in ('<% {} %>', '{{{{ {} }}}}'):
            for inner in ('1' + '+1' * 30_000, '-' * 60_000 + '1',
                          '[' * 30_000 + ']' * 30_000):
                [(_, message)] = expressions.check(text.format(inner))
                self.assertIn('nested too deeply', message)

    @hypothesis.given(st.text(alphabet='<%>\n a', max_size=40))
    def test_spans_are_those_of_the_regular_expression(self, text):
        self.assertEqual(
            [found.span() for found in re.finditer('<%.*?%>', text)],
            list(inline.spans(text, '<%', '%>')))


class TestSets(base.BaseTestCase):

    def test_values_do_not_follow_the_seed(self):
        code = ('import json; from {0} import test_limits; '
                'print(json.dumps(test_limits.set_values()))'.format(
                    __name__.rpartition('.')[0]))
        values = [
            subprocess.run(
                [sys.executable, '-c', code], check=True,
                stdout=subprocess.PIPE,
                env=dict(os.environ, PYTHONHASHSEED=seed,
                         PYTHONPATH=os.pathsep.join(sys.path))).stdout
            for seed in ('1', '2')]
        self.assertEqual(json.loads(values[0]), json.loads(values[1]))
        self.assertEqual(['one', 'two', 'three', 'four', 'five', 'six'],
                         json.loads(values[0])[0])

    @hypothesis.given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
    def test_ordered_sets_are_sets(self, left, right):
        for method in ('union', 'intersection', 'difference',
                       'symmetric_difference'):
            made = getattr(ordered_set.OrderedSet(left), method)(
                ordered_set.OrderedSet(right))
            expected = getattr(frozenset(left), method)(frozenset(right))
            self.assertIs(ordered_set.OrderedSet, type(made))
            self.assertEqual(expected, made)
            self.assertEqual(hash(expected), hash(made))
            self.assertEqual(sorted(expected), sorted(made))


class TestRegularExpressions(base.BaseTestCase):

    def test_usual_ones_are_let_through(self):
        for pattern, text in (
                ('', ''), ('error', 'x' * 10_000),
                ('.*error.*', ('x' * 80 + '\n') * 200),
                (r'^\d+(\.\d+)*$', '1.2.3.4.5' * 20),
                (r'^([a-z0-9]+-)*[a-z0-9]+$', 'ab-' * 100 + '!'),
                (r'^[\w.+-]+@[\w-]+\.[\w.-]+$', 'a.b@c.example.org'),
                (r'\d{1,3}(\.\d{1,3}){3}', 'at 10.0.0.1 ' * 50),
                (r'(?<=foo)bar(?!x)', 'foobar' * 100),
                (r'(?i)^(get|post|put)\b', 'GET /'),
                (r'(a|b)?+c|(?P<n>d)(?(n)e|f)', 'abcdef'),
                ('[]a]|[^b-d]', 'abc'), (r'(?s:.)*x', 'a\n' * 100)):
            regex_limits.check(pattern, text)

    def test_refused_before_they_run(self):
        for pattern, text in (
                ('(a+)+$', 'a' * 40 + 'b'), ('(a|a)*b', 'a' * 40),
                ('(a|aa)+$', 'a' * 80 + 'b'), ('(a*)*b', 'a' * 40),
                ('(a?){25}a{25}', 'a' * 25), ('a*a*a*b', 'a' * 10_000),
                (r'\s+$', ' ' * 100_000 + 'x'), ('a', 'a' * 2_000_000),
                ('a' * 6000, 'a'), ('(?:(?:a?b?){60}){60}', 'a'),
                ('(?<=a{9}b)c', 'c'), ('((a{0,9}){0,9}){0,9}$', 'a' * 50)):
            self.assertRaises(ValueError, regex_limits.check, pattern, text)
