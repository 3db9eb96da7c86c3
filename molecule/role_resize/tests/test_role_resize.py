# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody who wrote noticed that the cluster became five times as big, and small again."""

from __future__ import annotations

from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]


def test_who_was_removed_has_ended_and_stays_down(inventory_nodes):
    former = [node for node in inventory_nodes("ansible://five") if node.name != "etcd1"]
    assert len(former) == 4
    for node in former:
        assert not node.is_running
        assert node.host.check_output("systemctl show --property=ActiveState --value etcd") == "inactive"
