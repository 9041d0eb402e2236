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
"""The rounds of the loop: what one job's trouble may cost another."""

from unittest import mock

import fixtures
from oslo_db import exception as db_exception
import sqlalchemy as sa

from convection.common import exception
from convection.db import models
from convection.engine.core import events
from convection.engine.core import ids
from convection.engine.core import machine
from convection.engine import ownership
from convection.engine import requests
from convection.engine import store as stores
from convection.tests.unit.engine import loops


class TestReplies(loops.LoopTest):
    """Answers come after the commit, and once for a key."""

    def test_a_reply_comes_after_the_commit(self):
        reply = self.create('work')
        commit = self.engine.store.commit

        def watch(write, engine_id):
            self.assertFalse(reply.done())
            self.assertEqual([], self.executors.runs)
            return commit(write, engine_id)

        with mock.patch.object(self.engine.store, 'commit', watch):
            self.engine.run_batch()
        self.assertEqual('RUNNING', reply.result(0)['state'])
        self.assertEqual(1, len(self.executors.runs))

    def test_no_commit_no_answer(self):
        reply = self.create('work', key='once')
        with mock.patch.object(self.engine.store, 'commit',
                               side_effect=stores.StoreUnavailable('away')):
            self.engine.run_batch()
        self.assertRaises(exception.Unavailable, reply.result, 0)
        self.assertEqual([], self.executors.runs)
        self.assertIsNotNone(self.created('work', key='once'))

    def test_a_commit_of_unknown_outcome_is_found_again(self):
        commit = self.engine.store.commit

        def lose_answer(write, engine_id):
            commit(write, engine_id)
            raise stores.StoreUnavailable('the connection ended')

        reply = self.create('work', key='once')
        with mock.patch.object(self.engine.store, 'commit', lose_answer):
            self.engine.run_batch()
        self.assertRaises(exception.Unavailable, reply.result, 0)
        job_id = self.created('work', key='once')
        self.until(lambda: self.executors.runs)
        self.assertEqual({job_id},
                         {run['job_id'] for run in self.executors.runs})

    def test_a_key_names_one_job(self):
        replies = [self.create('work', key='k') for _ in range(3)]
        other = self.create('work', key='k', project_id='other')
        self.engine.run_batch()
        later = self.created('work', key='k')
        ids = {reply.result(0)['id'] for reply in replies}
        self.assertEqual({later}, ids)
        self.assertNotEqual(later, other.result(0)['id'])
        self.assertEqual(replies[0].result(0), replies[2].result(0))

    def _given_away(self):
        """Return a job that runs and that another engine owns by its row."""
        job_id = self.created('work')
        with self.database.writer() as connection:
            connection.execute(models.jobs.update().values(
                engine_id='another'))
        return job_id

    def test_a_former_owner_says_yes_to_nothing(self):
        """Not even where its stale memory finds nothing to change."""
        job_id = self._given_away()
        reply = self.ask(requests.CommandJob(
            job_id=job_id, project_id='demo', command='resume'))
        self.engine.run_batch()
        self.assertRaises(exception.Unavailable, reply.result, 0)
        self.assertNotIn(job_id, self.engine.jobs)

    def test_a_former_owner_acknowledges_no_result_it_does_not_know(self):
        job_id = self._given_away()
        unknown = ids.part_id(job_id, 99)
        report = self.executors.report((unknown, 'of its successor'))
        self.engine.submit(report)
        self.engine.run_batch()
        self.clock.now += 1.0
        self.engine.run_batch()
        self.assertNotIn(report.message['seq'], self.executors.acknowledged)

    def test_a_key_that_another_engine_takes_meanwhile(self):
        """That is nobody's fault, and must not slow everybody down."""
        other = self.new_engine()
        find = self.engine.store.jobs_by_key

        def be_slower(keys):
            found = find(keys)
            if keys and not other.jobs:
                other.submit(request)
                other.run_batch()
            return found

        theirs = self.create('work', key='once')
        request, = self.engine._inbox.take(1)
        first = self.create('work', key='once')
        second = self.create('work')
        with mock.patch.object(self.engine.store, 'jobs_by_key', be_slower):
            self.engine.run_batch()
        for reply in (first, second):
            self.assertRaises(exception.Unavailable, reply.result, 0)
        replies = [self.create('work', key='once'), *(
            self.create('work') for _ in range(5))]
        self.engine.run_batch()
        ids = [reply.result(0)['id'] for reply in replies]
        self.assertEqual(theirs.result(0)['id'], ids[0])

    def test_a_tree_of_another_engine_is_not_answered_for(self):
        job_id = self.created('work')
        with self.database.writer() as connection:
            connection.execute(models.jobs.update().values(engine_id='b'))
        reply = self.ask(requests.CommandJob(
            job_id=job_id, project_id='demo', command='pause'))
        self.engine.run_batch()
        self.assertRaises(exception.Unavailable, reply.result, 0)
        self.assertEqual({}, self.engine.jobs)


