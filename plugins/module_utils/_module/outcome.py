# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What came of applying a goal, as the return values that etcd_member and etcd_gate share."""

from __future__ import annotations

from .._membership.report import cluster_data, diff_data, member_data, step_data
from .._operations.apply import Outcome
from .results import Result, waits_data


def outcome_data(outcome: Outcome, check_mode: bool) -> Result:
    return {
        "changed": bool(outcome.plan.steps if check_mode else outcome.done),
        "member": member_data(outcome.after, outcome.target) if outcome.target else None,
        **cluster_data(outcome.after),
        "plan": [step_data(step) for step in outcome.plan.steps],
        "done": [step_data(step) for step in outcome.done],
        "waits": waits_data(outcome.waits),
        "diff": diff_data(outcome.before, outcome.after),
        "warnings": list(outcome.warnings),
    }
