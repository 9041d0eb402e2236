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
"""What goes into a column comes out of it."""

import sqlalchemy as sa

from convection.db import bulk
from convection.db import models
from convection.db import types
from convection.tests.unit.db import base

_RUNS = models.action_runs

_JSON_VALUES = {
    'nothing': None,
    'empty': {'object': {}, 'list': [], 'text': ''},
    'empty object': {},
    'empty list': [],
    'empty text': '',
    'false': False,
    'zero': 0,
    'numbers': [0, -1, 2 ** 70, 0.1, 1e300, True, None],
    'unicode': 'na\u00efve \u4e2d\u6587 \u2028',
    'four bytes': {'\U0001f600': '\U0001f680'},
    'nul': {'a\x00b': '\x00'},
    'lone surrogate': '\ud800',
    'quotes': '\'"`\\ %s %(x)s :name ? ?1 $1 -- /* {} []',
    'text of json': '{"a": 1}',
    'large': 'x' * 3_000_000,
    'many': list(range(20_000)),
}


class TestValues(base.DatabaseTest):
    """Values of all kinds, written in bulk and by statements."""

    def _read(self) -> list[dict]:
        with self.database.reader() as connection:
            return [dict(row) for row in connection.execute(
                sa.select(_RUNS).order_by(_RUNS.c.number)).mappings()]

    def _rows(self) -> list[dict]:
        return [base.action_run(number, result=value)
                for number, value in enumerate(_JSON_VALUES.values())]

    def test_json_inserted_in_bulk(self) -> None:
        rows = self._rows()
        self.insert(_RUNS, *rows)
        self.assertEqual(rows, self._read())

    def test_json_updated_in_bulk(self) -> None:
        rows = self._rows()
        self.insert(_RUNS, *[{**row, 'result': 'old', 'state': 'WAITING'}
                             for row in rows])
        with self.database.writer() as connection:
            bulk.update_many(connection, _RUNS, rows)
        self.assertEqual(rows, self._read())

    def test_json_by_statement(self) -> None:
        rows = self._rows()
        with self.database.writer() as connection:
            for row in rows:
                connection.execute(_RUNS.insert().values(row))
        self.assertEqual(rows, self._read())

    def test_every_column(self) -> None:
        row = base.action_run(
            4_294_967_295, state_info='why \u4e2d \U0001f600', index=7,
            adhoc=['a', 'b'], accepted=True, asynchronous=True,
            safe_rerun=True, timeout=0.25, target='rack-\u00e9',
            executor_id='e' * 36, sub_job_id='s' * 36,
            started_at=base.NOW + 1, finished_at=base.NOW + 2,
            name='n' * 3000)
        self.insert(_RUNS, base.action_run(1), row)
        self.assertEqual([base.action_run(1), row], self._read())

    def test_text_that_cannot_be_stored_is_cleaned(self) -> None:
        self.insert(_RUNS, base.action_run(1, state_info='a\x00b\ud800c'))
        self.insert(models.tasks, base.task(1, name='a\x00'))
        with self.database.reader() as connection:
            self.assertEqual('a\ufffdb\ufffdc', connection.scalar(
                sa.select(_RUNS.c.state_info)))
            # A search for it does not fail either.
            self.assertIsNone(connection.scalar(sa.select(
                models.tasks.c.id).where(models.tasks.c.name == 'b\x00')))

    def test_more_rows_than_a_statement_takes(self) -> None:
        rows = [base.action_run(number) for number in range(2_100)]
        self.insert(_RUNS, *rows)
        for row in rows:
            row['state'] = 'SUCCESS'
        with self.database.writer() as connection:
            bulk.update_many(connection, _RUNS, rows)
        self.assertEqual(rows, self._read())

    def test_no_rows(self) -> None:
        with self.database.writer() as connection:
            bulk.insert_many(connection, _RUNS, [])
            bulk.update_many(connection, _RUNS, [])
        self.assertEqual([], self._read())

    def test_times_by_statement_and_in_bulk_compare(self) -> None:
        self.insert(_RUNS, base.action_run(1, created_at=base.NOW))
        with self.database.writer() as connection:
            connection.execute(_RUNS.insert().values(
                base.action_run(2, created_at=base.NOW)))
            later = connection.scalars(sa.select(_RUNS.c.number).where(
                _RUNS.c.created_at == base.NOW))
            self.assertEqual([1, 2], sorted(later))


class TestEpochTime(base.base.BaseTestCase):
    """Seconds since the epoch and times."""

    def test_round_trip_keeps_microseconds(self) -> None:
        for microseconds in (0, 1, 999_999, 1_790_000_000_123_457,
                             4_102_444_799_999_999):
            epoch = microseconds / 1e6
            time = types.to_datetime(epoch)
            self.assertEqual(epoch, types.to_epoch(time))
            self.assertEqual(time.isoformat(' ', 'microseconds'),
                             types.to_timestamp(epoch))

    def test_rounded_to_microseconds(self) -> None:
        self.assertEqual(1.000001, types.to_epoch(
            types.to_datetime(1.0000009)))
        self.assertEqual('1970-01-01 00:00:01.000000',
                         types.to_timestamp(0.9999999))
