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
"""Values on the command line: ``key=value``, JSON and files."""

import argparse
import json
from typing import Any

import yaml

from convectionclient import exceptions
from convectionclient.osc import base


def key_value(text: str) -> tuple[str, Any]:
    """Take ``key=value`` apart.

    A value that is JSON (a number, true, null, a list, an object, a quoted
    string) is taken as that, anything else as text.
    """
    key, equals, value = text.partition('=')
    if not key or not equals:
        raise argparse.ArgumentTypeError(f'"{text}" is not key=value')
    try:
        return key, json.loads(value, parse_constant=_refuse)
    except ValueError:
        return key, value


def _refuse(name: str) -> None:
    raise ValueError(name)


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'not JSON: {error}') from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError('a JSON object is needed')
    return value


def json_value(text: str) -> Any:
    """Read any JSON value; what is not JSON is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def object_file(path: str) -> dict[str, Any]:
    """Read a mapping from a JSON or YAML file, ``-`` for standard input."""
    try:
        value = yaml.safe_load(base.read_text(path))
    except exceptions.ConvectionClientError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    except yaml.YAMLError as error:
        text = ' '.join(str(error).split())
        raise argparse.ArgumentTypeError(f'{path}: {text}') from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f'{path} does not hold a mapping')
    return value


def merged(file: dict[str, Any] | None, text: dict[str, Any] | None,
           pairs: list[tuple[str, Any]] | None) -> dict[str, Any] | None:
    """Merge the three ways to give an input; the later ones win."""
    if file is None and text is None and not pairs:
        return None
    return {**(file or {}), **(text or {}), **dict(pairs or [])}
