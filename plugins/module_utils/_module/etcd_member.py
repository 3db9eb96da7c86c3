# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_member: its parameters as a goal, and the outcome as its return values."""

from __future__ import annotations

import typing as t

from .._membership.plan import Goal
from .._membership.report import joining_data
from .._operations.apply import apply
from .._operations.endpoint_pool import EndpointPool
from .arguments import connection_of
from .identity_options import identity_of
from .outcome import outcome_data
from .results import Result


def ensure_member(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Brings about the state that the task asks for. Raises Refused, ApplyFailed, EtcdError, InvalidEndpoint."""
    goal = goal_of(params)
    with EndpointPool(connection_of(params)) as pool:
        outcome = apply(pool, goal, params["wait_timeout"], params["stall_timeout"], check_mode)
    joining = joining_data(outcome.after, outcome.target, goal.identity.name)
    return {**outcome_data(outcome, check_mode), **joining}


def goal_of(params: t.Mapping[str, t.Any]) -> Goal:
    """The goal that a task's parameters describe. Raises Refused for peer URLs and ids that cannot be ones."""
    return Goal(
        state=params["state"],
        identity=identity_of(params),
        learner=params["learner"],
        move_leader=params["move_leader"],
        min_fault_tolerance=params["min_fault_tolerance"],
        accept=frozenset(params["accept"]),
        release=params["release"] or "",
        password=params.get("password") or "",
    )
