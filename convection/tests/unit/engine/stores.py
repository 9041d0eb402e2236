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
"""What every store promises, as tests: the simulated one and the real one."""

import json
import time
from typing import Any

from convection.common import uuids
from convection.engine import batch
from convection.engine.core import ids
from convection.engine.core import model
from convection.engine.core import states
from convection.engine import records
from convection.engine import store as stores
from convection.tests.unit.db import base

#: Seconds after which an engine or an executor counts as silent here.
SILENT = 60.0


def service(service_id: str, kind: str = 'engine',
            **values: Any) -> dict[str, Any]:
    """Return what a process says of itself."""
    return {'id': service_id, 'kind': kind, 'host': 'here', 'state': 'up',
            'version': '1', 'info': {}, **values}


def new_job(owner: str | None, **values: Any) -> model.Job:
    """Return a job that was not saved; the topmost one of its tree."""
    job_id = values.pop('id', None) or uuids.new_job_id()
    values.setdefault('root_job_id', job_id)
    return records.job_of(base.job(id=job_id, engine_id=owner, version=0,
                                   started_at=base.NOW, **values))


def add_call(job: model.Job, name: str = 'std.echo',
             kind: str = 'action') -> model.ActionRun:
    """Add a task with one action run."""
    task = model.Task(job.next_number(), 'a', kind, states.RUNNING, base.NOW)
    job.add_task(task)
    job.touch(task)
    run = model.ActionRun(job.next_number(), task.number, name, kind,
                          states.RUNNING, base.NOW)
    if kind == 'workflow':
        run.sub_job_id = ids.sub_job_id(job.part_id(run.number))
    job.add_run(run)
    job.touch(run)
    return run


def new_sub_job(parent: model.Job, run: model.ActionRun) -> model.Job:
    """Return the job that an action run starts."""
    return new_job(parent.engine_id, id=run.sub_job_id,
                   root_job_id=parent.root_job_id, parent_job_id=parent.id,
                   parent_task_id=parent.part_id(run.task_number),
                   parent_run_id=parent.part_id(run.number))


def write(*jobs: model.Job) -> batch.Write:
    """Return what saves these jobs, as a batch gathers it."""
    found = batch.Write(base.NOW)
    for job in jobs:
        job.last_event += 1
        job.touch()
        found.history.append({
            'job_id': job.id, 'number': job.last_event, 'kind': 'test',
            'at': base.NOW, 'task_id': None, 'data': {},
            'project_id': job.project_id})
        (found.jobs if job.version else found.new_jobs).append(job)
        found.changes.append((job, job.take_changes()))
    return found


class Clock:
    """The time of this machine."""

    def time(self) -> float:
        """Return the seconds since the epoch."""
        return time.time()


