# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_leader: where leadership is to be, as a goal, and the outcome as its return values."""

from __future__ import annotations

import typing as t

from .._membership import refusal as codes
from .._membership.identity import Identity, InvalidMemberIDError, member_id_readings
from .._membership.plan import FOLLOWER, LEADER, Goal
from .._membership.refusal import Refusal
from .._operations.apply import apply
from .._operations.endpoint_pool import EndpointPool
from .._operations.exceptions import Refused
from .._operations.observe import observe
from .arguments import connection_of
from .outcome import outcome_data
from .results import Result


def move_leadership(params: t.Mapping[str, t.Any], check_mode: bool) -> Result:
    """Brings leadership where the task wants it. Raises Refused, ApplyFailed, EtcdError, InvalidEndpoint."""
    state = LEADER if params["member"] is not None else FOLLOWER
    text = (params["member"] if state == LEADER else params["away_from"]).strip()
    if not text:
        raise Refused(
            Refusal(codes.AMBIGUOUS_IDENTITY, "the name of the member is empty", "Give the name or id of a member.")
        )
    with EndpointPool(connection_of(params)) as pool:
        goal = Goal(state, _identity(pool, text))
        return outcome_data(apply(pool, goal, params["wait_timeout"], params["wait_timeout"], check_mode), check_mode)


def _identity(pool: EndpointPool, text: str) -> Identity:
    """A name where a member has it, else a member id where it can be one."""
    try:
        readings = member_id_readings(text)
    except InvalidMemberIDError:
        return Identity(name=text)
    if any(member.name == text for member in observe(pool).members):
        return Identity(name=text)
    return Identity(member_ids=readings)
