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
"""Connections to hosts that a tenant names: checked, bounded, breakable.

The name is resolved once, the addresses are checked, and the connection goes
to a checked address, not to the name: there is no moment in which the name
could get another address.
"""

import collections.abc
import contextlib
import fnmatch
import ipaddress
import socket
import threading
from typing import Any

from oslo_config import cfg

from convection.actions import base

#: The last 32 bits are an IPv4 address: NAT64 (RFC 6052), IPv4-compatible
#: (RFC 4291) and IPv4-translated (RFC 2765).
_EMBEDDING = tuple(map(ipaddress.ip_network, (
    '64:ff9b::/96', '::/96', '::ffff:0:0:0/96')))


class Denied(base.ActionError):
    """The operator does not allow a connection to this host."""


class Policy:
    """What an operator allows to connect to.

    :param options: a group with the options of
        :mod:`convection.common.network_options`.
    """

    def __init__(self, options: cfg.ConfigOpts.GroupAttr) -> None:
        self._hosts = [host.lower() for host in options.allowed_hosts]
        self._networks = [ipaddress.ip_network(cidr, strict=False)
                          for cidr in options.denied_cidrs]

    def check_host(self, host: str) -> None:
        """Check a name or address as the task wrote it.

        :raises Denied: it is not on the list of allowed hosts.
        """
        name = host.lower().rstrip('.')
        if self._hosts and not any(fnmatch.fnmatchcase(name, pattern)
                                   for pattern in self._hosts):
            raise Denied(f'The host "{host}" is not on the list of allowed '
                         'hosts.')

    def allows(self, address: str) -> bool:
        """Whether an address is in none of the denied networks."""
        ip = ipaddress.ip_address(address.partition('%')[0])
        return not any(form in network
                       for form in _forms(ip)
                       for network in self._networks)

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host that may be connected to.

        :raises Denied: there are none.
        :raises OSError: the name has no address.
        """
        self.check_host(host)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise socket.gaierror(f'"{host}" is no host name') from error
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        allowed = [address for address in addresses if self.allows(address)]
        if not allowed:
            raise Denied(f'The host "{host}" has the address '
                         f'{", ".join(addresses)}, which actions may not '
                         'connect to.')
        return allowed


def _forms(ip: Any) -> list[Any]:
    """Return an address and the IPv4 address that it stands for, if any."""
    forms = [ip]
    if ip.version == 6:
        forms.extend(inner for inner in (ip.ipv4_mapped, ip.sixtofour)
                     if inner is not None)
        if any(ip in network for network in _EMBEDDING):
            forms.append(ipaddress.IPv4Address(int(ip) & 0xffffffff))
    return forms


class Guard:
    """Makes the connections of one run, and can break them at any time.

    :param policy: what may be connected to.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._callbacks: list[collections.abc.Callable[[], None]] = []
        self._broken = False
        #: Whether :meth:`timed_out` broke the connections.
        self.late = False

    def connect(self, host: str, port: int, timeout: float | None = None,
                options: Any = ()) -> socket.socket:
        """Connect to a host.

        :param timeout: seconds for each address of the host.
        :param options: socket options to set before.
        :raises Denied: the operator does not allow it.
        :raises OSError: nobody answers there.
        """
        failure: OSError | None = None
        for address in self._policy.resolve(host, port):
            try:
                return self._connect(address, port, timeout, options)
            except OSError as error:
                failure = error
        raise failure or OSError(f'"{host}" has no address')

    def _connect(self, address: str, port: int, timeout: float | None,
                 options: Any) -> socket.socket:
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            sock.settimeout(timeout)
            self._hold(sock)
            sock.connect(socket.getaddrinfo(
                address, port, family, socket.SOCK_STREAM, 0,
                socket.AI_NUMERICHOST)[0][4])
        except BaseException:
            sock.close()
            raise
        return sock

    def _hold(self, sock: socket.socket) -> None:
        # TLS takes the socket object over; a duplicate still reaches the
        # connection.
        with self._lock:
            if self._broken:
                raise ConnectionAbortedError('The connection was broken off')
            self._sockets.append(sock.dup())

    def on_abort(self, callback: collections.abc.Callable[[], None]) -> None:
        """Have something called to break a connection made elsewhere."""
        with self._lock:
            self._callbacks.append(callback)
            broken = self._broken
        if broken:
            callback()

    def abort(self) -> None:
        """Break all connections; whoever waits for one gets an error."""
        with self._lock:
            self._broken = True
            callbacks = list(self._callbacks)
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for callback in callbacks:
            callback()

    def timed_out(self) -> None:
        """Break all connections since they took too long."""
        self.late = True
        self.abort()

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for sock in sockets:
            sock.close()


@contextlib.contextmanager
def guarded(context: base.ActionContext, options: cfg.ConfigOpts.GroupAttr,
            timeout: float | None = None) -> Any:
    """Give a guard that a cancel, or so many seconds, break.

    :param timeout: seconds until connections are broken; None for no limit.
    """
    guard = Guard(Policy(options))
    timer = None
    if timeout is not None:
        timer = threading.Timer(min(timeout, threading.TIMEOUT_MAX),
                                guard.timed_out)
        timer.daemon = True
        timer.start()
    try:
        with context.on_cancel(guard.abort):
            yield guard
    finally:
        if timer is not None:
            timer.cancel()
        guard.close()
