# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a cluster of the test bed takes to come up, and to be gone again without a trace."""

from __future__ import annotations

import statistics
import time

from tests.testbed import Cluster
from tests.testbed.session import current

from .figures import Target, milliseconds, tell_targets

SIZES = (1, 3, 5)
SECONDS_FOR_THREE = 0.3


def measure(rounds: int) -> list[Target]:
    """Prints a table of the sizes, which take turns."""
    current()
    taken: dict[int, list[tuple[float, float]]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            taken[size].append(_once(size))
    print(f"\nA cluster of the test bed, {rounds} of each size, ms\n")
    print(f"{'':14}{'start':>7}{'min':>7}{'max':>7}   {'removal':>7}{'min':>7}{'max':>7}")
    for size, pairs in taken.items():
        up, down = zip(*pairs, strict=True)
        print(f"{size} member{'s' if size > 1 else ' '}     {milliseconds(up)}   {milliseconds(down)}")
    targets = [Target("three members, start", SECONDS_FOR_THREE, statistics.median(up for up, _ in taken[3]), "s")]
    tell_targets(targets)
    return targets


def _once(size: int) -> tuple[float, float]:
    began = time.monotonic()
    with Cluster(size=size):
        stands = time.monotonic()
    return stands - began, time.monotonic() - stands
