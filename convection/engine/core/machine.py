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
"""The state machine of one job: ``step(job, event)`` gives effects.

Two rules, as in h11: everything that affects what follows is in the job
(its rows) and the event; and nothing in this package does I/O, asks a clock,
draws a random number or writes a log. So the same events give the same rows
and the same effects in the same order, whether the job stayed in memory or
was loaded from its rows in between.

Theory of operation
-------------------

A **job** has **tasks**, a task has **action runs**: one for each attempt, or
for each item of an attempt. An **event** says what happened. The rule of
the event (``_RULES`` below) changes the job and puts tasks that may start
into the queue ``job.ready``. Then the loop in :func:`_drain` takes over,
until nothing is left:

* it ends the job when a rule asked for it (``step.ending``);
* it fails joins that can no longer be completed (``step.failing``);
* it starts further items of ``with-items`` (``live.filling``);
* it starts the task at the head of the queue.

Starting a task (:mod:`.start`) looks at its policies, evaluates its input and
makes an action run (:mod:`.runs`). A control action ends at once
(:mod:`.control`); any other ends by a later event. The end of a run
(:mod:`.results`) may end the attempt (:mod:`.complete`), which is followed by
another (:mod:`.retry`), or ends the task: it publishes (:mod:`.publishing`,
:mod:`.dataflow`) and leads on (:mod:`.branch`, :mod:`.join`, or
:mod:`.reverse`): that is, tasks are put into the queue. So however long a
chain is, no rule calls itself. When no task is unfinished the job is over
(:mod:`.outcome`).

A step starts at most ``MAX_STARTS`` tasks and items; what is left waits for
the event ``Continued``, so that a large job does not hold up others.

A PAUSED job takes every event like a RUNNING one, but neither the queue nor
the items are drained (:mod:`.pause`, :mod:`.resume`).

States
------

The tables of what may follow which state are in :mod:`.moves`. What moves a
task::

    IDLE --start--> RUNNING --the attempt ended--> SUCCESS, ERROR, CANCELLED
    IDLE --wait-before--> DELAYED --timer--> RUNNING
    RUNNING --retry--> DELAYED --timer--> RUNNING
    RUNNING --wait-after--> DELAYED --timer--> SUCCESS, ERROR
    RUNNING --its sub-job paused--> PAUSED --resumed--> RUNNING
    WAITING --enough branches came--> IDLE
    WAITING --too few can still come--> ERROR
    any unfinished state --cancel, fail, succeed--> CANCELLED

Effects
-------

Save first, then carry out (:mod:`.effects`). After a load :func:`outstanding`
gives whatever the rows still call for.
"""

from collections.abc import Callable

from convection.engine.core import cancel
from convection.engine.core import complete
from convection.engine.core import control
from convection.engine.core import effects
from convection.engine.core import events
from convection.engine.core import items
from convection.engine.core import join
from convection.engine.core import lost
from convection.engine.core import model
from convection.engine.core import outcome
from convection.engine.core import pause
from convection.engine.core import reload
from convection.engine.core import results
from convection.engine.core import resume
from convection.engine.core import start
from convection.engine.core import states
from convection.engine.core import stepping
from convection.engine.core import sub_job
from convection.engine.core import timeout
from convection.engine.core import timers

#: How many tasks and items one step starts at most.
MAX_STARTS = 500

outstanding = reload.outstanding
rebuild = reload.rebuild


def step(job: model.Job, event: events.Event) -> list[effects.Effect]:
    """Take an event and return what has to happen.

    A finished job takes no event, an unstarted one only its start; whatever
    is stale, late or a repetition changes nothing. Nothing that a document,
    an input or a result holds makes it raise.
    """
    this = stepping.Step(job, event.at)
    if isinstance(event, events.JobStarted):
        if job.started_at is not None or job.finished:
            return this.effects
        reload.prepare(job)
    elif job.finished or job.started_at is None:
        return this.effects
    _RULES[type(event)](this, event)
    _drain(this)
    return this.effects


def abort(job: model.Job, reason: str, at: float) -> list[effects.Effect]:
    """End a job in ERROR whatever it does, for a reason outside of it.

    :param reason: a sentence for the ``state_info`` of the job.
    """
    this = stepping.Step(job, at)
    outcome.end_early(this, stepping.Ending(states.ERROR, reason, reason))
    return this.effects


def _drain(this: stepping.Step) -> None:
    """Go on until nothing is left to do, or the step is long enough."""
    job = this.job
    while not job.finished:
        if this.ending is not None:
            outcome.end_early(this, this.ending)
            return
        if this.failing:
            task, reason = this.failing.popleft()
            complete.fail(this, task, reason)
        elif job.state != states.RUNNING:
            return
        elif not (job.live.filling or job.ready):
            if 0 < job.live.waiting == job.unfinished_tasks:
                join.break_deadlock(this)
                continue
            outcome.settle(this)
            return
        elif this.starts >= MAX_STARTS:
            this.emit(effects.Continue())
            return
        elif job.live.filling:
            number = min(job.live.filling)
            items.fill(this, job.tasks[number], MAX_STARTS)
        else:
            this.starts += 1
            start.task(this, job.tasks[job.ready.popleft()])


def _job_started(this: stepping.Step, event: events.JobStarted) -> None:
    start.job(this)


def _continued(this: stepping.Step, event: events.Continued) -> None:
    """Nothing but what the loop does anyway."""


def _timer_fired(this: stepping.Step, event: events.TimerFired) -> None:
    task = this.job.live.open_tasks.get(event.task_number)
    if task is None:
        return
    run_number = control.run_of_timer(event.name)
    if run_number is not None:
        results.timer_fired(this, run_number, event.due)
    elif timers.is_due(task, event.name, event.due):
        timers.drop(this, task, event.name)
        timeout.fired(this, task, event.name)


def _sub_job_paused(this: stepping.Step,
                    event: events.SubJobPaused) -> None:
    pause.sub_job_paused(this, event.run_id)


def _sub_job_resumed(this: stepping.Step,
                     event: events.SubJobResumed) -> None:
    resume.sub_job_resumed(this, event.run_id)


def _pause_requested(this: stepping.Step,
                     event: events.PauseRequested) -> None:
    pause.requested(this, event.by_parent)


def _resume_requested(this: stepping.Step,
                      event: events.ResumeRequested) -> None:
    resume.requested(this, event.by_parent, event.again)


def _cancel_requested(this: stepping.Step,
                      event: events.CancelRequested) -> None:
    cancel.requested(this, event.reason)


#: The rule of each event.
_RULES: dict[type, Callable] = {
    events.JobStarted: _job_started,
    events.Continued: _continued,
    events.ActionCompleted: results.reported,
    events.SubJobCompleted: sub_job.completed,
    events.SubJobRefused: sub_job.refused,
    events.SubJobPaused: _sub_job_paused,
    events.SubJobResumed: _sub_job_resumed,
    events.TimerFired: _timer_fired,
    events.ExecutorLost: lost.executor,
    events.PauseRequested: _pause_requested,
    events.ResumeRequested: _resume_requested,
    events.CancelRequested: _cancel_requested,
}
