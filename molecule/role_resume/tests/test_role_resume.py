# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was killed was finished, and what was refused changed nothing."""

from __future__ import annotations

from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]


def test_the_other_cluster_still_has_its_data(inventory_nodes):
    (other,) = inventory_nodes("ansible://other")
    assert other.host.file("/var/lib/etcd/data/member/wal").exists


def test_one_cluster_came_of_the_beginning_that_was_killed(nodes):
    assert len({node.status()["header"]["cluster_id"] for node in nodes}) == 1


def test_nothing_is_left_of_what_they_began_with(host):
    assert not host.file("/etc/etcd/first_start.env").exists
