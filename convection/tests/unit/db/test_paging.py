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
"""Pages of a list: every row once and in order, whatever it is sorted by."""

from typing import Any

import hypothesis
from hypothesis import strategies as st
import sqlalchemy as sa

from convection.common import exception
from convection.db import bulk
from convection.db import jobs
from convection.db import models
from convection.db import tasks
from convection.tests.unit.db import base

# Few values: what is hard is equal ones.
_ROWS = st.lists(st.fixed_dictionaries({
    'name': st.sampled_from('abc'),
    'state': st.sampled_from(['RUNNING', 'SUCCESS']),
    'publish_order': st.sampled_from([None, 1, 2]),
    'created_at': st.sampled_from([base.NOW, base.NOW + 0.000001]),
    'started_at': st.sampled_from([None, base.NOW, base.NOW + 0.000001]),
    'project_id': st.sampled_from(['demo', 'demo', 'demo', 'other']),
}), max_size=12)
_KEYS = ['id', 'number', 'name', 'state', 'publish_order', 'created_at',
         'started_at']


def _place(row: dict[str, Any], key: str) -> tuple:
    value = row[key]
    return (value is not None, 0 if value is None else value, row['id'])


class TestPaging(base.DatabaseTest):
    """Walks through lists page by page."""

    # Each database has a subclass; all of them may run in one process.
    @hypothesis.settings(
        deadline=None, max_examples=60, suppress_health_check=[
            hypothesis.HealthCheck.differing_executors])
    @hypothesis.given(_ROWS, st.sampled_from(_KEYS),
                      st.sampled_from(['asc', 'desc']), st.integers(1, 4))
    def test_pages_make_the_list(self, values: list[dict], key: str,
                                 direction: str, limit: int) -> None:
        rows = [base.task(number, **value)
                for number, value in enumerate(values)]
        wanted = sorted((row for row in rows if row['project_id'] == 'demo'),
                        key=lambda row: _place(row, key),
                        reverse=direction == 'desc')
        found = []
        with self.database.writer() as connection:
            connection.execute(models.tasks.delete())
            bulk.insert_many(connection, models.tasks, rows)
            marker = None
            while page := tasks.list_(
                    connection, 'demo', marker=marker, limit=limit,
                    sort_key=key, sort_dir=direction):
                self.assertLessEqual(len(page), limit)
                found += page
                marker = page[-1]['id']
        self.assertEqual(wanted, found)

    def _numbers(self, **kwargs: Any) -> list[int]:
        with self.database.reader() as connection:
            return [row['number'] for row in tasks.list_(
                connection, kwargs.pop('project_id', 'demo'), **kwargs)]

    def test_filters(self) -> None:
        self.insert(
            models.tasks,
            base.task(1, name='a', state='ERROR', state_info='x'),
            base.task(2, name='b', created_at=base.NOW + 10),
            base.task(3, name='B', started_at=base.NOW),
            base.task(4, name='a', project_id='other'))
        for wanted, filters in [
                ([1, 2, 3], {}),
                ([1], {'name': 'a'}),
                ([2], {'name': 'b'}),
                ([1, 2], {'name': ['a', 'b']}),
                ([], {'name': []}),
                ([1, 2], {'started_at': None}),
                ([3], {'started_at': {'neq': None}}),
                ([1], {'state': 'ERROR', 'name': 'a'}),
                ([], {'state': 'ERROR', 'name': 'b'}),
                ([2, 3], {'state': {'nin': ['ERROR']}}),
                ([1, 3], {'created_at': {'lt': base.NOW + 10}}),
                ([2], {'created_at': {'gt': base.NOW,
                                      'lte': base.NOW + 10}}),
                ([1], {'state': {'in': ['ERROR', 'SUCCESS']}})]:
            self.assertEqual(wanted, self._numbers(filters=filters), filters)
        self.assertEqual([1, 2, 3, 4], self._numbers(project_id=None))

    def test_fields(self) -> None:
        self.insert(models.tasks, base.task(1), base.task(2))
        with self.database.reader() as connection:
            self.assertEqual(
                [{'number': 1, 'name': 'create'}], tasks.list_(
                    connection, 'demo', fields=['number', 'name'], limit=1))

    def test_what_is_refused(self) -> None:
        self.insert(models.tasks, base.task(1, project_id='other'))
        for kwargs in ({'sort_key': 'nothing'}, {'sort_key': 'published'},
                       {'sort_dir': 'up'}, {'filters': {'nothing': 1}},
                       {'filters': {'name': {'like': 'x'}}},
                       {'fields': ['nothing']}, {'marker': 'nothing'},
                       {'marker': base.task(1)['id']}):
            self.assertRaises(exception.Invalid, self._numbers, **kwargs)

    def test_tags(self) -> None:
        lists = [[], ['web'], ['Web'], ['a', 'web', 'b'], ['x,"web"'],
                 ['["web"'], ['\u00e9\U0001f600', 'a\\'], ['webs'],
                 ['100%', 'under_score']]
        rows = [base.job(id=f'{number:036}', tags=tags)
                for number, tags in enumerate(lists)]
        self.insert(models.jobs, *rows)
        for wanted in ('web', 'Web', 'x,"web"', '["web"', 'a\\', '100%',
                       '\u00e9\U0001f600', 'under_score', 'none'):
            with self.database.reader() as connection:
                found = jobs.list_(connection, 'demo', sort_key='id',
                                   sort_dir='asc',
                                   filters={'tags': [wanted]})
            self.assertEqual([tags for tags in lists if wanted in tags],
                             [row['tags'] for row in found], wanted)
        with self.database.reader() as connection:
            found = jobs.list_(connection, 'demo',
                               filters={'tags': ['b', 'a']})
        self.assertEqual([['a', 'web', 'b']], [row['tags'] for row in found])

    def test_names_of_all_scripts_are_paged(self) -> None:
        # In which order is the database's affair.
        names = ['a', 'A', '\u00e4', 'z', ' ', 'a b', '\u4e2d',
                 '\U0001f600', '-', '_']
        self.insert(models.tasks, *[
            base.task(number, name=name)
            for number, name in enumerate(names)])
        whole = self._numbers(sort_key='name')
        paged: list[int] = []
        while page := self._numbers(
                sort_key='name', limit=3,
                marker=base.task(paged[-1])['id'] if paged else None):
            paged += page
        self.assertEqual(whole, paged)
        self.assertEqual(sorted(whole), list(range(len(names))))


