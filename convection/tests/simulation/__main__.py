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
"""Run many seeds: ``python -m convection.tests.simulation --seeds 1000``.

With ``--seconds`` as many as fit into that time.
"""

import argparse
import logging
import multiprocessing
import secrets
import sys
import time
from typing import Iterator

from convection.tests.simulation import world

#: Seeds that are run before the time is looked at again.
_ROUND = 40


def _attempt(seed: int) -> tuple[int, str | None]:
    try:
        world.check(seed)
    except world.Violation as violation:
        return seed, str(violation)
    return seed, None


def _rounds(base: int, options: argparse.Namespace) -> Iterator[range]:
    """Give the seeds that are asked for, some at a time."""
    if options.seconds is None:
        yield range(base, base + options.seeds)
        return
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        yield range(base, base + _ROUND)
        base += _ROUND


def main() -> int:
    """Run seeds from a base and print those that fail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seeds', type=int, default=1000)
    parser.add_argument('--seconds', type=float, default=None)
    parser.add_argument('--base', type=int, default=None,
                        help='the first seed; drawn and printed if left out')
    parser.add_argument('--processes', type=int, default=2)
    options = parser.parse_args()
    logging.getLogger('convection').setLevel(logging.ERROR)
    logging.getLogger('convection').propagate = False
    base = secrets.randbelow(10 ** 9) if options.base is None else \
        options.base
    print(f'Seeds from {base}', flush=True)
    started = time.monotonic()
    passed = failed = 0
    with multiprocessing.Pool(options.processes) as pool:
        for seeds in _rounds(base, options):
            for seed, violation in pool.imap_unordered(_attempt, seeds, 4):
                if violation:
                    failed += 1
                    print(f'FAILED {seed}\n{violation}\n', flush=True)
                else:
                    passed += 1
    print(f'{time.monotonic() - started:.0f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
