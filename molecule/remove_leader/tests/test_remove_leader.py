# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The leader has handed over and gone; nobody who writes has noticed."""

from __future__ import annotations

from collections.abc import Callable

from tests.verification.node import Node
from tests.verification.platforms import test_it_ran_on_every_platform_of_the_cluster
from tests.verification.writes import (
    test_no_write_failed,
    test_writes_never_stood_still_for_as_long_as_an_election_takes,
)

__all__ = [
    "test_it_ran_on_every_platform_of_the_cluster",
    "test_no_write_failed",
    "test_writes_never_stood_still_for_as_long_as_an_election_takes",
]


def test_the_removed_member_has_ended(inventory_nodes: Callable[..., list[Node]]) -> None:
    (former,) = inventory_nodes("ansible://former")
    assert not former.is_running
