# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of one has become one of two, and nobody who writes to it has noticed."""

from __future__ import annotations

from typing import Any

from tests.verification.node import Node


def test_it_ran_on_two_hosts(nodes: list[Node]) -> None:
    assert len(nodes) == 2


def test_writes_never_stopped(writer: dict[str, Any]) -> None:
    assert writer["acknowledged"] > 0
    seen = {name: writer[name] for name in ("failed", "lost", "violations", "longest_gap", "gaps", "refusals")}
    assert (writer["failed"], writer["lost"], writer["violations"]) == (0, 0, []), seen
    assert writer["longest_gap"] < 1.0, seen  # one election timeout
