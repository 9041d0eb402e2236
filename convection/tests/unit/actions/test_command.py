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
"""Tests of ``std.command`` with real programs."""

import os
import sys
import threading
import time

from convection.actions import base
from convection.actions.std import command
from convection.tests.unit.actions import helpers

PYTHON = sys.executable


def _alive(pid):
    """Whether a process runs; one that waits to be collected does not."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def _ends(pid):
    """Whether a killed process is gone, a moment after the signal."""
    give_up = time.monotonic() + helpers.BOUND
    while _alive(pid) and time.monotonic() < give_up:
        time.sleep(0.01)
    return not _alive(pid)


class CommandTest(helpers.ActionTestCase):
    """What runs, what it gets, what comes back."""

    def setUp(self):
        super().setUp()
        self.conf = helpers.configuration(action_command={
            'enabled': True, 'programs': [PYTHON, 'sh', '/no/such', 'gone'],
            'max_output_size': 2000})
        self.action = command.Command()

    def python(self, code, **parameters):
        return self.action.run(helpers.context(self.conf), program=PYTHON,
                               arguments=['-c', code], **parameters)

    def test_result(self):
        self.assertEqual(
            {'exit_code': 0, 'stdout': 'out\n', 'stderr': 'err\n'},
            self.python('import sys; print("out"); '
                        'print("err", file=sys.stderr)'))

    def test_arguments_are_no_shell_text(self):
        result = self.action.run(
            helpers.context(self.conf), program=PYTHON,
            arguments=['-c', 'import sys; print(sys.argv[1:])', '$HOME; ls',
                       5, 'a b'])
        self.assertEqual("['$HOME; ls', '5', 'a b']\n", result['stdout'])

    def test_input_environment_and_folder(self):
        self.set_secret()
        result = self.python(
            'import os, sys; print(sys.stdin.read(), os.getcwd(), '
            'os.environ["A"], os.environ.get("SECRET"))',
            input='ü', environment={'A': 1}, cwd='/')
        self.assertEqual('ü / 1 None\n', result['stdout'])

    def set_secret(self):
        os.environ['SECRET'] = 'of the executor'
        self.addCleanup(os.environ.pop, 'SECRET')

    def test_an_exit_code_is_an_error(self):
        code = 'import sys; print("x"); sys.exit(3)'
        error = self.assertRaises(base.ActionError, self.python, code)
        self.assertEqual({'exit_code': 3, 'stdout': 'x\n', 'stderr': ''},
                         error.result)
        self.assertIn('exit code 3', error.message)
        self.assertEqual(error.result, self.python(
            code, return_result_on_error=True))
        error = self.assertRaises(
            base.ActionError, self.python,
            'import os, signal; os.kill(os.getpid(), signal.SIGTERM)')
        self.assertEqual(-15, error.result['exit_code'])

    def test_only_what_the_operator_lists(self):
        for program in ('ls', '/bin/sh', '../sh', os.path.basename(PYTHON)):
            error = self.assert_fails(self.action, self.conf,
                                      program=program)
            self.assertIn('not on the operator\'s list', error.message)
        for program in ('/no/such', 'gone'):
            error = self.assert_fails(self.action, self.conf,
                                      program=program)
            self.assertRegex(error.message, 'started|not installed')
        self.conf.set_override('enabled', False, 'action_command')
        error = self.assert_fails(self.action, self.conf, program=PYTHON)
        self.assertIn('has not enabled', error.message)

    def test_what_cannot_be_passed_on(self):
        for parameters in ({'arguments': ['a\0b']}, {'cwd': '/no/such'},
                           {'environment': {'A=B': 'c'}}):
            error = self.assert_fails(self.action, self.conf, program='sh',
                                      **parameters)
            self.assertIn('cannot be started', error.message)

    def test_output_is_bounded(self):
        result = self.python('import sys; print("x" * 100000); '
                             'print("y" * 100000, file=sys.stderr)')
        self.assertEqual('x' * 2000, result['stdout'])
        self.assertEqual('y' * 2000, result['stderr'])

    def test_input_that_nobody_reads(self):
        self.assertEqual(0, self.python('pass', input='x' * 1000000)[
            'exit_code'])

    def test_timeout_kills_the_whole_group(self):
        # A shell says who its child is long before the time is over.
        error = self.assertRaises(
            base.ActionError, self.action.run, helpers.context(self.conf),
            program='sh', arguments=['-c', 'sleep 1000 & echo $!; wait'],
            timeout=2)
        self.assertIn('did not end within 2 s', error.message)
        self.assertEqual(-9, error.result['exit_code'])
        self.assertTrue(_ends(int(error.result['stdout'])))

    def test_what_a_program_leaves_behind_is_killed(self):
        result = self.action.run(
            helpers.context(self.conf), program='sh',
            arguments=['-c', 'sleep 1000 & echo $!'])
        self.assertTrue(_ends(int(result['stdout'])))

    def test_cancel(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        context = helpers.context(self.conf)
        path = f'/proc/{os.getpid()}/fd/{writer}'
        finish = self.in_thread(
            self.action.run, context, program='sh',
            arguments=['-c', f'echo $$ > {path}; sleep 1000'])
        watchdog = threading.Timer(helpers.BOUND, os.write, (writer, b'0'))
        watchdog.start()
        pid = int(os.read(reader, 100))
        watchdog.cancel()
        os.close(writer)
        context.cancel()
        self.assertIsInstance(finish()['error'], base.ActionInterrupted)
        self.assertNotEqual(0, pid)
        self.assertTrue(_ends(pid))
