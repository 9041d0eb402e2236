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
"""What engines answer: who may touch what, and what is no id."""

import threading

from oslo_config import cfg

from convection.common import exception
from convection.common import uuids
from convection import conf as options
from convection.db import models
from convection.engine import definitions
from convection.engine import endpoint
from convection.engine import loop
from convection.engine import service
from convection.engine import store as stores
from convection.tests.unit.db import base
from convection.tests.unit.engine import loops

OTHER = """
version: '2.0'
good: {tasks: {a: {action: std.noop}}}
quick: {tasks: {a: {action: std.noop}}}
"""
ADHOC = """
version: '2.0'
greet: {base: std.echo, base-input: {output: hello}}
"""


class TestEndpoint(base.DatabaseTest):
    """An engine with its loop's thread, called as by RPC."""

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        conf = cfg.ConfigOpts()
        options.register_options(conf)
        conf([], default_config_files=[], default_config_dirs=[])
        conf.set_override('max_input_size', 2000, 'engine')
        conf.set_override('max_definition_size', 5000, 'engine')
        known = definitions.Definitions(self.database)
        known.plugins.update({a['name']: a for a in loops.ACTIONS})
        self.engine = loop.Engine(
            store=stores.Store(self.database), definitions=known,
            executors=loops.Executor(), clock=service.SystemClock(),
            settings=conf.engine,
            service={'host': 'here', 'version': '1', 'info': {}})
        self.endpoint = endpoint.EngineEndpoint(
            self.engine, self.database, known, conf)
        thread = threading.Thread(target=self.engine.run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.engine.stop)
        self.mine = loops.caller()
        self.other = loops.caller('other')
        self.rows = {row['name']: row for row in self.store(loops.DOCUMENT)}

    def store(self, document: str, ctxt=None, namespace: str = '',
              scope: str = 'private') -> list[dict]:
        """Store a document."""
        return self.endpoint.create_workflows(
            ctxt or self.mine, definition=document, namespace=namespace,
            scope=scope)

    def create(self, workflow: str, ctxt=None, **values) -> dict:
        """Start a job."""
        return self.endpoint.create_job(ctxt or self.mine, **{
            'workflow': workflow, 'namespace': '', 'input': {}, 'params': {},
            'name': None, 'description': None, 'kind': 'batch',
            'priority': 0, 'tags': [], 'idempotency_key': None, **values})

    def check(self, error: type, code: str, call, *args, **kwargs) -> None:
        """Check that a call is refused."""
        found = self.assertRaises(error, call, *args, **kwargs)
        self.assertEqual(code, found.code)

    def calls(self, job_id: str, run_id: str, workflow_id: str,
              action_id: str) -> list[tuple]:
        """Return (code, method, arguments) for all that names a thing."""
        end = self.endpoint
        return [
            ('job.not_found', end.pause_job, {'job_id': job_id}),
            ('job.not_found', end.resume_job, {'job_id': job_id}),
            ('job.not_found', end.cancel_job, {'job_id': job_id,
                                               'reason': None}),
            ('job.not_found', end.delete_job, {'job_id': job_id}),
            ('action_run.not_found', end.complete_action_run, {
                'action_run_id': run_id, 'state': 'SUCCESS',
                'result': None}),
            ('workflow.not_found', end.delete_workflow, {
                'workflow_id': workflow_id}),
            ('action.not_found', end.delete_action, {
                'action_id': action_id})]

    # -- whose it is --

    def test_what_belongs_to_another_project_is_not_found(self):
        action = self.store(ADHOC)[0]
        job = self.create('ask')
        with self.database.reader() as connection:
            run_id = connection.execute(
                models.action_runs.select()).mappings().first()['id']
        for code, method, arguments in self.calls(
                job['id'], run_id, self.rows['ask']['id'], action['id']):
            self.check(exception.NotFound, code, method, self.other,
                       **arguments)
        for reference in ('ask', self.rows['ask']['id']):
            self.check(exception.NotFound, 'workflow.not_found', self.create,
                       reference, self.other)
        self.check(exception.NotFound, 'workflow.not_found',
                   self.endpoint.update_workflows, self.other,
                   definition=loops.DOCUMENT, namespace='', scope=None)
        done = self.endpoint.complete_action_run(
            self.mine, action_run_id=run_id, state='SUCCESS', result=1)
        self.assertEqual('SUCCESS', done['state'])
        self.check(exception.NotFound, 'job.not_found',
                   self.endpoint.delete_job, self.other, job_id=job['id'])
        self.endpoint.delete_job(self.mine, job_id=job['id'])

    def test_what_is_no_id_is_not_found(self):
        long = uuids.new_job_id()
        for wrong in ('x', '', 'a\x00b', '\ud800', "' or 1=1", 'x' * 5000,
                      long + '\n', long.upper(), 5, None, {}, uuids.new_id()):
            for code, method, arguments in self.calls(*[wrong] * 4):
                self.check(exception.NotFound, code, method, self.mine,
                           **arguments)

    def test_parts_are_no_jobs(self):
        job = self.create('ask')
        with self.database.reader() as connection:
            run = connection.execute(
                models.action_runs.select()).mappings().first()
        for part in (run['id'], run['task_id']):
            self.check(exception.NotFound, 'job.not_found',
                       self.endpoint.pause_job, self.mine, job_id=part)
        for wrong in (run['task_id'], job['id'], job['id'][:-1] + 'f'):
            self.check(exception.NotFound, 'action_run.not_found',
                       self.endpoint.complete_action_run, self.mine,
                       action_run_id=wrong, state='SUCCESS', result=None)

    # -- jobs --

    def test_what_the_database_could_not_keep(self):
        for name, value in (('name', 'x' * 256), ('idempotency_key', 'a\x00'),
                            ('idempotency_key', 'a '),
                            ('namespace', '\ud800'), ('workflow', 'a\x00')):
            self.check(exception.Invalid, 'request.invalid', self.create,
                       **{'workflow': 'quick', name: value})

    def test_inputs(self):
        self.check(exception.InvalidInput, 'job.input_invalid', self.create,
                   'quick', input={'unknown': 1})
        self.check(exception.TooLarge, 'request.too_large', self.create,
                   'work', input={'value': 'x' * 3000})
        self.check(exception.NotFound, 'workflow.not_found', self.create,
                   'nothing')

    def test_an_unknown_input_has_its_place(self):
        found = self.assertRaises(exception.InvalidInput, self.create,
                                  'quick', input={'unknown': 1})
        self.assertEqual('body.input', found.locations[0]['path'])

    def test_kinds_that_are_not_run_yet(self):
        for kind in ('service', 'timed'):
            self.check(exception.Invalid, 'job.kind_unsupported',
                       self.create, 'quick', kind=kind)

    def test_a_key_is_for_one_workflow(self):
        first = self.create('ask', idempotency_key='k')
        self.assertEqual(first['id'],
                         self.create('ask', idempotency_key='k')['id'])
        self.check(exception.Conflict, 'job.idempotency_key_used',
                   self.create, 'quick', idempotency_key='k')

    def test_commands(self):
        job = self.create('ask')
        self.check(exception.Conflict, 'job.not_finished',
                   self.endpoint.delete_job, self.mine, job_id=job['id'])
        self.assertEqual('PAUSED', self.endpoint.pause_job(
            self.mine, job_id=job['id'])['state'])
        self.assertEqual('RUNNING', self.endpoint.resume_job(
            self.mine, job_id=job['id'])['state'])
        for _ in range(2):
            self.assertEqual('CANCELLED', self.endpoint.cancel_job(
                self.mine, job_id=job['id'], reason='why')['state'])
        self.check(exception.Conflict, 'job.finished',
                   self.endpoint.pause_job, self.mine, job_id=job['id'])
        self.endpoint.delete_job(self.mine, job_id=job['id'])
        with self.database.reader() as connection:
            for table in (models.jobs, models.tasks, models.action_runs,
                          models.job_events):
                self.assertIsNone(connection.execute(table.select()).first())

    def test_a_sub_job_is_not_deleted_by_itself(self):
        job = self.create('many', input={'count': 1})
        with self.database.reader() as connection:
            sub_job = connection.execute(models.jobs.select().where(
                models.jobs.c.parent_job_id == job['id'])).mappings().one()
        self.check(exception.Conflict, 'job.is_sub_job',
                   self.endpoint.delete_job, self.mine, job_id=sub_job['id'])
        self.endpoint.delete_job(self.mine, job_id=job['id'])
        with self.database.reader() as connection:
            self.assertIsNone(
                connection.execute(models.jobs.select()).first())

    def test_completions(self):
        job = self.create('ask')
        with self.database.reader() as connection:
            run_id = connection.execute(
                models.action_runs.select()).mappings().first()['id']

        def complete(state, result):
            return self.endpoint.complete_action_run(
                self.mine, action_run_id=run_id, state=state, result=result)

        self.check(exception.Invalid, 'request.invalid', complete, 'RUNNING',
                   None)
        for _ in range(2):
            self.assertEqual('SUCCESS', complete('SUCCESS', 1)['state'])
        self.check(exception.Conflict, 'action_run.finished', complete,
                   'SUCCESS', 2)
        self.check(exception.Conflict, 'action_run.finished', complete,
                   'ERROR', None)
        self.assertEqual('SUCCESS', self.engine.store.job(
            job['id'])['state'])

    def test_results_that_are_too_large(self):
        found = self.assertRaises(
            exception.TooLarge, self.endpoint.complete_action_run, self.mine,
            action_run_id=uuids.new_job_id(), state='SUCCESS',
            result='x' * 3000)
        self.assertIn('result', found.message)

    def test_a_sub_job_is_not_completed_by_a_call(self):
        self.store("version: '2.0'\nup: {tasks: {a: {workflow: ask}}}")
        self.create('up')
        with self.database.reader() as connection:
            run = connection.execute(models.action_runs.select().where(
                models.action_runs.c.kind == 'workflow')).mappings().one()
        self.check(exception.Conflict, 'action_run.not_asynchronous',
                   self.endpoint.complete_action_run, self.mine,
                   action_run_id=run['id'], state='ERROR', result=None)

    # -- workflows --

    def test_nothing_is_stored_when_a_name_is_taken(self):
        self.check(exception.Conflict, 'workflow.name_taken', self.store,
                   OTHER)
        self.check(exception.NotFound, 'workflow.not_found', self.create,
                   'good')
        self.check(exception.NotFound, 'workflow.not_found',
                   self.endpoint.update_workflows, self.mine,
                   definition=OTHER, namespace='', scope=None)
        self.assertEqual(1, self.create('quick')['workflow_revision'])
        # Elsewhere the names are free.
        self.store(OTHER, namespace='there')
        self.store(OTHER, self.other)

    def test_a_definition_that_is_refused(self):
        found = self.assertRaises(
            exception.InvalidDefinition, self.store,
            "version: '2.0'\nbad: {tasks: {a: {action: 5, on-success: b}}}")
        self.assertNotEqual([], found.locations)
        self.check(exception.TooLarge, 'request.too_large', self.store,
                   loops.DOCUMENT + '#' * 6000)
        self.check(exception.TooLarge, 'request.too_large',
                   self.endpoint.validate_workflows, self.mine,
                   definition='#' * 6000)

    def test_a_deleted_workflow(self):
        job = self.create('ask')
        workflow_id = self.rows['ask']['id']
        self.endpoint.delete_workflow(self.mine, workflow_id=workflow_id)
        self.check(exception.NotFound, 'workflow.not_found',
                   self.endpoint.delete_workflow, self.mine,
                   workflow_id=workflow_id)
        for reference in ('ask', workflow_id):
            self.check(exception.NotFound, 'workflow.not_found', self.create,
                       reference)
        # Its jobs load, wherever they go.
        found = definitions.Definitions(self.database).revision(
            job['workflow_revision_id'])
        self.assertEqual('ask', found.name)
        self.store("version: '2.0'\nask: {tasks: {a: {action: std.noop}}}")
        self.assertNotEqual(workflow_id, self.create('ask')['workflow_id'])

    def test_a_new_revision_leaves_jobs_alone(self):
        before = self.create('quick')
        rows = self.endpoint.update_workflows(
            self.mine, definition="version: '2.0'\nquick: {tasks: "
            '{a: {action: std.noop}}}', namespace='', scope='public')
        self.assertEqual((2, 'public'),
                         (rows[0]['revision'], rows[0]['scope']))
        self.assertEqual(2, self.create('quick')['workflow_revision'])
        self.assertEqual(1, self.engine.store.job(
            before['id'])['workflow_revision'])

    def test_public_workflows_of_other_projects(self):
        row = self.store(OTHER, self.other, scope='public')[1]
        self.assertEqual(row['id'], self.create(row['id'])['workflow_id'])
        # One's own comes first.
        self.assertEqual(self.rows['quick']['id'],
                         self.create('quick')['workflow_id'])
        self.assertEqual('demo', self.create('good')['project_id'])
        self.check(exception.NotFound, 'workflow.not_found',
                   self.endpoint.delete_workflow, self.mine,
                   workflow_id=row['id'])

    def test_namespaces(self):
        row = self.store(OTHER, namespace='there')[0]
        self.check(exception.NotFound, 'workflow.not_found', self.create,
                   'good')
        job = self.create('good', namespace='there')
        self.assertEqual((row['id'], 'there'),
                         (job['workflow_id'], job['namespace']))

    def test_sub_workflows_of_a_workbook_come_first(self):
        self.store("""
version: '2.0'
name: book
workflows:
  outer: {tasks: {a: {workflow: quick}}}
  quick: {output: {x: 1}, tasks: {a: {action: std.noop}}}
""")
        self.create('book.outer')
        with self.database.reader() as connection:
            names = {row['workflow_name'] for row in connection.execute(
                models.jobs.select()).mappings()}
        self.assertEqual({'book.outer', 'book.quick'}, names)

    def test_adhoc_actions(self):
        action = self.store(ADHOC)[0]
        self.assertEqual('action', action['noun'])
        self.check(exception.Conflict, 'action.name_taken', self.store,
                   ADHOC)
        self.endpoint.delete_action(self.mine, action_id=action['id'])
        self.check(exception.NotFound, 'action.not_found',
                   self.endpoint.delete_action, self.mine,
                   action_id=action['id'])
