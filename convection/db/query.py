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
"""Reading rows: filters and pages, the same for every noun.

A page begins after a *marker*, the last row of the page before, found by
comparing with the marker's own values: a page costs the same however deep it
lies. Rows with equal sort values are ordered by id. NULL comes before every
value when ascending, on all databases.
"""

from typing import Any, Iterable, Mapping

import sqlalchemy as sa

from convection.common import exception
from convection.db import tuning
from convection.db import types

#: Name of a column -> a value, a list of values, None (for NULL), or a
#: mapping of an operator of ``OPERATORS`` to its operand. ``tags`` takes a
#: list of tags that must all be there.
Filters = Mapping[str, Any]

OPERATORS = {
    'eq': lambda column, value: column == value,
    'neq': lambda column, value: column != value,
    'lt': lambda column, value: column < value,
    'lte': lambda column, value: column <= value,
    'gt': lambda column, value: column > value,
    'gte': lambda column, value: column >= value,
    'in': lambda column, value: column.in_(list(value)),
    'nin': lambda column, value: column.not_in(list(value)),
}

_DIRECTIONS = ('asc', 'desc')
#: Documents: too long to compare and to sort by.
_DOCUMENTS = (types.Json, types.Prose)


def page(connection: sa.Connection, table: sa.Table,
         where: Iterable[sa.ColumnElement] = (), *,
         filters: Filters | None = None, marker: str | None = None,
         limit: int | None = None, sort_key: str = 'id',
         sort_dir: str = 'asc',
         fields: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return one page of the rows of a table with the key ``id``.

    :param where: conditions on what the caller may see at all.
    :param marker: id of the last row of the page before.
    :param limit: most rows of the page; None for all.
    :param sort_dir: ``asc`` or ``desc``.
    :param fields: names of the columns to read; None for all.
    :raises exception.Invalid: an unknown field, marker or direction.
    """
    visible = list(where)
    where = list(visible)
    column = _sortable(table, sort_key)
    if sort_dir not in _DIRECTIONS:
        raise exception.Invalid(
            reason=f'A list is sorted "asc" or "desc", not "{sort_dir}".')
    where += conditions(connection.dialect, table, filters)
    if marker is not None:
        where.append(_after(
            connection.dialect, table, column, sort_dir,
            _marker_values(connection, table, visible, column, marker)))
    order = _order(connection.dialect, table, column, sort_dir)
    statement = sa.select(*_columns(table, fields))
    if connection.dialect.name in tuning.MYSQL_NAMES:
        # Pick the ids by the index alone, then read the rows. Asked for the
        # rows at once, the optimizer likes to walk to the marker from the
        # project's first row.
        picked = sa.select(table.c.id).where(*where).order_by(
            *order).limit(limit).subquery()
        statement = statement.join_from(
            table, picked, table.c.id == picked.c.id).order_by(*order)
    else:
        statement = statement.where(*where).order_by(*order).limit(limit)
    return rows(connection, statement)


def rows(connection: sa.Connection,
         statement: sa.Select) -> list[dict[str, Any]]:
    """Run the statement and return its rows as dicts."""
    return [dict(row) for row in connection.execute(statement).mappings()]


def first(connection: sa.Connection,
          statement: sa.Select) -> dict[str, Any] | None:
    """Run the statement and return its first row as a dict, or None."""
    row = connection.execute(statement.limit(1)).mappings().first()
    return None if row is None else dict(row)


def conditions(dialect: sa.Dialect, table: sa.Table,
               filters: Filters | None) -> list[sa.ColumnElement]:
    """Return what a row must fulfil to pass all filters.

    :raises exception.Invalid: an unknown field or operator.
    """
    found: list[sa.ColumnElement] = []
    for name, value in (filters or {}).items():
        column = _known(table, name)
        if name == 'tags':
            found += [_has_tag(dialect, column, tag) for tag in value]
        elif isinstance(value, Mapping):
            found += [_operator(operator)(column, operand)
                      for operator, operand in value.items()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            found.append(column.in_(list(value)))
        else:
            found.append(column == value)
    return found


def _known(table: sa.Table, name: str) -> sa.Column:
    if name not in table.c:
        raise exception.Invalid(reason=f'There is no field "{name}".')
    return table.c[name]


def _operator(name: str) -> Any:
    if name not in OPERATORS:
        raise exception.Invalid(
            reason=f'There is no operator "{name}"; there are '
                   f'{", ".join(sorted(OPERATORS))}.')
    return OPERATORS[name]


def _sortable(table: sa.Table, name: str) -> sa.Column:
    column = _known(table, name)
    if isinstance(column.type, _DOCUMENTS):
        raise exception.Invalid(
            reason=f'A list cannot be sorted by "{name}".')
    return column


def _columns(table: sa.Table,
             fields: Iterable[str] | None) -> list[sa.Column]:
    if fields is None:
        return list(table.c)
    return [_known(table, name) for name in dict.fromkeys(fields)]


def _has_tag(dialect: sa.Dialect, column: sa.Column,
             tag: str) -> sa.ColumnElement:
    # A list of texts in compact JSON: a quote after a bracket or a comma
    # opens an element, for a quote inside of one follows a backslash. Not
    # LIKE, which ignores case on SQLite.
    find = (sa.func.strpos if dialect.name == 'postgresql'
            else sa.func.instr)
    text = sa.type_coerce(column, sa.Text)
    quoted = types.to_json(tag)
    return sa.or_(find(text, f'[{quoted}') == 1,
                  find(text, f',{quoted}') > 0)


def _marker_values(connection: sa.Connection, table: sa.Table,
                   where: list[sa.ColumnElement], column: sa.Column,
                   marker: str) -> tuple[Any, str]:
    row = connection.execute(sa.select(column, table.c.id).where(
        *where, table.c.id == marker)).first()
    if row is None:
        raise exception.Invalid(
            reason=f'The marker "{marker}" names nothing in this list.')
    return row[0], row[1]


def _after(dialect: sa.Dialect, table: sa.Table, column: sa.Column,
           sort_dir: str, values: tuple[Any, str]) -> sa.ColumnElement:
    value, identifier = values
    beyond = OPERATORS['gt' if sort_dir == 'asc' else 'lt']
    if column is table.c.id:
        return beyond(column, identifier)
    if not column.nullable and dialect.name not in tuning.MYSQL_NAMES:
        # One range of an index here; MySQL makes ranges of the form with
        # OR below but none of this.
        return beyond(sa.tuple_(column, table.c.id),
                      sa.tuple_(sa.literal(value, column.type),
                                sa.literal(identifier, table.c.id.type)))
    ties = sa.and_(column.is_(None) if value is None else column == value,
                   beyond(table.c.id, identifier))
    if value is not None:
        later = beyond(column, value)
        if column.nullable and sort_dir == 'desc':
            later = sa.or_(later, column.is_(None))
        return sa.or_(later, ties)
    if sort_dir == 'asc':
        return sa.or_(column.is_not(None), ties)
    return ties


def _order(dialect: sa.Dialect, table: sa.Table, column: sa.Column,
           sort_dir: str) -> list[sa.ColumnElement]:
    order = []
    for key in dict.fromkeys((column, table.c.id)):
        place = key.asc() if sort_dir == 'asc' else key.desc()
        if key.nullable and dialect.name == 'postgresql':
            # As MySQL and SQLite do. Not for the others: the indexes are
            # not in this order.
            place = (place.nulls_first() if sort_dir == 'asc'
                     else place.nulls_last())
        order.append(place)
    return order
