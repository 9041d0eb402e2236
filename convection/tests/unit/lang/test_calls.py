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
"""The inline call, to the letter."""

import re

import hypothesis
from hypothesis import strategies
from oslotest import base

from convection.lang import calls

CASES = [
    # text, callee, parameters, what is ignored
    ('std.noop', 'std.noop', {}, ()),
    ('std.echo(output=1)', 'std.echo(output=1)', {}, ()),
    ('std.echo output="a b"', 'std.echo', {'output': 'a b'}, ()),
    ("std.echo output='a b' delay=1", 'std.echo',
     {'output': 'a b', 'delay': 1}, ()),
    (r'a x="b\"c" y=1', 'a', {'x': 'b\\', 'y': 1}, ('c"',)),
    ('a x=<% $.x + 1 %> y={{ _.y }}', 'a',
     {'x': '<% $.x + 1 %>', 'y': '{{ _.y }}'}, ()),
    ('a x={{ _.x }} y={{ _.y }}', 'a', {'x': '{{ _.x }} y={{ _.y }}'}, ()),
    ('a x=[1, "b"] y=true z=false n=null', 'a',
     {'x': [1, 'b'], 'y': True, 'z': False, 'n': None}, ()),
    ("a x=['b']", 'a', {'x': "['b']"}, ()),
    ('a x=007', 'a', {'x': '007'}, ()),
    ('a x=[NaN]', 'a', {'x': '[NaN]'}, ()),
    ('a x=abc y=-1', 'a', {}, ('x=abc y=-1',)),
    ('a x=1.5', 'a', {'x': 1}, ('.5',)),
    ('a x=1b=2', 'a', {'x': 1, 'b': 2}, ()),
    ('a x={"b": 1}', 'a', {}, ('x={"b": 1}',)),
    ('a b c', 'a', {}, ('b c',)),
    ('fail(msg="a b")', 'fail', {'msg': 'a b'}, ()),
    ('<% $.name %> x=1', '<% $.name %>', {'x': 1}, ()),
    ('{{ _.name }} x=1', '{{ _.name }}', {'x': 1}, ()),
    ('  a x=1', None, {}, ()),
]

_REFERENCE = re.compile(
    r'([-\w]+)=("[^"]*"\s*|\'[^\']*\'\s*|<%.*?%>|{{.*}}|\[.*\]\s*'
    r'|true|false|null|\d+)')
_PIECES = strategies.sampled_from([
    'a', 'b-', '=', '=', ' ', '"', "'", '<%', '%>', '{{', '}}', '[', ']',
    'true', '1', '\n', '.', '-'])


class TestCalls(base.BaseTestCase):

    def test_parse(self):
        for text, callee, parameters, dropped in CASES:
            parsed = calls.parse(text)
            self.assertEqual((callee, parameters, dropped), (
                parsed.callee, parsed.parameters, parsed.dropped), text)

    def test_parameters_alone(self):
        parsed = calls.parse_parameters('count=3 delay=<% $.d %>')
        self.assertEqual({'count': 3, 'delay': '<% $.d %>'},
                         parsed.parameters)
        self.assertEqual((), parsed.dropped)

    @hypothesis.given(strategies.lists(_PIECES, max_size=20))
    def test_search_finds_what_the_expression_finds(self, pieces):
        text = ''.join(pieces)
        self.assertEqual(
            _REFERENCE.findall(text),
            [(key, match.group())
             for _start, key, match in calls._find(text)])

    def test_search_takes_linear_time(self):
        for piece in ('a=[', 'a=<%', 'a={{', 'ab'):
            calls.parse('x ' + piece * 100_000)
