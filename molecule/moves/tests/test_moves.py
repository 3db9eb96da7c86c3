# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After the last move two hosts are the cluster; after each the play has asked etcd itself (tasks/verify.yml)."""

from __future__ import annotations

from collections.abc import Callable

from tests.verification.node import Node
from tests.verification.platforms import test_it_ran_on_every_platform_of_the_cluster

__all__ = ["test_it_ran_on_every_platform_of_the_cluster"]


def test_those_who_left_run_no_etcd(inventory_nodes: Callable[..., list[Node]]) -> None:
    assert [former.is_running for former in inventory_nodes("ansible://former")] == [False, False]


def test_every_move_was_verified(inventory_nodes: Callable[..., list[Node]]) -> None:
    (first,) = inventory_nodes("ansible://etcd1")
    assert len(first.host.file("/root/moves-verified").content_string.splitlines()) == 14
