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
"""Refusing regular expressions that would backtrack for too long.

Python's matcher cannot be interrupted. It tries one way through the
expression after the other, and of some expressions there are more ways than
anybody can wait for. So the ways are counted first, on the very text, which
takes time in proportion to the length of the text: the expression is made an
automaton whose states are the characters in it, and the runs of the automaton
are added up. The matcher makes no step that is not part of a run.

The automaton may have more runs than the expression (an anchor within it, a
bound of a repetition), never fewer.
"""

import collections
import dataclasses
import functools
import re
# The module that reads expressions for "re" itself; there is no public one.
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from convection.expressions import budget as budget_module

MAX_PATTERN = 5000
MAX_TEXT = 1_000_000
#: Characters in an expression; those in repetitions are written out.
MAX_STATES = 2000
#: Pairs of those that may follow each other.
MAX_EDGES = 50_000
#: Moves of an automaton that stay known.
MAX_KNOWN = 20_000
MAX_LOOK_BEHIND = 50
#: States of a repetition that is written out turn by turn.
MAX_WRITTEN_OUT = 32
#: Runs of the automaton, weighted as below.
MAX_WORK = 100_000_000
#: The matcher is fast within a repetition of a single character.
_STEP, _REPEATED_STEP = 16, 1

_CATEGORIES = {
    kinds.CATEGORY_DIGIT: r'\d', kinds.CATEGORY_NOT_DIGIT: r'\D',
    kinds.CATEGORY_SPACE: r'\s', kinds.CATEGORY_NOT_SPACE: r'\S',
    kinds.CATEGORY_WORD: r'\w', kinds.CATEGORY_NOT_WORD: r'\W',
}
_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)
_STARTS = (kinds.AT_BEGINNING, kinds.AT_BEGINNING_STRING)
_ANYTHING = [(kinds.IN, [(kinds.NEGATE, None)])]
_ONE = (kinds.LITERAL, kinds.NOT_LITERAL, kinds.IN, kinds.ANY)

#: State -> in how many ways.
Ways = collections.Counter


@dataclasses.dataclass(slots=True)
class _Part:
    """A part of the automaton: where one comes in, goes out, and past it."""

    first: Ways
    last: Ways
    empty: int


