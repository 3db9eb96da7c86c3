# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What modules of maintenance return."""

from __future__ import annotations

from .._membership.report import cluster_data, step_data
from .._operations.maintenance import Outcome
from .results import Result, freed_data, waits_data


def maintenance_data(outcome: Outcome, check_mode: bool) -> Result:
    return {
        "changed": bool(outcome.plan.steps if check_mode else outcome.done),
        **cluster_data(outcome.after),
        "plan": [step_data(step) for step in outcome.plan.steps],
        "done": [step_data(step) for step in outcome.done],
        "defragmented": freed_data(outcome.freed),
        "waits": waits_data(outcome.waits),
        "warnings": list(outcome.warnings),
    }
