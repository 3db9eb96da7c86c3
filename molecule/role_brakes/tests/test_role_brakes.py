# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After all wrong runs the cluster is the one that it was, with all that was written to it."""

from __future__ import annotations

from tests.verification.starts import starts
from tests.verification.writes import test_no_acknowledged_write_is_lost

__all__ = ["test_no_acknowledged_write_is_lost"]


def test_a_member_was_started_for_its_disk_and_for_nothing_else(node):
    """Once when the cluster began, and once when the disk was there again."""
    assert starts(node) == 2
