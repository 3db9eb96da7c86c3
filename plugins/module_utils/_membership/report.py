# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Values of the core as plain data for JSON, and as text for a diff."""

from __future__ import annotations

import typing as t

from .join import EXISTING, environment, initial_cluster, names_for_joining
from .model import Cluster, Member, OpenHealth, Status, hex_id
from .quorum import Quorum, alarms_of, lag_of, quorum_of, unhealthy_reason
from .refusal import Refusal
from .steps import Step

if t.TYPE_CHECKING:
    from .check_table import Finding
    from .move import Move

Data = t.Dict[str, t.Any]


def role_of(cluster: Cluster, member: Member) -> str:
    if member.is_learner:
        return "learner"
    return "leader" if member.member_id == cluster.leader_id else "voter"


def quorum_data(quorum: Quorum) -> Data:
    return {
        "voters": quorum.voters,
        "size": quorum.size,
        "healthy": quorum.healthy,
        "fault_tolerance": quorum.fault_tolerance,
    }


def member_data(cluster: Cluster, member: Member) -> Data:
    """A member as its record says, and whether it is healthy."""
    return {
        "id": hex_id(member.member_id) if member.member_id else None,
        "name": member.name,
        "peer_urls": list(member.peer_urls),
        "client_urls": list(member.client_urls),
        "is_learner": member.is_learner,
        "role": role_of(cluster, member),
        "started": member.is_started,
        "healthy": not unhealthy_reason(cluster, member),
        "reason": unhealthy_reason(cluster, member),
    }


def member_status_data(cluster: Cluster, member: Member) -> Data:
    """A member with all that it answered about itself; the figures are None where it did not."""
    data = member_data(cluster, member)
    status = cluster.status_of(member.member_id)
    silence = cluster.silence_of(member.member_id)
    data.update(
        reachable=status is not None,
        error={"code": silence.code, "message": silence.message} if silence else None,
        version=status.version if status else None,
        storage_version=status.storage_version or None if status else None,
        leader=hex_id(status.leader_id) if status and status.leader_id else None,
        raft_term=status.raft_term if status else None,
        raft_index=status.raft_index if status else None,
        raft_applied_index=status.raft_applied_index if status else None,
        raft_lag=lag_of(cluster, status) if status else None,
        progress=_progress(cluster, member),
        revision=status.revision if status else None,
        db_size=status.db_size if status else None,
        db_size_in_use=status.db_size_in_use if status else None,
        db_size_quota=status.db_size_quota or None if status else None,
        db_quota_used=_quota_used(status) if status else None,
        feature_gates=_names(cluster.feature_gates_of(member.member_id)),
        alarms=[alarm.kind for alarm in alarms_of(cluster) if alarm.member_id == member.member_id],
    )
    return data


def _quota_used(status: Status) -> int | None:
    """How much of its quota a database takes, in per cent; None where the quota is not known."""
    return 100 * status.db_size // status.db_size_quota if status.db_size_quota else None


def _names(gates: tuple[str, ...] | None) -> list[str] | None:
    return None if gates is None else list(gates)


def health_data(health: OpenHealth) -> Data:
    """What an endpoint told without a login."""
    return {
        "endpoint": health.url,
        "answers": not health.silence,
        "version": health.version or None,
        "cluster_version": health.cluster_version or None,
        "storage_version": health.storage_version or None,
        "reason": health.silence or health.trouble,
        "failed_checks": list(health.failed_checks),
    }


def _progress(cluster: Cluster, member: Member) -> int | None:
    """How far a learner has caught up, in per cent of the leader's raft index."""
    status = cluster.status_of(member.member_id)
    if status is None or not member.is_learner:
        return None
    newest = status.raft_index + lag_of(cluster, status)
    return 100 * status.raft_index // newest if newest else 0


def step_data(step: Step) -> Data:
    return {
        "action": step.action,
        "member": {
            "id": hex_id(step.member_id) if step.member_id else None,
            "name": step.name or None,
            "peer_urls": list(step.peer_urls),
        },
    }


def move_data(move: Move) -> Data:
    """A move on the way to the desired members, in the form of a step."""
    return step_data(Step(move.action, move.member_id, move.name, move.peer_urls))


def finding_data(finding: Finding) -> Data:
    return {
        "host": finding.host or None,
        "check": finding.check,
        "outcome": finding.outcome,
        "code": finding.code or None,
    }


def refusal_data(refusal: Refusal) -> Data:
    return {
        "code": refusal.code,
        "message": refusal.message,
        "arithmetic": {
            "before": quorum_data(refusal.before) if refusal.before else None,
            "after": quorum_data(refusal.after) if refusal.after else None,
        },
        "next_step": refusal.next_step,
    }


def cluster_data(cluster: Cluster) -> Data:
    return {
        "cluster_id": hex_id(cluster.cluster_id),
        "leader": member_data(cluster, cluster.leader) if cluster.leader else None,
        "members": [member_data(cluster, member) for member in in_order(cluster)],
        "quorum": quorum_data(quorum_of(cluster)),
    }


def joining_data(cluster: Cluster, joiner: Member | None, joiner_name: str) -> Data:
    """What a member's first start needs; without a joiner the cluster's list alone."""
    return {
        "initial_cluster": initial_cluster(cluster, names_for_joining(cluster, joiner, joiner_name)),
        "initial_cluster_state": EXISTING,
        "environment": environment(cluster, joiner, joiner_name) if joiner is not None else {},
    }


def diff_data(before: Cluster, after: Cluster) -> Data:
    return {"before": picture(before), "after": picture(after)}


def picture(cluster: Cluster) -> str:
    """Membership and quorum as lines of text, for diffs and for people."""
    lines = [_line(cluster, member) for member in in_order(cluster)]
    return "\n".join([*lines, f"quorum: {quorum_of(cluster)}", ""])


def _line(cluster: Cluster, member: Member) -> str:
    ill = unhealthy_reason(cluster, member)
    state = "healthy" if not ill else "unhealthy" if member.is_started else "not started"
    return f"{member.name or '(no name)'}: {role_of(cluster, member)}, {state}, {' '.join(member.peer_urls)}"


def in_order(cluster: Cluster) -> list[Member]:
    """The members as people want to read them: voters, then learners, each by name, those without a name last."""
    return sorted(
        cluster.members, key=lambda member: (member.is_learner, not member.is_started, member.name, member.member_id)
    )
