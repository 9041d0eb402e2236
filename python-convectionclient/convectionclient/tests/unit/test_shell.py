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
"""The ``convection`` command."""

import json
import subprocess
import sys
from unittest import mock

import fixtures

from convectionclient.osc.v1 import action
from convectionclient.tests.unit import base
from convectionclient.tests.unit import stub

EVENTS = [
    {'kind': 'job.started', 'data': {'state': 'RUNNING'}},
    {'kind': 'task.started', 'task_id': 't1', 'data': {'name': 'fetch'}},
    {'kind': 'task.finished', 'task_id': 't1',
     'data': {'name': 'fetch', 'state': 'SUCCESS'}}]


class ShellCase(base.TestCase):
    """A test with a file to upload."""

    def setUp(self) -> None:
        super().setUp()
        self.document = self.create_tempfiles([('d', 'w')], ext='.yaml')[0]
        self.bad = self.create_tempfiles([('b', stub.BAD)], ext='.yaml')[0]


class TestGlobal(ShellCase):
    """Options, help and errors of the whole."""

    def test_no_command_shows_help(self) -> None:
        status, out, _ = self.convection()
        self.assertEqual(0, status)
        for command in ('workflow create', 'job event list',
                        'action-run complete', 'service list'):
            self.assertIn(command, out)

    def test_help_of_a_command(self) -> None:
        status, out, _ = self.convection('job', 'create', '--help')
        self.assertEqual(0, status)
        self.assertIn('--input-json', out)

    def test_nobody_answers(self) -> None:
        status, _, err = self.convection('job', 'list',
                                         url='http://127.0.0.1:1')
        self.assertEqual(1, status)
        self.assertEqual('Cannot reach Convection at http://127.0.0.1:1: '
                         'connection refused.\n', err)

    def test_an_endpoint_that_is_no_url(self) -> None:
        for url in ('nowhere', 'ftp://x', 'http:/x'):
            status, _, err = self.convection('job', 'list', url=url)
            self.assertEqual(1, status)
            self.assertEqual(
                f'The endpoint "{url}" is no http or https URL.\n', err)

    def test_names_that_name_nothing(self) -> None:
        for command in (('workflow', 'show'), ('job', 'delete'),
                        ('job', 'cancel'), ('task', 'show')):
            status, _, err = self.convection(*command, '')
            self.assertEqual(1, status)
            self.assertEqual('A name or an id must not be empty.\n', err)
        status, _, err = self.convection('job', 'show', '\udcff')
        self.assertEqual((1, "'\\udcff' is not text in UTF-8.\n"),
                         (status, err))

    def test_no_way_to_the_service(self) -> None:
        status, _, err = self.convection('--os-auth-type', 'password', 'job',
                                         'list')
        self.assertEqual(1, status)
        self.assertIn('CONVECTION_URL', err)
        self.assertEqual(1, err.count('\n'))

    def test_caller_without_keystone(self) -> None:
        self.convection('--os-auth-type', 'none', '--endpoint',
                        self.stub.url, '--os-project-id', 'px',
                        '--os-user-id', 'ux', '--os-roles', 'admin',
                        'job', 'list')
        headers = self.last()['headers']
        self.assertEqual(('px', 'ux', 'admin'),
                         (headers['X-Project-Id'], headers['X-User-Id'],
                          headers['X-Roles']))

    def test_with_keystone(self) -> None:
        status, _, err = self.convection(
            '--os-auth-url', f'{self.stub.url}/v3', '--os-username', 'u',
            '--os-password', 'x', '--os-project-name', 'p',
            '--os-user-domain-id', 'default', '--os-project-domain-id',
            'default', '--os-region-name', 'RegionOne', 'workflow', 'list',
            url='')
        self.assertEqual(0, status, err)
        self.assertEqual('/v1/workflows', self.last()['path'])
        self.assertEqual('secret', self.last()['headers']['X-Auth-Token'])

    def test_names_are_listed_without_network_libraries(self) -> None:
        program = ('import sys; from convectionclient import shell; '
                   'shell.ConvectionShell(); print([m for m in '
                   '("requests", "keystoneauth1.session", "rich", "yaml", '
                   '"openstack") if m in sys.modules])')
        found = subprocess.run([sys.executable, '-c', program], check=True,
                               capture_output=True, text=True)
        self.assertEqual('[]\n', found.stdout)


class TestLists(base.TestCase):
    """What lists make of long texts."""

    def test_a_row_has_no_second_paragraph(self) -> None:
        command = action.ListAction(mock.Mock(), None)
        command.columns = ('description',)
        long = 'What it does.\n\nAnd how.'
        for kind, wanted in (('value', 'What it does.'),
                             ('table', 'What it does.'), ('json', long)):
            rows = command.rows([{'description': long}],
                                mock.Mock(formatter=kind))[1]
            self.assertEqual([[wanted]], list(rows))


