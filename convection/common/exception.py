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
"""Exceptions that users see, with their stable codes.

A code is never renamed and never used for something else. An exception is
made from keywords alone, so that it crosses RPC: ``NotFound(noun='job',
ref='x')``. ``locations`` holds the places of several faults, each a dict
with ``code``, ``message`` and, for a document, ``path``, ``line``,
``column``.
"""

from typing import Any


class ConvectionException(Exception):
    """The base: a message made of a format and keywords."""

    #: Stable, machine-readable.
    code = 'internal'
    #: The HTTP status that the API answers with.
    status = 500
    message_format = 'An unexpected error occurred.'

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        self.kwargs = dict(kwargs)
        self.locations: list[dict[str, Any]] = kwargs.get('locations') or []
        self.code = kwargs.get('code', type(self).code)
        self.message = message or self.message_format.format(**kwargs)
        super().__init__(self.message)

    def __reduce__(self) -> tuple:
        return _rebuild, (type(self), self.message, self.kwargs)


def _rebuild(cls: type, message: str,
             kwargs: dict[str, Any]) -> ConvectionException:
    return cls(message, **kwargs)


class Invalid(ConvectionException):
    """The request cannot be understood or asks for something impossible."""

    code = 'request.invalid'
    status = 400
    message_format = '{reason}'


class InvalidDefinition(Invalid):
    """The document breaks the rules of the workflow language."""

    code = 'definition.invalid'
    message_format = ('The definition is invalid: {count} error(s); the '
                      'first: {reason}')


class InvalidInput(Invalid):
    """The input of a job does not fit its workflow."""

    code = 'job.input_invalid'


class Forbidden(ConvectionException):
    """The caller's roles do not allow it."""

    code = 'request.forbidden'
    status = 403
    message_format = '{reason}'


class NotFound(ConvectionException):
    """No such thing in the caller's project."""

    code = 'not_found'
    status = 404
    message_format = 'No {noun} has the id or name "{ref}".'

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        if 'noun' in kwargs:
            kwargs.setdefault(
                'code', kwargs['noun'].replace(' ', '_') + '.not_found')
        super().__init__(message, **kwargs)


class Conflict(ConvectionException):
    """The thing is not in a state that allows it."""

    code = 'request.conflict'
    status = 409
    message_format = '{reason}'


class TooLarge(ConvectionException):
    """A body, an input or a result is larger than the operator allows."""

    code = 'request.too_large'
    status = 413
    message_format = '{what} is {size} bytes; at most {limit} are allowed.'


class Unavailable(ConvectionException):
    """No engine, database or broker answered; trying again is safe."""

    code = 'service.unavailable'
    status = 503
    message_format = '{reason}'


class NotOwner(Unavailable):
    """The job belongs to another engine, which is alive.

    :param engine_id: that engine, to ask instead.
    """

    code = 'job.not_owner'
    message_format = 'The job belongs to engine {engine_id}.'
