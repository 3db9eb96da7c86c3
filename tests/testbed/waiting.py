# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a state, with a bound and with what was last seen."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 0.003
LONGEST_POLL_SECONDS = 0.05
"""What has not come soon is looked for less and less often: each look costs the one that is looked at, too."""
GROWTH = 1.2


class NotInTime(Exception):
    """A state did not come in its time; the text says what was waited for and what was last seen."""


def until(what: str, look: Callable[[], str | None], timeout: float) -> None:
    """Looks again and again until ``look`` returns ``None``; otherwise it returns what it saw instead."""
    end = time.monotonic() + timeout
    pause = POLL_SECONDS
    while (seen := look()) is not None:
        if time.monotonic() > end:
            raise NotInTime(f"waited {timeout:g} s for {what}; last saw: {seen}")
        time.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_POLL_SECONDS)
