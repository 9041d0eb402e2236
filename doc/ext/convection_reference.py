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
"""Directives that write what the code knows into the manual."""

from docutils import nodes
from docutils import statemachine
from sphinx.util import docutils

from convection.lang import problem


class ProblemCodes(docutils.SphinxDirective):
    """A list of the codes that the check of a document may report."""

    def run(self) -> list[nodes.Node]:
        """Write the list."""
        lines = []
        for code, meaning in problem.CODES.items():
            lines += [f'``{code}``', f'    {meaning}', '']
        holder = nodes.Element()
        self.state.nested_parse(
            statemachine.StringList(lines, source=problem.__file__),
            self.content_offset, holder)
        return holder.children


def setup(app) -> dict:
    """Register the directives."""
    app.add_directive('problem-codes', ProblemCodes)
    return {'parallel_read_safe': True}
