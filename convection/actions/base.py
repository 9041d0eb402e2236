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
"""The base of every action, for the built-in ones and for plug-ins.

An action is a class with an entry point in the group ``convection.actions``;
the entry point's name is the action's name. One object of the class serves
all runs of an executor, several at the same time: keep what belongs to a run
in local variables.
"""

import collections.abc
import contextlib
import inspect
import threading
from typing import Any

from oslo_config import cfg

#: Guards the cancellation of all runs; held for a few instructions only.
_LOCK = threading.Lock()


class ActionError(Exception):
    """The action failed.

    :param message: a plain sentence for the user who reads why.
    :param result: the result that goes with the error, for example the map
        that ``std.http`` gives for a response with an error status.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.result = result


class ActionInterrupted(Exception):
    """The action stopped since it was told to: a cancel or a timeout."""


class ActionContext:
    """What an action may know of the run that it is called for.

    :param order: the action run as the engine sent it.
    :param conf: the executor's configuration.
    :param deadline: when the run's timeout ends it, in seconds since the
        epoch; None for no timeout.
    """

    __slots__ = ('_order', '_callbacks', '_event', '_stopped', 'conf',
                 'deadline')

    def __init__(self, order: dict[str, Any], conf: cfg.ConfigOpts,
                 deadline: float | None = None) -> None:
        self._order = order
        self._callbacks: list[collections.abc.Callable[[], None]] = []
        self._event: threading.Event | None = None
        self._stopped = False
        self.conf = conf
        self.deadline = deadline

    @property
    def action_run_id(self) -> str:
        """Id of the action run."""
        return self._order['id']

    @property
    def action_name(self) -> str:
        """Name under which the action was called."""
        return self._order['action']

    @property
    def job_id(self) -> str | None:
        """Id of the job."""
        return self._order.get('job_id')

    @property
    def job_name(self) -> str | None:
        """Name of the job."""
        return self._order.get('job_name')

    @property
    def task_id(self) -> str | None:
        """Id of the task."""
        return self._order.get('task_id')

    @property
    def task_name(self) -> str | None:
        """Name of the task."""
        return self._order.get('task_name')

    @property
    def workflow_name(self) -> str | None:
        """Name of the workflow that the job runs."""
        return self._order.get('workflow_name')

    @property
    def project_id(self) -> str | None:
        """Id of the project that the job belongs to."""
        return self._order.get('project_id')

    @property
    def user_id(self) -> str | None:
        """Id of the user who started the job."""
        return self._order.get('user_id')

    @property
    def identity(self) -> dict[str, Any]:
        """Names of the user and the project, roles."""
        return self._order.get('context') or {}

    @property
    def attempt(self) -> int:
        """1 for the first attempt of the task."""
        return self._order.get('attempt') or 1

    @property
    def callback_url(self) -> str | None:
        """Where the end of an asynchronous action is to be reported."""
        return self._order.get('callback_url')

    @property
    def cancelled(self) -> threading.Event:
        """Set when the run is to stop; a long action waits on this."""
        with _LOCK:
            if self._event is None:
                self._event = threading.Event()
                if self._stopped:
                    self._event.set()
            return self._event

    @property
    def is_cancelled(self) -> bool:
        """Whether the run is to stop."""
        return self._stopped

    def raise_if_cancelled(self) -> None:
        """Stop here when the run is to stop.

        :raises ActionInterrupted: it is.
        """
        if self._stopped:
            raise ActionInterrupted()

    def cancel(self) -> None:
        """Tell the action to stop; called by the executor."""
        with _LOCK:
            self._stopped = True
            event = self._event
            callbacks, self._callbacks = self._callbacks, []
        if event is not None:
            event.set()
        for callback in callbacks:
            callback()

    @contextlib.contextmanager
    def on_cancel(self, callback: collections.abc.Callable[[], None]
                  ) -> collections.abc.Iterator[None]:
        """Have something called when the run is to stop, while in here.

        For actions that wait in a library: the callback is called in another
        thread and ends the wait, for instance by closing a connection. It
        must not raise.
        """
        with _LOCK:
            stopped = self._stopped
            if not stopped:
                self._callbacks.append(callback)
        if stopped:
            callback()
        try:
            yield
        finally:
            with _LOCK:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)


class Action:
    """The base class of actions.

    The docstring of the class is the description that users read.
    """

    #: JSON Schema of the parameters; checked by the engine before the run.
    parameters: dict[str, Any] = {
        'type': 'object', 'properties': {}, 'additionalProperties': False}
    #: True: when ``run`` returns, the action has only begun; it ends by a
    #: later call of the API.
    asynchronous = False
    #: ``thread``, or ``process`` for actions that compute or run foreign
    #: code: such a run has a process to itself, which is killed when the
    #: run is cancelled or takes too long.
    isolation = 'thread'

    def run(self, context: ActionContext, **parameters: Any) -> Any:
        """Do the work.

        :returns: a JSON value.
        :raises ActionError: the action failed, for a reason that a user
            understands. Any other exception fails the action too.
        """
        raise NotImplementedError()

    @classmethod
    def describe(cls, name: str) -> dict[str, Any]:
        """Describe the action for the catalogue that users see."""
        return {'name': name,
                'description': inspect.cleandoc(cls.__doc__ or ''),
                'parameters': cls.parameters,
                'asynchronous': cls.asynchronous,
                'isolation': cls.isolation}
