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
"""YAQL and Jinja2 expressions, parsed once and cached. Pure.

A :class:`Template` is any JSON data whose strings may hold expressions:
``<% $.a %>`` is YAQL, ``{{ _.a }}`` is Jinja2. :func:`compile` makes one,
:meth:`Template.evaluate` is the single way to its value, :func:`check` lists
what is wrong with one without raising.
"""

from convection.expressions.errors import ExpressionError
from convection.expressions.scope import Scope
from convection.expressions.template import check
from convection.expressions.template import compile
from convection.expressions.template import is_expression
from convection.expressions.template import Template

__all__ = ('ExpressionError', 'Scope', 'Template', 'check', 'compile',
           'is_expression')
