# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_member: its parameters as a goal, and the outcome as its return values."""

from __future__ import annotations

import typing as t

from .._membership.plan import Goal
from .._membership.report import cluster_data, diff_data, joining_data, member_data, step_data
from .._operations.apply import Outcome, apply
from .._operations.endpoint_pool import EndpointPool
from .arguments import connection_of
from .identity_options import identity_of
from .results import Result, waits_data


def ensure_member(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Brings about the state that the task asks for. Raises Refused, ApplyFailed, EtcdError, InvalidEndpoint."""
    goal = goal_of(params)
    pool = EndpointPool(connection_of(params))
    try:
        outcome = apply(pool, goal, params["wait_timeout"], params["stall_timeout"], check_mode)
    finally:
        pool.close()
    return result_of(outcome, goal, check_mode)


def goal_of(params: t.Mapping[str, t.Any]) -> Goal:
    """The goal that a task's parameters describe. Raises Refused for peer URLs and ids that cannot be ones."""
    return Goal(
        state=params["state"],
        identity=identity_of(params),
        learner=params["learner"],
        move_leader=params["move_leader"],
        min_fault_tolerance=params["min_fault_tolerance"],
        accept=frozenset(params["accept"]),
    )


def result_of(outcome: Outcome, goal: Goal, check_mode: bool) -> Result:
    joining = joining_data(outcome.after, outcome.target, goal.identity.name)
    return {
        "changed": bool(outcome.plan.steps if check_mode else outcome.done),
        "member": member_data(outcome.after, outcome.target) if outcome.target else None,
        **cluster_data(outcome.after),
        "plan": [step_data(step) for step in outcome.plan.steps],
        "done": [step_data(step) for step in outcome.done],
        "waits": waits_data(outcome.waits),
        **joining,
        "diff": diff_data(outcome.before, outcome.after),
        "warnings": list(outcome.warnings),
    }
