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
"""The modules of the nouns: what a project sees, and names."""

from oslo_db import exception as db_exception

from convection.common import exception
from convection.db import action_runs
from convection.db import actions
from convection.db import clock
from convection.db import job_events
from convection.db import jobs
from convection.db import models
from convection.db import services
from convection.db import tasks
from convection.db import workflows
from convection.tests.unit.db import base


class TestJobs(base.DatabaseTest):
    """Jobs, tasks and action runs."""

    def test_by_id_or_latest_of_a_name(self) -> None:
        old, new, other = (
            base.job(id=f'{number:036}', project_id=project)
            for number, project in ((1, 'demo'), (2, 'demo'), (3, 'other')))
        self.insert(models.jobs, old, new, other)
        with self.database.reader() as connection:
            self.assertEqual(old, jobs.get(connection, 'demo', old['id']))
            self.assertEqual(new, jobs.get(connection, 'demo', 'backup'))
            self.assertEqual(other, jobs.get(connection, None, 'backup'))
            error = self.assertRaises(exception.NotFound, jobs.get,
                                      connection, 'demo', other['id'])
        self.assertEqual('job.not_found', error.code)

    def test_idempotency_key(self) -> None:
        row = base.job(idempotency_key='once')
        self.insert(models.jobs, row, base.job(), base.job(),
                    base.job(idempotency_key='once', project_id='other'))
        self.assertRaises(db_exception.DBDuplicateEntry, self.insert,
                          models.jobs, base.job(idempotency_key='once'))
        with self.database.reader() as connection:
            self.assertEqual(row, jobs.get_by_idempotency_key(
                connection, 'demo', 'once'))
            self.assertIsNone(jobs.get_by_idempotency_key(
                connection, 'demo', 'twice'))

    def test_parts_are_seen_by_their_project(self) -> None:
        self.insert(models.tasks, base.task(1))
        self.insert(models.action_runs, base.action_run(2))
        for module, row in ((tasks, base.task(1)),
                            (action_runs, base.action_run(2))):
            with self.database.reader() as connection:
                self.assertEqual(row,
                                 module.get(connection, 'demo', row['id']))
                self.assertEqual([row], module.list_(connection, 'demo'))
                self.assertEqual([], module.list_(connection, 'other'))
                self.assertRaises(exception.NotFound, module.get, connection,
                                  'other', row['id'])

    def test_events_since(self) -> None:
        self.insert(models.job_events, *[
            {'job_id': job, 'number': number, 'project_id': 'demo',
             'kind': 'task.started', 'task_id': None, 'data': {},
             'at': base.NOW} for job in 'ab' for number in (1, 2, 3, 4)])
        with self.database.reader() as connection:
            found = job_events.list_(connection, 'a', since=1, limit=2)
        self.assertEqual([('a', 2), ('a', 3)],
                         [(row['job_id'], row['number']) for row in found])


