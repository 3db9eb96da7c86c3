# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_gate: waiting until a rolling change may take its next step."""

from __future__ import annotations

import typing as t

from .._membership.identity import Identity
from .._membership.plan import STOPPABLE, Goal
from .._operations.apply import apply
from .._operations.endpoint_pool import EndpointPool
from .._operations.startup import wait_for_answer
from .arguments import connection_of
from .outcome import outcome_data
from .results import Result


def pass_gate(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Waits for what the task asks for. Raises ApplyFailed, EtcdError, InvalidEndpoint."""
    goal = Goal(params["state"], Identity(name=params["name"] or ""), accept=frozenset(params["accept"]))
    with EndpointPool(connection_of(params)) as pool:
        if params["state"] != STOPPABLE:
            wait_for_answer(pool, params["wait_timeout"])
        outcome = apply(pool, goal, params["wait_timeout"], params["stall_timeout"], check_mode)
    status = outcome.after.status_of(outcome.target.member_id) if outcome.target else None
    return {**outcome_data(outcome, check_mode), "version": status.version if status else None}
