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
"""The transition tables, and that nothing moves against them."""

from oslotest import base

from convection.engine.core import model
from convection.engine.core import moves
from convection.engine.core import states
from convection.engine.core import stepping
from convection.tests.unit.core import harness

_DOCUMENT = "{version: '2.0', wf: {tasks: {a: {action: test.x}}}}"


class MovesTest(base.BaseTestCase):

    def test_tables_name_every_state_and_no_other(self):
        for table, known in ((moves.JOB, states.JOB_STATES),
                             (moves.TASK, states.TASK_STATES),
                             (moves.ACTION_RUN, states.ACTION_RUN_STATES)):
            self.assertEqual(known, set(table))
            for following in table.values():
                self.assertLessEqual(following, known)

    def test_nothing_leaves_a_final_state(self):
        for table in (moves.JOB, moves.TASK, moves.ACTION_RUN):
            for state in states.FINISHED & set(table):
                self.assertEqual(frozenset(), table[state], state)

    def test_everything_unfinished_can_be_cancelled(self):
        for table in (moves.JOB, moves.TASK, moves.ACTION_RUN):
            for state in set(table) - states.FINISHED:
                self.assertIn(states.CANCELLED, table[state])

    def test_each_move_is_taken_or_refused_by_the_table(self):
        job = harness.Run(_DOCUMENT).play(0).job
        step = stepping.Step(job, 0.0)
        for old, following in moves.TASK.items():
            for new in states.TASK_STATES:
                task = model.Task(1, 'a', 'action', old, 0.0)
                if new in following:
                    moves.task(step, task, new, 'why')
                    self.assertEqual((new, 'why'),
                                     (task.state, task.state_info))
                else:
                    self.assertRaises(moves.ForbiddenMove, moves.task, step,
                                      task, new)
                    self.assertEqual(old, task.state)

    def test_a_refused_move_names_both_states(self):
        job = harness.Run(_DOCUMENT).play().job
        error = self.assertRaises(
            moves.ForbiddenMove, moves.job, stepping.Step(job, 0.0),
            states.RUNNING)
        self.assertEqual('A job cannot go from SUCCESS to RUNNING.',
                         str(error))
