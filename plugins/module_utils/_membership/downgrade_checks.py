# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What stands in the way of a downgrade: the releases of the members, and who is missing."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import refusal as codes
from . import versions
from .checks import no_unstarted_voter
from .downgrade_progress import is_on
from .model import Cluster, Member
from .move import DOWNGRADE
from .quorum import quorum_of, unhealthy_reason
from .refusal import Check, Refusal
from .steps import Step
from .storage import FIRST_TO_GO_DOWN, goes_to
from .versions import Minor, Version, minor_words

CANCEL = "cancel it (state: cancelled, or quorum.etcd.downgrade with etcd_cluster_downgrade_cancel: true)"


@dataclass(frozen=True)
class Way:
    """The checks of one way down; `release` is how messages call its end."""

    cluster: Cluster
    minor: Minor
    release: str

    def releases(self) -> tuple[Check, ...]:
        """What no waiting changes."""
        return (self._goes_up, self._has_no_way, self._skips, self._goes_elsewhere)

    def members(self) -> tuple[Check, ...]:
        return (self._has_learner, self._has_unstarted_voter, self._has_missing_member, self._has_unknown_release)

    def _goes_up(self) -> Refusal | None:
        older = [member for member in self.cluster.members if self._minor_of(member) < self.minor]
        return would_go_up(self.cluster, older, self.release) if older else None

    def _has_no_way(self) -> Refusal | None:
        before = [member for member in self._newer_members() if self._minor_of(member) < FIRST_TO_GO_DOWN]
        if not before:
            return None
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot downgrade {self._listed(before)} to {self.release}: etcd can lower its data from "
            f"{minor_words(FIRST_TO_GO_DOWN)} on",
            "While a member runs the older release still, put its program back on the others by hand "
            "(docs/guide-upgrade.md, the way back). Otherwise restore the snapshot from before the upgrade.",
        )

    def _skips(self) -> Refusal | None:
        newer = {member: self._minor_of(member) for member in self._newer_members()}
        far = [member for member, minor in newer.items() if minor != (self.minor[0], self.minor[1] + 1)]
        if not far:
            return None
        highest = max(newer.values())
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot downgrade to {self.release}: {self._listed(far)} would skip a minor release, and etcd goes down "
            "one at a time",
            f"Downgrade every member to the newest {highest[0]}.{highest[1] - 1} first.",
        )

    def _goes_elsewhere(self) -> Refusal | None:
        others = [
            status for status in self.cluster.statuses if status.downgrade_target and not goes_to(status, self.minor)
        ]
        if not others:
            return None
        return Refusal(
            codes.DOWNGRADE_IN_PROGRESS,
            f"cannot downgrade to {self.release}: a downgrade to {others[0].downgrade_target} is on",
            f"Complete that one (quorum.etcd.downgrade), or {CANCEL}.",
            before=quorum_of(self.cluster),
        )

    def _has_learner(self) -> Refusal | None:
        if not self.cluster.learners:
            return None
        learner = self.cluster.learners[0]
        return Refusal(
            codes.ANOTHER_LEARNER,
            f"cannot downgrade to {self.release}: {learner.label} is a learner, and etcd ends a downgrade only when "
            "every member runs the older release, learners too",
            f"Promote it (state: promoted) or remove it (state: absent) first.{self._or_cancel()}",
            before=quorum_of(self.cluster),
        )

    def _has_unstarted_voter(self) -> Refusal | None:
        return no_unstarted_voter(self.cluster, Step(DOWNGRADE, name="the cluster"))

    def _has_missing_member(self) -> Refusal | None:
        """Waited for, since a member that has just been started needs a moment."""
        ill = [(member, unhealthy_reason(self.cluster, member)) for member in self.cluster.members]
        reasons = "; ".join(f"{member.label} {reason}" for member, reason in ill if reason)
        if not reasons:
            return None
        quorum = quorum_of(self.cluster)
        return Refusal(
            codes.CLUSTER_UNSETTLED,
            f"cannot downgrade to {self.release}: {reasons}; {quorum.healthy} of {quorum.voters} voters are healthy, "
            f"and etcd needs all {quorum.voters} to lower its data and to end the downgrade",
            f"Bring it back, or remove it (state: absent), then run this again.{self._or_cancel()}",
            before=quorum,
        )

    def _has_unknown_release(self) -> Refusal | None:
        unknown = [member for member in self.cluster.members if version_of(self.cluster, member) is None]
        if not unknown:
            return None
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot tell which release {self._listed(unknown)} is",
            "Check what answers at the client URLs.",
        )

    def _or_cancel(self) -> str:
        return f" The downgrade is on: you can also {CANCEL}." if is_on(self.cluster) else ""

    def _minor_of(self, member: Member) -> Minor:
        """Of a member that does not tell its release, the one that is wanted."""
        return minor_of_member(self.cluster, member, self.minor)

    def _newer_members(self) -> list[Member]:
        return [member for member in self.cluster.members if self._minor_of(member) > self.minor]

    def _listed(self, members: t.Sequence[Member]) -> str:
        return ", ".join(sorted(release_of(self.cluster, member) for member in members))


def would_go_up(cluster: Cluster, members: t.Sequence[Member], release: str) -> Refusal:
    names = ", ".join(sorted(release_of(cluster, member) for member in members))
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot downgrade to {release}: {names} would go up",
        "Give the release of the oldest member, and upgrade afterwards (quorum.etcd.upgrade).",
    )


def version_of(cluster: Cluster, member: Member) -> Version | None:
    status = cluster.status_of(member.member_id)
    return versions.parse(status.version) if status else None


def runs(cluster: Cluster, member: Member, release: str) -> bool:
    status = cluster.status_of(member.member_id)
    return status is not None and versions.same_release(status.version, release)


def minor_of_member(cluster: Cluster, member: Member, unknown: Minor = (0, 0)) -> Minor:
    version = version_of(cluster, member)
    return version[:2] if version else unknown


def release_of(cluster: Cluster, member: Member) -> str:
    status = cluster.status_of(member.member_id)
    return f"{member.label} ({status.version})" if status else member.label
