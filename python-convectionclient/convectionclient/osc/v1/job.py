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
"""Commands for jobs."""

import argparse
from typing import Any

from convectionclient import exceptions
from convectionclient.osc import base
from convectionclient.osc import inputs
from convectionclient.osc import progress

#: Exit status of ``job create --wait`` by the state that the job ended in.
EXIT_STATUS = {'SUCCESS': 0, 'ERROR': 3, 'CANCELLED': 4}

#: Exit status when the job had not ended in time.
EXIT_TIMEOUT = 5

_INTERRUPTED = 130


def _add_job(parser: argparse.ArgumentParser, many: bool = False) -> None:
    parser.add_argument('job', metavar='<job>', help='Id or name.',
                        nargs='+' if many else None)


class CreateJob(base.ShowOne):
    """Start a job.

    With --wait its progress is shown until it ends, and the exit status
    tells how: 0 SUCCESS, 3 ERROR, 4 CANCELLED, 5 not ended in time.
    """

    _status = 0

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument('workflow', metavar='<workflow>',
                            help='Id or name of the workflow to run.')
        _add_input(parser)
        parser.add_argument('--name', metavar='<name>',
                            help='Name of the job.')
        parser.add_argument('--description', metavar='<text>',
                            help='What it is for.')
        parser.add_argument('--namespace', metavar='<namespace>',
                            help='Where the workflow is looked up.')
        parser.add_argument('--kind', choices=['batch', 'service', 'timed'],
                            help='What kind of job it is (default: batch; '
                                 'servers may refuse others).')
        parser.add_argument('--tag', metavar='<tag>', action='append',
                            dest='tags', help='A tag; may be repeated.')
        parser.add_argument('--priority', metavar='<number>', type=int,
                            help='Higher ones go first (default: 0).')
        parser.add_argument('--wait', action='store_true',
                            help='Show its progress until it ends.')
        parser.add_argument('--timeout', metavar='<seconds>', type=float,
                            help='Wait for so long at most.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Start it, follow it, show it."""
        job = self.client.jobs.create(
            parsed_args.workflow,
            input=inputs.merged(parsed_args.input_file,
                                parsed_args.input_json, parsed_args.input),
            params=dict(parsed_args.params) or None,
            env=parsed_args.env_json, name=parsed_args.name,
            description=parsed_args.description,
            namespace=parsed_args.namespace, kind=parsed_args.kind,
            priority=parsed_args.priority, tags=parsed_args.tags)
        if parsed_args.wait:
            job = self._follow(job, parsed_args.timeout)
        return base.fields(described(self.client, job), parsed_args)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit status that fits the end of the job."""
        super().run(parsed_args)
        return self._status

    def _follow(self, job: Any, timeout: float | None) -> Any:
        shown = progress.progress(self.client, job, self.app.stderr)
        try:
            with shown:
                job = self.client.jobs.wait(job.id, timeout=timeout,
                                            on_event=shown.on_event)
        except exceptions.WaitTimeout as late:
            self.app.stderr.write(f'{late}\n')
            self._status = EXIT_TIMEOUT
            return late.job
        except KeyboardInterrupt:
            self.app.stderr.write(
                f'The job goes on. Follow it: convection job event list '
                f'--follow {job.id}. End it: convection job cancel '
                f'{job.id}.\n')
            self._status = _INTERRUPTED
            return self.client.jobs.get(job.id)
        self._status = EXIT_STATUS[job.state]
        return job


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--input', metavar='<key=value>', action='append',
        type=inputs.key_value,
        help='An input; a value that is JSON is taken as that, anything '
             'else as text. May be repeated.')
    parser.add_argument('--input-json', metavar='<json>',
                        type=inputs.json_object,
                        help='Inputs as a JSON object.')
    parser.add_argument('--input-file', metavar='<file>',
                        type=inputs.object_file,
                        help='Inputs as a JSON or YAML file, - for '
                             'standard input.')
    parser.add_argument('--param', metavar='<key=value>', action='append',
                        default=[], dest='params', type=inputs.key_value,
                        help='A start parameter, for instance task_name. '
                             'May be repeated.')
    parser.add_argument('--env-json', metavar='<json>',
                        type=inputs.json_object,
                        help='The environment as a JSON object.')


def described(client: Any, job: Any) -> dict[str, Any]:
    """Return the fields of a job; of a failed one with the root cause."""
    shown = job.to_dict()
    if job.state == 'ERROR':
        shown['root_cause'] = ' > '.join(
            _cause(task) for task in client.jobs.root_cause(job)
        ) or job.state_info
    return shown


def _cause(task: Any) -> str:
    said = [task.state_info or '', _last_words(task.get('result'))]
    info = progress.one_line(' '.join(said), 2000)
    return f'{task.name}: {info}' if info else task.name


def _last_words(result: Any) -> str:
    """Return the last line that a failed program wrote, if it was one."""
    stderr = result.get('stderr') if isinstance(result, dict) else None
    lines = stderr.split('\n') if isinstance(stderr, str) else []
    return next((line for line in reversed(lines) if line.strip()), '')


class ListJob(base.Lister):
    """List jobs."""

    columns = ('id', 'name', 'workflow', 'state', 'created_at',
               'finished_at')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        base.add_paging(parser)
        parser.add_argument('--state', metavar='<state>',
                            help='Those in this state.')
        parser.add_argument('--name', metavar='<name>',
                            help='Those of this name.')
        parser.add_argument('--workflow', metavar='<workflow>',
                            help='Those of workflows of this name.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """List them."""
        found = self.client.jobs.list(
            state=parsed_args.state, name=parsed_args.name,
            workflow_name=parsed_args.workflow, **base.paging(parsed_args))
        return self.rows(found, parsed_args)


class ShowJob(base.ShowOne):
    """Show a job; of a failed one also the root cause."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_job(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show it."""
        job = self.client.jobs.get(parsed_args.job)
        return base.fields(described(self.client, job), parsed_args)


class ShowJobOutput(base.ShowOne):
    """Show the output of a job that has ended."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_job(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Show it."""
        job = self.client.jobs.get(parsed_args.job)
        if not job.finished:
            raise exceptions.ConvectionClientError(
                f'Job {job.name} has no output yet: it is {job.state}.')
        output = job.output
        if not isinstance(output, dict):
            output = {'output': output}
        return base.fields(output, parsed_args)


class DeleteJob(base.Command):
    """Delete jobs that have ended, with their tasks."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_job(parser, many=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Delete them all, and say which could not be."""
        return base.each(parsed_args.job, self.client.jobs.delete,
                         self.app.stderr)


class PauseJob(base.ShowOne):
    """Start no new tasks of a job until it is resumed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_job(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Ask for it and show the job."""
        job = self.client.jobs.pause(parsed_args.job)
        return base.fields(job.to_dict(), parsed_args)


class ResumeJob(base.ShowOne):
    """Let a paused job go on."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_job(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Ask for it and show the job."""
        job = self.client.jobs.resume(parsed_args.job)
        return base.fields(job.to_dict(), parsed_args)


class CancelJob(base.ShowOne):
    """End a job; what runs is stopped."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        _add_job(parser)
        parser.add_argument('--reason', metavar='<text>',
                            help='Kept in the state info of the job.')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Ask for it and show the job."""
        job = self.client.jobs.cancel(parsed_args.job, parsed_args.reason)
        return base.fields(job.to_dict(), parsed_args)
