# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The new host is in for the dead one, and the host that lost its disk is back, as a new member with its old name and
address.
"""

from __future__ import annotations

from tests.verification.node import Node
from tests.verification.platforms import test_it_ran_on_every_platform_of_the_cluster

__all__ = ["test_it_ran_on_every_platform_of_the_cluster"]


def test_nobody_lists_the_dead_host(node: Node) -> None:
    assert "etcd3" not in [member["name"] for member in node.members()]


def test_the_wiped_host_is_a_new_member(nodes: list[Node]) -> None:
    (wiped,) = (node for node in nodes if node.name == "etcd2")
    before = wiped.host.file("/root/member-id-before").content_string.strip()
    now = f"{wiped.status()['header']['member_id']:x}"
    assert before
    assert now != before
