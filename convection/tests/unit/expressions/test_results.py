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
"""Results become JSON data."""

import collections
import datetime
import json

import hypothesis
from hypothesis import strategies as st
from oslotest import base

from convection.expressions import results

_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(),
              st.floats(allow_nan=False, allow_infinity=False),
              st.text(st.characters(codec='utf-8'))),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(
            st.text(st.characters(codec='utf-8')), inner)),
    max_leaves=20)


class TestToJson(base.BaseTestCase):

    @hypothesis.given(_JSON)
    def test_json_data_is_not_copied(self, value):
        self.assertIs(value, results.to_json(value))

    @hypothesis.given(_JSON, _JSON)
    def test_differences_are_copied(self, first, last):
        value = {'a': first, 'b': (first, {'k': {1}}), 'c': [last, (1,)]}
        found = results.to_json(value)
        self.assertEqual(
            {'a': first, 'b': [first, {'k': [1]}], 'c': [last, [1]]}, found)
        self.assertEqual((1,), value['c'][1])
        self.assertEqual(found, json.loads(json.dumps(found)))

    def test_keys_are_as_in_json(self):
        value = {2: 'a', None: 'b', True: 'c', 1.5: 'd', 'e': 'f'}
        self.assertEqual(json.loads(json.dumps(value)),
                         results.to_json(value))

    def test_times(self):
        zone = datetime.timezone(datetime.timedelta(hours=2))
        when = datetime.datetime(2026, 11, 23, 10, 0, 0, 5, tzinfo=zone)
        self.assertEqual('2026-11-23T08:00:00.000005Z',
                         results.to_json(when))
        self.assertEqual(['2026-11-23'],
                         results.to_json((datetime.date(2026, 11, 23),)))

    def test_iterables(self):
        self.assertEqual([0, 1], results.to_json(iter(range(2))))
        self.assertEqual(['b', 'a'], results.to_json({'b': 1, 'a': 2}.keys()))
        self.assertEqual(['a', 'b', 'c'], results.to_json({'c', 'b', 'a'}))
        self.assertEqual(
            {'a': [1]}, results.to_json(collections.ChainMap({'a': (1,)})))

    def test_refused(self):
        deep = []
        for _ in range(results.MAX_DEPTH + 2):
            deep = [deep]
        for value in (float('nan'), float('inf'), b'x', object(), deep,
                      1 << 9000, '\ud83d', {'\ud83d': 1}, {(1,): 2},
                      datetime.timedelta(1), iter(int, 1)):
            self.assertRaises((TypeError, ValueError), results.to_json, value)
