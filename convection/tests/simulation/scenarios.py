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
"""The workflows of the simulation, compiled, from ``scenarios.yaml``."""

import pathlib
from typing import Any

import yaml

from convection.engine import definitions
from convection.lang import document
from convection.lang import graph


def _load() -> list[dict[str, Any]]:
    """Return the scenarios of the file."""
    path = pathlib.Path(__file__).with_name('scenarios.yaml')
    found = yaml.safe_load(path.read_text())
    for scenario in found:
        parsed = document.parse(scenario['document'])
        if parsed.errors:
            raise ValueError(f'{scenario["name"]}: {parsed.errors}')
        scenario['definitions'] = {
            d.name: definitions.Definition(
                d.name, d.name, 1, d.name, '', None, d.spec,
                graph.Graph.of(d.spec)) for d in parsed.workflows}
    return found


#: Each with its compiled ``definitions``.
SCENARIOS = _load()
#: Every workflow by its name.
DEFINITIONS = {name: definition for scenario in SCENARIOS
               for name, definition in scenario['definitions'].items()}
