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
"""The states of jobs, tasks and action runs: constants only.

The rules that move between them are in the rule files beside this one; the
tables are in :mod:`convection.engine.core.machine`.
"""

#: A task that is made but not started, or held back by ``pause-before``.
IDLE = 'IDLE'
#: A join that waits for its branches, or an action run that waits for a
#: free slot on an executor.
WAITING = 'WAITING'
#: At work.
RUNNING = 'RUNNING'
#: A task between two attempts, or held by ``wait-before``/``wait-after``.
DELAYED = 'DELAYED'
#: Held by a user or by the ``pause`` command.
PAUSED = 'PAUSED'
#: Ended well.
SUCCESS = 'SUCCESS'
#: Ended with an error.
ERROR = 'ERROR'
#: Ended because somebody asked for it.
CANCELLED = 'CANCELLED'
#: Ended without having run, as if it had succeeded.
SKIPPED = 'SKIPPED'

#: From these nothing moves by itself any more.
FINISHED = frozenset({SUCCESS, ERROR, CANCELLED, SKIPPED})

#: Every state a job, a task and an action run may be in.
JOB_STATES = frozenset({RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED})
TASK_STATES = frozenset({IDLE, WAITING, RUNNING, DELAYED, PAUSED, SUCCESS,
                         ERROR, CANCELLED, SKIPPED})
ACTION_RUN_STATES = frozenset({WAITING, RUNNING, SUCCESS, ERROR, CANCELLED})
