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
"""Tests of the catalogue of actions."""

from unittest import mock

from oslotest import base as test_base
import stevedore
from stevedore import extension

from convection.actions import base
from convection.actions.std import echo
from convection.actions.std import noop
from convection.executor import catalogue


class NoObject(base.Action):
    """Cannot be made."""

    def __init__(self):
        raise RuntimeError('no')


class Strange(base.Action):
    """Wants to run nowhere."""

    isolation = 'nowhere'


class NoJson(base.Action):
    """Describes its parameters with a set."""

    parameters = {'type': {'object'}}


def _load(*plugins):
    manager = stevedore.ExtensionManager.make_test_instance([
        extension.Extension(name, None, plugin, None)
        for name, plugin in plugins])
    with mock.patch.object(stevedore, 'ExtensionManager', autospec=True,
                           return_value=manager):
        return catalogue.Catalogue.load()


class CatalogueTest(test_base.BaseTestCase):
    """What is offered, and what is left out."""

    def test_load(self):
        found = _load(('b', echo.Echo), ('a', noop.Noop))
        self.assertEqual(2, len(found))
        self.assertIsInstance(found.get('b'), echo.Echo)
        self.assertIsNone(found.get('c'))
        self.assertEqual(['a', 'b'], [d['name'] for d in found.describe()])
        self.assertEqual(echo.Echo.parameters,
                         found.describe()[1]['parameters'])

    def test_a_broken_plug_in_is_left_out(self):
        found = _load(('a', noop.Noop), ('b', NoObject), ('c', Strange),
                      ('d', NoJson), ('e', object), ('f', lambda: None))
        self.assertEqual(['a'], [d['name'] for d in found.describe()])

    def test_one_that_cannot_be_loaded_is_logged(self):
        point = mock.Mock()
        point.name = 'x'
        with mock.patch.object(catalogue.LOG, 'error',
                               autospec=True) as error:
            catalogue._log_failure(None, point, ImportError('nothing there'))
        self.assertIn('nothing there', str(error.call_args))

    def test_two_of_a_name(self):
        error = self.assertRaises(catalogue.DuplicateAction, _load,
                                  ('a', noop.Noop), ('a', echo.Echo))
        self.assertIn('"a" is offered twice', str(error))
        # The same one twice, for instance installed twice, is harmless.
        self.assertEqual(1, len(_load(('a', noop.Noop), ('a', noop.Noop))))

    def test_digest(self):
        one = catalogue.Catalogue({'a': noop.Noop})
        self.assertEqual(one.digest(),
                         catalogue.Catalogue({'a': noop.Noop}).digest())
        self.assertNotEqual(one.digest(),
                            catalogue.Catalogue({'b': noop.Noop}).digest())
