# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_alarm: its parameters, and the alarms as its return values."""

from __future__ import annotations

import typing as t

from .._membership.alarms import Allowed, Hash, alarms_text, plan_disarming
from .._membership.model import CORRUPT, Cluster
from .._membership.plan import Plan, Verdict
from .._membership.quorum import alarms_of, has_alarm
from .._membership.report import cluster_data, in_order, member_data, member_status_data
from .._membership.steps import Step
from .._operations.endpoint_pool import EndpointPool
from .._operations.keyspace import compare_keyspaces
from .._operations.maintenance import Outcome, maintain
from .._operations.observe import observe
from .._operations.open_pages import with_figures
from .arguments import connection_of
from .maintenance import maintenance_data
from .results import Result


def treat_alarms(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Lists or disarms the alarms. Raises ApplyFailed, EtcdError, InvalidEndpoint."""
    with EndpointPool(connection_of(params)) as pool:
        if params["state"] == "listed":
            cluster = _look(pool)
            nothing = Outcome(cluster, cluster, Plan(), (), (), (), ())
            return _result(nothing, check_mode)
        allowed = Allowed(params["compact"], frozenset(params["accept"]))
        outcome = maintain(
            pool,
            lambda cluster, done: _disarming(pool, cluster, allowed, done),
            params["wait_timeout"],
            check_mode,
            _look,
        )
    return _result(outcome, check_mode)


def _look(pool: EndpointPool) -> Cluster:
    return with_figures(pool, observe(pool))


def _disarming(pool: EndpointPool, cluster: Cluster, allowed: Allowed, done: t.Sequence[Step]) -> Verdict:
    hashes: list[Hash] = []
    if has_alarm(cluster, CORRUPT):
        comparison = compare_keyspaces(pool, cluster)
        hashes = [Hash(one.member_id, one.hash, one.compact_revision) for one in comparison.hashes]
    return plan_disarming(cluster, allowed, hashes, done)


def _result(outcome: Outcome, check_mode: bool) -> Result:
    after = outcome.after
    return {
        **maintenance_data(outcome, check_mode),
        **cluster_data(after),
        "members": [member_status_data(after, member) for member in in_order(after)],
        "alarms": [
            {"kind": alarm.kind, "member": member_data(after, member) if member else None}
            for alarm in alarms_of(after)
            for member in (after.member(alarm.member_id),)
        ],
        "text": alarms_text(after),
        "diff": {"before": alarms_text(outcome.before), "after": alarms_text(after)},
    }
