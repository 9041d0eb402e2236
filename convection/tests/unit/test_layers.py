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
"""The guard of the layers: imports go one way, and the core is pure.

Nothing is imported here: the sources are parsed, so an import inside a
function or under a condition counts as well.
"""

import ast
import collections
import pathlib
import re
import sys

from oslotest import base

import convection

PACKAGE = pathlib.Path(convection.__file__).parent

#: What every layer may import beside itself. A layer is a sub-package of
#: convection, and ``engine.core`` within engine; the longest name counts.
#: Tests may import all.
ALLOWED = {
    'common': {'conf', 'policies'},
    # Helpers that several groups of options share.
    'conf': {'common'},
    'policies': set(),
    # The language and its semantics know nothing of the service.
    'expressions': set(),
    'lang': {'expressions'},
    'engine.core': {'expressions', 'lang'},
    # The shell round the core.
    'db': {'common', 'conf'},
    'rpc': {'common', 'conf'},
    'engine': {'common', 'conf', 'db', 'engine.core', 'expressions', 'lang',
               'rpc'},
    # No database and no state of a job.
    'actions': {'common', 'conf'},
    'executor': {'actions', 'common', 'conf', 'rpc'},
    # Reads the database, writes through an engine.
    'api': {'common', 'conf', 'db', 'policies', 'rpc'},
    # The programs put the parts together; nothing else imports the API.
    'wsgi': {'api', 'common', 'conf', 'db', 'rpc'},
    'cmd': {'actions', 'api', 'common', 'conf', 'db', 'engine', 'engine.core',
            'executor', 'expressions', 'lang', 'policies', 'rpc', 'wsgi'},
}

#: The layers that use, of all that is installed, only these libraries.
LIBRARIES = {
    # Pure as well: what JSON Schema says of the parameters of an action.
    'engine.core': {'jsonschema'},
    'expressions': {'jinja2', 'stevedore', 'yaml', 'yaql'},
    'lang': {'jsonschema', 'yaml'},
}

#: The way to a clock, to chance or to the outside; closed to the core.
IMPURE = {
    'asyncio', 'concurrent', 'io', 'logging', 'multiprocessing', 'os',
    'pathlib', 'queue', 'random', 'secrets', 'shutil', 'signal', 'socket',
    'sqlite3', 'subprocess', 'sys', 'tempfile', 'threading', 'time',
}
#: The same among what pure modules have beside pure functions.
IMPURE_CALLS = re.compile(
    r'(datetime\.)?(datetime\.(now|utcnow|today)|date\.today)'
    r'|uuid\.uuid[1467]|open')

Import = collections.namedtuple('Import', 'file line layer target')


def _layer(module: str) -> str:
    """Name the layer of a dotted module below convection."""
    parts = module.split('.')
    if parts[:2] == ['engine', 'core']:
        return 'engine.core'
    return parts[0]


def _is_module(dotted: str) -> bool:
    path = PACKAGE.parent.joinpath(*dotted.split('.'))
    return path.is_dir() or path.with_suffix('.py').is_file()


def _targets(node: ast.AST) -> list[str]:
    """Name the modules that an import statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        full = [f'{node.module}.{alias.name}' for alias in node.names]
        return [name if name.startswith('convection.') and _is_module(name)
                else node.module for name in full]
    return []


def _imports() -> list[Import]:
    found = []
    for path in sorted(PACKAGE.rglob('*.py')):
        file = path.relative_to(PACKAGE)
        module = '.'.join(file.with_suffix('').parts)
        if file.parts[0] == 'tests' or module == '__init__':
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            found += [Import(str(file), node.lineno, _layer(module), target)
                      for target in _targets(node)]
    return found


class LayersTest(base.BaseTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.imports = _imports()

    def _show(self, imports: list[Import]) -> str:
        return '\n'.join(f'{i.file}:{i.line}: {i.layer} imports {i.target}'
                         for i in imports)

    def test_every_layer_is_in_the_table(self) -> None:
        layers = {i.layer for i in self.imports}
        self.assertEqual(set(), layers - set(ALLOWED))

    def test_imports_go_one_way(self) -> None:
        wrong = []
        for i in self.imports:
            if not i.target.startswith('convection.'):
                continue
            target = _layer(i.target.removeprefix('convection.'))
            if target not in ALLOWED[i.layer] | {i.layer}:
                wrong.append(i)
        self.assertEqual([], wrong, self._show(wrong))

    def test_pure_layers_use_few_libraries(self) -> None:
        wrong = []
        for i in self.imports:
            top = i.target.split('.')[0]
            if (i.layer in LIBRARIES and top != 'convection'
                    and top not in sys.stdlib_module_names
                    and top not in LIBRARIES[i.layer]):
                wrong.append(i)
        self.assertEqual([], wrong, self._show(wrong))

    def test_core_is_pure(self) -> None:
        wrong = [i for i in self.imports if i.layer == 'engine.core'
                 and i.target.split('.')[0] in IMPURE]
        self.assertEqual([], wrong, self._show(wrong))

    def test_core_calls_nothing_impure(self) -> None:
        wrong = []
        for path in sorted((PACKAGE / 'engine' / 'core').glob('*.py')):
            for node in ast.walk(ast.parse(path.read_text())):
                if (isinstance(node, ast.Call)
                        and IMPURE_CALLS.fullmatch(ast.unparse(node.func))):
                    wrong.append(f'{path.name}:{node.lineno}')
        self.assertEqual([], wrong)

    def test_no_relative_import(self) -> None:
        wrong = []
        for path in sorted(PACKAGE.rglob('*.py')):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.level:
                    wrong.append(f'{path}:{node.lineno}')
        self.assertEqual([], wrong)

    def test_no_eventlet(self) -> None:
        wrong = [i for i in self.imports
                 if i.target.split('.')[0] in ('eventlet', 'greenlet')]
        self.assertEqual([], wrong, self._show(wrong))
