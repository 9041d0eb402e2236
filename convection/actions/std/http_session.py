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
"""A requests session whose connections are checked, bounded and breakable."""

import ipaddress
from typing import Any
from urllib import parse

import requests
from requests import adapters
from urllib3 import connection
from urllib3 import connectionpool
from urllib3 import exceptions
from urllib3 import poolmanager

from convection.actions import base
from convection.actions import network

_CHUNK = 64 * 1024


class _Pinned:
    """Mixed into urllib3's connections: the guard makes the socket."""

    guard: network.Guard

    def _new_conn(self) -> Any:
        try:
            return self.guard.connect(self._dns_host, self.port, self.timeout,
                                      self.socket_options)
        except TimeoutError as error:
            raise exceptions.ConnectTimeoutError(
                self, 'the connection timed out') from error
        except OSError as error:
            raise exceptions.NewConnectionError(self, str(error)) from error


class _Connection(_Pinned, connection.HTTPConnection):
    pass


class _SecureConnection(_Pinned, connection.HTTPSConnection):
    pass


class _Pool(connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connection
    guard: network.Guard

    def _new_conn(self) -> Any:
        made = super()._new_conn()
        made.guard = self.guard
        return made


class _SecurePool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
    guard: network.Guard

    def _new_conn(self) -> Any:
        made = super()._new_conn()
        made.guard = self.guard
        return made


def _pin(manager: poolmanager.PoolManager, guard: network.Guard) -> None:
    """Have a pool manager's connections made by the guard."""
    def new_pool(*args: Any, **kwargs: Any) -> Any:
        pool = type(manager)._new_pool(manager, *args, **kwargs)
        pool.guard = guard
        return pool

    manager.pool_classes_by_scheme = {'http': _Pool, 'https': _SecurePool}
    manager._new_pool = new_pool


class _Adapter(adapters.HTTPAdapter):
    """Sends requests, also those that follow a redirection."""

    def __init__(self, policy: network.Policy, guard: network.Guard,
                 max_size: int) -> None:
        self._policy = policy
        self._guard = guard
        self._max_size = max_size
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool manager, with pinned connections."""
        super().init_poolmanager(*args, **kwargs)
        _pin(self.poolmanager, self._guard)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pool manager of a proxy, with pinned connections.

        :raises ActionError: the proxy is not one that can be checked.
        """
        if not proxy.lower().startswith(('http://', 'https://')):
            raise base.ActionError('A proxy must have an http or https URL.')
        manager = super().proxy_manager_for(proxy, **kwargs)
        _pin(manager, self._guard)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any,
             **kwargs: Any) -> requests.Response:
        """Send a request and read the response, up to the size allowed."""
        host = parse.urlsplit(request.url).hostname or ''
        self._policy.check_host(host)
        # A proxy connects by itself: here only what is written can be seen.
        if _is_address(host) and not self._policy.allows(host):
            raise network.Denied(f'The address {host} is one that actions '
                                 'may not connect to.')
        kwargs['stream'] = True
        response = super().send(request, *args, **kwargs)
        response._content = self._read(response)
        return response

    def _read(self, response: requests.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_content(_CHUNK):
            size += len(part)
            if size > self._max_size:
                response.close()
                raise base.ActionError(
                    'The response is longer than the '
                    f'{self._max_size} bytes that are allowed.')
            parts.append(part)
        return b''.join(parts)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition('%')[0])
    except ValueError:
        return False
    return True


def make(policy: network.Policy, guard: network.Guard, *, max_size: int,
         max_redirects: int) -> requests.Session:
    """Return a session for one call.

    It takes nothing from the environment of the executor: no proxies, no
    passwords from a netrc file.

    :param max_size: the largest body of a response, in bytes.
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = max_redirects
    adapter = _Adapter(policy, guard, max_size)
    session.mount('http://', adapter)
    session.mount('https://', adapter)
    return session
