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
"""The compiled subset of YAQL agrees with yaql's own engine."""

import collections
import copy

import hypothesis
from hypothesis import strategies as st
from oslotest import base

from convection.expressions import budget
from convection.expressions import errors
from convection.expressions import results
from convection.expressions import yaql_compiler
from convection.expressions import yaql_engine
from convection.expressions import yaql_language
from convection.tests.unit.expressions import scopes

_NAMES = ('a', 'b', 'c')
_KEYS = st.sampled_from(_NAMES + ('d', 'len', 'get'))

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3),
    st.sampled_from((2 ** 62, 2 ** 70, 0.5, -2.0, 1e308)),
    st.sampled_from(('', 'a', 'b', 'Ab ', '12', '\u00e9')))

_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=8)

_VARIABLES = st.fixed_dictionaries({name: _VALUES for name in _NAMES})

_ATOMS = st.one_of(
    st.sampled_from(('$', '$1', 'null', 'true', 'false', 'a', 'one', '0', '1',
                     '2', '-1', '0.5', '9223372036854775807', "'a'", "''",
                     "'12'", '"\\u00e9"', '[]', '{}', 'env()', 'tasks()',
                     'execution()', 'task(one)', 'task(none)', 'task()',
                     'global(count)', 'task($.a)', 'switch()', 'nope()')),
    st.builds('$.{}'.format, st.sampled_from(_NAMES)),
    st.builds('$.{}'.format, _KEYS),
    st.builds('$.{}.{}'.format, _KEYS, _KEYS),
    st.builds('$[{}]'.format, st.sampled_from(_NAMES)),
    st.builds('$.get({})'.format, _KEYS))

_BINARY = st.sampled_from((
    '+', '-', '*', '/', 'mod', '<', '<=', '>', '>=', '=', '!=', 'in', 'and',
    'or', '.', '?.'))
_UNARY = st.sampled_from(('+', '-', 'not ', 'str', 'int', 'bool', 'len',
                          'isString', 'isInteger', 'isNumber', 'isBoolean',
                          'isList', 'float', 'coalesce'))
_METHODS = st.sampled_from((
    'len()', 'first()', 'last()', 'toUpper()', 'toLower()', 'trim()',
    'keys()', 'get(a)', 'get(a, 1)', 'a', 'b', "join('-')", 'contains(a)',
    'containsKey(a)', 'first(1)', 'get()', 'select($)'))


def _larger(inner):
    return st.one_of(
        st.builds('({} {} {})'.format, inner, _BINARY, inner),
        st.builds('{}({})'.format, _UNARY, inner),
        st.builds('({}).{}'.format, inner, _METHODS),
        st.builds('({})?.{}'.format, inner, _METHODS),
        st.builds('({}).contains({})'.format, inner, inner),
        st.builds('({}).get({}, {})'.format, inner, inner, inner),
        st.builds('({}).join({})'.format, inner, inner),
        st.builds('({})[{}]'.format, inner, inner),
        st.builds('({})[{}, {}]'.format, inner, inner, inner),
        st.builds('[{}, {}]'.format, inner, inner),
        st.builds('{{a => {}, {} => {}}}'.format, inner, inner, inner),
        st.builds('coalesce({}, {})'.format, inner, inner),
        st.builds('switch({} => {}, {} => {})'.format, inner, inner, inner,
                  inner))


_EXPRESSIONS = st.recursive(_ATOMS, _larger, max_leaves=6)

_FAILED = object()


def _outcome(evaluate, *args):
    try:
        return evaluate(*args)
    except errors.ExpressionError:
        return _FAILED


def _same(left, right):
    """Whether values are equal and of the same types throughout."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            _same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right


class TestAgreement(base.BaseTestCase):

    @hypothesis.settings(deadline=None, max_examples=200)
    @hypothesis.given(_EXPRESSIONS, _VARIABLES)
    def test_same_value_or_both_fail(self, text, variables):
        tree = yaql_engine.parse(text)
        full = yaql_language.with_engine(text, tree)
        evaluate = yaql_language.compile_expression(text)
        before = copy.deepcopy(variables)
        layered = collections.ChainMap({'a': variables['a']}, variables)
        expected = _outcome(full, scopes.DataScope(variables))
        for data in (variables, layered):
            found = _outcome(evaluate, scopes.DataScope(data))
            hypothesis.note('{!r} and {!r}'.format(expected, found))
            self.assertTrue(_same(expected, found))
        self.assertEqual(before, variables)

    @hypothesis.settings(deadline=None)
    @hypothesis.given(_EXPRESSIONS, _VARIABLES)
    def test_only_the_named_variables_matter(self, text, variables):
        tree = yaql_engine.parse(text)
        full = yaql_language.with_engine(text, tree)

        def with_all(scope):
            return yaql_engine.evaluate(
                tree, scope.variables, scope, budget.Budget())

        scope = scopes.DataScope(variables)
        try:
            expected = results.to_json(with_all(scope))
        except Exception:
            expected = _FAILED
        self.assertTrue(_same(expected, _outcome(full, scope)))


class TestSubset(base.BaseTestCase):

    def _compiled(self, text):
        return yaql_compiler.compile_tree(yaql_engine.parse(text)) is not None

    def test_compiled(self):
        for text in ('$', '$.a.b', '$.a[0].b', "$.get('a', 1)", '1 + $.a',
                     'not $.a and $.b > 1 or $.c = null', '$?.a?.b',
                     'task(one).result.x', 'env().region', 'uuid()',
                     '$.list.len() > 3', '[$.a, {b => $.c}]', '-$.a * 2',
                     "switch($.a => 1, true => 2)", 'coalesce($.a, 1)',
                     "str($.a) + 'x'", "$.a in [1, 2]"):
            self.assertTrue(self._compiled(text), text)

    def test_left_to_yaql(self):
        deep = '-' * 50 + '1'
        for text in ('$.a.where($ > 1)', 'range(9)', '$x', '$.a.nope()',
                     "'a' =~ 'b'", 'task(name => a)', 'let(1) -> $', 'now()',
                     '10000000000000000000', "'\\ud83d'", deep,
                     '$.a.get(b, default => 1)'):
            self.assertFalse(self._compiled(text), text)

    def test_large_operands_are_left_to_yaql(self):
        data = {'t': 'x' * 200_000, 'l': [1] * 200_000}
        for text, value in (('($.t + $.t).len()', 400_000),
                            ('($.l + $.l).len()', 400_000),
                            ('2 in $.l', False),
                            ('$.t.toUpper().len()', 200_000)):
            evaluate = yaql_language.compile_expression(text)
            self.assertEqual(value, evaluate(scopes.DataScope(data)))

    def test_a_path_gives_the_object_itself(self):
        data = {'a': {'b': [1, 2, 3]}}
        evaluate = yaql_language.compile_expression('$.a.b')
        self.assertIs(data['a']['b'], evaluate(scopes.DataScope(data)))
