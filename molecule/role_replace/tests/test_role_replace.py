# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster lives on other hosts than it began on, with everything that was written on the way."""

from __future__ import annotations

from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]


def test_the_former_hosts_have_ended(inventory_nodes):
    former = inventory_nodes("ansible://second")
    assert sorted(node.name for node in former) == ["etcd1", "etcd2", "etcd4"]
    assert [node.name for node in former if node.is_running] == []
