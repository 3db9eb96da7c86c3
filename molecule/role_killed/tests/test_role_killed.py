# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody who wrote lost anything, and no member was restarted because a run was killed."""

from __future__ import annotations

import os
from pathlib import Path

from tests.verification.starts import starts
from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

HOPS = os.environ["QUORUM_ETCD_HOPS"].split("-")


def points(hop: tuple[str, str]) -> list[str]:
    return (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "kills" / "-".join(hop)).read_text().splitlines()


def test_each_hop_was_killed_in_the_turn_of_each_member(nodes):
    for hop in zip(HOPS, HOPS[1:], strict=False):
        found = points(hop)
        print(f"[measured] {' → '.join(hop)}: killed at {len(found)} points")
        for node in nodes:
            assert [point for point in found if f"grade {node.name}: " in point and "(Restart " in point]


def test_a_member_was_restarted_once_for_each_release_and_each_snapshot(node):
    hops = list(zip(HOPS, HOPS[1:], strict=False))
    snapshots = [
        point
        for hop in hops
        for point in points(hop)
        if f"take_snapshot {node.name}: " in point and "(Restart " in point
    ]
    assert starts(node) == 1 + len(hops) + len(snapshots)
