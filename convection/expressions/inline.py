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
"""Where expressions begin and end in a string, and how many it may hold."""

from collections.abc import Iterator

#: Expressions, or statements of Jinja2, in one string.
MAX_EXPRESSIONS = 1000
#: Characters of one expression.
MAX_LENGTH = 64 * 1024


def spans(text: str, opener: str, closer: str) -> Iterator[tuple[int, int]]:
    """Yield the starts and ends of what ``opener.*?closer`` finds.

    In time that is linear in the length of the text, which the regular
    expression itself is not.

    :param opener: two characters, ``closer`` likewise.
    """
    close = -1
    start = text.find(opener)
    while start >= 0:
        if close < start + 2:
            close = text.find(closer, start + 2)
            if close < 0:
                return
        line_end = text.find('\n', start + 2, close)
        if line_end < 0:
            yield start, close + 2
            start = text.find(opener, close + 2)
        else:
            # No opener before the end of the line has a closer.
            start = text.find(opener, line_end + 1)


def found(text: str, opener: str, closer: str) -> bool:
    """Whether there is at least one."""
    return next(spans(text, opener, closer), None) is not None


class Counter:
    """Counts the expressions of one string and looks at their lengths."""

    def __init__(self) -> None:
        self._left = MAX_EXPRESSIONS
        self._length = 0

    def begin(self) -> None:
        """Count one more expression.

        :raises ValueError: with a plain message.
        """
        self._length = 0
        self._left -= 1
        if self._left < 0:
            raise ValueError('the string holds more than {} expressions'
                             .format(MAX_EXPRESSIONS))

    def add(self, length: int) -> None:
        """Add characters to the expression.

        :raises ValueError: with a plain message.
        """
        self._length += length
        if self._length > MAX_LENGTH:
            raise ValueError('it is longer than {} characters'
                             .format(MAX_LENGTH))
