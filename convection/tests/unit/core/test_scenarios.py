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
"""The scenarios of ``scenarios/*.yaml``, each played in three ways.

Keys of a scenario: those of a workflow (``input``, ``tasks`` ...); ``more``
with other workflows; ``actions`` with ad-hoc ones; ``workbook`` to put all
into one; ``given`` (the input), ``params``, ``results`` (see the harness).
``do`` is what happens on the way: before each of its steps all is played that
is outstanding, unless a step ``play`` says for how many seconds.
``refused`` is the error at creation, ``expect`` what comes of it:

``state``, ``info``, ``info_has``, ``output``, ``variables``, ``order`` (of
the attempts that started), ``tasks`` (name to a state, to a mapping, or to
null: it never came to be), ``jobs`` (sub-workflow to state), ``calls`` (the
inputs given to executors), ``stopped`` (how many runs were told to stop),
``seconds``, ``targets``.
"""

import json
import pathlib
from typing import Any

from oslotest import base
import yaml

from convection.engine.core import events
from convection.engine.core import start
from convection.engine.core import states
from convection.tests.unit.core import harness

_FOLDER = pathlib.Path(__file__).parent / 'scenarios'
_WORKFLOW = ('type', 'input', 'output', 'output-on-error', 'vars',
             'task-defaults', 'tasks')
_NOTHING = {'description': 'nothing'}


def load() -> list[tuple[str, dict]]:
    """Return every scenario with its name."""
    found = []
    for path in sorted(_FOLDER.glob('*.yaml')):
        for each in yaml.safe_load(path.read_text()):
            found.append((f'{path.stem}: {each["name"]}', each))
    return found


def make(scenario: dict, **kwargs: Any) -> harness.Run:
    """Make the run of a scenario."""
    workflows = {'wf': {key: scenario[key] for key in _WORKFLOW
                        if key in scenario}}
    workflows.update(scenario.get('more', {}))
    for workflow in workflows.values():
        workflow['tasks'] = {name: task or _NOTHING for name, task
                             in workflow['tasks'].items()}
    name = 'wf'
    document = {'version': '2.0', **workflows}
    if 'workbook' in scenario:
        name = f'{scenario["workbook"]}.wf'
        document = {'version': '2.0', 'name': scenario['workbook'],
                    'workflows': workflows}
    actions = None
    if 'actions' in scenario:
        actions = json.dumps({'version': '2.0', **scenario['actions']})
    return harness.Run(
        json.dumps(document), name, scenario.get('given'),
        scenario.get('params'), scenario.get('results'), actions, **kwargs)


class Player:
    """Plays a scenario and looks at what comes of it."""

    def __init__(self, test: base.BaseTestCase, run: harness.Run) -> None:
        self.test = test
        self.run = run

    def play(self, scenario: dict) -> None:
        steps = scenario.get('do', ())
        timed = any('play' in each for each in steps)
        for each in steps:
            if not self.run.started:
                self.run.play(0)
            if not timed and self.run.started:
                self.run.play()
            self.take(each)
        self.run.play()
        self.look(scenario['expect'])

    def take(self, each: Any) -> None:
        if each in ('pause', 'resume', 'cancel'):
            each = {each: None}
        (key, value), = each.items()
        if key == 'play':
            self.run.play(value)
        elif key in ('pause', 'resume', 'cancel'):
            kind = {'pause': events.PauseRequested,
                    'resume': events.ResumeRequested,
                    'cancel': events.CancelRequested}[key]
            job = self.run.sub_job(value) if value else self.run.job
            self.run.send(kind, job_id=job.id)
        elif key == 'complete':
            state = states.ERROR if 'error' in value else states.SUCCESS
            self.run.send(events.ActionCompleted,
                          self.run.run_id(value['task']), state,
                          value.get('error', value.get('value')))
        elif key == 'calls':
            self.test.assertEqual(value, len(self.run.calls))
        else:
            self.look({key: value})

    def look(self, expected: dict) -> None:
        for key, value in expected.items():
            getattr(self, f'_see_{key}')(value)

    def _same(self, expected: Any, found: Any) -> None:
        self.test.assertEqual(expected, found)

    def _see_state(self, value: str) -> None:
        job = self.run.job
        self.test.assertEqual(value, job.state, job.state_info)

    def _see_info(self, value: str) -> None:
        self._same(value, self.run.job.state_info)

    def _see_info_has(self, value: list) -> None:
        for each in value:
            self.test.assertIn(each, self.run.job.state_info)

    def _see_output(self, value: Any) -> None:
        self._same(value, self.run.job.output)

    def _see_variables(self, value: dict) -> None:
        self._same(value, self.run.job.variables)

    def _see_order(self, value: list) -> None:
        self._same(value, self.run.started)

    def _see_jobs(self, value: dict) -> None:
        for name, state in value.items():
            self._same(state, self.run.sub_job(name).state)

    def _see_calls(self, value: list) -> None:
        self._same(value, [given for _name, given in self.run.calls])

    def _see_stopped(self, value: int) -> None:
        self._same(value, len(self.run.cancelled))

    def _see_seconds(self, value: float) -> None:
        self._same(value, self.run.job.finished_at - harness.EPOCH)

    def _see_targets(self, value: dict) -> None:
        for name, targets in value.items():
            self._same(targets, [run.target for run in self.run.runs(name)])

    def _see_tasks(self, value: dict) -> None:
        for name, wanted in value.items():
            if wanted is None:
                self._same([], self.run.tasks(name))
                continue
            if not isinstance(wanted, dict):
                wanted = {'state': wanted}
            task = self.run.task(name)
            for field, expected in wanted.items():
                if field == 'info_has':
                    self.test.assertIn(expected, task.state_info)
                    continue
                if field == 'info':
                    field = 'state_info'
                self._same(expected, getattr(task, field))


class ScenarioTest(base.BaseTestCase):

    def _check(self, scenario: dict) -> None:
        if 'refused' in scenario:
            error = self.assertRaises(start.InputError, make, scenario)
            self.assertEqual(scenario['refused'], str(error))
            return
        runs = [make(scenario), make(scenario, reload=True), make(scenario)]
        for run in runs:
            Player(self, run).play(scenario)
        first, loaded, again = runs
        self.assertEqual(first.effects, again.effects)
        self.assertEqual(first.effects, loaded.effects)
        self.assertEqual(json.dumps(first.rows()),
                         json.dumps(loaded.rows()))


def _test(scenario: dict) -> Any:
    def test(self: ScenarioTest) -> None:
        self._check(scenario)
    return test


def _name(text: str) -> str:
    return 'test_' + ''.join(
        char if char.isalnum() else '_' for char in text)


for _title, _scenario in load():
    setattr(ScenarioTest, _name(_title), _test(_scenario))
