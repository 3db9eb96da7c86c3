# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What a step leads to: the cluster as it will leave it, and whether it is so already."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .model import Cluster, Member
from .peer_urls import comparable
from .steps import ADD_LEARNER, ADD_VOTER, MOVE_LEADER, PROMOTE, REMOVE, UPDATE_PEER_URLS, Step


def is_done(cluster: Cluster, step: Step) -> bool:
    """Whether the cluster is as the step leaves it, whoever did it."""
    member = cluster.member(step.member_id)
    wanted = comparable(step.peer_urls)
    return {
        ADD_LEARNER: any(comparable(other.peer_urls) == wanted for other in cluster.members),
        ADD_VOTER: any(comparable(other.peer_urls) == wanted for other in cluster.members),
        UPDATE_PEER_URLS: member is not None and comparable(member.peer_urls) == wanted,
        PROMOTE: member is not None and member.is_voter,
        MOVE_LEADER: cluster.leader_id == step.member_id,
        REMOVE: member is None,
    }[step.action]


def project(cluster: Cluster, step: Step) -> Cluster:
    """The cluster as a step will leave it, before anything else happens: an added member has not started yet."""
    return _EFFECTS[step.action](cluster, step)


def project_all(cluster: Cluster, steps: tuple[Step, ...]) -> Cluster:
    for step in steps:
        cluster = project(cluster, step)
    return cluster


def _added(cluster: Cluster, step: Step) -> Cluster:
    newcomer = Member(member_id=step.member_id, peer_urls=step.peer_urls, is_learner=step.action == ADD_LEARNER)
    return replace(cluster, members=(*cluster.members, newcomer))


def _updated(cluster: Cluster, step: Step) -> Cluster:
    return _with_member(cluster, step.member_id, lambda member: replace(member, peer_urls=step.peer_urls))


def _promoted(cluster: Cluster, step: Step) -> Cluster:
    return _with_member(cluster, step.member_id, lambda member: replace(member, is_learner=False))


def _leader_moved(cluster: Cluster, step: Step) -> Cluster:
    statuses = tuple(
        replace(status, leader_id=step.member_id) if status.leader_id == cluster.leader_id else status
        for status in cluster.statuses
    )
    return replace(cluster, leader_id=step.member_id, statuses=statuses)


def _removed(cluster: Cluster, step: Step) -> Cluster:
    return replace(
        cluster,
        members=tuple(member for member in cluster.members if member.member_id != step.member_id),
        statuses=tuple(status for status in cluster.statuses if status.member_id != step.member_id),
        silences=tuple(silence for silence in cluster.silences if silence.member_id != step.member_id),
    )


def _with_member(cluster: Cluster, member_id: int, change: t.Callable[[Member], Member]) -> Cluster:
    return replace(
        cluster,
        members=tuple(change(member) if member.member_id == member_id else member for member in cluster.members),
    )


_EFFECTS: t.Mapping[str, t.Callable[[Cluster, Step], Cluster]] = {
    ADD_LEARNER: _added,
    ADD_VOTER: _added,
    UPDATE_PEER_URLS: _updated,
    PROMOTE: _promoted,
    MOVE_LEADER: _leader_moved,
    REMOVE: _removed,
}
