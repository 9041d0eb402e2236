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
"""What step promises whatever the workflow: idempotence, bounds, refusals."""

import json

from oslotest import base

from convection.engine.core import effects
from convection.engine.core import events
from convection.engine.core import machine
from convection.engine.core import states
from convection.tests.unit.core import harness


def _document(tasks: dict, **more: dict) -> str:
    return json.dumps({'version': '2.0', 'wf': {'tasks': tasks}, **more})


def _chain(size: int) -> str:
    return _document({f't{number}': (
        {'action': 'std.noop', 'on-success': f't{number + 1}'}
        if number < size - 1 else {'action': 'std.noop'})
        for number in range(size)})


class MachineTest(base.BaseTestCase):

    def _run(self, tasks: dict, **kwargs) -> harness.Run:
        return harness.Run(_document(tasks), **kwargs)

    def test_every_event_has_a_rule(self):
        kinds = {kind for kind in vars(events).values()
                 if isinstance(kind, type) and issubclass(
                     kind, events.Event) and kind is not events.Event}
        self.assertEqual(kinds, set(machine._RULES))

    def test_started_twice(self):
        run = self._run({'a': {'action': 'test.x'}}).play(0)
        self.assertEqual([], run.send(events.JobStarted))

    def test_an_unstarted_job_takes_nothing_else(self):
        run = self._run({'a': {'action': 'test.x'}})
        self.assertEqual([], run.send(events.CancelRequested))
        self.assertEqual(states.RUNNING, run.job.state)

    def test_a_finished_job_takes_nothing(self):
        run = self._run({'a': {'action': 'test.x'}}).play()
        before = json.dumps(run.rows())
        run_id = run.run_id('a')
        for event in ((events.CancelRequested,), (events.PauseRequested,),
                      (events.ActionCompleted, run_id, states.ERROR),
                      (events.ExecutorLost, harness.EXECUTOR, (run_id,)),
                      (events.TimerFired, 1, 'timeout', 5.0)):
            self.assertEqual([], run.send(*event))
        self.assertEqual(before, json.dumps(run.rows()))

    def test_results_that_are_refused(self):
        run = self._run({'a': {'action': 'test.x'},
                         'b': {'action': 'test.x'}},
                        results={'a': [{'never': True}],
                                 'b': [{'never': True}]}).play(0)
        run_id = run.run_id('a')
        before = json.dumps(run.rows())
        other = run_id.replace('0193', '0194')
        for args in ((run_id, states.SUCCESS, 1, None, 'executor-2'),
                     (other, states.SUCCESS, 1),
                     (run_id[:-1] + 'f', states.SUCCESS, 1),
                     (run_id, 'STRANGE', 1)):
            self.assertEqual([], run.send(events.ActionCompleted, *args))
        self.assertEqual([], run.send(events.SubJobCompleted, run_id,
                                      states.SUCCESS))
        self.assertEqual([], run.send(events.SubJobPaused, run_id))
        self.assertEqual(before, json.dumps(run.rows()))
        run.send(events.ActionCompleted, run_id, states.SUCCESS, 1)
        self.assertEqual(states.SUCCESS, run.task('a').state)
        run.send(events.ActionCompleted, run_id, states.ERROR, 2)
        self.assertEqual(1, run.runs('a')[0].result)

    def test_an_asynchronous_action_survives_its_executor(self):
        run = self._run({'a': {'action': 'test.async'}},
                        results={'a': [{'never': True}]}).play(0)
        run_id = run.run_id('a')
        run.send(events.ActionCompleted, run_id, states.RUNNING, None, None,
                 harness.EXECUTOR)
        self.assertEqual([], machine.outstanding(run.job))
        run.send(events.ExecutorLost, harness.EXECUTOR, (run_id,))
        self.assertEqual(states.RUNNING, run.task('a').state)
        run.send(events.ActionCompleted, run_id, states.SUCCESS, 5)
        self.assertEqual(states.SUCCESS, run.job.state)

    def test_a_stale_timer_changes_nothing(self):
        run = self._run({'a': {'wait-before': 5, 'action': 'test.x'}}).play(0)
        task = run.task('a')
        self.assertEqual([], run.send(events.TimerFired, task.number,
                                      'wait-before', run.now + 4))
        self.assertEqual([], run.send(events.TimerFired, task.number,
                                      'timeout', run.now + 5))
        self.assertEqual(states.DELAYED, task.state)

    def test_a_step_is_bounded(self):
        run = harness.Run(_chain(1200))
        started = [run.send(events.JobStarted)]
        while isinstance(started[-1][-1], effects.Continue):
            started.append(run.send(events.Continued))
        counts = [sum(isinstance(each, effects.Publish) and
                      each.kind == 'task.started' for each in found)
                  for found in started]
        self.assertEqual([500, 500, 200], counts)
        self.assertEqual(states.SUCCESS, run.job.state)

    def test_a_long_chain_needs_no_stack(self):
        run = harness.Run(_chain(3000)).play()
        self.assertEqual(states.SUCCESS, run.job.state)
        self.assertEqual(3000, len(run.started))

    def test_a_wide_join(self):
        width = 1500
        tasks: dict = {f't{number}': {'action': 'test.x', 'on-success': 'j'}
                       for number in range(width)}
        tasks['j'] = {'join': 'all'}
        run = self._run(tasks).play()
        self.assertEqual(states.SUCCESS, run.job.state)
        self.assertEqual(width, len(run.task('j').triggered_by))

    def test_outstanding_names_all_that_is_awaited(self):
        run = harness.Run(_document(
            {'a': {'action': 'test.x', 'timeout': 9},
             'b': {'action': 'std.sleep seconds=5 '},
             'c': {'workflow': 'sub'}, 'd': {'wait-before': 3}},
            sub={'tasks': {'t': {'action': 'test.x'}}}),
            results={'a': [{'never': True}], 't': [{'never': True}]},
            reload=True).play(0)
        numbers = {name: run.task(name).number for name in 'abcd'}
        due = run.now
        sleeper = run.runs('b')[0].number
        child = run.runs('c')[0].number
        self.assertEqual([
            effects.SetTimer(numbers['a'], 'timeout', due + 9),
            effects.RunAction(run.runs('a')[0].number),
            effects.SetTimer(numbers['b'], f'run-{sleeper}', due + 5),
            effects.StartJob(child), effects.ResumeJob(child, again=True),
            effects.SetTimer(numbers['d'], 'wait-before', due + 3),
        ], machine.outstanding(run.job))

    def test_outstanding_of_a_job_with_work_left(self):
        run = harness.Run(_chain(600))
        run.send(events.JobStarted)
        run.reload()
        self.assertEqual([effects.Continue()], machine.outstanding(run.job))

    def test_outstanding_of_a_finished_sub_job_tells_its_parent(self):
        run = harness.Run(_document(
            {'a': {'workflow': 'sub'}},
            sub={'tasks': {'t': {'publish': {'x': 1}}}})).play()
        self.assertEqual(
            [effects.FinishParentTask(states.SUCCESS, {'x': 1}, None)],
            machine.outstanding(run.sub_job('sub')))

    def test_a_lost_resume_is_sent_again(self):
        run = harness.Run(_document(
            {'a': {'workflow': 'sub'}},
            sub={'tasks': {'t': {'action': 'test.x'}}}),
            results={'t': [{'never': True}]}).play(0)
        child = run.sub_job('sub')
        run.send(events.PauseRequested)
        run.play(0)
        self.assertEqual(states.PAUSED, child.state)
        run.send(events.ResumeRequested, True, True, job_id=child.id)
        self.assertEqual(states.RUNNING, child.state)
        # Paused by somebody else, it stays so.
        run.send(events.PauseRequested, job_id=child.id)
        run.send(events.ResumeRequested, True, True, job_id=child.id)
        self.assertEqual(states.PAUSED, child.state)

    def test_changes_are_told(self):
        run = self._run({'a': {'action': 'test.x', 'on-success': 'b'},
                         'b': {'action': 'test.x'}})
        machine.step(run.job, events.JobStarted(harness.EPOCH))
        changes = run.job.take_changes()
        self.assertEqual((True, ['a'], [], ['test.x'], []), (
            changes.job, [task.name for task in changes.new_tasks],
            changes.tasks, [each.name for each in changes.new_runs],
            changes.runs))
        machine.step(run.job, events.ActionCompleted(
            harness.EPOCH, run.run_id('a'), states.SUCCESS))
        changes = run.job.take_changes()
        self.assertEqual((['b'], ['a'], 1, 1), (
            [task.name for task in changes.new_tasks],
            [task.name for task in changes.tasks],
            len(changes.new_runs), len(changes.runs)))
