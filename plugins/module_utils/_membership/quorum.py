# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Health of members and the arithmetic of quorum."""

from __future__ import annotations

import re
import typing as t

from .model import Alarm, Cluster, Member, Status

# A voter further behind the leader than this is refused requests by etcd itself
# (server/etcdserver/v3_server.go maxGapBetweenApplyAndCommitIndex) and is no use for a quorum.
LAG_LIMIT = 5000

# A learner further behind than this is not promoted: the entries have to reach it before its vote counts for anything.
# etcd's own rule (server.go isLearnerReady: 90 per cent of the leader's index) lets a learner pass that lacks most of a
# small log.
READY_LAG = 1000

_ALARM = re.compile(r"memberID:(\d+)\s+alarm:(NOSPACE|CORRUPT)")


class Quorum(t.NamedTuple):
    """A number of voters and how many of them are healthy."""

    voters: int
    healthy: int

    @property
    def size(self) -> int:
        """How many voters must agree: more than half."""
        return self.voters // 2 + 1

    @property
    def fault_tolerance(self) -> int:
        """How many more healthy voters may fail before writes stop; 0 also when they have stopped already."""
        return max(self.healthy - self.size, 0)

    @property
    def holds(self) -> bool:
        return self.healthy >= self.size

    def __str__(self) -> str:
        return f"{self.healthy} of {self.voters} voters healthy, quorum {self.size}, tolerates {self.fault_tolerance}"


def quorum_of(cluster: Cluster) -> Quorum:
    return Quorum(voters=len(cluster.voters), healthy=sum(1 for voter in cluster.voters if is_healthy(cluster, voter)))


def is_healthy(cluster: Cluster, member: Member) -> bool:
    return diagnosis(cluster, member) is None


def is_healthy_cluster(cluster: Cluster) -> bool:
    """Whether the cluster has a quorum, and all of its members are healthy, learners included."""
    return (
        cluster.has_quorum
        and quorum_of(cluster).holds
        and all(is_healthy(cluster, member) for member in cluster.members)
    )


# What can be wrong with a member.
UNSTARTED = "unstarted"
SILENT = "silent"
FOREIGN = "foreign"
NOT_FOLLOWING = "not_following"
ALARMED = "alarmed"
LAGGING = "lagging"


class Diagnosis(t.NamedTuple):
    """Why a member cannot be counted on: the kind of its trouble, and words that follow its name in a sentence."""

    kind: str
    words: str


def diagnosis(cluster: Cluster, member: Member) -> Diagnosis | None:
    """What is wrong with a member; None for a healthy one.

    A member is healthy when it has started, answers, follows the cluster's leader, raised no alarm and is not far
    behind.
    """
    if not member.is_started:
        return Diagnosis(UNSTARTED, "never started")
    status = cluster.status_of(member.member_id)
    if status is None:
        silence = cluster.silence_of(member.member_id)
        return Diagnosis(SILENT, silence.message if silence else "was not asked")
    if status.cluster_id != cluster.cluster_id:
        return Diagnosis(FOREIGN, f"answers for another cluster ({status.cluster_id:x})")
    if not status.leader_id:
        return Diagnosis(NOT_FOLLOWING, "sees no leader")
    if cluster.leader_id and status.leader_id != cluster.leader_id:
        return Diagnosis(NOT_FOLLOWING, f"follows another leader ({status.leader_id:x})")
    kinds = [alarm.kind for alarm in alarms_of(cluster) if alarm.member_id == member.member_id]
    if kinds:
        return Diagnosis(ALARMED, "raised the alarm {}".format(" and ".join(kinds)))
    lag = lag_of(cluster, status)
    return Diagnosis(LAGGING, f"is {lag} raft entries behind the leader") if lag > LAG_LIMIT else None


def unhealthy_reason(cluster: Cluster, member: Member) -> str:
    """The words of a member's diagnosis; empty for a healthy one."""
    found = diagnosis(cluster, member)
    return found.words if found else ""


def is_settled(cluster: Cluster) -> bool:
    """Whether all members that answer follow one leader.

    Around an election they do not, and pass for unhealthy for a moment.
    """
    leaders = {status.leader_id for status in cluster.statuses}
    return len(leaders) <= 1 and 0 not in leaders


def alarms_of(cluster: Cluster) -> tuple[Alarm, ...]:
    """The alarms that are on, as the members' own status texts name them (etcd
    server/etcdserver/api/v3rpc/maintenance.go Status).
    """
    found = set(cluster.alarms)
    for status in cluster.statuses:
        for text in status.errors:
            found.update(Alarm(int(number), kind) for number, kind in _ALARM.findall(text))
    return tuple(sorted(found, key=lambda alarm: (alarm.member_id, alarm.kind)))


def has_alarm(cluster: Cluster, kind: str) -> bool:
    return any(alarm.kind == kind for alarm in alarms_of(cluster))


def raft_index_of_leader(cluster: Cluster) -> int:
    """The newest raft index known: the leader's, or the highest that any voter answered."""
    leader = cluster.status_of(cluster.leader_id)
    if leader:
        return leader.raft_index
    return max((status.raft_index for status in cluster.statuses if status.cluster_id == cluster.cluster_id), default=0)


def lag_of(cluster: Cluster, status: Status) -> int:
    """How many raft entries a member is behind the leader."""
    return max(raft_index_of_leader(cluster) - status.raft_index, 0)


def most_caught_up(cluster: Cluster, candidates: tuple[Member, ...]) -> Member | None:
    """The healthy voter among `candidates` with the highest applied index; the lower id where two are level."""
    fit = [voter for voter in candidates if voter.is_voter and is_healthy(cluster, voter)]
    return min(fit, key=lambda voter: (-_applied_index(cluster, voter), voter.member_id), default=None)


def _applied_index(cluster: Cluster, member: Member) -> int:
    status = cluster.status_of(member.member_id)
    return status.raft_applied_index or status.raft_index if status else 0
