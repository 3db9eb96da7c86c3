# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_defrag: its parameters, and what was freed as its return values."""

from __future__ import annotations

import typing as t

from .._membership.defragmentation import Skip, Threshold, plan_defragmentation, skipped
from .._membership.model import Cluster, hex_id
from .._membership.report import in_order
from .._operations.endpoint_pool import EndpointPool
from .._operations.maintenance import maintain
from .arguments import connection_of
from .maintenance import maintenance_data
from .results import Result


def defragment(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Defragments the members that are worth it. Raises ApplyFailed, InvalidEndpoint."""
    names, accept = params["members"] or (), frozenset(params["accept"])
    threshold = Threshold(params["threshold"], params["min_size"])
    with EndpointPool(connection_of(params)) as pool:
        outcome = maintain(
            pool,
            lambda cluster, done: plan_defragmentation(cluster, names, threshold, accept, done),
            params["wait_timeout"],
            check_mode,
        )
    return {
        **maintenance_data(outcome, check_mode),
        "skipped": [_skip_data(skip) for skip in skipped(outcome.before, names, threshold, outcome.done)],
        "diff": {"before": _sizes(outcome.before), "after": _sizes(outcome.after)},
    }


def _skip_data(skip: Skip) -> Result:
    return {"id": hex_id(skip.member.member_id), "name": skip.member.name, "reason": skip.reason}


def _sizes(cluster: Cluster) -> str:
    lines = [
        f"{member.label}: {status.db_size} bytes, {status.db_size_in_use} in use"
        for member in in_order(cluster)
        for status in (cluster.status_of(member.member_id),)
        if status
    ]
    return "\n".join([*lines, f"leader: {cluster.leader.label if cluster.leader else 'none'}", ""])
