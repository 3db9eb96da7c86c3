# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A rolling upgrade: which members are upgraded, in which order, and when it is refused.

Decided from the releases that the members answer with. Members that run the release already are left alone, so the
next run completes an interrupted upgrade.

Etcd's own rules are those of https://etcd.io/docs/v3.6/upgrades/: within a minor release, or to the next one; never
back; only while all members are healthy.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from . import checks, gate, rolling, versions
from . import refusal as codes
from .convergence import Move
from .deployment import Deployment, Verdict
from .hosts import Host
from .model import Cluster, Member
from .plan_warnings import promotion_warnings
from .preconditions import can_be_changed
from .refusal import Check, Refusal, judge
from .steps import Step
from .versions import ReleaseRule, Version

# What the hosts do, besides the moves of `deployment`.
UPGRADE = "upgrade"

_RELEASE = re.compile(r"\d+\.\d+\.\d+")

# What is wrong with a release for good: nobody should go to it.
_UNSOUND = (versions.DATA_DIFFER_AFTER_CRASH, versions.REVISION_DIFFERS_AFTER_DEFRAG, versions.AUTH_NOT_IN_SNAPSHOT)


@dataclass(frozen=True)
class _Crossing:
    """What has to be behind a member before it goes to a minor release, and the release to go to first."""

    rules: tuple[ReleaseRule, ...]
    first: str


_CROSSINGS: t.Mapping[tuple[int, int], _Crossing] = {
    (3, 6): _Crossing(
        (versions.PROMOTION_NOT_STORED, versions.PROMOTION_LOST_IN_SNAPSHOT, versions.ZOMBIE_MEMBERS), "3.5.32"
    ),
    (3, 7): _Crossing((versions.NOT_BESIDE_3_7,), "3.6.11"),
}

# etcd.io/docs/v3.5/upgrades/upgrade_3_5: 3.5 changed how authentication is written to the log (PR 11943).
_NEW_AUTHENTICATION_LOG = (3, 5)


def upgrade(cluster: Cluster | None, hosts: t.Sequence[Host], release: str, accept: t.Container[str] = ()) -> Verdict:
    """The moves after which every member runs `release`, such as 3.5.16: one for each that does not, the leader last.

    `accept` holds refusal codes to override: `version_bug`, and `would_lose_quorum` for a cluster of two.
    """
    target = versions.parse(release) if _RELEASE.fullmatch(release) else None
    if target is None:
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"{release!r} is not a release of etcd",
            "Give all three numbers, for example 3.5.30.",
        )
    if cluster is None:
        return Refusal(
            codes.NO_QUORUM,
            f"cannot upgrade to {release}: no member answers, so the present release is unknown",
            "Start the members first (quorum.etcd.deploy).",
        )
    return _Upgrade(cluster, hosts, release, target).verdict(accept)


