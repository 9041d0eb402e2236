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
"""The process that runs isolated actions, one after the other.

``python -m convection.executor.worker``: orders come as frames on the
standard input, records leave as frames on the standard output. When the
executor has gone, so does this process, with all that its action started.
"""

import importlib
import os
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO

from oslo_config import cfg

from convection.actions import base
from convection import conf as options
from convection.executor import frames
from convection.executor import outcome


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes for frames alone, whatever an action prints."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(incoming, 'rb'), os.fdopen(outgoing, 'wb')


def _listen(pipe: BinaryIO, orders: queue.SimpleQueue) -> None:
    """Hand on orders until the executor closes the pipe; then end."""
    try:
        while True:
            orders.put(frames.read(pipe))
    except (EOFError, OSError):
        os.killpg(0, signal.SIGKILL)


def _configuration(groups: dict[str, dict[str, Any]]) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    options.register_options(conf)
    conf([], project='convection', default_config_files=[],
         default_config_dirs=[])
    for group, values in groups.items():
        if group not in conf:
            # Of a plug-in that registers its own options when it needs them.
            continue
        for name, value in values.items():
            conf.set_override(name, value, group=group)
    return conf


def _action(reference: str) -> base.Action:
    module, _, name = reference.partition(':')
    found = importlib.import_module(module)
    for part in name.split('.'):
        found = getattr(found, part)
    return found()


def _run(question: dict[str, Any], conf: cfg.ConfigOpts,
         limit: int) -> tuple[dict[str, Any], int]:
    order = question['order']
    try:
        action = _action(question['action'])
        context = base.ActionContext(order, conf, question['deadline'])
        value = action.run(context, **(order.get('input') or {}))
        return outcome.success(order['id'], value, action.asynchronous,
                               limit)
    except BaseException as error:
        return outcome.failure(order['id'], error, limit)


def _ignore(number: int, frame: Any) -> None:
    """Let a signal pass."""


def main() -> None:
    """Serve orders until the executor has gone."""
    incoming, outgoing = _pipes()
    orders: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, orders),
                     daemon=True).start()
    settings = orders.get()
    conf = _configuration(settings['groups'])
    while True:
        record, size = _run(orders.get(), conf, settings['limit'])
        frames.write(outgoing, {'record': record, 'size': size})


if __name__ == '__main__':
    # A stop of the whole service reaches this process too, but the executor
    # decides when it ends. Handlers, since programs that an action starts
    # would inherit that the signals are ignored.
    signal.signal(signal.SIGINT, _ignore)
    signal.signal(signal.SIGTERM, _ignore)
    sys.exit(main())
