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
"""The actions that an executor offers, found by stevedore."""

import collections.abc
import hashlib
import json
from typing import Any

from oslo_log import log as logging
import stevedore

from convection.actions import base

LOG = logging.getLogger(__name__)

#: The group of entry points that plug-ins use.
NAMESPACE = 'convection.actions'


class DuplicateAction(Exception):
    """Two plug-ins offer an action of the same name."""

    def __init__(self, name: str, one: str, other: str) -> None:
        super().__init__(f'The action "{name}" is offered twice: by {one} '
                         f'and by {other}.')


class Catalogue:
    """Actions by name.

    :param actions: the class of each action.
    """

    def __init__(self, actions: collections.abc.Mapping[
            str, type[base.Action]]) -> None:
        self._classes = dict(actions)
        self._objects = {name: cls() for name, cls in actions.items()}

    @classmethod
    def load(cls, namespace: str = NAMESPACE) -> 'Catalogue':
        """Load the actions of every plug-in that is installed.

        One that cannot be loaded is logged and left out.

        :raises DuplicateAction: two different classes have the same name.
        """
        manager = stevedore.ExtensionManager(
            namespace, on_load_failure_callback=_log_failure)
        found: dict[str, type[base.Action]] = {}
        for extension in manager:
            name, plugin = extension.name, extension.plugin
            fault = _fault(plugin)
            if fault:
                LOG.error('The action %s is left out: %s', name, fault)
            elif found.setdefault(name, plugin) is not plugin:
                raise DuplicateAction(name, reference(found[name]),
                                      reference(plugin))
        return cls(found)

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, name: str) -> base.Action | None:
        """Return the object that runs an action, or None."""
        return self._objects.get(name)

    def describe(self) -> list[dict[str, Any]]:
        """Describe every action, in order of the names."""
        return [self._classes[name].describe(name)
                for name in sorted(self._classes)]

    def digest(self) -> str:
        """Return a hash that changes whenever a description changes."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def reference(cls: type) -> str:
    """Return where a class is found: ``module:Class``."""
    return f'{cls.__module__}:{cls.__qualname__}'


def _log_failure(manager: Any, entry_point: Any, error: Exception) -> None:
    LOG.error('The action %s is left out: %s cannot be loaded: %s',
              entry_point.name, entry_point.value, error)


def _fault(plugin: Any) -> str | None:
    """Say what is wrong with a plug-in's class, if anything."""
    if not (isinstance(plugin, type) and issubclass(plugin, base.Action)):
        return f'{plugin!r} is no subclass of convection.actions.base.Action.'
    if plugin.isolation not in ('thread', 'process'):
        return (f'its isolation is {plugin.isolation!r} instead of "thread" '
                'or "process".')
    try:
        json.dumps(plugin.describe('check'))
        plugin()
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    return None
