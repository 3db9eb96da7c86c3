# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which members to defragment, and in which order.

A defragmentation stops the member that it runs on for as long as it takes: it applies nothing (etcd
server/storage/backend/backend.go, defrag). So they go one at a time, only while every other member is there to carry
on, and the leader last, after its leadership has been moved away.
"""

from __future__ import annotations

import typing as t

from . import refusal as codes
from .leadership import is_catching_up, why_unfit, without_nospace
from .model import Cluster, Member, Status
from .plan import Plan, Verdict
from .preconditions import can_be_changed
from .quorum import most_caught_up, quorum_of
from .refusal import Refusal, judge
from .rolling import leader_last
from .steps import DEFRAGMENT, MOVE_LEADER, Step
from .versions import REVISION_DIFFERS_AFTER_DEFRAG, affected

MIB = 1024 * 1024


class Threshold(t.NamedTuple):
    """When a database is worth it: more than `percent` of it is free, and it has at least `least_size` bytes."""

    percent: float = 50
    least_size: int = 100 * MIB

    def is_exceeded(self, status: Status) -> bool:
        free = status.db_size - status.db_size_in_use
        return status.db_size >= self.least_size and 100 * free > self.percent * status.db_size


class Skip(t.NamedTuple):
    """A member that is left alone, and why, in words that follow its name."""

    member: Member
    reason: str


def plan_defragmentation(
    cluster: Cluster,
    names: t.Sequence[str],
    threshold: Threshold,
    accept: t.Container[str] = (),
    done: t.Sequence[Step] = (),
) -> Verdict:
    """The members to defragment now, the leader last. `names` are those to choose from, all where it is empty; `done`
    are the steps that this run has made.
    """
    refusal = can_be_changed(cluster) or _no_such_member(cluster, names)
    if refusal:
        return refusal
    due = [
        member
        for member in _chosen(cluster, names)
        if not _reason_to_skip(cluster, member, threshold) and not is_defragmented(member, done)
    ]
    # One that does not answer may be due as well, and is in any case missing.
    if not due and all(cluster.status_of(member.member_id) for member in _chosen(cluster, names)):
        return Plan()
    found = judge(
        (lambda: all_can_carry_on(cluster), lambda: no_bug(cluster), lambda: _stops_writes(cluster, due)), accept
    )
    if isinstance(found, Refusal):
        return found
    return Plan(steps_for(cluster, due), warnings=found)


def skipped(cluster: Cluster, names: t.Sequence[str], threshold: Threshold, done: t.Sequence[Step]) -> tuple[Skip, ...]:
    """The members that are left alone."""
    chosen = (member for member in _chosen(cluster, names) if not is_defragmented(member, done))
    found = (Skip(member, _reason_to_skip(cluster, member, threshold)) for member in chosen)
    return tuple(skip for skip in found if skip.reason)


def steps_for(cluster: Cluster, due: t.Sequence[Member]) -> tuple[Step, ...]:
    """The steps that defragment these members, the leader last and after another voter has taken over from it.

    Only for a cluster where `all_can_carry_on`: there every voter can take over.
    """
    steps = []
    for member in leader_last(cluster, due):
        others = tuple(voter for voter in cluster.voters if voter.member_id != member.member_id)
        if member.member_id == cluster.leader_id and others:
            heir = t.cast(Member, most_caught_up(without_nospace(cluster), others))
            steps.append(Step(MOVE_LEADER, heir.member_id, heir.name, heir.peer_urls))
        steps.append(Step(DEFRAGMENT, member.member_id, member.name, member.peer_urls))
    return tuple(steps)


def all_can_carry_on(cluster: Cluster) -> Refusal | None:
    """Whether every member is healthy and has caught up. An alarm NOSPACE is no obstacle: this is its cure.

    Learners count as well: one that gets a snapshot while it is defragmented, or while the sender is, may end with
    wrong data (etcd issue 20271; before 3.4.38, 3.5.23 and 3.6.5).
    """
    cluster = without_nospace(cluster)
    reasons = {member: why_unfit(cluster, member) for member in cluster.members}
    ill = {member: reason for member, reason in reasons.items() if reason}
    if not ill:
        return None
    quorum = quorum_of(cluster)
    words = "; ".join(f"{member.label} {reason}" for member, reason in ill.items())
    return Refusal(
        codes.MEMBER_UNHEALTHY,
        f"cannot defragment while a member is missing: {words}; {quorum}, and the member that is defragmented stops "
        "for as long as that takes",
        "Bring it back, or remove it (quorum.etcd.etcd_member with state: absent), then run this again.",
        before=quorum,
        passing=all(is_catching_up(cluster, member) for member in ill),
    )


def no_bug(cluster: Cluster) -> Refusal | None:
    """Whether a crash in the middle of a defragmentation does no harm on these releases."""
    rule = REVISION_DIFFERS_AFTER_DEFRAG
    old = affected(rule, cluster.versions)
    if not old:
        return None
    return Refusal(
        codes.VERSION_BUG,
        f"cannot defragment safely: on etcd {', '.join(old)} {rule.summary} (etcd issue 14685)",
        f"Upgrade to {rule.fixed_releases} or newer first (quorum.etcd.upgrade).",
        before=quorum_of(cluster),
    )


def is_defragmented(member: Member, done: t.Sequence[Step]) -> bool:
    return any(step.action == DEFRAGMENT and step.member_id == member.member_id for step in done)


def _chosen(cluster: Cluster, names: t.Sequence[str]) -> list[Member]:
    return [member for member in cluster.members if not names or member.name in names]


def _reason_to_skip(cluster: Cluster, member: Member, threshold: Threshold) -> str:
    """Empty for a member that is to be defragmented."""
    if member.is_learner:
        return "is a learner, and etcd defragments only voters"
    status = cluster.status_of(member.member_id)
    if status is None:
        return "does not answer"
    if threshold.is_exceeded(status):
        return ""
    free = status.db_size - status.db_size_in_use
    share = 100 * free // status.db_size if status.db_size else 0
    return (
        f"has {free} of {status.db_size} bytes free ({share} per cent), and is defragmented above "
        f"{threshold.percent:g} per cent and from {threshold.least_size} bytes on"
    )


def _no_such_member(cluster: Cluster, names: t.Sequence[str]) -> Refusal | None:
    known = [member.name for member in cluster.members]
    unknown = [name for name in names if name not in known]
    if not unknown:
        return None
    return Refusal(
        codes.MEMBER_NOT_FOUND,
        f"no member is named {' or '.join(unknown)}",
        f"Give names of members: {', '.join(sorted(name for name in known if name))}.",
        before=quorum_of(cluster),
    )


def _stops_writes(cluster: Cluster, due: t.Sequence[Member]) -> Refusal | None:
    if len(cluster.voters) > 1 or not due:
        return None
    status = t.cast(Status, cluster.status_of(due[0].member_id))
    return Refusal(
        codes.WOULD_STOP_WRITES,
        f"cannot defragment {due[0].label} without an interruption: it is the only voter, and nothing can be read or "
        f"written while its {status.db_size_in_use} bytes are rewritten",
        "Add members first, or accept the interruption (accept: [would_stop_writes]).",
        before=quorum_of(cluster),
    )
