#!/usr/bin/env python3
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
"""A group of servers to practise auto-scaling with: a metric, a webhook.

GET /metric    {"load": percent, "servers": n, "ended": false}
POST /scale    {"servers": n} sets how many servers share the work
GET /history   every call of /scale
POST /end      from now on the metric says that the service was ended
GET /work      a page that takes a few milliseconds, for stress tests

The demand rises and falls with the calls of /metric, so that a run takes no
longer than its observer wants.
"""

import argparse
import http.server
import json
import math
import random
import threading
import time


class Group:
    """The servers: how many there are, and how much they have to do."""

    #: Observations from one peak of the demand to the next.
    period = 16

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._observed = 0
        self.servers = 1
        self.ended = False
        self.history: list[dict] = []

    def metric(self) -> dict:
        """Return the load as it is now."""
        with self._lock:
            self._observed += 1
            wave = 1 - math.cos(self._observed * math.tau / self.period)
            demand = 20 + 100 * wave
            return {'load': round(demand / self.servers, 1),
                    'servers': self.servers, 'ended': self.ended}

    def scale(self, servers: int) -> dict:
        """Set the number of servers."""
        with self._lock:
            self.history.append({'from': self.servers, 'to': servers,
                                 'observation': self._observed})
            self.servers = servers
            return {'servers': servers}

    def end(self) -> dict:
        """Let the policy end."""
        self.ended = True
        return {'ended': True}


class Handler(http.server.BaseHTTPRequestHandler):
    """The HTTP face of a group."""

    protocol_version = 'HTTP/1.1'
    #: Header and body leave in one packet.
    wbufsize = -1
    group: Group

    def do_GET(self) -> None:
        """Answer what only reads."""
        if self.path == '/metric':
            self._answer(200, self.group.metric())
        elif self.path == '/history':
            self._answer(200, self.group.history)
        elif self.path == '/work':
            time.sleep(random.uniform(0.001, 0.02))
            self._answer(200, {'done': True})
        else:
            self._answer(404, {'error': f'nothing is at {self.path}'})

    def do_POST(self) -> None:
        """Answer what changes something."""
        size = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(size)
        if self.path == '/end':
            self._answer(200, self.group.end())
        elif self.path == '/scale':
            try:
                servers = int(json.loads(body)['servers'])
            except (ValueError, KeyError, TypeError):
                self._answer(400, {'error': 'servers is missing'})
                return
            self._answer(200, self.group.scale(max(1, servers)))
        else:
            self._answer(404, {'error': f'nothing is at {self.path}'})

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the process is ended; print the URL when ready."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--port', type=int, default=0,
                        help='port on 127.0.0.1 (default: a free one)')
    options = parser.parse_args()
    Handler.group = Group()
    server = http.server.ThreadingHTTPServer(('127.0.0.1', options.port),
                                             Handler)
    server.daemon_threads = True
    print(f'http://127.0.0.1:{server.server_address[1]}', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