class TestExecutors(loops.LoopTest):
    """What the database is told of executors."""

    def _row_state(self) -> str:
        with self.database.reader() as connection:
            return connection.scalar(sa.select(
                models.services.c.state).where(
                    models.services.c.id == self.executors.id))

    def test_the_row_of_one_that_ended_says_so(self):
        self.round()
        self.assertEqual('up', self._row_state())
        self.engine.submit(self.executors.heartbeat(state='stopped'))
        self.engine.run_batch()
        self.clock.now += 1.0
        self.engine.run_batch()
        self.assertEqual('stopped', self._row_state())


class TestSuperseded(loops.LoopTest):
    """An engine that another one declared dead."""

    def test_nobody_waits_for_it(self):
        """Its server waits for all calls before another can begin."""
        with self.database.writer() as connection:
            connection.execute(models.services.update().where(
                models.services.c.id == self.engine.id).values(
                    state='dead'))
        early = self.create('work')
        self.clock.now += 1.0
        self.assertRaises(ownership.Superseded, self.engine.run_batch)
        for reply in (early, self.create('work')):
            self.assertRaises(exception.Unavailable, reply.result, 0)


class TestBegin(loops.LoopTest):
    """An engine that begins while the database is away."""

    def test_nothing_stays_in_the_inbox(self):
        """Else the loop would go round without a pause, and never stop."""
        self.engine = self.new_engine()
        with mock.patch.object(self.engine.store, 'start_service',
                               side_effect=stores.StoreUnavailable('away')):
            for _ in range(2):
                reply = self.create('work')
                self.engine.submit(self.executors.heartbeat())
                self.engine.run_batch()
                self.assertRaises(exception.Unavailable, reply.result, 0)
                self.assertGreater(self.engine.next_due(), self.clock.now)
            self.engine.stop()
            self.engine.run()
        self.assertEqual({}, self.engine.jobs)

    def test_a_row_that_nobody_knows_of(self):
        """Whether the first commit happened is not known."""
        self.engine = self.new_engine()
        start = self.engine.store.start_service

        def lose_answer(service):
            start(service)
            raise stores.StoreUnavailable('the connection ended')

        with mock.patch.object(self.engine.store, 'start_service',
                               lose_answer):
            self.round()
        self.round()
        self.assertTrue(self.engine.ownership.started)


class TestReload(loops.LoopTest):
    """Many jobs are read again, after a failure."""

    def setUp(self) -> None:
        """Read few at once."""
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(
            'convection.engine.ownership._CLAIM_LIMIT', 4))

    def _forget(self, count: int) -> None:
        """Start some jobs, and lose the memory of them."""
        for _ in range(count):
            self.created('wait')
        for root in list(self.engine.trees):
            self.engine.drop(root)
        self.engine.ownership.recount(self.clock.now)

    def test_some_at_a_time(self):
        """A beat must fit in between."""
        self._forget(10)
        held = []
        for _ in range(3):
            self.assertLessEqual(self.engine.next_due(), self.clock.now)
            self.engine.run_batch()
            held.append(len(self.engine.jobs))
        self.assertEqual([4, 8, 10], held)
        self.assertGreater(self.engine.next_due(), self.clock.now)

    def test_a_revision_is_read_once(self):
        self._forget(4)
        revision = self.engine.definitions.revision
        with mock.patch.object(self.engine.definitions, 'revision',
                               side_effect=revision) as reading:
            self.engine.run_batch()
        self.assertEqual(4, len(self.engine.jobs))
        self.assertEqual(1, reading.call_count)

    def test_jobs_that_cannot_be_read_hold_up_no_other(self):
        """However many they are."""
        self._forget(10)
        bad = sorted(self.engine.store.owned(self.engine.id))[:5]
        with self.database.writer() as connection:
            connection.execute(models.jobs.update().where(
                models.jobs.c.id.in_(bad)).values(
                    workflow_revision_id='gone'))
        self.until(lambda: len(self.engine.jobs) == 5)
        for _ in range(3):
            self.engine.run_batch()
        self.assertGreater(self.engine.next_due(), self.clock.now)


