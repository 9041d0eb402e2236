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
"""``std.callback_http`` and ``std.mistral_http``."""

from typing import Any

from convection.actions import base
from convection.actions.std import http


class CallbackHttp(base.Action):
    """Call an HTTP server and wait until somebody completes the action run.

    The server gets the headers ``Convection-Workflow-Name``,
    ``Convection-Job-Id``, ``Convection-Task-Id``,
    ``Convection-Action-Run-Id`` and ``Convection-Callback-URL``, and is
    expected to send the result to that URL later. The parameters are those
    of ``std.http``. A response with an error status fails the action run at
    once.
    """

    parameters = http.PARAMETERS
    asynchronous = True

    def headers(self, context: base.ActionContext) -> dict[str, str | None]:
        """Return the headers that say whose result is waited for."""
        return {'Convection-Workflow-Name': context.workflow_name,
                'Convection-Job-Id': context.job_id,
                'Convection-Task-Id': context.task_id,
                'Convection-Action-Run-Id': context.action_run_id,
                'Convection-Callback-URL': context.callback_url}

    def run(self, context: base.ActionContext, **parameters: Any) -> None:
        """Call the server."""
        http.call(context, parameters, {
            name: value for name, value in self.headers(context).items()
            if value})


class MistralHttp(CallbackHttp):
    """Do as ``std.callback_http``, for servers that know Mistral's headers.

    Besides the headers of ``std.callback_http`` these are sent:
    ``Mistral-Workflow-Name``, ``Mistral-Workflow-Execution-Id``,
    ``Mistral-Task-Id``, ``Mistral-Action-Execution-Id`` and
    ``Mistral-Callback-URL``.
    """

    def headers(self, context: base.ActionContext) -> dict[str, str | None]:
        """Return the headers of both names."""
        return {**super().headers(context),
                'Mistral-Workflow-Name': context.workflow_name,
                'Mistral-Workflow-Execution-Id': context.job_id,
                'Mistral-Task-Id': context.task_id,
                'Mistral-Action-Execution-Id': context.action_run_id,
                'Mistral-Callback-URL': context.callback_url}
