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
"""``std.email``."""

from email.message import EmailMessage
import smtplib
import ssl
from typing import Any

from convection.actions import base
from convection.actions import network

_PORT = 25
_ADDRESSES = {'type': ['array', 'null'], 'items': {'type': 'string'}}


class _Smtp(smtplib.SMTP):
    """An SMTP connection that a guard makes."""

    def __init__(self, guard: network.Guard, timeout: float) -> None:
        self._guard = guard
        super().__init__(timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        return self._guard.connect(host, port, timeout)


class Email(base.Action):
    """Send an e-mail through an SMTP server.

    With ``smtp_password`` the connection is encrypted first, and
    ``from_addr`` logs in with it.
    """

    parameters = {
        'type': 'object',
        'properties': {
            'from_addr': {'type': 'string', 'minLength': 1,
                          'description': 'The address of the sender.'},
            'to_addrs': {'type': 'array', 'items': {'type': 'string'},
                         'minItems': 1,
                         'description': 'The addresses of the receivers.'},
            'smtp_server': {'type': 'string', 'minLength': 1,
                            'description': 'Host, or host:port.'},
            'reply_to': {**_ADDRESSES,
                         'description': 'Addresses for the answer.'},
            'cc_addrs': {**_ADDRESSES, 'description': 'Receivers of copies.'},
            'bcc_addrs': {**_ADDRESSES, 'description':
                          'Receivers of copies that others do not see.'},
            'smtp_password': {'type': ['string', 'null'],
                              'description': 'The password of from_addr on '
                                             'the server.'},
            'subject': {'type': ['string', 'null'],
                        'description': 'The subject line.'},
            'body': {'type': ['string', 'null'],
                     'description': 'The text.'},
            'html_body': {'type': ['string', 'null'],
                          'description': 'The text as HTML.'},
        },
        'required': ['from_addr', 'to_addrs', 'smtp_server'],
        'additionalProperties': False,
    }

    def run(self, context: base.ActionContext, **parameters: Any) -> None:
        """Send the e-mail."""
        try:
            message = _message(parameters)
        except ValueError as error:
            raise base.ActionError(
                f'The e-mail cannot be made: {error}') from error
        receivers = [address for key in ('to_addrs', 'cc_addrs', 'bcc_addrs')
                     for address in parameters.get(key) or ()]
        options = context.conf.action_email
        with network.guarded(context, options) as guard:
            try:
                _send(guard, options, parameters, message, receivers)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                context.raise_if_cancelled()
                raise base.ActionError(
                    f'Failed to send the e-mail: {_cause(error)}') from error


def _message(parameters: dict[str, Any]) -> EmailMessage:
    message = EmailMessage()
    message['From'] = parameters['from_addr']
    message['To'] = ', '.join(parameters['to_addrs'])
    for header, key in (('Reply-To', 'reply_to'), ('Cc', 'cc_addrs')):
        if parameters.get(key):
            message[header] = ', '.join(parameters[key])
    message['Subject'] = parameters.get('subject') or ''
    message.set_content(parameters.get('body') or '')
    if parameters.get('html_body'):
        message.add_alternative(parameters['html_body'], subtype='html')
    return message


def _send(guard: network.Guard, options: Any, parameters: dict[str, Any],
          message: EmailMessage, receivers: list[str]) -> None:
    host, port = _address(parameters['smtp_server'])
    with _Smtp(guard, options.timeout) as smtp:
        # The name that the certificate is checked for.
        smtp._host = host
        smtp.connect(host, port)
        if parameters.get('smtp_password'):
            smtp.starttls(context=ssl.create_default_context(
                cafile=options.ca_file))
            smtp.login(parameters['from_addr'], parameters['smtp_password'])
        refused = smtp.send_message(message, parameters['from_addr'],
                                    receivers)
        if refused:
            raise base.ActionError('The mail server refused some of the '
                                   f'receivers: {", ".join(sorted(refused))}')


def _address(server: str) -> tuple[str, int]:
    """Split ``host``, ``host:port`` or ``[address]:port``."""
    host, colon, port = server.rpartition(':')
    if colon and port.isdigit() and (':' not in host or host[-1:] == ']'):
        return host.strip('[]'), int(port)
    return server.strip('[]'), _PORT


def _cause(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return ('the mail server refused the receivers '
                + ', '.join(sorted(error.recipients)))
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        text = (answer.decode('utf-8', 'replace')
                if isinstance(answer, bytes) else str(answer))
        return f'the mail server answered {error.smtp_code} {text}'
    return str(error) or type(error).__name__