class TestWorkflows(ShellCase):
    """workflow …"""

    def test_life(self) -> None:
        status, out, _ = self.convection('workflow', 'create', self.document,
                                         '-f', 'json')
        self.assertEqual(0, status)
        self.assertEqual('w', json.loads(out)[0]['Name'])
        for args in (('workflow', 'list'), ('workflow', 'show', 'w'),
                     ('workflow', 'revision', 'list', 'w'),
                     ('workflow', 'revision', 'show', 'w', '1'),
                     ('workflow', 'update', self.document)):
            status, out, err = self.convection(*args)
            self.assertEqual((0, ''), (status, err), args)
            self.assertRegex(out, ' w | 1 ')
        self.assertEqual('PUT', self.stub.requests[-1]['method'])
        status, out, _ = self.convection('workflow', 'show', 'w',
                                         '--definition')
        self.assertEqual('w', out)
        status, _, err = self.convection('workflow', 'delete', 'w', 'w', 'v')
        self.assertEqual(1, status)
        self.assertEqual('v: No workflow has the id or name "v".\n', err)
        self.assertEqual([], self.stub.workflows)

    def test_files_that_cannot_be_read(self) -> None:
        folder = self.useFixture(fixtures.TempDir())
        binary = folder.join('binary')
        with open(binary, 'wb') as file:
            file.write(b'\xff')
        for path, cause in ((folder.join('no'), 'No such file or directory'),
                            (folder.path, 'Is a directory'),
                            (binary, 'it is not text in UTF-8')):
            status, _, err = self.convection('workflow', 'create', path)
            self.assertEqual((1, f'{path}: {cause}.\n'), (status, err))

    def test_faults_with_their_places(self) -> None:
        status, _, err = self.convection('workflow', 'create', self.bad)
        self.assertEqual(1, status)
        self.assertIn('4:7 (workflows.a.tasks.t): Unknown key.\n', err)
        self.assertIn('9:1 (workflows.b): No tasks.\n', err)

    def test_validate(self) -> None:
        status, out, _ = self.convection('workflow', 'validate', self.bad,
                                         '-f', 'csv', '--quote', 'none')
        self.assertEqual(1, status)
        self.assertIn('error,4,7,workflows.a.tasks.t,Unknown key.', out)
        status, _, _ = self.convection('workflow', 'validate', self.document)
        self.assertEqual(0, status)

    def test_a_file_that_is_not_there(self) -> None:
        status, _, err = self.convection('workflow', 'create', '/no/such')
        self.assertEqual(1, status)
        self.assertIn('/no/such', err)
        self.assertEqual(1, err.count('\n'))


