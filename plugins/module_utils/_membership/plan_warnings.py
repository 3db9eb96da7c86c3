# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What a plan warns of: things that are allowed, and that whoever does them should know."""

from __future__ import annotations

import typing as t

from . import versions
from .identity import Identity
from .model import Cluster, Member
from .projection import project
from .quorum import quorum_of
from .steps import Step


def promotion_warnings(releases: t.Iterable[str]) -> tuple[str, ...]:
    """What a promotion on members of these releases leaves behind."""
    old = versions.affected(versions.PROMOTION_NOT_STORED, releases)
    if not old:
        return ()
    rule = versions.PROMOTION_NOT_STORED
    return (
        "On etcd {} {} (etcd issue 19557); upgrade to etcd {} before you go to 3.6.".format(
            ", ".join(old), rule.summary, rule.fixed_releases
        ),
    )


def untested_warnings(releases: t.Iterable[str]) -> tuple[str, ...]:
    """A minor release that came after this collection may have rules that nobody has told it."""
    new = versions.untested(releases)
    if not new:
        return ()
    newest = versions.minor_words(versions.NEWEST_TESTED)
    return (f"etcd {', '.join(new)} is untested with this collection, which knows the releases up to {newest}.",)


def joining_warnings(cluster: Cluster, release: str) -> tuple[str, ...]:
    """What whoever adds a member of this release should know of it, and of the others."""
    return (*untested_warnings((*cluster.versions, release)), *_snapshot_warnings(cluster))


def _snapshot_warnings(cluster: Cluster) -> tuple[str, ...]:
    rule = versions.SNAPSHOT_MEETS_DEFRAG
    old = versions.affected(rule, cluster.versions)
    if not old:
        return ()
    return (f"On etcd {', '.join(old)} {rule.summary}: defragment no member until the new one is a voter.",)


def removal_warnings(cluster: Cluster, step: Step, target: Member) -> tuple[str, ...]:
    after = quorum_of(project(cluster, step))
    if target.is_learner or after.fault_tolerance:
        return ()
    return (f"Without {target.label} the cluster tolerates no failure: {after}.",)


def leadership_warnings(cluster: Cluster, target: Member) -> tuple[str, ...]:
    """Only the leader can hand leadership over, so one that does not answer us cannot be asked to."""
    if target.member_id != cluster.leader_id or cluster.status_of(target.member_id):
        return ()
    return (
        f"The leader {target.label} does not answer, so leadership cannot be moved: writes stop until an election.",
    )


def unnamed_warnings(cluster: Cluster, identity: Identity) -> tuple[str, ...]:
    """A member without a name cannot be told by name, so its absence is not proven by one."""
    if identity.peer_urls or identity.member_ids:
        return ()
    unnamed = [member for member in cluster.members if not member.is_started]
    return tuple(
        f"No member is named {identity.name}, but there is an {member.label}; give peer_urls or member_id if you "
        "mean it."
        for member in unnamed
    )
