# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What an operator should know about a cluster that works: concerns, each with a stable code."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .expiry import Expiring, expiry_lines
from .model import Cluster, hex_id
from .quorum import LAG_LIMIT, alarms_of, lag_of, quorum_of, unhealthy_reason
from .releases import minor_text, where_it_stands

# etcd refuses writes when the quota is used up, so there has to be time to act.
QUOTA_SHARE = 0.8
# Below this a database is not worth defragmenting, whatever share of it is free.
FRAGMENTED_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True)
class Concern:
    code: str
    message: str


def concerns(cluster: Cluster, expiring: t.Iterable[Expiring] = ()) -> tuple[Concern, ...]:
    """All concerns, the gravest first; last those about certificates that expire."""
    found = tuple(concern for find in _FINDERS for concern in find(cluster))
    return (*found, *(Concern("certificate_expires", line) for line in expiry_lines(expiring)))


def _identity(cluster: Cluster) -> t.Iterator[Concern]:
    if cluster.foreign_cluster_ids:
        ids = ", ".join(hex_id(number) for number in cluster.foreign_cluster_ids)
        yield Concern(
            "cluster_id_mismatch", f"Some endpoints belong to other clusters ({ids}) than {hex_id(cluster.cluster_id)}."
        )
    if cluster.rival_leader_ids:
        ids = ", ".join(hex_id(number) for number in cluster.rival_leader_ids)
        yield Concern("split_brain", f"The cluster is split; both halves accept writes. Their leaders are {ids}.")
    for number in cluster.removed_ids:
        yield Concern(
            "removed_member_answers",
            f"The removed member {hex_id(number)} still answers. Stop it and delete its data directory.",
        )


def _quorum(cluster: Cluster) -> t.Iterator[Concern]:
    quorum = quorum_of(cluster)
    if not cluster.has_quorum or not cluster.leader_id:
        yield Concern(
            "no_quorum", "The cluster has no quorum: nothing can be written, and the member list may be stale."
        )
    elif not quorum.holds:
        yield Concern(
            "too_few_healthy", f"Only {quorum}; the members that cannot be reached from here may still form the quorum."
        )
    elif quorum.fault_tolerance == 0 and quorum.voters > 2:
        yield Concern("no_fault_tolerance", f"One more failure stops all writes: {quorum}.")
    if quorum.voters % 2 == 0:
        yield Concern("even_size", f"{quorum.voters} voters tolerate no more failures than {quorum.voters - 1} would.")


def _members(cluster: Cluster) -> t.Iterator[Concern]:
    for member in cluster.members:
        if not member.is_started:
            yield Concern(
                "member_unstarted", f"The {member.label} is registered, but has not started. Start it or remove it."
            )
        elif unhealthy_reason(cluster, member):
            yield Concern("member_unhealthy", f"{member.label} {unhealthy_reason(cluster, member)}.")
        elif member.is_learner:
            yield Concern(
                "learner_waiting",
                f"{member.label} is a learner, which does not count for the quorum until it is promoted.",
            )
    names = [member.name for member in cluster.members if member.is_started]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Concern(
            "duplicate_name",
            f"{names.count(name)} members are named {name}; etcd allows that, but a name cannot tell them apart.",
        )


def _alarms(cluster: Cluster) -> t.Iterator[Concern]:
    for alarm in alarms_of(cluster):
        member = cluster.member(alarm.member_id)
        yield Concern(
            "alarm", f"The alarm {alarm.kind} is on, raised by {member.label if member else hex_id(alarm.member_id)}."
        )


def _versions(cluster: Cluster) -> t.Iterator[Concern]:
    stands = where_it_stands(cluster)
    if stands:
        yield Concern("version_skew", f"The members run different releases: {stands}.")
    if cluster.downgrade_target:
        yield Concern(
            "downgrade",
            f"A downgrade to {minor_text(cluster.downgrade_target)} is on. No member can join until it has ended.",
        )


def _databases(cluster: Cluster) -> t.Iterator[Concern]:
    for status in cluster.statuses:
        member = cluster.member(status.member_id)
        label = member.label if member else hex_id(status.member_id)
        if status.db_size_quota and status.db_size >= QUOTA_SHARE * status.db_size_quota:
            yield Concern(
                "quota", f"{label} uses {100 * status.db_size // status.db_size_quota} per cent of its database quota."
            )
        if status.db_size >= FRAGMENTED_BYTES and status.db_size_in_use < status.db_size // 2:
            yield Concern(
                "fragmented",
                f"{label}'s database is {status.db_size} bytes, of which {status.db_size_in_use} are in use.",
            )
        if LAG_LIMIT // 5 < lag_of(cluster, status) <= LAG_LIMIT:
            yield Concern("lag", f"{label} is {lag_of(cluster, status)} raft entries behind the leader.")


_FINDERS: tuple[t.Callable[[Cluster], t.Iterator[Concern]], ...] = (
    _identity,
    _quorum,
    _alarms,
    _members,
    _versions,
    _databases,
)
