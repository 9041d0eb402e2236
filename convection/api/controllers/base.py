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
"""What the controllers of all nouns share.

A handler reads from the top down: policy, input, act, shape of the answer.
"""

import contextlib
from typing import Any, Callable
from urllib import parse

from oslo_config import cfg

from convection.api.views import base as views
from convection.common import policy
from convection.policies import projects

#: Parameters of a list that are not filters.
_NOT_FILTERS = frozenset({'limit', 'marker', 'sort', 'fields',
                          'all_projects'})


class Controller:
    """Knows whom to ask.

    :param database: ``convection.db.api.Database``, for reading only.
    :param engine: ``convection.rpc.client.EngineClient``.
    """

    def __init__(self, conf: cfg.ConfigOpts, database: Any, engine: Any,
                 enforcer: policy.Enforcer) -> None:
        self.conf = conf
        self.database = database
        self.engine = engine
        self._enforcer = enforcer

    def reading(self) -> contextlib.AbstractContextManager:
        """Return the context of a transaction that reads."""
        return self.database.reader()

    def authorize(self, req: Any, rule: str | None = None) -> None:
        """Do nothing when the caller may do it in the own project.

        :param rule: other than that of the route.
        :raises Forbidden: the caller may not.
        """
        ctxt = req.ctxt
        self._enforcer.authorize(ctxt, rule or req.route.rule,
                                 ctxt.project_id, ctxt.user_id)

    def project(self, req: Any) -> str | None:
        """Return the project to look in; None for every one.

        :raises Forbidden: every one is for administrators.
        """
        if req.query.get('all_projects'):
            self.authorize(req, projects.ALL_PROJECTS)
            return None
        return req.ctxt.project_id

    def authorize_row(self, req: Any, row: views.Row) -> None:
        """Do nothing when the caller may do it to that.

        :raises Forbidden: the caller may not.
        """
        self._enforcer.authorize(req.ctxt, req.route.rule,
                                 row['project_id'], row.get('user_id'))

    def page(self, req: Any, key: str, view: views.View,
             fetch: Callable[..., list[views.Row]]) -> dict[str, Any]:
        """Return a page of a list.

        :param key: the name of the list in the answer.
        :param fetch: called with ``limit``, ``marker``, ``filters`` and
            ``fields``, and with ``sort_key`` and ``sort_dir`` when the
            query says; returns rows.
        """
        query = req.query
        limit = min(query.get('limit') or self.conf.api.max_limit,
                    self.conf.api.max_limit)
        sort_key, _, sort_dir = query.get('sort', '').partition(':')
        fields = view.chosen(query.get('fields'), listed=True)
        filters = {name: value for name, value in query.items()
                   if name not in _NOT_FILTERS}
        order = {}
        if sort_key:
            order = {'sort_key': sort_key, 'sort_dir': sort_dir or 'asc'}
        # One row more than the page tells whether there is a next one.
        rows = fetch(limit=limit + 1, marker=query.get('marker'),
                     filters=filters, fields=fields, **order)
        links = []
        if len(rows) > limit:
            rows = rows[:limit]
            links.append(next_link(req, {'marker': rows[-1]['id']}))
        return {key: [view.show(row, fields) for row in rows],
                'links': links}


def next_link(req: Any, changes: dict[str, Any]) -> dict[str, str]:
    """Return the link to the next page: this query with some changes."""
    pairs = {**req.query, **changes}
    text = parse.urlencode({
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in pairs.items()}, doseq=True)
    return {'rel': 'next', 'href': f'{req.path_url}?{text}'}
