# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The decision: from a cluster as observed and a wish to the steps that are safe now, or to the reason why none is.

Pure. The same function serves check mode, the diff and the real run, which plans again before each step.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .identity import Identity, find
from .model import Cluster, Member
from .peer_urls import comparable
from .quorum import READY_LAG, lag_of
from .refusal import Refusal
from .steps import Plan
from .wholeness import whole

PRESENT = "present"
PROMOTED = "promoted"
ABSENT = "absent"
# What a rolling change waits for between its steps.
STOPPABLE = "stoppable"
RUNNING = "running"


@dataclass(frozen=True)
class Wish:
    """What a user wants of one member. Peer URLs are normalised; `accept` holds refusal codes to override."""

    state: str
    identity: Identity
    learner: bool = True
    move_leader: bool = True
    min_fault_tolerance: int = 0
    accept: frozenset[str] = frozenset()


Verdict = t.Union[Plan, Refusal]


def plan(cluster: Cluster, wish: Wish) -> Verdict:
    """What to do next for `wish`: a Plan (without steps where it is fulfilled) or a Refusal."""
    # The order of a member list means nothing, so no word of a verdict may depend on it.
    cluster = replace(cluster, members=tuple(sorted(cluster.members, key=lambda member: member.member_id)))
    refusal = whole(cluster)
    if refusal:
        return refusal
    target = find(cluster, wish.identity, renames_urls=wish.state == PRESENT)
    if isinstance(target, Refusal):
        return target
    if _is_fulfilled(wish, target):
        return Plan(target=target)
    # Only here: most tasks find their wish fulfilled, and every import is paid at each task.
    from .planners import PLANNERS  # pylint: disable=import-outside-toplevel,cyclic-import

    return PLANNERS[wish.state](cluster, wish, target)


def _is_fulfilled(wish: Wish, target: Member | None) -> bool:
    """Whether nothing is to be done, nor to be said about it."""
    if target is None:
        return False
    if wish.state == PRESENT:
        return has_peer_urls(target, wish)
    return wish.state == PROMOTED and target.is_voter and target.is_started


def has_peer_urls(target: Member, wish: Wish) -> bool:
    """Whether the member has exactly the wished peer URLs, or none are wished for."""
    return not wish.identity.peer_urls or comparable(target.peer_urls) == comparable(wish.identity.peer_urls)


def peer_urls_to_prove(cluster: Cluster, wish: Wish) -> tuple[str, ...]:
    """The peer URLs that have to be tried out before this wish can be decided: all that a member that has started is to get.

    Also those that it has already: where one of them is dead, the others may be all that keeps the member reachable.
    """
    target = find(cluster, wish.identity, renames_urls=True) if wish.state == PRESENT else None
    if not isinstance(target, Member) or not target.is_started:
        return ()
    return () if has_peer_urls(target, wish) else wish.identity.peer_urls


def learner_to_prove(cluster: Cluster, wish: Wish) -> Member | None:
    """The learner whose liveness has to be proven before this wish can be decided: the one to promote, once it is close enough."""
    target = find(cluster, wish.identity, renames_urls=False) if wish.state == PROMOTED else None
    if not isinstance(target, Member) or target.is_voter or not cluster.has_quorum:
        return None
    status = cluster.status_of(target.member_id)
    return target if status and lag_of(cluster, status) <= READY_LAG else None
