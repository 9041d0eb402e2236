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
"""Runs actions, and reports to the engines what came of them.

Engines and executors send each other casts of JSON values, which may be
lost, repeated and reordered.

An engine's ``dispatch`` to one executor:

* ``engine_id``, ``executor_id``: who sends it, whom it is for;
* ``seq``: the number to acknowledge, or None;
* ``acks``: numbers of reports whose results are saved;
* ``runs``: action runs to do, each with ``id``, ``action``, ``input``,
  ``timeout`` (seconds or None), ``attempt``, ``callback_url`` and what the
  action may know of its job: ``job_id``, ``job_name``, ``task_id``,
  ``task_name``, ``workflow_name``, ``project_id``, ``user_id``, ``context``;
* ``cancels``: ids of runs to stop;
* ``moved``: engines, by run id, that are to get the results instead;
* ``describe``: the catalogue is asked for;
* ``dead``: the executor was declared dead and needs a new id.

An executor's ``report`` to one engine or, when that is silent, to any:

* ``executor_id``, ``engine_id``, ``seq``, ``acks``: as above;
* ``results``: each with ``id``, ``state`` (SUCCESS, ERROR, CANCELLED, or
  RUNNING when an asynchronous action has begun), ``result``, ``error``;
* ``refused``: ids of runs that it does not take since it is stopping;
* ``credits``: how many unfinished runs the engine may have here.

An executor's ``heartbeat`` to all engines carries what ``services`` shows,
and ``running``: the runs taken whose end nobody has acknowledged. Its
``register`` to all engines carries the catalogue of its actions.
"""
