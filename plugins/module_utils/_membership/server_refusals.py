# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Refusals for what etcd itself turned down, or another run holds up, in words that name the next step."""

from __future__ import annotations

import typing as t

from . import refusal as codes
from .model import Cluster, OpenHealth
from .projection import project
from .quorum import Quorum, quorum_of
from .refusal import Refusal
from .steps import Step


def unsettled(step: Step, cluster: Cluster, server_words: str) -> Refusal:
    """etcd server/etcdserver/server.go, mayAddMember and mayRemoveMember: ErrUnhealthy."""
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"cannot {step}: etcd answers {server_words!r}, since not all of its voters have been connected to each other "
        "for 5 s",
        "If that lasts, look at the network between the peer URLs of all voters; a voter that is down has to be "
        "removed or started first.",
        before=quorum_of(cluster),
    )


def not_enough_started(step: Step, cluster: Cluster, server_words: str) -> Refusal:
    """etcd server/etcdserver/server.go, mayAddMember: ErrNotEnoughStartedMembers."""
    return Refusal(
        codes.WOULD_LOSE_QUORUM,
        f"cannot {step}: etcd answers {server_words!r}",
        "Start the members that have not started, or remove them first.",
        before=quorum_of(cluster),
        after=quorum_of(project(cluster, step)),
    )


def not_a_learner(step: Step, cluster: Cluster, server_words: str) -> Refusal:
    """etcd server/etcdserver/api/membership/cluster.go, ErrMemberNotLearner: raft and the record disagree."""
    return Refusal(
        codes.NOT_A_LEARNER,
        f"cannot {step}: etcd answers {server_words!r}, although its list shows a learner",
        "The record and raft disagree (etcd issue 21694). Remove the member and join it again with an empty data "
        "directory.",
        before=quorum_of(cluster),
    )


def locked(cluster: Cluster, may_be_our_own: bool) -> Refusal:
    holder = "a request of this run whose answer was lost, or another run," if may_be_our_own else "another run"
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"{holder} is changing the membership of this cluster",
        "Let it finish, or wait some seconds if it was killed: its lock ends by itself.",
        before=quorum_of(cluster),
    )


def nobody_can_log_in(healths: t.Sequence[OpenHealth]) -> Refusal:
    """Authentication is on, and no member gives out a token: that takes a quorum, and without a token nothing tells who
    the members are. So the arithmetic is about those that are known to the members that answer, or to us.
    """
    known = max((health.known_members for health in healths), default=0) or len(healths)
    answering = [health for health in healths if not health.silence]
    quorum = Quorum(known, sum(1 for health in answering if not health.trouble))
    return Refusal(
        codes.NO_QUORUM,
        f"nobody can log in, for which a quorum is needed: {len(answering)} of {known} members answer, "
        f"{quorum.size} are needed ({'; '.join(_health_words(health) for health in healths)})",
        "Start the stopped members again. If they are lost for good, recover from a snapshot or from one "
        "survivor (--force-new-cluster); nothing else helps.",
        before=quorum,
    )


def _health_words(health: OpenHealth) -> str:
    if health.silence:
        return health.silence
    checks = f"failed check {', '.join(health.failed_checks)}" if health.failed_checks else ""
    release = f"etcd {health.version}" if health.version else "an unknown release"
    return f"{health.url} answers ({', '.join(part for part in (release, health.trouble, checks) if part)})"


def silent(cluster: Cluster, message: str, next_step: str) -> Refusal:
    """A cluster that answered before in this run, and does not answer now."""
    return Refusal(codes.NO_QUORUM, message, next_step, before=quorum_of(cluster))
