# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Who may lead: leadership at a member, or away from it."""

from __future__ import annotations

from dataclasses import replace

from . import gate
from . import refusal as codes
from .model import NOSPACE, Cluster, Member
from .plan import Goal, Plan, Verdict
from .quorum import READY_LAG, alarms_of, lag_of, most_caught_up, quorum_of, unhealthy_reason
from .refusal import Refusal
from .steps import MOVE_LEADER, Step


def plan_leader(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    """Leadership at the member that the goal means."""
    if target is None:
        return gate.no_such_member(cluster, goal.identity)
    if target.member_id == cluster.leader_id:
        return Plan(target=target)
    refusal = _unfit(without_nospace(cluster), target)
    return refusal or Plan((_move_to(target),), target)


def plan_follower(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    """Leadership anywhere but at the member that the goal means."""
    if target is None:
        return gate.no_such_member(cluster, goal.identity)
    if target.member_id != cluster.leader_id:
        return Plan(target=target)
    if len(cluster.voters) == 1:
        return Refusal(
            codes.LAST_MEMBER,
            f"cannot move leadership away from {target.label}: it is the only voter",
            "Add a second voter first (state: present, then state: promoted).",
            before=quorum_of(cluster),
        )
    found = _heir(without_nospace(cluster), target)
    return found if isinstance(found, Refusal) else Plan((_move_to(found),), target)


def _heir(cluster: Cluster, leader: Member) -> Member | Refusal:
    """Who is to lead instead of the leader: of the others that are healthy and close enough, the one that has applied
    most.
    """
    others = tuple(voter for voter in cluster.voters if voter.member_id != leader.member_id)
    fit = tuple(voter for voter in others if _unfit(cluster, voter) is None)
    found = most_caught_up(cluster, fit)
    if found:
        return found
    quorum = quorum_of(cluster)
    why = "; ".join(f"{voter.label} {why_unfit(cluster, voter)}" for voter in others)
    return Refusal(
        codes.MEMBER_UNHEALTHY,
        f"cannot move leadership away from {leader.label}: none of the {len(others)} other voters can lead: {why}; "
        f"{quorum}",
        "Bring one of them back first.",
        before=quorum,
    )


def without_nospace(cluster: Cluster) -> Cluster:
    """The cluster without its alarms NOSPACE, which keep nobody from leading or from being defragmented, although a
    member that raised one counts as unhealthy.
    """
    return replace(
        cluster,
        alarms=tuple(alarm for alarm in alarms_of(cluster) if alarm.kind != NOSPACE),
        statuses=tuple(
            replace(status, errors=tuple(words for words in status.errors if NOSPACE not in words))
            for status in cluster.statuses
        ),
    )


def _move_to(member: Member) -> Step:
    return Step(MOVE_LEADER, member.member_id, member.name, member.peer_urls)


def _unfit(cluster: Cluster, member: Member) -> Refusal | None:
    """Whether this member cannot lead. etcd checks only that it is a voter, and that its connection is up (3.5 and
    later: server/etcdserver/server.go, MoveLeader): to one that does not answer any more the call never returns.
    """
    attempt = f"cannot move leadership to {member.label}"
    before = quorum_of(cluster)
    if member.is_learner:
        return Refusal(
            codes.NOT_A_VOTER,
            f"{attempt}: it is a learner, and only one of the {before.voters} voters can lead",
            "Promote it first (quorum.etcd.etcd_member with state: promoted), or name a voter.",
            before=before,
        )
    why = why_unfit(cluster, member)
    if not why:
        return None
    return Refusal(
        codes.MEMBER_UNHEALTHY,
        f"{attempt}: it {why}; {before}",
        f"Bring {member.label} back first, or name a voter that is healthy.",
        before=before,
        passing=is_catching_up(cluster, member),
    )


def why_unfit(cluster: Cluster, member: Member) -> str:
    """Why a member cannot be relied on to carry the cluster, in words that follow its name; empty where it can."""
    return unhealthy_reason(cluster, member) or (
        f"is {_lag(cluster, member)} raft entries behind the leader" if is_catching_up(cluster, member) else ""
    )


def is_catching_up(cluster: Cluster, member: Member) -> bool:
    """Whether a member answers, and lacks too much of the log to be relied on; that passes by itself."""
    return _lag(cluster, member) > READY_LAG


def _lag(cluster: Cluster, member: Member) -> int:
    status = cluster.status_of(member.member_id)
    return lag_of(cluster, status) if status else 0