class TestWorkflows(base.DatabaseTest):
    """Workflows and revisions."""

    def _create(self, **values) -> dict:
        row = base.workflow(**values)
        with self.database.writer() as connection:
            workflows.create(connection, row, base.revision(row['id']))
        return row

    def test_own_before_public(self) -> None:
        public = self._create(project_id='other', scope='public')
        self._create(project_id='third')
        with self.database.reader() as connection:
            self.assertEqual(public,
                             workflows.get(connection, 'demo', 'backup'))
        own = self._create(created_at=base.NOW + 1)
        with self.database.reader() as connection:
            self.assertEqual(own, workflows.get(connection, 'demo', 'backup'))
            self.assertEqual([own, public],
                             workflows.list_(connection, 'demo'))
            self.assertRaises(exception.NotFound, workflows.get, connection,
                              'demo', 'backup', namespace='tools')

    def test_a_name_is_unique_until_deleted(self) -> None:
        row = self._create()
        self._create(namespace='tools')
        self._create(name='Backup')
        self._create(project_id='other')
        self.assertRaises(db_exception.DBDuplicateEntry, self._create)
        with self.database.writer() as connection:
            self.assertTrue(workflows.delete(connection, row['id'], 1.5))
            self.assertFalse(workflows.delete(connection, row['id'], 1.5))
        again = self._create()
        with self.database.reader() as connection:
            self.assertEqual(again,
                             workflows.get(connection, 'demo', 'backup'))
            self.assertRaises(exception.NotFound, workflows.get, connection,
                              'demo', row['id'])
            self.assertEqual(1, workflows.get_revision(
                connection, row['id'], 1)['revision'])

    def test_revisions(self) -> None:
        row = self._create()
        second = base.revision(row['id'], 2, definition='\u4e2d\U0001f600')
        lost = base.revision(row['id'], 2)
        with self.database.writer() as connection:
            self.assertTrue(workflows.update(
                connection, row['id'], {'updated_at': base.NOW + 5}, second))
            self.assertFalse(workflows.update(
                connection, row['id'], {'description': 'late'}, lost))
        with self.database.reader() as connection:
            self.assertEqual(
                {**row, 'revision': 2, 'updated_at': base.NOW + 5},
                workflows.get(connection, 'demo', row['id']))
            self.assertEqual(second, workflows.get_revision_by_id(
                connection, second['id']))
            self.assertEqual([2, 1], [
                found['revision'] for found in workflows.list_revisions(
                    connection, row['id'])])
            self.assertRaises(exception.NotFound, workflows.get_revision,
                              connection, row['id'], 3)


class TestActions(base.DatabaseTest):
    """Actions."""

    def test_adhoc_before_plugin(self) -> None:
        plugin = base.action(project_id='', kind='plugin')
        own = base.action()
        with self.database.writer() as connection:
            actions.create(connection, plugin)
            actions.create(connection, own)
        with self.database.reader() as connection:
            self.assertEqual(own, actions.get(connection, 'demo', 'greet'))
            self.assertEqual(plugin, actions.get(connection, 'x', 'greet'))
            self.assertEqual(plugin, actions.get(connection, 'x',
                                                 plugin['id']))
            self.assertRaises(exception.NotFound, actions.get, connection,
                              'x', own['id'])
            self.assertEqual(2, len(actions.list_(connection, 'demo')))
        with self.database.writer() as connection:
            self.assertTrue(actions.update(connection, own['id'],
                                           {'description': 'new'}))
            self.assertEqual('new', actions.get(
                connection, 'demo', 'greet')['description'])
            self.assertTrue(actions.delete(connection, own['id']))
            self.assertFalse(actions.delete(connection, own['id']))

    def test_a_name_is_unique(self) -> None:
        self.insert(models.actions, base.action())
        self.assertRaises(db_exception.DBDuplicateEntry, self.insert,
                          models.actions, base.action())


class TestServices(base.DatabaseTest):
    """Services and the database's clock."""

    def _save(self, **values) -> None:
        with self.database.writer() as connection:
            services.save(connection, values)

    def test_save_and_silence(self) -> None:
        self._save(id='e1', kind='engine', host='a', state='up',
                   version='1', started_at=base.NOW, info={'jobs': 3})
        self._save(id='e1', state='draining')
        with self.database.writer() as connection:
            row = services.get(connection, 'e1')
            self.assertEqual(('draining', {'jobs': 3}),
                             (row['state'], row['info']))
            self.assertAlmostEqual(clock.now(connection), row['updated_at'],
                                   delta=60)
            self.assertEqual([], services.list_silent(connection, 'engine',
                                                      60))
            self.assertEqual([row], services.list_silent(
                connection, 'engine', -60))
            self.assertEqual([row], services.list_(
                connection, filters={'kind': 'engine'}))
            self.assertTrue(services.delete(connection, 'e1'))
            self.assertFalse(services.delete(connection, 'e1'))
            self.assertRaises(exception.NotFound, services.get, connection,
                              'e1')
