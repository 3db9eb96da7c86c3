# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long each state takes to build, from nothing, and to remove."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from . import session
from .cluster import Cluster

STATES: dict[str, dict[str, Any]] = {
    "1 voter": {"size": 1},
    "3 voters": {},
    "5 voters": {"size": 5},
    "3, one dead": {"dead": 1},
    "3, leader dead": {"leader_dead": True},
    "3, quorum lost": {"dead": 2},
    "3, a voter not started": {"unstarted": 1},
    "3, a learner": {"learners": 1},
    "3, TLS": {"tls": True},
    "3, RBAC": {"auth": True},
    "3, leader cut off": {"partitioned": ["leader"]},
}


def measure(rounds: int, version: str | None) -> Iterator[str]:
    """A table, line by line; milliseconds."""
    session.current()
    yield f"{'STATE':24}{'MEDIAN':>8}{'MIN':>8}{'MAX':>8}{'REMOVED IN':>14}   (ms, {rounds} rounds)"
    for name, state in STATES.items():
        built, removed = zip(*(_once(version, state) for _ in range(rounds)), strict=True)
        up, down = statistics.median(built), statistics.median(removed)
        yield f"{name:24}{up:8.0f}{min(built):8.0f}{max(built):8.0f}{down:14.0f}"


def _once(version: str | None, state: dict[str, Any]) -> tuple[float, float]:
    began = time.monotonic()
    with Cluster(version=version, **state):
        stands = time.monotonic()
    return (stands - began) * 1000, (time.monotonic() - stands) * 1000
