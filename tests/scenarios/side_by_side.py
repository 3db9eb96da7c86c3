# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several pieces of work at a time."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from typing import TypeVar

Work = TypeVar("Work")

SECONDS_BETWEEN_LOOKS = 0.5


def run_side_by_side(works: Sequence[Work], most: int, do: Callable[[Work], None]) -> None:
    """Does these in their order, ``most`` at a time.

    The first exception is raised when all that run have ended; nothing new is begun then.
    """
    with concurrent.futures.ThreadPoolExecutor(most) as pool:
        running = [pool.submit(do, work) for work in works]
        # With a bound: Python sees a signal that comes right before it begins to wait only when it has waited.
        pending = True
        while pending:
            done, left = concurrent.futures.wait(running, SECONDS_BETWEEN_LOOKS, concurrent.futures.FIRST_EXCEPTION)
            pending = bool(left) and not any(future.exception() for future in done)
        for future in running:
            future.cancel()
    for future in done:
        future.result()