class TestBounds(loops.LoopTest):
    """What does not fit into a batch is done in the next."""

    def setUp(self) -> None:
        """Make batches small."""
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(
            'convection.engine.batch.STEPS_PER_BATCH', 5))

    def test_every_answer_is_of_a_saved_job(self):
        replies = [self.create('work') for _ in range(20)]
        self.engine.run_batch()
        for reply in replies:
            self.assertIsNotNone(
                self.engine.store.job(reply.result(0)['id']))

    def test_sub_jobs_that_start_later_are_not_lost(self):
        job_id = self.created('many')
        self.until(lambda: self.state(job_id) == 'SUCCESS')

    def test_ends_of_sub_jobs_survive_a_crash(self):
        """What the parents were not told yet is not forgotten."""
        for rounds in (1, 2, 3, 5, 8, 12):
            job_id = self.created('many')
            for _ in range(rounds):
                self.engine.run_batch()
            self.engine.ownership.release()
            self.engine = self.new_engine()
            self.until(lambda: self.state(job_id) in ('SUCCESS', 'ERROR'))
            row = self.engine.store.job(job_id)
            self.assertEqual(('SUCCESS', None),
                             (row['state'], row['state_info']))

    def test_sub_jobs_of_a_cancelled_job_survive_a_crash(self):
        """But not for long."""
        job_id = self.created('asks')
        self.until(lambda: len(self.executors.runs) == 20)
        self.ask(requests.CommandJob(job_id=job_id, project_id='demo',
                                     command='cancel'))
        self.engine.run_batch()
        self.assertEqual('CANCELLED', self.state(job_id))
        self.engine.ownership.release()
        self.engine = self.new_engine()
        self.until(lambda: self._states() == {'CANCELLED'})

    def _states(self) -> set[str]:
        with self.database.reader() as connection:
            return set(connection.execute(
                sa.select(models.jobs.c.state)).scalars())

    def test_sub_jobs_that_did_not_start_are_cancelled(self):
        job_id = self.created('many', count=40)
        self.assertEqual('RUNNING', self.state(job_id))
        self.ask(requests.CommandJob(job_id=job_id, project_id='demo',
                                     command='cancel'))
        self.until(lambda: self.state(job_id) == 'CANCELLED')
        self.until(lambda: not self.engine.jobs)
        with self.database.reader() as connection:
            found = connection.execute(models.jobs.select()).mappings().all()
        self.assertEqual(set(), {row['state'] for row in found} -
                         {'SUCCESS', 'CANCELLED'})


