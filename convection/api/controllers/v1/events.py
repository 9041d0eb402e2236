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
"""What happened in a job; the answer may wait for the next event."""

import threading
import time
from typing import Any

import pecan

from convection.api.controllers import base
from convection.api.controllers.v1 import jobs as job_controllers
from convection.api.views import base as views
from convection.api.views import jobs as job_views
from convection.db import job_events
from convection.db import jobs

#: Seconds between two looks; each takes a little longer, up to the last.
_FIRST_PAUSE = 0.1
_LAST_PAUSE = 1.0
_GROWTH = 1.5
_FINISHED = frozenset({'SUCCESS', 'ERROR', 'CANCELLED'})


class EventsController(job_controllers.JobsController):
    """``/v1/jobs/{job}/events``."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # Each waiting request holds a thread of the server.
        self._waiting = threading.BoundedSemaphore(
            self.conf.api.max_waiting or 1)
        self._may_wait = self.conf.api.max_waiting > 0

    @pecan.expose('json')
    def list_(self, req: Any, resp: Any, ref: str) -> dict[str, Any]:
        """List events, in order; wait for one when there is none."""
        with self.reading() as conn:
            job = self.found(conn, req, ref)
        since = req.query.get('since', 0)
        limit = min(req.query.get('limit') or self.conf.api.max_limit,
                    self.conf.api.max_limit)
        rows = self._read(job, since, limit)
        if not rows and req.query.get('wait') and self._may_wait:
            rows = self._wait(job, since, limit, req.query['wait'])
        links = []
        if len(rows) == limit:
            links.append(base.next_link(req, {'since': rows[-1]['number']}))
        return {'events': [job_views.EVENT_VIEW.show(row) for row in rows],
                'links': links}

    def _read(self, job: views.Row, since: int,
              limit: int) -> list[views.Row]:
        with self.reading() as conn:
            return job_events.list_(conn, job['id'], since=since,
                                    limit=limit)

    def _wait(self, job: views.Row, since: int, limit: int,
              seconds: int) -> list[views.Row]:
        """Look again and again until there are events or time is up.

        A finished job has no more events, and when too many requests wait
        already this one does not: both answer at once.
        """
        if not self._waiting.acquire(blocking=False):
            return []
        try:
            end = time.monotonic() + seconds
            pause = _FIRST_PAUSE
            while not self._over(job):
                left = end - time.monotonic()
                if left <= 0:
                    return []
                time.sleep(min(pause, left))
                pause = min(pause * _GROWTH, _LAST_PAUSE)
                rows = self._read(job, since, limit)
                if rows:
                    return rows
            # What was written between the last look and the end.
            return self._read(job, since, limit)
        finally:
            self._waiting.release()

    def _over(self, job: views.Row) -> bool:
        with self.reading() as conn:
            rows = jobs.list_(conn, job['project_id'],
                              filters={'id': job['id']}, fields=['state'])
        return not rows or rows[0]['state'] in _FINISHED
