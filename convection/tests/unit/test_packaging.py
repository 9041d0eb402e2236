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
"""Checks of the tree: what is packaged, required, tested and documented."""

import ast
import configparser
import importlib.metadata
import pathlib
import re
import subprocess
import sys

from oslotest import base
from packaging import requirements
from packaging import utils

import convection

ROOT = pathlib.Path(convection.__file__).parent.parent

#: The names under which projects are imported, where the two differ.
MODULES = {'pyyaml': 'yaml'}

#: Required without an import: pbr reads setup.cfg.
NOT_IMPORTED = {'pbr'}

#: A folder of the machine that a file was written on.
MACHINE_PATH = re.compile(r'(?<![\w./])/(?:home|root|Users)/\w')


def _tracked(*patterns: str) -> list[pathlib.Path]:
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard',
         '--', *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.splitlines()
            if (ROOT / name).is_file()]


def _requirements(path: pathlib.Path) -> dict:
    """Read a requirements file: canonical name -> requirement."""
    found = {}
    for line in path.read_text().splitlines():
        line = line.split('#')[0].strip()
        if line:
            wanted = requirements.Requirement(line)
            found[utils.canonicalize_name(wanted.name)] = wanted
    return found


def _imported(folder: pathlib.Path) -> set[str]:
    """Name the top-level modules that the sources, not the tests, import."""
    found = set()
    for path in folder.rglob('*.py'):
        if 'tests' in path.relative_to(folder).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.split('.')[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split('.')[0])
    return found


class RequirementsTest(base.BaseTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.required = _requirements(ROOT / 'requirements.txt')
        self.imported = _imported(ROOT / 'convection') - {'convection'}

    def _module(self, name: str) -> str:
        return MODULES.get(name, name.replace('-', '_'))

    def test_what_is_imported_is_required(self) -> None:
        known = {self._module(name) for name in self.required}
        missing = self.imported - known - set(sys.stdlib_module_names)
        self.assertEqual(set(), missing)

    def test_what_is_required_is_imported(self) -> None:
        unused = {name for name in self.required
                  if self._module(name) not in self.imported}
        self.assertEqual(NOT_IMPORTED, unused)

    def test_constraints_meet_the_lower_bounds(self) -> None:
        pinned = _requirements(ROOT / 'constraints.txt')
        for file in ('requirements.txt', 'test-requirements.txt',
                     'doc/requirements.txt',
                     'python-convectionclient/requirements.txt',
                     'python-convectionclient/test-requirements.txt'):
            for name, wanted in _requirements(ROOT / file).items():
                self.assertIn(name, pinned, f'{file}: {name}')
                (pin,) = pinned[name].specifier
                self.assertTrue(wanted.specifier.contains(pin.version),
                                f'{file}: {wanted}, but {pinned[name]}')

    def test_lower_bounds_only(self) -> None:
        for wanted in self.required.values():
            operators = {part.operator for part in wanted.specifier}
            self.assertEqual({'>='}, operators, str(wanted))


class EntryPointsTest(base.BaseTestCase):

    def test_entry_points_load(self) -> None:
        mine = [point for point in
                importlib.metadata.distribution('convection').entry_points]
        self.assertNotEqual([], mine)
        for point in mine:
            self.assertTrue(callable(point.load()), point.name)

    def test_installed_entry_points_are_those_of_setup_cfg(self) -> None:
        config = configparser.ConfigParser(delimiters=['='])
        config.read(ROOT / 'setup.cfg')
        written = {(group, line.split('=')[0].strip())
                   for group, lines in config['entry_points'].items()
                   for line in lines.strip().splitlines()}
        installed = {(point.group, point.name) for point in
                     importlib.metadata.distribution('convection')
                     .entry_points}
        self.assertEqual(written, installed)


class TreeTest(base.BaseTestCase):

    def test_every_source_file_has_its_licence_and_a_docstring(self) -> None:
        for path in _tracked('*.py'):
            text = path.read_text()
            tree = ast.parse(text)
            if path.name == '__init__.py' and not tree.body:
                continue
            self.assertIn('Apache License, Version 2.0', text, path)
            self.assertTrue(ast.get_docstring(tree), path)

    def test_every_folder_of_sources_is_a_package(self) -> None:
        for path in _tracked('convection/*.py',
                             'python-convectionclient/convectionclient/*.py'):
            if path.parent.name == 'versions':
                # Scripts that alembic reads, not modules.
                continue
            self.assertTrue((path.parent / '__init__.py').exists(), path)

    def test_no_path_of_a_machine(self) -> None:
        for path in _tracked():
            if path.suffix in ('.png', '.ico', '.gz'):
                continue
            found = MACHINE_PATH.search(path.read_text(errors='replace'))
            self.assertIsNone(found, path)

    def test_no_generated_sample(self) -> None:
        self.assertEqual([], _tracked('*.sample'))

    def test_no_global_but_in_the_programs(self) -> None:
        for path in _tracked('convection/*.py'):
            part = path.relative_to(ROOT / 'convection').parts[0]
            if part in ('cmd', 'wsgi', 'tests'):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                self.assertNotIsInstance(node, ast.Global, path)

    def test_scripts_can_be_called(self) -> None:
        for path in _tracked('tools/*', '.ci/*'):
            if path.read_bytes().startswith(b'#!'):
                self.assertTrue(path.stat().st_mode & 0o111, path)