class TestPageCost(base.DatabaseTest):
    """A page uses an index as far as its marker and its limit say."""

    def test_a_deep_page_reads_few_rows(self) -> None:
        self.insert(models.jobs, *[
            base.job(id=f'{number:036}', created_at=base.NOW + number // 3)
            for number in range(3_000)])
        with self.database.writer() as connection:
            for place in (3, 1_500, 2_900):
                read = self._rows_read(connection, place)
                self.assertLess(read, 100, f'page at {place}')

    def _rows_read(self, connection: sa.Connection, place: int) -> int:
        name = self.database.dialect_name
        marker = f'{place:036}'
        if name == 'mysql':
            connection.exec_driver_sql('ANALYZE TABLE jobs')
            connection.exec_driver_sql('FLUSH STATUS')
            jobs.list_(connection, 'demo', marker=marker, limit=10)
            return sum(int(count) for _, count in connection.exec_driver_sql(
                "SHOW SESSION STATUS LIKE 'Handler_read%%'"))
        statements: list[tuple[str, Any]] = []
        sa.event.listen(
            connection, 'before_cursor_execute',
            lambda conn, cursor, text, params, context, many:
            statements.append((text, params)))
        jobs.list_(connection, 'demo', marker=marker, limit=10)
        text, params = statements[-1]
        if name == 'postgresql':
            connection.exec_driver_sql('ANALYZE jobs')
            plan = connection.exec_driver_sql(
                f'EXPLAIN (ANALYZE, FORMAT JSON) {text}', params).scalar()
            node = plan[0]['Plan']
            while 'Plans' in node:
                node = node['Plans'][0]
            return (node['Actual Rows']
                    + node.get('Rows Removed by Filter', 0))
        plan = connection.exec_driver_sql(
            f'EXPLAIN QUERY PLAN {text}', params).all()
        used = ' '.join(row[3] for row in plan)
        self.assertIn('jobs_project_created_at (project_id=? AND '
                      '(created_at,id)<(?,?))', used)
        return 0
