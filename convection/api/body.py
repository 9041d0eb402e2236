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
"""Reads the body and the query of a request; refuses what is malformed.

Nothing that comes out of here can break what is behind: text is valid
Unicode, numbers are finite, and the nesting is bounded.
"""

import json
import re
from typing import Any, Iterator
from urllib import parse

from convection.api import errors
from convection.common import exception

#: More parameters than any operation has.
_MOST_PARAMETERS = 100
_INTEGER = re.compile(r'-?[0-9]{1,15}\Z')
_BOOLEANS = {'true': True, 'false': False}
_SURROGATE = re.compile('[\ud800-\udfff]')
#: The first bytes that only an escaped surrogate can have.
_SURROGATE_ESCAPE = re.compile(rb'\\u[dD][89a-fA-F]')


def read(environ: dict[str, Any], limit: int) -> bytes:
    """Read the body of a request.

    :param limit: the most bytes that are accepted.
    :raises TooLarge: there are more.
    :raises RequestTimeout: they did not come in time.
    :raises Invalid: they are not what the headers say.
    """
    length = environ.get('CONTENT_LENGTH') or None
    if length is None:
        if not environ.get('wsgi.input_terminated'):
            return b''
        # A body in chunks, which the server takes apart.
        raw = _received(environ, limit + 1)
        if len(raw) > limit:
            raise exception.TooLarge(what='The body', size=f'over {limit}',
                                     limit=limit)
        return raw
    if 'HTTP_TRANSFER_ENCODING' in environ:
        # Whoever stands before us may have believed the other one.
        raise errors.invalid('length_invalid', 'Content-Length and '
                             'Transfer-Encoding contradict each other.')
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise errors.invalid('length_invalid',
                             'Content-Length is not a number.')
    size = int(length)
    if size > limit:
        raise exception.TooLarge(what='The body', size=size, limit=limit)
    raw = _received(environ, size)
    if len(raw) < size:
        raise errors.invalid('body_incomplete',
                             'The body is shorter than Content-Length says.')
    return raw


def _received(environ: dict[str, Any], size: int) -> bytes:
    """Read so many bytes, or what there is, from the server."""
    try:
        return environ['wsgi.input'].read(size)
    except TimeoutError:
        raise errors.RequestTimeout() from None
    except (OSError, ValueError):
        # The connection broke, or chunks that are none.
        raise errors.invalid('body_incomplete', 'The body cannot be read to '
                             'its end.', 'body') from None


def text(raw: bytes) -> str:
    """Decode a body.

    :raises Invalid: it is not UTF-8.
    """
    try:
        return raw.decode('utf-8')
    except UnicodeDecodeError as error:
        raise errors.invalid(
            'encoding_invalid', f'The body is not valid UTF-8 (byte '
            f'{error.start}: {error.reason}).', 'body') from None


def _finite(token: str) -> float:
    value = float(token)
    if value - value != 0:
        raise ValueError(f'the number {token[:40]} is too large')
    return value


def _refuse_constant(token: str) -> None:
    raise ValueError(f'{token} is not a number in JSON')


def _whole(token: str) -> int:
    try:
        return int(token)
    except ValueError:
        raise ValueError(f'the number {token[:40]}... has too many '
                         'digits') from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'the key {json.dumps(twice[:80])} is twice in one '
                         'object')
    return found


def parse_json(raw: bytes, depth: int) -> Any:
    """Decode a JSON body.

    :param depth: how deep objects and lists may be nested.
    :raises Invalid: it is not JSON, or holds what JSON cannot.
    """
    decoded = text(raw)
    try:
        data = json.loads(decoded, parse_float=_finite,
                          parse_int=_whole, object_pairs_hook=_object,
                          parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise errors.invalid('json_invalid',
                             f'The body is not valid JSON: {error.msg}.',
                             'body', line=error.lineno,
                             column=error.colno) from None
    except ValueError as error:
        raise errors.invalid('json_invalid',
                             f'The body is not valid JSON: {error}.',
                             'body') from None
    except RecursionError:
        raise _too_deep(depth) from None
    # Most bodies cannot be too deep or hold surrogates: counting is cheap.
    if raw.count(b'{') + raw.count(b'[') > depth:
        _check_depth(data, depth)
    if _SURROGATE_ESCAPE.search(raw):
        _check_surrogates(data)
    return data


def _too_deep(depth: int) -> exception.Invalid:
    return errors.invalid('json_too_deep',
                          'The JSON of the body is nested too deeply; '
                          f'{depth} levels are allowed.', 'body')


def _children(data: Any) -> Iterator[Any]:
    if isinstance(data, dict):
        yield from data.values()
    elif isinstance(data, list):
        yield from data


def _check_depth(data: Any, depth: int) -> None:
    level = [data]
    for _ in range(depth):
        level = [child for parent in level for child in _children(parent)
                 if isinstance(child, (dict, list))]
        if not level:
            return
    raise _too_deep(depth)


def _check_surrogates(data: Any) -> None:
    stack = [data]
    while stack:
        value = stack.pop()
        strings = [value] if isinstance(value, str) else (
            list(value) if isinstance(value, dict) else [])
        if any(_SURROGATE.search(string) for string in strings):
            raise errors.invalid(
                'encoding_invalid', 'The body holds half of a surrogate '
                'pair, which is no character.', 'body')
        stack.extend(_children(value))


def parse_query(query_string: str, properties: dict[str, Any]
                ) -> dict[str, Any]:
    """Decode a query: each value as the type that its schema names.

    :param properties: the schemas of the parameters. Parameters that are
        not among them are kept as text, for the schema to refuse.
    :raises Invalid: it cannot be decoded.
    """
    try:
        # WSGI hands over bytes as Latin-1.
        decoded = query_string.encode('latin-1').decode('utf-8')
        pairs = parse.parse_qsl(decoded, keep_blank_values=True,
                                errors='strict',
                                max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise errors.invalid('encoding_invalid',
                             'The query is not valid UTF-8.',
                             'query') from None
    except ValueError:
        raise errors.invalid('query_invalid',
                             'The query has too many parameters.',
                             'query') from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        if '\x00' in name or '\x00' in value:
            raise errors.invalid('encoding_invalid',
                                 'The query holds a NUL character.', 'query')
        kind = properties.get(name, {}).get('type')
        if kind == 'array':
            values.setdefault(name, []).append(value)
        elif name in values:
            raise errors.invalid('query_invalid',
                                 'The parameter is given twice.',
                                 f'query.{name}')
        else:
            values[name] = _convert(value, kind)
    return values


def _convert(value: str, kind: str | None) -> Any:
    """Return the value in its type, or the text for the schema to refuse."""
    if kind == 'integer' and _INTEGER.match(value):
        return int(value)
    if kind == 'boolean':
        return _BOOLEANS.get(value.lower(), value)
    return value