class TestPoison(loops.LoopTest):
    """A job that cannot go on costs no other job anything."""

    def _refuse(self, word: str) -> None:
        """Let the database refuse results that hold a word."""
        for verb in ('INSERT', 'UPDATE'):
            with self.database.writer() as connection:
                connection.exec_driver_sql(
                    f'CREATE TRIGGER refuse_{verb} BEFORE {verb} ON '
                    f"action_runs WHEN NEW.result LIKE '%{word}%' "
                    "BEGIN SELECT RAISE(ABORT, 'refused'); END")

    def _three_runs(self) -> dict[str, str]:
        jobs = [self.created('work') for _ in range(3)]
        self.until(lambda: len(self.executors.runs) == 3)
        by_job = {run['job_id']: run['id'] for run in self.executors.runs}
        return {job_id: by_job[job_id] for job_id in jobs}

    def test_data_that_the_database_refuses(self):
        self._refuse('poison')
        runs = self._three_runs()
        first, bad, last = runs
        # Heartbeats and other jobs go on all the time.
        report = self.executors.report(
            (runs[first], 'well'), (runs[bad], 'poison'),
            (runs[last], 'well'))
        self.until_acknowledged(report)
        self.assertEqual(['SUCCESS', 'ERROR', 'SUCCESS'],
                         [self.state(job_id) for job_id in runs])
        self.assertIn('refused', self.engine.store.job(bad)['state_info'])

    def test_others_are_served_meanwhile(self):
        self._refuse('poison')
        runs = self._three_runs()
        self.engine.submit(self.executors.report(
            *((run_id, 'poison') for run_id in runs.values())))
        self.engine.run_batch()
        reply = self.create('quick')
        self.until(reply.done)
        self.assertIsNotNone(reply.result(0)['id'])

    def test_a_part_that_was_not_committed_comes_again(self):
        self._refuse('poison')
        runs = self._three_runs()
        first, bad, last = runs
        report = self.executors.report(
            (runs[first], 'well'), (runs[bad], 'poison'),
            (runs[last], 'well'))
        self.engine.submit(requests.Report(message=report.message))
        self.engine.run_batch()
        self.until(lambda: len(self.engine.jobs) == 3)
        commit = self.engine.store.commit
        failed = []

        def fail_first(write, engine_id):
            if not failed and any(job.id == first for job in write.jobs):
                failed.append(first)
                raise stores.StoreUnavailable('away')
            return commit(write, engine_id)

        with mock.patch.object(self.engine.store, 'commit', fail_first):
            self.engine.submit(requests.Report(message=report.message))
            for _ in range(6):
                self.engine.run_batch()
        self.assertEqual([first], failed)
        self.until_acknowledged(report)
        self.assertEqual('SUCCESS', self.state(first))

    def test_a_step_that_raises(self):
        runs = self._three_runs()
        first, bad, last = runs
        step = machine.step

        def raise_for_one(job, event):
            if job.id == bad and isinstance(event, events.ActionCompleted):
                raise RuntimeError('a defect')
            return step(job, event)

        report = self.executors.report(*((r, 1) for r in runs.values()))
        with mock.patch.object(machine, 'step', raise_for_one):
            self.until_acknowledged(report)
        self.assertEqual(['SUCCESS', 'ERROR', 'SUCCESS'],
                         [self.state(job_id) for job_id in runs])
        self.assertIn('Internal error',
                      self.engine.store.job(bad)['state_info'])

    def test_a_first_step_that_raises(self):
        step = machine.step

        def raise_for_one(job, event):
            if job.name == 'bad':
                raise RuntimeError('a defect')
            return step(job, event)

        good, bad = self.create('work'), self.create('work', name='bad')
        with mock.patch.object(machine, 'step', raise_for_one):
            self.engine.run_batch()
        # One of them may be tried again, and is told so.
        self.assertRaises(exception.Unavailable, good.result, 0)
        error = self.assertRaises(exception.ConvectionException,
                                  bad.result, 0)
        self.assertEqual('internal', error.code)
        self.assertIsNotNone(self.created('work'))

    def test_a_request_that_nobody_foresaw(self):
        good = self.create('work')
        bad = self.ask(requests.CreateJob(job=mock.Mock(
            idempotency_key=None, spec=())))
        self.engine.run_batch()
        self.assertRaises(exception.Unavailable, good.result, 0)
        self.assertTrue(bad.done())
        self.assertIsNotNone(self.created('work'))

    def test_a_malformed_run_of_a_job_at_work(self):
        job_id = self.created('ask')
        reply = self.ask(requests.CompleteActionRun(
            run_id=job_id[:-8] + 'zzzzzzzz', project_id='demo',
            state='SUCCESS'))
        other = self.create('quick')
        self.engine.run_batch()
        self.assertRaises(exception.NotFound, reply.result, 0)
        self.assertIsNotNone(other.result(0))

    def test_a_tree_that_cannot_be_loaded(self):
        self.writer.create(loops.caller(), "version: '2.0'\nodd: {tasks: "
                           '{a: {action: test.work}}}', '', 'private')
        odd, job_id = self.created('odd'), self.created('work')
        self.engine.ownership.release()
        with self.database.writer() as connection:
            connection.execute(models.workflow_revisions.update().where(
                models.workflow_revisions.c.id == self.engine.store.job(
                    odd)['workflow_revision_id']).values(data=[]))
        self.executors.messages.clear()
        self.engine = self.new_engine()
        self.until(lambda: self.executors.runs)
        self.assertEqual({job_id}, set(self.engine.jobs))
        self.until_acknowledged(self.executors.report(
            (self.executors.runs[0]['id'], 1)))
        self.assertEqual('SUCCESS', self.state(job_id))
        self.assertEqual('RUNNING', self.state(odd))

    def test_the_database_is_away_while_definitions_are_read(self):
        error = db_exception.DBConnectionError()
        replies = [self.create('many', count=2), self.create('quick')]
        with mock.patch.object(self.engine.definitions, 'find_sub_workflow',
                               side_effect=error):
            self.engine.run_batch()
        for reply in replies:
            self.assertRaises(exception.Unavailable, reply.result, 0)


class TestTimers(loops.LoopTest):
    """Timers of the jobs at work."""

    def test_stale_ones_are_dropped(self):
        self.useFixture(fixtures.MonkeyPatch(
            'convection.engine.timers.Timers._TIDY_FROM', 10))
        self.engine.timers._tidy_at = 10
        jobs = [self.created('wait') for _ in range(8)]
        self.assertEqual(8, len(self.engine.timers))
        for job_id in jobs[1:]:
            self.ask(requests.CommandJob(job_id=job_id, project_id='demo',
                                         command='cancel'))
        self.engine.run_batch()
        for _ in range(3):
            self.created('wait')
        self.engine.run_batch()
        self.assertEqual(4, len(self.engine.timers))

    def test_they_fire_after_a_restart(self):
        job_id = self.created('wait')
        self.engine.ownership.release()
        self.engine = self.new_engine()
        self.round()
        self.clock.now += 1000.0
        self.until(lambda: self.state(job_id) == 'SUCCESS')