class _Automaton:
    """Counts the runs of one expression."""

    def __init__(self, pattern: str, flags: int) -> None:
        tree = parser.parse(pattern, flags)
        self._ignore_case = self._dot_all = False
        self._set_flags(tree.state.flags)
        self._states: list[tuple[Any, Any]] = []
        self._follow: list[Ways] = []
        self._steps: dict[tuple, tuple] = {}
        self._known = self._edges = 0
        self._first = self._sequence(tree).first
        start = tree[0] if len(tree) else None
        self._anchored = (
            start is not None and start[0] is kinds.AT and
            start[1] in _STARTS and not tree.state.flags & re.MULTILINE)

    def _set_flags(self, flags: int) -> None:
        """Heed flags; those of a part are taken for the whole."""
        self._ignore_case |= bool(flags & re.IGNORECASE)
        self._dot_all |= bool(flags & re.DOTALL)

    def work(self, text: str) -> int:
        """Return about how much the matcher may have to do at most.

        Counting ends when it is too much.
        """
        budget = budget_module.current()
        total, until_look = 0, 0
        states: tuple[int, ...] = ()
        counts: list[int] = []
        start = True
        for character in text:
            step = self._steps.get((states, character, start))
            if step is None:
                step = self._make_step(states, character, start)
                until_look = 0
            start = not self._anchored
            states, entering, cost, moves = step
            if not states and self._anchored:
                break
            total += cost
            after = list(entering)
            for source, target, ways, cost in moves:
                count = counts[source] * ways
                after[target] += count
                total += count * cost
            if total > MAX_WORK:
                break
            counts = after
            until_look -= 1 + len(moves)
            if until_look < 0:
                until_look = 5000
                budget.look_at_clock()
        return total

    def _make_step(self, states: tuple[int, ...], character: str,
                   start: bool) -> tuple:
        """Return what a character does to the runs in some states.

        That is the states after it, the runs that begin in each with their
        cost, and how the others go on: index of the state before, of the
        state after, in how many ways, at what cost of each.
        """
        entered = [number for number, state in enumerate(self._states)
                   if self._fits(state, character)]
        first = self._first if start else {}
        after = tuple(
            state for state in entered
            if state in first or any(state in self._follow[before]
                                     for before in states))
        entering = [first.get(state, 0) for state in after]
        moves = [(source, target, self._follow[before][state],
                  _REPEATED_STEP if before == state else _STEP)
                 for source, before in enumerate(states)
                 for target, state in enumerate(after)
                 if state in self._follow[before]]
        step = after, entering, sum(entering) * _STEP, moves
        self._known += 1 + len(moves)
        if self._known > MAX_KNOWN:
            self._steps.clear()
            self._known = 1 + len(moves)
        self._steps[states, character, start] = step
        return step

    def _fits(self, state: tuple[Any, Any], character: str) -> bool:
        operator, argument = state
        if operator is kinds.ANY:
            return self._dot_all or character != '\n'
        if not self._ignore_case:
            return _fits(operator, argument, character)
        # A few characters beyond ASCII are variants of letters in it.
        return (not character.isascii() or _beyond_ascii(argument) or
                _fits(operator, argument, character) or
                _fits(operator, argument, character.swapcase()))

    def _state(self, operator: Any, argument: Any) -> _Part:
        number = len(self._states)
        if number >= MAX_STATES:
            raise ValueError('the regular expression is too complex')
        self._states.append((operator, argument))
        self._follow.append(Ways())
        return _Part(Ways((number,)), Ways((number,)), 0)

    def _connect(self, last: Ways, first: Ways) -> None:
        self._edges += len(last) * len(first)
        if self._edges > MAX_EDGES:
            raise ValueError('the regular expression is too complex')
        for state, ways in last.items():
            for other, more in first.items():
                self._follow[state][other] += ways * more

    def _sequence(self, tree: Any) -> _Part:
        whole = _Part(Ways(), Ways(), 1)
        for operator, argument in tree:
            whole = self._join(whole, self._part(operator, argument))
        return whole

    def _join(self, left: _Part, right: _Part) -> _Part:
        self._connect(left.last, right.first)
        return _Part(left.first + _times(right.first, left.empty),
                     right.last + _times(left.last, right.empty),
                     left.empty * right.empty)

    def _part(self, operator: Any, argument: Any) -> _Part:
        if operator in _ONE:
            return self._state(operator, argument)
        if operator in _REPEATS:
            return self._repeat(*argument)
        if operator is kinds.BRANCH:
            return self._choice(argument[1])
        if operator is kinds.SUBPATTERN:
            self._set_flags(argument[1])
            return self._sequence(argument[-1])
        if operator is kinds.ATOMIC_GROUP:
            return self._sequence(argument)
        if operator is kinds.GROUPREF_EXISTS:
            return self._choice(
                [each for each in argument[1:] if each is not None], empty=1)
        if operator is kinds.GROUPREF:
            # It stands for a text that is not known here.
            return self._repeat(0, kinds.MAXREPEAT, _ANYTHING)
        if operator in (kinds.ASSERT, kinds.ASSERT_NOT):
            return self._look(*argument)
        # Places, such as the end of the text, and what never fits.
        return _Part(Ways(), Ways(), 1)

    def _look(self, direction: int, tree: Any) -> _Part:
        """Look ahead, or behind for a few characters one after the other."""
        if direction < 0:
            if len(tree) > MAX_LOOK_BEHIND or any(
                    operator not in _ONE for operator, _ in tree):
                raise ValueError('the regular expression looks behind for '
                                 'more than a few characters')
            return _Part(Ways(), Ways(), 1)
        return _Part(self._sequence(tree).first, Ways(), 1)

    def _choice(self, trees: list, empty: int = 0) -> _Part:
        whole = _Part(Ways(), Ways(), empty)
        for tree in trees:
            part = self._sequence(tree)
            whole = _Part(whole.first + part.first, whole.last + part.last,
                          whole.empty + part.empty)
        return whole

    def _repeat(self, least: int, most: int, tree: Any) -> _Part:
        """Write as many turns out as matter; the last may be a loop."""
        size = len(self._states)
        parts = [self._sequence(tree)]
        size = len(self._states) - size
        turns = 1
        if most * size <= MAX_WRITTEN_OUT:
            turns = int(most)
        elif parts[0].empty:
            # Each of those that have to be can be empty or not.
            turns = max(least, 1)
        parts += [self._sequence(tree) for _ in range(turns - 1)]
        if most > turns:
            parts[-1] = self._loop(parts[-1])
        whole = _Part(Ways(), Ways(), 1)
        for number in reversed(range(turns)):
            whole = self._join(parts[number], whole)
            if number >= least:
                whole.empty += 1
        return whole

    def _loop(self, part: _Part) -> _Part:
        self._connect(part.last, part.first)
        # One more turn at the end can be empty.
        return _Part(part.first, _times(part.last, 1 + part.empty),
                     part.empty)


def _times(ways: Ways, factor: int) -> Ways:
    return Ways({state: count * factor for state, count in ways.items()})


def _beyond_ascii(argument: Any) -> bool:
    """Whether a state's description names a character beyond ASCII."""
    if isinstance(argument, int):
        return argument > 127
    if isinstance(argument, (list, tuple)):
        return any(_beyond_ascii(each) for each in argument
                   if type(each) in (int, list, tuple))
    return False


def _fits(operator: Any, argument: Any, character: str) -> bool:
    """Whether a character is the one, or of the set."""
    if operator is kinds.LITERAL:
        return ord(character) == argument
    if operator is kinds.NOT_LITERAL:
        return ord(character) != argument
    negated = argument[0][0] is kinds.NEGATE
    return negated != any(
        _in_set(each, character) for each in argument[negated:])


def _in_set(member: tuple[Any, Any], character: str) -> bool:
    operator, argument = member
    if operator is kinds.RANGE:
        return argument[0] <= ord(character) <= argument[1]
    if operator is kinds.CATEGORY:
        return re.match(_CATEGORIES[argument], character) is not None
    return ord(character) == argument


@functools.lru_cache(maxsize=64)
def _automaton(pattern: str, flags: int) -> _Automaton:
    return _Automaton(pattern, flags)


def check_pattern(pattern: str) -> None:
    """Refuse a long pattern.

    :raises ValueError: with a plain message.
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError('the regular expression is longer than {} '
                         'characters'.format(MAX_PATTERN))


def check(pattern: str, text: str, flags: int = 0) -> None:
    """Refuse to match, search, split or replace when it may take long.

    :param flags: those of the module "re".
    :raises ValueError: with a plain message.
    """
    check_pattern(pattern)
    if len(text) > MAX_TEXT:
        raise ValueError('the text is too long for a regular expression')
    if _automaton(pattern, int(flags)).work(text) > MAX_WORK:
        raise ValueError('the regular expression may take too long on this '
                         'text')
