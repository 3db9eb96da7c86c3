# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Gates between the steps of a rolling change: may this member be stopped now, and has it come back."""

from __future__ import annotations

from dataclasses import replace

from . import refusal as codes
from .identity import Identity
from .model import Cluster, Member
from .quorum import Quorum, is_healthy, quorum_of, unhealthy_reason
from .quorum_refusals import unhealthy_words
from .refusal import Refusal


def may_stop(cluster: Cluster, member: Member) -> Refusal | None:
    """Whether the others can go on without this member for a while. A cluster of one is stopped either way."""
    before = quorum_of(cluster)
    if member.is_learner or before.voters == 1:
        return None
    after = Quorum(before.voters, before.healthy - (1 if is_healthy(cluster, member) else 0))
    if after.holds:
        return None
    words = (
        f"cannot stop {member.label}: {after.healthy} of {after.voters} voters would be healthy and {after.size} are "
        "needed"
    )
    if before.voters == 2:
        return Refusal(
            codes.WOULD_LOSE_QUORUM,
            words,
            "Nothing can be written while one of two voters is stopped. Add a third member first, or accept the "
            "interruption.",
            before=before,
            after=after,
            final=True,
        )
    ill = unhealthy_words(
        replace(cluster, members=tuple(other for other in cluster.members if other.member_id != member.member_id))
    )
    return Refusal(
        codes.WOULD_LOSE_QUORUM,
        f"{words} ({ill})",
        "Bring the other members back first.",
        before=before,
        after=after,
        passing=True,
    )


def all_run(cluster: Cluster, members: tuple[Member, ...], as_voters: bool = True) -> Refusal | None:
    """Whether these are healthy now, and voters unless that does not matter; a member that has just been started needs
    a moment for that.
    """
    for member in members:
        why = unhealthy_reason(cluster, member) or ("is a learner" if as_voters and member.is_learner else "")
        if why:
            return Refusal(
                codes.CLUSTER_UNSETTLED,
                f"{member.label} {why}",
                "Look at the log of its etcd (journalctl --unit etcd) and at the network between the peer URLs.",
                before=quorum_of(cluster),
            )
    return None


def no_such_member(cluster: Cluster, identity: Identity) -> Refusal:
    names = ", ".join(member.label for member in cluster.members)
    return Refusal(
        codes.MEMBER_NOT_FOUND,
        f"{identity} is not a member",
        f"Give the name of a member: {names}.",
        before=quorum_of(cluster),
    )
