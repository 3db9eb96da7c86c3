# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dead member is gone, and its replacement is in."""

from __future__ import annotations

from tests.verification.node import Node
from tests.verification.platforms import test_it_ran_on_every_platform_of_the_cluster

__all__ = ["test_it_ran_on_every_platform_of_the_cluster"]


def test_the_dead_member_is_listed_nowhere(node: Node) -> None:
    assert "etcd3" not in [member["name"] for member in node.members()]
