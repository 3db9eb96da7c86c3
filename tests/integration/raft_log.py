# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log that is so long that a new member is brought up to date by a snapshot."""

from __future__ import annotations

import contextlib

from tests.testbed import Cluster

CATCH_UP_BY_SNAPSHOT = {"snapshot_catchup_entries": 5}
"""Settings of a member that keeps hardly any entries for those that are behind (3.6 on)."""
# etcd server/etcdserver/server.go of 3.6 and 3.7: the log is compacted once in so many entries.
ENTRIES_BETWEEN_COMPACTIONS = 100


def fill_log(cluster: Cluster) -> None:
    """Writes until the log was compacted."""
    with contextlib.closing(cluster.gateway_of(cluster.leader.client_url, keeps_alive=True)) as gateway:
        for number in range(2 * ENTRIES_BETWEEN_COMPACTIONS):
            gateway.put("filler", str(number))
