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
"""JSON values on a pipe: four bytes of length, then UTF-8 text."""

import json
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct('>I')


class TooLong(Exception):
    """A value is longer than the reader allows.

    :param size: its length in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f'A value of {size} bytes is too long.')
        self.size = size


def write(pipe: BinaryIO, value: Any) -> None:
    """Write a value.

    :raises OSError: nobody reads any more.
    """
    text = json.dumps(value).encode('utf-8')
    pipe.write(_LENGTH.pack(len(text)) + text)
    pipe.flush()


def read(pipe: BinaryIO, limit: int | None = None) -> Any:
    """Read a value.

    :param limit: the largest length allowed, in bytes.
    :raises EOFError: the writer has gone.
    :raises TooLong: nothing more can be read from this pipe.
    """
    size = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    if limit is not None and size > limit:
        raise TooLong(size)
    return json.loads(_exactly(pipe, size))


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError('The other side of the pipe has gone.')
    return data
