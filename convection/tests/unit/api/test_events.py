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
"""Waiting for events."""

import threading
import time
from typing import Any
from unittest import mock

from oslotest import base
import webob

from convection.api.controllers.v1 import events
from convection.db import jobs
from convection.db import models
from convection.tests.unit.api import fakes
from convection.tests.unit.api import seed


class EventsTest(base.BaseTestCase):
    """``GET /v1/jobs/{job}/events?wait=``."""

    def setUp(self) -> None:
        super().setUp()
        self.site = self.useFixture(fakes.Api(max_waiting=1))
        seed.plant(self.site)

    def _get(self, wait: int = 30) -> list[dict[str, Any]]:
        path = f'/v1/jobs/{seed.JOB}/events?since=2&wait={wait}'
        answer = webob.Request.blank(path).get_response(self.site.application)
        return answer.json['events']

    def _when_waiting(self, act: Any) -> None:
        """Call when the request looks a second time."""
        sleep = time.sleep

        def slept(seconds: float) -> None:
            act()
            sleep(0)

        self.useFixture(fakes.fixtures.MockPatchObject(
            events.time, 'sleep', mock.Mock(side_effect=slept)))

    def test_an_event_ends_the_wait(self) -> None:
        def act() -> None:
            with self.site.database.writer() as conn:
                job = jobs.get(conn, None, seed.JOB)
                fakes.add_event(conn, job, 3, 'job.paused')

        self._when_waiting(act)
        self.assertEqual(['job.paused'], [e['kind'] for e in self._get()])

    def test_the_end_of_the_job_ends_the_wait(self) -> None:
        def act() -> None:
            with self.site.database.writer() as conn:
                conn.execute(models.jobs.update().where(
                    models.jobs.c.id == seed.JOB).values(state='ERROR'))

        self._when_waiting(act)
        self.assertEqual([], self._get())

    def test_time_ends_the_wait(self) -> None:
        began = time.monotonic()
        self.assertEqual([], self._get(wait=1))
        self.assertGreaterEqual(time.monotonic() - began, 1)

    def test_too_many_do_not_wait(self) -> None:
        first = threading.Thread(target=self._get, args=(3,))
        first.start()
        time.sleep(0.5)
        began = time.monotonic()
        self.assertEqual([], self._get())
        self.assertLess(time.monotonic() - began, 2)
        first.join()