class Conformance:
    """The tests; ``store`` is set by the class that takes them in.

    ``silence(service_id)`` must let a process be silent for long.
    """

    store: Any

    def start(self, *engines: str) -> None:
        """Let engines live."""
        for engine in engines:
            self.store.start_service(service(engine))

    def save(self, owner: str, *jobs: model.Job) -> None:
        """Save jobs of an owner, all of them."""
        self.assertEqual(set(), self.store.commit(write(*jobs), owner))

    def tree(self, owner: str, **values: Any) -> tuple[model.Job, model.Job]:
        """Save a job with a sub-job."""
        root = new_job(owner, **values)
        sub_job = new_sub_job(root, add_call(root, 'sub', 'workflow'))
        self.save(owner, root, sub_job)
        return root, sub_job

    def owners(self, *jobs: model.Job) -> list[str | None]:
        """Return who owns jobs by their rows."""
        return [self.store.job(job.id)['engine_id'] for job in jobs]

    # -- commit --

    def test_what_is_saved_is_loaded(self):
        self.start('a')
        root = new_job('a', input={'text': 'ä\x00\U0001f600'},
                       params={'env': {}}, tags=['x'])
        run = add_call(root)
        run.result = {'deep': [1, None, 'x' * 70000]}
        self.save('a', root)
        loaded = self.store.load([root.id])
        self.assertEqual([root.id], [row['id'] for row in loaded.jobs])
        again = records.job_of(loaded.jobs[0])
        for name in records.JOB_FIELDS:
            self.assertEqual(getattr(root, name), getattr(again, name), name)
        self.assertEqual([1], [row['number'] for row in loaded.tasks])
        self.assertEqual(run.result, loaded.action_runs[0]['result'])
        self.assertEqual([], loaded.ended)

    def test_each_commit_raises_the_version(self):
        self.start('a')
        job = new_job('a')
        for version in (1, 2, 3):
            self.save('a', job)
            self.assertEqual(version, job.version)
            self.assertEqual(version, self.store.job(job.id)['version'])

    def test_a_job_of_another_engine_is_not_written(self):
        self.start('a', 'b')
        root, sub_job = self.tree('a')
        other, _its = self.tree('a')
        self.silence('a')
        self.assertEqual([root.id],
                         self.store.claim('b', SILENT, 10, [root.id]))
        before = json.dumps(self.store.job(root.id), sort_keys=True)
        sub_job.state_info = root.state_info = other.state_info = 'changed'
        deeper = new_sub_job(sub_job, add_call(sub_job, 'sub', 'workflow'))
        stray = new_job('a')
        lost = self.store.commit(
            write(sub_job, root, deeper, other, stray), 'a')
        self.assertEqual({root.id, sub_job.id}, lost)
        self.assertEqual(before, json.dumps(self.store.job(root.id),
                                            sort_keys=True))
        self.assertIsNone(self.store.job(deeper.id))
        self.assertIsNone(self.store.job(sub_job.id)['state_info'])
        self.assertEqual('changed', self.store.job(other.id)['state_info'])
        self.assertIsNotNone(self.store.job(stray.id))

    def test_a_lost_sub_job_keeps_its_whole_tree_from_being_written(self):
        self.start('a', 'b')
        root, sub_job = self.tree('a')
        self.silence('a')
        self.store.claim('b', SILENT, 10)
        root.state_info = 'changed'
        add_call(root)
        # Only the sub-job is written by name; the others are its tree's.
        self.assertIn(sub_job.id, self.store.commit(write(sub_job), 'a'))
        self.assertIsNone(self.store.job(root.id)['state_info'])
        self.assertEqual(1, len(self.store.load([root.id]).action_runs))

    def test_a_used_idempotency_key_is_refused(self):
        self.start('a')
        self.save('a', new_job('a', idempotency_key='once'))
        other = new_job('a')
        self.assertRaises(
            stores.WriteRefused, self.store.commit,
            write(other, new_job('a', idempotency_key='once')), 'a')
        self.assertIsNone(self.store.job(other.id))
        self.save('a', new_job('a', idempotency_key='once',
                               project_id='other'))

    # -- ownership --

    def test_what_a_living_engine_owns_is_not_claimed(self):
        self.start('a', 'b')
        root, _sub_job = self.tree('a')
        self.assertEqual([], self.store.claim('b', SILENT, 10))
        self.assertEqual([], self.store.claim('b', SILENT, 10, [root.id]))
        self.assertEqual(['a'], self.owners(root))

    def test_trees_of_a_silent_engine_are_claimed_whole_and_once(self):
        self.start('a', 'b', 'c')
        trees = [self.tree('a') for _ in range(3)]
        self.silence('a')
        first = self.store.claim('b', SILENT, 2)
        self.assertEqual(2, len(first))
        second = self.store.claim('c', SILENT, 10)
        self.assertEqual({root.id for root, _its in trees},
                         {*first, *second})
        self.assertEqual(1, len(second))
        for root, sub_job in trees:
            owner = 'b' if root.id in first else 'c'
            self.assertEqual([owner, owner], self.owners(root, sub_job))
        self.assertEqual([], self.store.claim('b', SILENT, 10))
        self.assertEqual((False, set()), self.store.beat(service('a'), []))

    def test_finished_trees_are_not_claimed(self):
        self.start('a', 'b')
        job = new_job('a', state=states.SUCCESS)
        self.save('a', job)
        self.silence('a')
        self.assertEqual([], self.store.claim('b', SILENT, 10))
        self.assertEqual([], self.store.owned('a'))

    def test_released_trees_are_claimed_at_once(self):
        self.start('a', 'b')
        root, sub_job = self.tree('a')
        done = new_job('a', state=states.SUCCESS)
        self.save('a', done)
        self.assertEqual([root.id], self.store.owned('a'))
        self.store.release('a')
        self.assertEqual([None, None, 'a'],
                         self.owners(root, sub_job, done))
        self.assertEqual([], self.store.owned('a'))
        self.assertEqual([root.id], self.store.claim('b', SILENT, 10))
        self.assertEqual([root.id], self.store.owned('b'))

    # -- reading --

    def test_where_jobs_are(self):
        self.start('a')
        root, sub_job = self.tree('a', project_id='mine')
        found = self.store.locate([root.id, sub_job.id, uuids.new_job_id()],
                                  SILENT)
        self.assertEqual({root.id, sub_job.id}, set(found))
        self.assertEqual(root.id, found[sub_job.id].root_job_id)
        place = found[root.id]
        self.assertEqual(('mine', 'RUNNING', 'a', True), (
            place.project_id, place.state, place.engine_id,
            place.owner_alive))
        self.silence('a')
        self.assertFalse(
            self.store.locate([root.id], SILENT)[root.id].owner_alive)
        self.store.release('a')
        place = self.store.locate([root.id], SILENT)[root.id]
        self.assertEqual((None, False), (place.engine_id, place.owner_alive))
        self.assertEqual({}, self.store.locate([], SILENT))

    def test_a_sub_job_that_ended_is_told_of_until_it_was_noted(self):
        self.start('a')
        root, sub_job = self.tree('a')
        sub_job.state, sub_job.output = states.SUCCESS, {'x': 1}
        self.save('a', sub_job)
        loaded = self.store.load([root.id])
        self.assertEqual([root.id], [row['id'] for row in loaded.jobs])
        self.assertEqual(
            [(sub_job.id, sub_job.parent_run_id, 'SUCCESS', {'x': 1})],
            [(row['id'], row['parent_run_id'], row['state'], row['output'])
             for row in loaded.ended])
        run = root.runs[2]
        run.state = states.SUCCESS
        root.touch(run)
        self.save('a', root)
        self.assertEqual([], self.store.load([root.id]).ended)

    def test_jobs_by_key(self):
        self.start('a')
        mine = new_job('a', project_id='p', idempotency_key='k')
        crossed = new_job('a', project_id='p', idempotency_key='other')
        self.save('a', mine, crossed)
        found = self.store.jobs_by_key([('p', 'k'), ('q', 'other')])
        self.assertEqual(mine.id, found['p', 'k']['id'])
        self.assertNotIn(('q', 'other'), found)
        self.assertEqual({}, self.store.jobs_by_key([]))

    def test_what_does_not_exist(self):
        self.assertIsNone(self.store.job(uuids.new_job_id()))
        self.assertIsNone(self.store.action_run(uuids.new_job_id()))
        loaded = self.store.load([uuids.new_job_id()])
        self.assertEqual(([], [], [], []), (
            loaded.jobs, loaded.tasks, loaded.action_runs, loaded.ended))

    # -- executors --

    def test_executors_that_are_heard_are_not_lost(self):
        self.start('a')
        executor = service('x', 'executor')
        self.assertEqual((True, set()),
                         self.store.beat(service('a'), [executor]))
        self.assertEqual(set(), self.store.lose(['x'], SILENT))
        self.silence('x')
        self.assertEqual({'x', 'unknown'},
                         self.store.lose(['x', 'unknown'], SILENT))
        self.assertEqual((True, {'x'}),
                         self.store.beat(service('a'), [executor]))

    def test_an_executor_that_stopped_is_lost(self):
        self.start('a')
        self.store.beat(service('a'),
                        [service('x', 'executor', state='stopped')])
        self.assertEqual({'x'}, self.store.lose(['x'], SILENT))
