# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The decision: from a cluster as observed and a goal to the steps that are safe now, or to the reason why none is.

Pure. The same function serves check mode, the diff and the real run, which plans again before each step.
"""

from __future__ import annotations

from dataclasses import replace

from .identity import find
from .model import Cluster, Member
from .peer_urls import comparable
from .plan import PRESENT, PROMOTED, Goal, Plan, Verdict
from .preconditions import can_be_changed
from .quorum import READY_LAG, lag_of
from .refusal import Refusal


def plan(cluster: Cluster, goal: Goal) -> Verdict:
    """What to do next for `goal`: a Plan (without steps where it is reached) or a Refusal."""
    # The order of a member list means nothing, so no word of a verdict may depend on it.
    cluster = replace(cluster, members=tuple(sorted(cluster.members, key=lambda member: member.member_id)))
    refusal = can_be_changed(cluster)
    if refusal:
        return refusal
    target = find(cluster, goal.identity, renames_urls=goal.state == PRESENT)
    if isinstance(target, Refusal):
        return target
    masked = _masked(cluster, goal, target)
    if masked:
        return masked
    if _is_reached(goal, target):
        return Plan(target=target)
    from .member_plans import PLANNERS  # pylint: disable=import-outside-toplevel

    return PLANNERS[goal.state](cluster, goal, target)


def _masked(cluster: Cluster, goal: Goal, target: Member | None) -> Refusal | None:
    if goal.state != PRESENT or not goal.password:
        return None
    # Here and in `plan`: most tasks find their goal reached, and every import is paid at each task.
    from .masking import masks_first_start  # pylint: disable=import-outside-toplevel

    return masks_first_start(cluster, target, goal.identity.name, goal.identity.peer_urls, goal.password)


def _is_reached(goal: Goal, target: Member | None) -> bool:
    """Whether nothing is to be done, nor to be said about it."""
    if target is None:
        return False
    if goal.state == PRESENT:
        return has_peer_urls(target, goal)
    return goal.state == PROMOTED and target.is_voter and target.is_started


def has_peer_urls(target: Member, goal: Goal) -> bool:
    """Whether the member has exactly the wanted peer URLs, or none are wanted for."""
    return not goal.identity.peer_urls or comparable(target.peer_urls) == comparable(goal.identity.peer_urls)


def peer_urls_to_prove(cluster: Cluster, goal: Goal) -> tuple[str, ...]:
    """The peer URLs that have to be tried out before this goal can be decided: all that a member that has started is to
    get.

    Also those that it has already: where one of them is dead, the others may be all that keeps the member reachable.
    """
    target = find(cluster, goal.identity, renames_urls=True) if goal.state == PRESENT else None
    if not isinstance(target, Member) or not target.is_started:
        return ()
    return () if has_peer_urls(target, goal) else goal.identity.peer_urls


def learner_to_prove(cluster: Cluster, goal: Goal) -> Member | None:
    """The learner whose liveness has to be proven before this goal can be decided: the one to promote, once it is close
    enough.
    """
    target = find(cluster, goal.identity, renames_urls=False) if goal.state == PROMOTED else None
    if not isinstance(target, Member) or target.is_voter or not cluster.has_quorum:
        return None
    status = cluster.status_of(target.member_id)
    return target if status and lag_of(cluster, status) <= READY_LAG else None
