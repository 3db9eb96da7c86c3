# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_authentication: a cluster that demands users."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._membership.authentication import ROOT, picture
from .._membership.report import step_data
from .._membership.steps import Step
from .._operations.authentication import enable_authentication
from .._operations.endpoint_pool import EndpointPool
from .arguments import connection_of
from .results import Result


def enable(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Enables authentication. Raises ApplyFailed, Refused, EtcdError, InvalidEndpoint."""
    connection = replace(connection_of(params), username=ROOT, password=params["root_password"])
    with EndpointPool(connection) as pool:
        outcome = enable_authentication(pool, frozenset(params["accept"]), params["wait_timeout"], check_mode)
    steps = [step_data(Step(step)) for step in outcome.plan.steps]
    return {
        "changed": bool(steps),
        "enabled": outcome.before.is_enabled or not check_mode,
        "users": list(outcome.after.users),
        "plan": steps,
        "done": [] if check_mode else steps,
        "diff": {"before": picture(outcome.before), "after": picture(outcome.after)},
        "warnings": list(outcome.plan.warnings),
    }
