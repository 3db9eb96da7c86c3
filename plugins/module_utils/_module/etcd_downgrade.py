# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_downgrade: what the task asks for, and what came of it as return values."""

from __future__ import annotations

import typing as t

from .._membership import downgrade as rules
from .._membership.report import cluster_data, in_order, member_status_data, step_data
from .._membership.versions import Minor
from .._operations import downgrade
from .._operations.downgrade import Outcome
from .._operations.endpoint_pool import EndpointPool
from .._operations.exceptions import Refused
from .arguments import connection_of
from .results import Result, waits_data


def bring_about(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Brings about the state that the task asks for. Raises ApplyFailed, Refused, EtcdError, InvalidEndpoint."""
    operation = _OPERATIONS[params["state"]]
    minor = rules.minor_of_target(params["release"] or "")
    if minor is None and params["state"] != "cancelled":
        raise Refused(rules.not_a_target(params["release"]))
    with EndpointPool(connection_of(params)) as pool:
        outcome = operation(pool, minor or (0, 0), params["wait_timeout"], check_mode)
    return _result(outcome, changes=params["state"] != "validated")


_OPERATIONS: t.Mapping[str, t.Callable[[EndpointPool, Minor, float, bool], Outcome]] = {
    "validated": lambda pool, minor, seconds, _check_mode: downgrade.enable(pool, minor, seconds, check_mode=True),
    "enabled": downgrade.enable,
    "cancelled": lambda pool, _minor, seconds, check_mode: downgrade.cancel(pool, seconds, check_mode),
    "finished": lambda pool, minor, seconds, _check_mode: downgrade.wait_for_end(pool, minor, seconds),
}


def _result(outcome: Outcome, changes: bool) -> Result:
    cluster = outcome.after if changes else outcome.before
    steps = outcome.steps if changes else ()
    return {
        "changed": bool(steps),
        "target": cluster.downgrade_target or None,
        **cluster_data(cluster),
        "members": [member_status_data(cluster, member) for member in in_order(cluster)],
        "plan": [step_data(step) for step in steps],
        "done": [step_data(step) for step in outcome.done],
        "waits": waits_data(outcome.waits),
        "text": rules.outcome_text(cluster),
        "diff": {"before": rules.picture(outcome.before), "after": rules.picture(cluster)},
    }
