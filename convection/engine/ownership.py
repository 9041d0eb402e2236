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
"""Who lives and who owns what: the duties of every engine.

An engine beats in ``services`` by the database's clock. One that is silent
too long counts as dead: its jobs are taken over by a compare-and-swap on
their rows, by whoever comes first, and should it still live, its next beat
tells it so. The proof of ownership is in every commit, not here.
"""

from typing import Any

from oslo_log import log as logging

from convection.engine import batch as batches
from convection.engine import store as stores
from convection.engine import translate

LOG = logging.getLogger(__name__)

#: Trees that are taken over, or read again, at once.
_CLAIM_LIMIT = 200
#: Seconds before a beat that failed is tried again.
_RETRY_AFTER = 1.0


class Superseded(Exception):
    """Another engine declared this one dead."""


class Ownership:
    """The beats, takeovers and lost executors of one engine."""

    def __init__(self, engine: Any, service: dict[str, Any]) -> None:
        self._engine = engine
        self._service = {**service, 'id': engine.id, 'kind': 'engine',
                         'state': 'up'}
        #: Whether our row is there.
        self.started = False
        # Engines that lived at the last beat; None before the first.
        self._living: set[str] | None = None
        self._next_beat = 0.0
        self._recount_at: float | None = None
        #: Trees that this count could not load: for the next one.
        self._unreadable: set[str] = set()

    def next_due(self) -> float:
        """Return when the duties must be attended to next."""
        if self._recount_at is None or not self.started:
            return self._next_beat
        return min(self._next_beat, self._recount_at)

    def recount(self, at: float) -> None:
        """Look at this time for jobs that are ours and not in memory.

        After any failure of the database: what was dropped is read again,
        and so is what a claim or a new job made ours without our knowing.
        """
        if self._recount_at is None:
            self._recount_at = at

    def minds(self, engine_id: str) -> bool:
        """Whether what an executor runs for that engine is our concern.

        What runs for an engine that is gone is everybody's.
        """
        return engine_id == self._engine.id or (
            self._living is not None and engine_id not in self._living)

    def look_now(self) -> None:
        """Look for jobs without an owner in the next round."""
        self._next_beat = 0.0

    def attend(self, batch: batches.Batch, now: float) -> None:
        """Beat, take over what nobody owns, give up on lost executors.

        :raises Superseded: this engine counts as dead.
        """
        if not self.started:
            self._start(now)
        if self._recount_at is not None and now >= self._recount_at:
            self._recount_at = now + _RETRY_AFTER
            more = self._load_missing(batch)
            self._recount_at = now if more else None
        if now < self._next_beat:
            return
        self._next_beat = now + _RETRY_AFTER
        self._beat(now)
        more = self._take_over(batch)
        self._lose_executors(batch, now)
        settings = self._engine.settings
        self._engine.dispatcher.forget_executors(
            now, 10 * settings.executor_lost_after)
        self._next_beat = now
        if not more:
            self._next_beat += settings.heartbeat_interval

    def _start(self, now: float) -> None:
        """Add our row: nothing may be owned under an id nobody knows."""
        if now < self._next_beat:
            raise stores.StoreUnavailable('This engine has no row yet.')
        self._next_beat = now + _RETRY_AFTER
        self._engine.store.start_service(self._service)
        self.started = True
        self._next_beat = now

    def _beat(self, now: float) -> None:
        dispatcher = self._engine.dispatcher
        self._service['info'] = {**self._service['info'],
                                 'jobs': len(self._engine.jobs)}
        fresh = now - 2 * self._engine.settings.heartbeat_interval
        heard = [_executor_row(e) for e in dispatcher.executors.values()
                 if e.heartbeat and e.heard_at >= fresh and
                 (not e.dead or e.state == 'stopped')]
        alive, dead = self._engine.store.beat(self._service, heard)
        if not alive:
            raise Superseded()
        self._living = self._engine.store.engines(
            self._engine.settings.takeover_after)
        for executor_id in dead:
            dispatcher.executors[executor_id].dead = True
            self._engine.send(dispatcher.dead_notice(executor_id))

    def _take_over(self, batch: batches.Batch) -> bool:
        roots = self._engine.store.claim(
            self._engine.id, self._engine.settings.takeover_after,
            _CLAIM_LIMIT)
        if roots:
            LOG.info('Engine %s takes over %d jobs', self._engine.id,
                     len(roots))
            self._engine.load(roots, batch)
        return len(roots) >= _CLAIM_LIMIT

    def _load_missing(self, batch: batches.Batch) -> bool:
        engine = self._engine
        missing = [root for root in engine.store.owned(engine.id)
                   if root not in engine.trees and
                   root not in self._unreadable]
        # Not all at once: no beat is made meanwhile.
        wanted = missing[:_CLAIM_LIMIT]
        if wanted:
            engine.load(wanted, batch)
        self._unreadable.update(
            root for root in wanted if root not in engine.trees)
        if len(missing) > len(wanted):
            return True
        self._unreadable.clear()
        return False

    def _lose_executors(self, batch: batches.Batch, now: float) -> None:
        dispatcher = self._engine.dispatcher
        after = self._engine.settings.executor_lost_after
        doubtful = dispatcher.silent(now, after)
        doubtful += [e.id for e in dispatcher.executors.values()
                     if e.dead and e.outstanding]
        if not doubtful:
            return
        for executor_id in self._engine.store.lose(doubtful, after):
            LOG.warning('Executor %s is lost', executor_id)
            translate.lost(self._engine, batch, executor_id,
                           dispatcher.lose(executor_id, now))

    def release(self) -> None:
        """Give every job up, at a clean stop."""
        try:
            self._engine.store.release(self._engine.id)
        except stores.StoreUnavailable as error:
            LOG.warning('The jobs could not be handed over and will be '
                        'taken over: %s', error)


def _executor_row(executor: Any) -> dict[str, Any]:
    heartbeat = executor.heartbeat
    return {'id': executor.id, 'kind': 'executor', 'host': executor.host,
            'state': executor.state, 'version': heartbeat['version'],
            'info': {key: heartbeat[key] for key in
                     ('slots', 'used', 'credits', 'tags', 'pid', 'load',
                      'memory')}}
