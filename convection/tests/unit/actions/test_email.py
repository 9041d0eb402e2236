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
"""Tests of ``std.email`` against a real mail server."""

import contextlib
import datetime
import email
from email import policy
import ipaddress
import os
import socket
import ssl
import tempfile
import threading

from aiosmtpd import controller
from aiosmtpd import smtp as aiosmtp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509

from convection.actions import base
from convection.actions.std import email as action
from convection.tests.unit.actions import helpers


class _Handler:
    def __init__(self):
        self.envelopes = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('nobody'):
            return '550 No such user'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return '250 OK'


class _Server(controller.Controller):
    """Listens on whichever port is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _certificate(path):
    """Write a key and a certificate for 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'test')])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address('127.0.0.1'))
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .sign(key, hashes.SHA256()))
    with open(path, 'wb') as file:
        file.write(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        file.write(certificate.public_bytes(serialization.Encoding.PEM))


class EmailTest(helpers.ActionTestCase):
    """What arrives, and what is said when it does not."""

    def setUp(self):
        super().setUp()
        self.conf = helpers.configuration()
        self.handler = _Handler()

    def serve(self, **options):
        server = _Server(self.handler, hostname='127.0.0.1', port=0,
                         **options)
        server.start()
        self.addCleanup(server.stop)
        return f'127.0.0.1:{server.port}'

    def send(self, server, **parameters):
        return action.Email().run(
            helpers.context(self.conf), smtp_server=server,
            **{'from_addr': 'me@a.test', 'to_addrs': ['you@b.test'],
               **parameters})

    def test_everything_arrives(self):
        self.assertIsNone(self.send(
            self.serve(), to_addrs=['a@b.test', 'c@d.test'],
            cc_addrs=['e@f.test'], bcc_addrs=['g@h.test'],
            reply_to=['r@s.test'], subject='Grüße', body='Text ü',
            html_body='<b>x</b>'))
        envelope, = self.handler.envelopes
        self.assertEqual('me@a.test', envelope.mail_from)
        self.assertEqual(['a@b.test', 'c@d.test', 'e@f.test', 'g@h.test'],
                         envelope.rcpt_tos)
        message = email.message_from_bytes(envelope.content,
                                           policy=policy.default)
        self.assertEqual('a@b.test, c@d.test', message['To'])
        self.assertEqual('e@f.test', message['Cc'])
        self.assertEqual('r@s.test', message['Reply-To'])
        self.assertEqual('Grüße', message['Subject'])
        self.assertNotIn('Bcc', message)
        plain, html = message.iter_parts()
        self.assertEqual('Text ü', plain.get_content().strip())
        self.assertEqual('text/html', html.get_content_type())

    def test_failures_are_plain(self):
        server = self.serve()
        error = self.assertRaises(base.ActionError, self.send, server,
                                  to_addrs=['nobody@b.test'])
        self.assertIn('refused the receivers nobody@b.test', error.message)
        error = self.assertRaises(base.ActionError, self.send, server,
                                  to_addrs=['you@b.test', 'nobody@b.test'])
        self.assertIn('some of the receivers: nobody', error.message)
        error = self.assertRaises(base.ActionError, self.send, server,
                                  subject='a\nBcc: x@y.test')
        self.assertIn('cannot be made', error.message)
        error = self.assertRaises(base.ActionError, self.send,
                                  '127.0.0.1:1')
        self.assertIn('Connection refused', error.message)

    def test_denied_addresses(self):
        self.conf.clear_override('denied_cidrs', 'action_email')
        error = self.assertRaises(base.ActionError, self.send, self.serve())
        self.assertIn('may not connect', error.message)
        self.assertEqual([], self.handler.envelopes)

    def test_a_password_is_sent_encrypted_only(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, 'server.pem')
        _certificate(path)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(path)
        seen = []

        def authenticate(server, session, envelope, mechanism, data):
            seen.append((data.login, data.password))
            return aiosmtp.AuthResult(success=data.password == b'right',
                                      handled=False)

        server = self.serve(tls_context=tls, require_starttls=True,
                            authenticator=authenticate)
        error = self.assertRaises(base.ActionError, self.send, server,
                                  smtp_password='right')
        self.assertIn('certificate', error.message)
        self.assertEqual([], seen)
        self.conf.set_override('ca_file', path, 'action_email')
        self.send(server, smtp_password='right')
        self.assertEqual([(b'me@a.test', b'right')], seen)
        error = self.assertRaises(base.ActionError, self.send, server,
                                  smtp_password='wrong')
        self.assertIn('535', error.message)

    def test_cancel(self):
        with contextlib.closing(socket.create_server(
                ('127.0.0.1', 0))) as silent:
            context = helpers.context(self.conf)
            finish = self.in_thread(
                action.Email().run, context, from_addr='a@b', to_addrs=['c'],
                smtp_server='127.0.0.1:%d' % silent.getsockname()[1])
            watchdog = threading.Timer(helpers.BOUND, silent.close)
            watchdog.start()
            connection, _ = silent.accept()
            watchdog.cancel()
            context.cancel()
            self.assertIsInstance(finish()['error'], base.ActionInterrupted)
            connection.close()

    def test_addresses_of_servers(self):
        cases = {'mail': ('mail', 25), 'mail:587': ('mail', 587),
                 '[::1]:26': ('::1', 26), '::1': ('::1', 25),
                 '[::1]': ('::1', 25), 'a:b': ('a:b', 25)}
        for text, expected in cases.items():
            self.assertEqual(expected, action._address(text))