@dataclass(frozen=True)
class _Upgrade:
    cluster: Cluster
    hosts: t.Sequence[Host]
    release: str
    target: Version

    def verdict(self, accept: t.Container[str]) -> Verdict:
        refusal = can_be_changed(self.cluster) or self._goes_down()
        if refusal:
            return refusal
        due = self._due()
        if not due:
            return Deployment(release=self.release)
        warnings = judge(self._checks(due), accept)
        if isinstance(warnings, Refusal):
            return warnings
        return Deployment(
            moves=tuple(Move(UPGRADE, member.member_id, member.name, member.peer_urls) for member in due),
            release=self.release,
            warnings=(*warnings, *promotion_warnings((self.release,)), *self._advice(due)),
        )

    def _due(self) -> tuple[Member, ...]:
        """Who does not run the release, or does not say so; the leader last."""
        due = [member for member in self.cluster.members if self._version_of(member) != self.target]
        return rolling.leader_last(self.cluster, due)

    def _checks(self, due: tuple[Member, ...]) -> tuple[Check, ...]:
        """What no waiting changes comes first."""
        return (
            lambda: self._skips(due),
            lambda: self._changes_authentication(due),
            lambda: self._crosses_too_early(due),
            self._is_unsound,
            lambda: checks.nothing_pending(self.cluster, Step(UPGRADE, due[0].member_id, due[0].name), None),
            lambda: next(filter(None, (gate.may_stop(self.cluster, member) for member in due)), None),
            lambda: gate.all_run(self.cluster, self.cluster.members),
            lambda: self._of_unknown_release(due),
            lambda: rolling.another_group(self.cluster, self.hosts, due, f"upgrade to {self.release}"),
        )

    # Releases

    def _version_of(self, member: Member) -> Version | None:
        status = self.cluster.status_of(member.member_id)
        return versions.parse(status.version) if status else None

    def _text_of(self, member: Member) -> str:
        status = self.cluster.status_of(member.member_id)
        return f"{member.label} ({status.version})" if status else member.label

    def _goes_down(self) -> Refusal | None:
        higher = [member for member in self.cluster.members if (self._version_of(member) or self.target) > self.target]
        if not higher:
            return None
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot upgrade to {self.release}: {self._listed(higher)} would go down to an older release",
            "Give a release at least as new as that of every member. The way back is quorum.etcd.downgrade, see "
            "docs/guide-downgrade.md.",
        )

    def _skips(self, due: tuple[Member, ...]) -> Refusal | None:
        far = [member for member in due if self._is_too_far(self._version_of(member))]
        if not far:
            return None
        oldest = min(filter(None, map(self._version_of, far)))
        following = f"{oldest[0]}.{oldest[1] + 1}"
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot upgrade to {self.release}: {self._listed(far)} would skip a minor release, and etcd goes up "
            "one at a time",
            f"Upgrade every member to the newest {following} first.",
        )

    def _is_too_far(self, version: Version | None) -> bool:
        return version is not None and self.target[:2] not in (version[:2], (version[0], version[1] + 1))

    def _changes_authentication(self, due: tuple[Member, ...]) -> Refusal | None:
        before = [member for member in due if (self._version_of(member) or self.target)[:2] < _NEW_AUTHENTICATION_LOG]
        if not before or not self.cluster.authenticated or self.target[:2] < _NEW_AUTHENTICATION_LOG:
            return None
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot upgrade {self._listed(before)} to {self.release} while authentication is on: etcd 3.5 logs it "
            "in a form that members of 3.4 do not understand",
            "Switch authentication off (etcdctl auth disable), upgrade without a user, and switch it on again.",
        )

    def _crosses_too_early(self, due: tuple[Member, ...]) -> Refusal | None:
        crossing = _CROSSINGS.get(self.target[:2])
        early = [
            member
            for member in self._crossers(due)
            if crossing and any(self._is_affected(member, rule) for rule in crossing.rules)
        ]
        if not early or not crossing:
            return None
        reasons = "; ".join(
            rule.summary for rule in crossing.rules if any(self._is_affected(member, rule) for member in early)
        )
        return Refusal(
            codes.VERSION_BUG,
            f"cannot upgrade {self._listed(early)} to {self.release}: on these releases {reasons}",
            f"Upgrade every member to {crossing.first} first, and then to {self.release}.",
        )

    def _crossers(self, due: tuple[Member, ...]) -> tuple[Member, ...]:
        return tuple(member for member in due if (self._version_of(member) or self.target)[:2] != self.target[:2])

    def _is_affected(self, member: Member, rule: ReleaseRule) -> bool:
        version = self._version_of(member)
        return version is not None and rule.affects(version)

    def _is_unsound(self) -> Refusal | None:
        broken = [rule for rule in _UNSOUND if rule.affects(self.target)]
        if not broken:
            return None
        minor = self.target[:2]
        fixed = max(rule.fixed[minor] or 0 for rule in broken)
        return Refusal(
            codes.VERSION_BUG,
            f"cannot upgrade to {self.release}: on this release {'; '.join(rule.summary for rule in broken)}",
            f"Upgrade to {minor[0]}.{minor[1]}.{fixed} or newer.",
        )

    def _advice(self, due: tuple[Member, ...]) -> tuple[str, ...]:
        crossing = _CROSSINGS.get(self.target[:2])
        first = versions.parse(crossing.first) if crossing else None
        early = [member for member in self._crossers(due) if first and (self._version_of(member) or first) < first]
        return (
            (f"etcd advises upgrading to {crossing.first} before {self.release}: {self._listed(early)}.",)
            if crossing and early
            else ()
        )

    def _of_unknown_release(self, due: tuple[Member, ...]) -> Refusal | None:
        unknown = [member for member in due if self._version_of(member) is None]
        if not unknown:
            return None
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot tell which release {self._listed(unknown)} is",
            "Check what answers at the client URLs.",
        )

    def _listed(self, members: t.Sequence[Member]) -> str:
        return ", ".join(sorted(map(self._text_of, members)))
