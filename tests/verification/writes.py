# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a writer may have noticed of a planned change: nothing. Imported by the tests of the scenarios that have one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.testbed.writer import ATTEMPT_SECONDS

# etcd's default --election-timeout. A move of leadership that the heir does not answer is given up after as long.
ELECTION_TIMEOUT = 1.0


def test_no_acknowledged_write_is_lost(writer: dict[str, Any]) -> None:
    assert writer["acknowledged"] > 0
    assert writer["lost"] == 0
    assert writer["violations"] == []


@pytest.mark.measures_time
def test_writes_never_stood_still_for_longer_than_an_election_takes(writer: dict[str, Any]) -> None:
    worst = sorted(writer["gaps"], key=lambda gap: gap["seconds"])[-5:]
    # Whoever writes notices that writes go on only when the attempt is over that hangs meanwhile.
    assert writer["longest_gap"] <= ELECTION_TIMEOUT + ATTEMPT_SECONDS, (
        f"the worst gaps, in seconds since the start of the writer: {worst}"
    )


def test_no_write_failed(writer: dict[str, Any]) -> None:
    """For scenarios in which an attempt at another endpoint always gets through."""
    assert writer["acknowledged"] > 0
    seen = {name: writer[name] for name in ("failed", "lost", "violations", "gaps", "refusals")}
    assert (writer["failed"], writer["lost"], writer["violations"]) == (0, 0, []), seen


@pytest.mark.measures_time
def test_writes_never_stood_still_for_as_long_as_an_election_takes(writer: dict[str, Any]) -> None:
    assert writer["longest_gap"] < ELECTION_TIMEOUT, {
        name: writer[name] for name in ("longest_gap", "gaps", "refusals")
    }
