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
"""Documents good and bad, with all that is to be said of each."""

import json
import pathlib

from oslotest import base
import yaml

from convection.lang import build
from convection.lang import document
from convection.lang import problem

DATA = pathlib.Path(__file__).parent / 'data'


def _cases(name):
    return yaml.safe_load((DATA / name).read_text())


def _found(parsed):
    return [[one.severity, one.code, one.path, one.line, one.column]
            for one in parsed.problems]


class TestDocuments(base.BaseTestCase):

    def _check(self, case):
        parsed = document.parse(case['text'])
        self.assertEqual(case['problems'], _found(parsed), case['name'])
        for one in parsed.problems:
            self.assertIn(one.code, problem.CODES)
            self.assertTrue(one.message.endswith(('.', '?')), one.message)
        return parsed

    def test_bad(self):
        for case in _cases('bad.yaml'):
            parsed = self._check(case)
            self.assertTrue(parsed.errors, case['name'])
            for definition in (*parsed.workflows, *parsed.actions):
                self.assertIsNone(definition.spec)

    def test_good(self):
        for case in _cases('good.yaml'):
            parsed = self._check(case)
            self.assertEqual([], parsed.errors, case['name'])
            for definition in (*parsed.workflows, *parsed.actions):
                self.assertEqual(definition.name, definition.spec.name)

    def test_data_make_the_same_spec_again(self):
        for case in _cases('good.yaml'):
            parsed = document.parse(case['text'])
            for definitions, make in ((parsed.workflows, build.workflow),
                                      (parsed.actions, build.action)):
                for one in definitions:
                    data = json.loads(json.dumps(one.data))
                    again = make(one.name, data)
                    self.assertEqual(repr(one.spec), repr(again))

    def test_kinds(self):
        kinds = {case['name']: document.parse(case['text']).kind
                 for case in _cases('good.yaml')}
        self.assertEqual('workbook',
                         kinds['a workbook with a numeric version'])
        self.assertEqual('actions', kinds['ad-hoc actions'])
        self.assertEqual('workflows',
                         kinds['a workflow that is called workflows'])

    def test_kind_can_be_given(self):
        text = 'version: "2.0"\na: {tasks: {t: {action: x}}}\n'
        parsed = document.parse(text, 'actions')
        self.assertEqual('actions', parsed.kind)
        self.assertEqual({'action.unknown_key', 'value.missing'},
                         {one.code for one in parsed.errors})

    def test_names_in_a_workbook(self):
        parsed = document.parse(
            'version: "2.0"\nname: wb\n'
            'workflows: {w: {tasks: {t: {action: a}}}}\n'
            'actions: {a: {base: std.noop}}\n')
        self.assertEqual('wb', parsed.name)
        self.assertEqual([('wb.w', 'wb')], [
            (one.name, one.workbook) for one in parsed.workflows])
        self.assertEqual([('wb.a', 'wb')], [
            (one.name, one.workbook) for one in parsed.actions])

    def test_bad_data_are_refused(self):
        self.assertRaises(ValueError, build.workflow, 'a', {'tasks': {}})

    def test_only_so_many_problems_are_listed(self):
        text = 'version: "2.0"\n' + '\n'.join(
            f'w{number}: 1' for number in range(1200))
        parsed = document.parse(text)
        self.assertEqual(1001, len(parsed.problems))
        self.assertEqual('document.more_problems', parsed.problems[-1].code)
        self.assertIn('200', parsed.problems[-1].message)

    def test_size_of_a_workflow(self):
        many = ''.join(f'    t{number}: {{action: a}}\n'
                       for number in range(10_001))
        head = 'version: "2.0"\nwf:\n'
        fewer = ''.join(many.splitlines(True)[:1000])
        targets = ', '.join(f't{number}' for number in range(300))
        for text in (f'{head}  tasks:\n{many}',
                     f'{head}  task-defaults: {{on-error: [{targets}]}}\n'
                     f'  tasks:\n{fewer}'):
            problem_, = document.parse(text).problems
            self.assertEqual('workflow.too_large', problem_.code)
