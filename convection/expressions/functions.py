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
"""The functions that both languages have beside their own.

A function takes the scope first and then its arguments, which are plain JSON
data that it must not change, and returns JSON data (or a time). Other
packages add some under the entry-point group
``convection.expressions.functions``; they cannot replace the ones here, nor
those of the languages.
"""

from collections.abc import Callable
from collections.abc import Sequence
import datetime
import functools
import json
import random
import types
from typing import Any
import uuid as uuid_module

from stevedore import extension
import yaml

from convection.expressions import budget as budget_module
from convection.expressions import results
from convection.expressions import scope as scope_module

GROUP = 'convection.expressions.functions'

#: Characters of a text that json_parse takes or json_dump makes, and commas
#: and brackets in the former, which tell how many values there may be.
MAX_TEXT = 16 * 1024 * 1024
MAX_VALUES = 500_000

#: Characters of the text, and events and levels of nesting in it, that
#: yaml_parse takes.
MAX_YAML = 1_000_000
MAX_YAML_EVENTS = 100_000
MAX_YAML_DEPTH = results.MAX_DEPTH

_YamlLoader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)

Scope = scope_module.Scope


class _YamlDumper(yaml.SafeDumper):
    """A dumper that counts."""

    def represent_data(self, data: Any) -> yaml.Node:
        budget_module.current().call()
        return super().represent_data(data)

    def emit(self, event: yaml.Event) -> None:
        budget_module.current().call()
        super().emit(event)


def env(scope: Scope) -> dict[str, Any]:
    """Return the environment of the topmost job."""
    return scope.env()


def execution(scope: Scope) -> dict[str, Any]:
    """Describe the job."""
    return scope.execution()


def executions(scope: Scope, id: str | None = None,
               root_execution_id: str | None = None,
               state: str | None = None, from_time: str | None = None,
               to_time: str | None = None) -> list[dict[str, Any]]:
    """Refuse to describe other jobs, which the core does not know."""
    raise LookupError('executions() is not available: an expression sees '
                      'its own job only')


def task(scope: Scope, name: str | None = None) -> dict[str, Any] | None:
    """Describe the latest task of a name, or the current task."""
    return scope.task(name)


def tasks(scope: Scope, workflow_execution_id: str | None = None,
          recursive: bool = False, state: str | None = None,
          flat: bool = False) -> list[dict[str, Any]]:
    """List the tasks of the job in order.

    :param workflow_execution_id: the id of the job, or the name that the
        tasks must have.
    """
    found = scope.tasks()
    if recursive or flat:
        raise LookupError('tasks() of sub-jobs are not available: an '
                          'expression sees its own job only')
    if workflow_execution_id is not None:
        if not _is_uuid(workflow_execution_id):
            found = [each for each in found
                     if each['name'] == workflow_execution_id]
        elif workflow_execution_id != scope.execution()['id']:
            raise LookupError('tasks() of another job are not available: an '
                              'expression sees its own job only')
    if state is not None:
        found = [each for each in found if each['state'] == state]
    return found


def _is_uuid(text: str) -> bool:
    try:
        uuid_module.UUID(text)
    except ValueError:
        return False
    return True


def global_(scope: Scope, name: str) -> Any:
    """Return a variable published to the scope "global", or None."""
    return scope.global_variable(name)


def uuid(scope: Scope) -> str:
    """Return a new UUID."""
    return scope.new_uuid()


def now(scope: Scope) -> datetime.datetime:
    """Return the time of the event at hand, in UTC."""
    return datetime.datetime.fromtimestamp(
        scope.now(), tz=datetime.timezone.utc)


def random_number(scope: Scope) -> float:
    """Return a number from 0 to 1: the same one on a replay."""
    return random.Random(scope.new_uuid()).random()  # nosec


def random_between(scope: Scope, from_: int, to_: int) -> int:
    """Return a whole number between two: the same one on a replay."""
    return random.Random(scope.new_uuid()).randint(from_, to_)  # nosec


def choose(scope: Scope, items: Sequence) -> Any:
    """Return one of the items: the same one on a replay."""
    return random.Random(scope.new_uuid()).choice(items)  # nosec


def json_parse(scope: Scope, text: str) -> Any:
    """Return the data that a JSON text holds."""
    if len(text) > MAX_TEXT or sum(map(text.count, ',[{')) > MAX_VALUES:
        raise ValueError('the JSON text is too long')
    return json.loads(text)


def json_dump(scope: Scope, data: Any) -> str:
    """Return data as a JSON text, indented by four."""
    budget = budget_module.current()
    pieces = []
    length = 0
    for piece in json.JSONEncoder(indent=4).iterencode(
            results.to_json(data)):
        budget.spend()
        length += len(piece)
        if length > MAX_TEXT:
            raise ValueError('the JSON text is too long')
        pieces.append(piece)
    return ''.join(pieces)


def yaml_parse(scope: Scope, text: str) -> Any:
    """Return the data that a YAML text holds.

    Aliases are refused: a short text with some may stand for more than
    memory holds.
    """
    if len(text) > MAX_YAML:
        raise ValueError('the YAML text is too long')
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_YamlLoader)):
        if number > MAX_YAML_EVENTS:
            raise ValueError('the YAML text holds too many values')
        if isinstance(event, yaml.AliasEvent):
            raise ValueError('aliases are not allowed in the YAML text')
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_YAML_DEPTH:
                raise ValueError('the YAML text is nested too deeply')
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    # _YamlLoader is one of PyYAML's safe loaders.
    return yaml.load(text, Loader=_YamlLoader)  # nosec


def yaml_dump(scope: Scope, data: Any) -> str:
    """Return data as a YAML text in block style."""
    return yaml.dump(results.to_json(data), Dumper=_YamlDumper,
                     default_flow_style=False)


_BUILT_IN: dict[str, Callable] = {
    'env': env,
    'execution': execution,
    'executions': executions,
    'task': task,
    'tasks': tasks,
    'global': global_,
    'uuid': uuid,
    'now': now,
    'json_parse': json_parse,
    'json_dump': json_dump,
    'json_pp': json_dump,
    'yaml_parse': yaml_parse,
    'yaml_dump': yaml_dump,
}


def is_built_in(name: str) -> bool:
    """Whether a function is Convection's own."""
    return name in _BUILT_IN


@functools.cache
def table() -> types.MappingProxyType:
    """Return every function by its name, those of plug-ins too."""
    found = {}
    plugins = extension.ExtensionManager(GROUP, invoke_on_load=False)
    for plugin in plugins:
        found[plugin.name] = plugin.plugin
    found.update(_BUILT_IN)
    return types.MappingProxyType(found)
