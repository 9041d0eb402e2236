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
"""The cases of cases.yaml."""

import copy
import pathlib

from oslotest import base
import yaml

from convection import expressions
from convection.tests.unit.expressions import scopes

_FILE = pathlib.Path(__file__).with_name('cases.yaml')


class TestCases(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.cases = yaml.safe_load(_FILE.read_text(encoding='utf-8'))

    def _check(self, title):
        before = copy.deepcopy(scopes.DATA)
        wrong = [(case, outcome) for case in self.cases[title]
                 for outcome in [_outcome(case['template'])]
                 if not _fits(case, outcome)]
        self.assertEqual([], wrong)
        self.assertEqual(before, scopes.DATA)

    def test_native_values(self):
        self._check('native values')

    def test_python_forms_in_text(self):
        self._check('python forms in text')

    def test_data(self):
        self._check('data')

    def test_no_expressions(self):
        self._check('no expressions')

    def test_lists(self):
        self._check('lazy and unordered results become lists')

    def test_yaql_operators(self):
        self._check('yaql operators')

    def test_functions(self):
        self._check('functions')

    def test_errors(self):
        self._check('errors')

    def test_grammar_errors(self):
        self._check('grammar errors')
        for case in self.cases['grammar errors']:
            found = expressions.check({'a': [1, case['template']]})
            self.assertEqual([('a', 1)], [path for path, _ in found])

    def test_jinja_limits(self):
        self._check('jinja limits')

    def test_jinja_sandbox(self):
        self._check('jinja sandbox')


def _outcome(template):
    """Return the value, or the error itself."""
    try:
        return expressions.compile(template).evaluate(scopes.DataScope())
    except expressions.ExpressionError as error:
        return error


def _fits(case, outcome):
    if 'error' in case:
        return (isinstance(outcome, expressions.ExpressionError) and
                case['error'] in outcome.message)
    return (outcome == case['value'] and
            type(outcome) is type(case['value']))
