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
"""Plug-in functions, and what yaml_parse refuses."""

from unittest import mock

from oslotest import base

from convection import expressions
from convection.expressions import functions
from convection.expressions import jinja_sandbox
from convection.expressions import template as template_module
from convection.expressions import yaql_engine
from convection.tests.unit.expressions import scopes

_CACHES = (functions.table, jinja_sandbox.environment,
           yaql_engine._functions_context, template_module._compile_text)


def _shout(scope, text, mark='!'):
    return [text.upper() + mark, scope.env()]


class TestPlugins(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        plugins = [mock.Mock(plugin=_shout) for _ in range(3)]
        for plugin, name in zip(plugins, ('shout', 'uuid', 'len')):
            plugin.name = name
        patcher = mock.patch.object(
            functions.extension, 'ExtensionManager', autospec=True,
            return_value=plugins)
        patcher.start()
        self._clear()
        self.addCleanup(self._clear)
        self.addCleanup(patcher.stop)

    def _clear(self):
        for cached in _CACHES:
            cached.cache_clear()

    def _evaluate(self, text):
        return expressions.compile(text).evaluate(scopes.DataScope())

    def test_in_both_languages(self):
        expected = ['HI!', {'region': 'north'}]
        for text in ('<% shout($.text) %>', "{{ shout('Hi') }}",
                     "{{ 'Hi' | shout }}"):
            self.assertEqual(expected, self._evaluate(text))
        self.assertEqual(
            'HI?', self._evaluate("<% shout($.text, mark => '?')[0] %>"))

    def test_nothing_is_replaced(self):
        self.assertEqual(36, len(self._evaluate('<% uuid() %>')))
        self.assertEqual(36, len(self._evaluate('{{ uuid() }}')))
        self.assertEqual(2, self._evaluate('<% len($.text) + 0 %>'))
        self.assertEqual(2, self._evaluate('<% range(2).len() %>'))


class TestYamlParse(base.BaseTestCase):

    def test_refused(self):
        for text, cause in (
                ('a: &x [1]\nb: *x', 'aliases'),
                ('[' * 200 + ']' * 200, 'too deeply'),
                ('x' * 1_000_001, 'too long'),
                ('!!python/object/apply:os.getcwd []', 'constructor'),
                ('a: [', 'parsing')):
            scope = scopes.DataScope({'text': text})
            for template in ('<% yaml_parse($.text) %>',
                             '{{ _.text | yaml_parse }}'):
                error = self.assertRaises(
                    expressions.ExpressionError,
                    expressions.compile(template).evaluate, scope)
                self.assertIn(cause, error.message)
