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
"""The history of jobs: reading it. The store of their owner writes it."""

from typing import Any

import sqlalchemy as sa

from convection.db import models
from convection.db import query

_TABLE = models.job_events


def list_(connection: sa.Connection, job_id: str, since: int = 0,
          limit: int | None = None,
          filters: query.Filters | None = None) -> list[dict[str, Any]]:
    """Return the events of a job after one of them, in order.

    :param since: number of the last event that is known; 0 for none.
    :param limit: most events; None for all.
    """
    statement = sa.select(_TABLE).where(
        _TABLE.c.job_id == job_id, _TABLE.c.number > since,
        *query.conditions(connection.dialect, _TABLE, filters))
    return query.rows(
        connection, statement.order_by(_TABLE.c.number).limit(limit))