class TestJobs(ShellCase):
    """job …"""

    def setUp(self) -> None:
        super().setUp()
        self.client.workflows.create('w')
        self.stub.events = EVENTS

    def test_create(self) -> None:
        inputs = self.create_tempfiles([('i', 'a: 1\nb: 2\n')])[0]
        status, out, err = self.convection(
            'job', 'create', 'w', '--input-file', inputs, '--input-json',
            '{"b": 3, "c": []}', '--input', 'd=text', '--input', 'e=7',
            '--param', 'task_name=x', '--env-json', '{"k": "v"}', '--name',
            'n', '--tag', 't', '--priority', '5', '-f', 'value', '-c',
            'state')
        self.assertEqual((0, 'RUNNING\n', ''), (status, out, err))
        body = self.last('POST')['body']
        self.assertEqual({'a': 1, 'b': 3, 'c': [], 'd': 'text', 'e': 7},
                         body['input'])
        self.assertEqual({'task_name': 'x'}, body['params'])
        self.assertEqual({'k': 'v'}, body['env'])
        self.assertEqual(('n', ['t'], 5),
                         (body['name'], body['tags'], body['priority']))

    def test_wait_prints_lines(self) -> None:
        status, out, err = self.convection('job', 'create', 'w', '--wait',
                                           '-f', 'json')
        self.assertEqual(0, status)
        self.assertEqual('SUCCESS', json.loads(out)['state'])
        lines = [line.split(' ', 1)[1] for line in err.splitlines()]
        self.assertEqual(['task fetch RUNNING',
                          'task fetch SUCCESS in 0.0 s', 'job SUCCESS'],
                         lines[2:])

    def test_wait_draws_on_a_terminal(self) -> None:
        status, _, err = self.convection('job', 'create', 'w', '--wait',
                                         stderr=base.Terminal())
        self.assertEqual(0, status)
        self.assertIn('fetch', err)
        self.assertIn('1 SUCCESS', err)

    def test_exit_status(self) -> None:
        for end, expected in (({'state': 'ERROR'}, 3),
                              ({'state': 'CANCELLED'}, 4), ({}, 5)):
            self.stub.end = end
            status, _, _ = self.convection('job', 'create', 'w', '--wait',
                                           '--timeout', '1')
            self.assertEqual(expected, status, end)

    def test_interrupted_wait(self) -> None:
        with mock.patch('convectionclient.v1.jobs.JobManager.wait',
                        autospec=True, side_effect=KeyboardInterrupt):
            status, _, err = self.convection('job', 'create', 'w', '--wait')
        self.assertEqual(130, status)
        self.assertIn('The job goes on.', err)

    def test_root_cause(self) -> None:
        self.stub.end = {'state': 'ERROR', 'state_info': 'long story'}
        job = self.client.jobs.create('w')
        self.client.jobs.wait(job.id)
        self.stub.tasks.append({'id': 't', 'job_id': job.id, 'name': 'bang',
                                'state': 'ERROR', 'kind': 'action',
                                'state_info': 'No\n such host.',
                                'result': {'stderr': 'a\nwhoops\n'}})
        _, out, _ = self.convection('job', 'show', 'w', '-f', 'value', '-c',
                                    'root_cause')
        self.assertEqual('bang: No such host. whoops\n', out)

    def test_output(self) -> None:
        self.stub.end = {'state': 'SUCCESS', 'output': {'n': 1, 'l': [1]}}
        job = self.client.jobs.create('w')
        self.client.jobs.wait(job.id)
        _, out, _ = self.convection('job', 'output', 'w', '-f', 'json')
        self.assertEqual({'n': 1, 'l': [1]}, json.loads(out))
        _, out, _ = self.convection('job', 'output', 'w', '-f', 'value',
                                    '-c', 'l')
        self.assertEqual('[1]\n', out)

    def test_no_output_yet(self) -> None:
        self.stub.end = {}
        self.client.jobs.create('w')
        status, _, err = self.convection('job', 'output', 'w')
        self.assertEqual((1, 'Job w has no output yet: it is RUNNING.\n'),
                         (status, err))

    def test_list_and_control(self) -> None:
        self.stub.end = {}
        job = self.client.jobs.create('w')
        status, out, _ = self.convection('job', 'list', '--state', 'RUNNING',
                                         '--sort', 'created_at:desc')
        self.assertIn('w (revision 1)', out)
        self.assertIn('2026-11-23 10:00:00', out)
        for verb, state in (('pause', 'PAUSED'), ('resume', 'RUNNING'),
                            ('cancel', 'CANCELLED')):
            _, out, _ = self.convection('job', verb, job.id, '-f', 'value',
                                        '-c', 'state')
            self.assertEqual(f'{state}\n', out)
        self.assertEqual(0, self.convection('job', 'delete', job.id)[0])

    def test_events(self) -> None:
        job = self.client.jobs.create('w')
        _, out, _ = self.convection('job', 'event', 'list', job.id,
                                    '--follow')
        self.assertEqual(4, len(out.splitlines()))
        self.assertIn(' task.finished fetch state=SUCCESS', out)
        _, out, _ = self.convection('job', 'event', 'list', job.id, '-f',
                                    'json', '--since', '3')
        self.assertEqual(['job.finished'],
                         [row['Kind'] for row in json.loads(out)])


class TestOthers(ShellCase):
    """task …, action …, action-run …, service …"""

    def test_lists_and_shows(self) -> None:
        self.stub.jobs.append({'id': 'j', 'name': 'j', 'state': 'RUNNING'})
        row = {'id': 'x1', 'name': 'some', 'job_id': 'j', 'task_id': 'x1'}
        for noun in ('tasks', 'action_runs', 'actions', 'services'):
            getattr(self.stub, noun).append(dict(row))
        for args in (('task', 'list', 'j'), ('task', 'show', 'x1'),
                     ('action', 'list'), ('action', 'show', 'some'),
                     ('action-run', 'list', '--task', 'x1'),
                     ('action-run', 'show', 'x1'), ('service', 'list')):
            status, out, err = self.convection(*args)
            self.assertEqual((0, ''), (status, err), args)
            self.assertRegex(out, 'x1|some')

    def test_complete(self) -> None:
        self.stub.action_runs.append({'id': 'r', 'name': 'std.async_noop'})
        status, _, _ = self.convection('action-run', 'complete', 'r',
                                       '--result', '{"ok": true}')
        self.assertEqual(0, status)
        self.assertEqual({'state': 'SUCCESS', 'result': {'ok': True}},
                         self.last('POST')['body'])
