# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A quorum that would not hold: who is missing from it, and what brings them back."""

from __future__ import annotations

import typing as t

from .model import Cluster, Member
from .quorum import ALARMED, FOREIGN, LAGGING, NOT_FOLLOWING, SILENT, UNSTARTED, Diagnosis, Quorum, diagnosis, quorum_of
from .refusal import WOULD_LOSE_QUORUM, Refusal
from .steps import Step


def would_lose_quorum(cluster: Cluster, step: Step, after: Quorum, why: str = "", otherwise: str = "") -> Refusal:
    """`otherwise` is the way out where it is not an unhealthy voter that stands in the way."""
    before = quorum_of(cluster)
    unhealthy = unhealthy_voters(cluster)
    lagging = sum(1 for _voter, found in unhealthy if found.kind == LAGGING)
    message = f"cannot {step}: {after.healthy} of {after.voters} voters would be healthy and {after.size} are needed"
    return Refusal(
        WOULD_LOSE_QUORUM,
        "; ".join(part for part in (message, why, unhealthy_words(cluster)) if part),
        _remedies(unhealthy) or otherwise,
        before=before,
        after=after,
        passing=Quorum(after.voters, after.healthy + lagging).holds,
    )


def _remedies(unhealthy: t.Sequence[tuple[Member, Diagnosis]]) -> str:
    by_kind: dict[str, list[Member]] = {}
    for voter, found in unhealthy:
        by_kind.setdefault(found.kind, []).append(voter)
    return " ".join(_REMEDIES[kind].format(labels(voters)) for kind, voters in by_kind.items())


_REMEDIES: t.Mapping[str, str] = {
    UNSTARTED: "Start the {}, or remove it.",
    SILENT: "Remove {} first, or start it again.",
    FOREIGN: "Remove {} first, or correct the client URLs that it advertises.",
    NOT_FOLLOWING: "Look at the network between {} and the leader.",
    ALARMED: "Remove the cause of the alarm of {} first, then disarm it (quorum.etcd.etcd_alarm).",
    LAGGING: "Wait until {} has caught up.",
}


def unhealthy_voters(cluster: Cluster) -> list[tuple[Member, Diagnosis]]:
    found = ((voter, diagnosis(cluster, voter)) for voter in cluster.voters)
    return [(voter, one) for voter, one in found if one]


def unhealthy_words(cluster: Cluster) -> str:
    return "; ".join(f"{voter.label} {found.words}" for voter, found in unhealthy_voters(cluster))


def labels(members: t.Sequence[Member]) -> str:
    return " and ".join(member.label for member in members)
