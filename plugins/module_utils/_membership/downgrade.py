# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A rolling downgrade by one minor release: when it may begin, who is next, and what is still awaited.

Etcd's own rules (etcd.io/docs/v3.7/downgrades/downgrade_3_7; 3.7.3 server/etcdserver/version/monitor.go,
server/etcdserver/version/version.go): once a downgrade is enabled, the leader lowers the version of the cluster, and
then each member lowers the version of its storage. Only on such data does a program of the older release start. The
leader ends the downgrade when every member runs the older release. It does neither of the two while it does not know
the release of a member: a member that is down, a learner too, keeps the downgrade on for ever.

Within a minor release nothing is enabled: the storage is the same.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from . import gate, rolling, versions
from . import refusal as codes
from .checks import no_unstarted_voter
from .deployment import Deployment, Verdict
from .hosts import Host
from .model import Cluster, Member, Status
from .move import Move
from .plan_warnings import promotion_warnings
from .preconditions import can_be_changed
from .quorum import quorum_of, unhealthy_reason
from .refusal import Check, Refusal, judge
from .steps import Step
from .storage import FIRST_TO_GO_DOWN, goes_to, is_lowered, minor_of, newer_than
from .versions import Minor, Version, minor_words

ENABLE_DOWNGRADE = "enable_downgrade"
CANCEL_DOWNGRADE = "cancel_downgrade"
# What a host does.
DOWNGRADE = "downgrade"

_RELEASE = re.compile(r"\d+\.\d+\.\d+")
_TARGET = re.compile(r"(\d+)\.(\d+)(\.\d+)?")
# Of the codes that a user may accept, those that a downgrade can live with.
_ACCEPTABLE = (codes.VERSION_BUG, codes.WOULD_LOSE_QUORUM)

CANCEL = "cancel it (state: cancelled, or quorum.etcd.downgrade with etcd_cluster_downgrade_cancel: true)"


# Targets


def minor_of_target(target: str) -> Minor | None:
    """`3.6` and `3.6.16` as numbers; None for what is neither."""
    match = _TARGET.fullmatch(target)
    return (int(match[1]), int(match[2])) if match else None


def not_a_target(target: str) -> Refusal:
    return Refusal(
        codes.VERSION_UNSUPPORTED, f"{target!r} is not a release of etcd", "Give its numbers, for example 3.6.16."
    )


# Where the cluster is on its way


def is_on(cluster: Cluster, minor: Minor | None = None) -> bool:
    """Whether a member of 3.6 or newer says that a downgrade is on, to this minor release where one is named."""
    return any(minor is None or goes_to(status, minor) for status in cluster.statuses if status.downgrade_target)


def tells_downgrade(cluster: Cluster) -> bool:
    """Whether any member says if a downgrade is on: those before 3.6 do not."""
    return any(minor_of(status.version) >= FIRST_TO_GO_DOWN for status in cluster.statuses)


def lowest_of(cluster: Cluster) -> Minor:
    """The oldest minor release that a member answers with. There is always one that answers."""
    return min(minor_of(status.version) for status in cluster.statuses)


# What stands in the way, and what is awaited


def obstacle(cluster: Cluster, minor: Minor, release: str = "") -> Refusal | None:
    """Why the cluster cannot go down to this minor release now, or go on with it."""
    way = _Way(cluster, minor, release or minor_words(minor))
    return can_be_changed(cluster) or next(
        (refusal for refusal in (check() for check in (*way.releases(), *way.members())) if refusal), None
    )


def not_risen(cluster: Cluster, minor: Minor) -> Refusal | None:
    """Whether a downgrade cannot be enabled yet: right after an upgrade or a cancellation etcd takes some seconds to
    raise its versions, and refuses every target until then.
    """
    newer = newer_than(cluster, minor)
    behind = [status for status in newer if minor_of(status.storage_version) != minor_of(status.version)]
    if not behind:
        return None
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"the downgrade to {minor_words(minor)} cannot be enabled yet: {_storages(cluster, behind)}",
        "etcd raises the storage version some seconds after the last member was upgraded. If it does not, look at the "
        "leader's log.",
        before=quorum_of(cluster),
    )


def not_lowered(cluster: Cluster, minor: Minor) -> Refusal | None:
    """Whose data the older program could not read yet, once the downgrade is on."""
    if is_lowered(cluster, minor):
        return None
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"the downgrade to {minor_words(minor)} is enabled, and not every member is ready for it: "
        f"{_storages(cluster, newer_than(cluster, minor))}",
        "Look at the logs of the leader and of these members. Then run this again to go on waiting, or " + CANCEL + ".",
        before=quorum_of(cluster),
    )


def cancelled_by_another(cluster: Cluster, minor: Minor) -> Refusal:
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"this run enabled the downgrade to {minor_words(minor)}, and somebody has cancelled it since",
        "Find out who did, then run this again.",
        before=quorum_of(cluster),
        final=True,
    )


def still_on(cluster: Cluster) -> Refusal:
    """The downgrade that was to be cancelled is on."""
    who = [_label(cluster, status) for status in cluster.statuses if status.downgrade_target]
    words = f" (says {', '.join(who)})" if who else ""
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"the downgrade is still on{words}, although etcd was asked to cancel it",
        "etcd reports success even if it could not cancel. Look at the leader's log, then run this again.",
        before=quorum_of(cluster),
    )


def unfinished(cluster: Cluster, minor: Minor) -> Refusal | None:
    """What is missing from the end of the downgrade, as far as the members say it."""
    return _running_newer(cluster, minor) or _not_ended(cluster, minor)


def _running_newer(cluster: Cluster, minor: Minor) -> Refusal | None:
    others = [member for member in cluster.members if _minor_of(cluster, member) != minor]
    if not others:
        return None
    names = ", ".join(_release_of(cluster, member) for member in others)
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"the downgrade to {minor_words(minor)} has not ended: {names} does not run {minor_words(minor)}",
        f"Downgrade every member (quorum.etcd.downgrade), or {CANCEL}.",
        before=quorum_of(cluster),
    )


def _not_ended(cluster: Cluster, minor: Minor) -> Refusal | None:
    open_ones = [
        status
        for status in cluster.statuses
        if status.downgrade_target or minor_of(status.storage_version or minor_words(minor)) != minor
    ]
    return awaiting_end(cluster, minor, _storages(cluster, open_ones)) if open_ones else None


def awaiting_end(cluster: Cluster, minor: Minor, why: str) -> Refusal:
    """Every member runs the older release, and the leader has yet to end the downgrade."""
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"every member runs {minor_words(minor)}, and etcd has not ended the downgrade yet: {why}",
        "The leader ends it a few seconds after the last member. If it does not, look at its log.",
        before=quorum_of(cluster),
    )


def refused_by_etcd(cluster: Cluster, minor: Minor, server_words: str) -> Refusal:
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot downgrade to {minor_words(minor)}: etcd answers '{server_words}'",
        "etcd goes down by one minor release from the version of the cluster (etcdcluster at /version).",
        before=quorum_of(cluster),
    )


def _storages(cluster: Cluster, statuses: t.Sequence[Status]) -> str:
    return ", ".join(
        f"{_label(cluster, status)} runs {status.version} with storage version {status.storage_version or 'unknown'}"
        + (f" and goes down to {status.downgrade_target}" if status.downgrade_target else "")
        for status in statuses
    )


def _label(cluster: Cluster, status: Status) -> str:
    member = cluster.member(status.member_id)
    return member.label if member else f"{status.member_id:x}"


def _version_of(cluster: Cluster, member: Member) -> Version | None:
    status = cluster.status_of(member.member_id)
    return versions.parse(status.version) if status else None


def _runs(cluster: Cluster, member: Member, release: str) -> bool:
    status = cluster.status_of(member.member_id)
    return status is not None and versions.same_release(status.version, release)


def _minor_of(cluster: Cluster, member: Member, unknown: Minor = (0, 0)) -> Minor:
    version = _version_of(cluster, member)
    return version[:2] if version else unknown


def _release_of(cluster: Cluster, member: Member) -> str:
    status = cluster.status_of(member.member_id)
    return f"{member.label} ({status.version})" if status else member.label


# The plan of a roll


def downgrade(cluster: Cluster | None, hosts: t.Sequence[Host], release: str, accept: t.Container[str] = ()) -> Verdict:
    """The moves after which every member runs `release`, such as 3.6.16: the downgrade is enabled, unless it is, then
    each member that does not run the release, the leader last.

    `accept` holds refusal codes to override: `version_bug`, and `would_lose_quorum` for a cluster of two.
    """
    target = versions.parse(release) if _RELEASE.fullmatch(release) else None
    if target is None:
        return not_a_target(release)
    if cluster is None:
        return Refusal(
            codes.NO_QUORUM,
            f"cannot downgrade to {release}: no member answers, so the present release is unknown",
            "Start the members first (quorum.etcd.deploy).",
        )
    return _Roll(cluster, hosts, release, target).verdict(accept)


@dataclass(frozen=True)
class _Way:
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
        older = [member for member in self.cluster.members if _minor_of(self.cluster, member, self.minor) < self.minor]
        return would_go_up(self.cluster, older, self.release) if older else None

    def _has_no_way(self) -> Refusal | None:
        before = [
            member for member in self._newer_members() if _minor_of(self.cluster, member, self.minor) < FIRST_TO_GO_DOWN
        ]
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
        newer = {member: _minor_of(self.cluster, member, self.minor) for member in self._newer_members()}
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
        unknown = [member for member in self.cluster.members if _version_of(self.cluster, member) is None]
        if not unknown:
            return None
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"cannot tell which release {self._listed(unknown)} is",
            "Check what answers at the client URLs.",
        )

    def _or_cancel(self) -> str:
        return f" The downgrade is on: you can also {CANCEL}." if is_on(self.cluster) else ""

    def _newer_members(self) -> list[Member]:
        return [member for member in self.cluster.members if _minor_of(self.cluster, member, self.minor) > self.minor]

    def _listed(self, members: t.Sequence[Member]) -> str:
        return ", ".join(sorted(_release_of(self.cluster, member) for member in members))


def would_go_up(cluster: Cluster, members: t.Sequence[Member], release: str) -> Refusal:
    names = ", ".join(sorted(_release_of(cluster, member) for member in members))
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot downgrade to {release}: {names} would go up",
        "Give the release of the oldest member, and upgrade afterwards (quorum.etcd.upgrade).",
    )


@dataclass(frozen=True)
class _Roll:
    cluster: Cluster
    hosts: t.Sequence[Host]
    release: str
    target: Version

    @property
    def minor(self) -> Minor:
        return self.target[:2]

    def verdict(self, accept: t.Container[str]) -> Verdict:
        way = _Way(self.cluster, self.minor, self.release)
        due = self._due()
        refusal = can_be_changed(self.cluster) or _first((self._goes_up, *way.releases()))
        if refusal:
            return refusal
        if not due:
            return Deployment(release=self.release)
        warnings = judge(
            (self._is_unsound, *way.members(), *self._of_the_hosts(due)),
            [code for code in _ACCEPTABLE if code in accept],
        )
        if isinstance(warnings, Refusal):
            return warnings
        steps = tuple(Move(DOWNGRADE, member.member_id, member.name, member.peer_urls) for member in due)
        return Deployment(
            moves=(*self._enabling(), *steps),
            release=self.release,
            warnings=(*warnings, *promotion_warnings((self.release,)), *self._advice()),
        )

    def _due(self) -> tuple[Member, ...]:
        others = [member for member in self.cluster.members if not _runs(self.cluster, member, self.release)]
        return rolling.leader_last(self.cluster, others)

    def _enabling(self) -> tuple[Move, ...]:
        """Not where nobody goes to another minor release, and not a second time."""
        if is_lowered(self.cluster, self.minor):
            return ()
        return (Move(ENABLE_DOWNGRADE),)

    def _goes_up(self) -> Refusal | None:
        older = [
            member
            for member in self.cluster.members
            if (_version_of(self.cluster, member) or self.target) < self.target
        ]
        return would_go_up(self.cluster, older, self.release) if older else None

    def _is_unsound(self) -> Refusal | None:
        broken = [rule for rule in versions.UNSOUND if rule.affects(self.target)]
        if not broken:
            return None
        fixed = max(rule.fixed[self.minor] or 0 for rule in broken)
        return Refusal(
            codes.VERSION_BUG,
            f"cannot downgrade to {self.release}: on this release {'; '.join(rule.summary for rule in broken)}",
            f"Downgrade to {minor_words(self.minor)}.{fixed} or newer.",
        )

    def _advice(self) -> tuple[str, ...]:
        old = versions.affected(versions.LOOKS_AT_OLD_SNAPSHOT, self.cluster.versions) if self._enabling() else ()
        if not old:
            return ()
        words = f"On etcd {', '.join(old)} {versions.LOOKS_AT_OLD_SNAPSHOT.summary} (etcd PR 22201)"
        return (f"{words}; if it does not, upgrade to {versions.LOOKS_AT_OLD_SNAPSHOT.fixed_releases} first.",)

    def _of_the_hosts(self, due: tuple[Member, ...]) -> tuple[Check, ...]:
        return (
            lambda: next(filter(None, (gate.may_stop(self.cluster, member) for member in due)), None),
            lambda: rolling.another_group(self.cluster, self.hosts, due, f"downgrade to {self.release}"),
        )


def _first(checks: t.Iterable[Check]) -> Refusal | None:
    return next((refusal for refusal in (check() for check in checks) if refusal), None)


# What a change leads to, for check mode


def enabled(cluster: Cluster, minor: Minor) -> Cluster:
    """The cluster once it is ready for programs of the older release."""
    version = f"{minor_words(minor)}.0"
    newer = newer_than(cluster, minor)
    return replace(
        cluster,
        statuses=tuple(
            replace(status, storage_version=version, downgrade_target=version) if status in newer else status
            for status in cluster.statuses
        ),
    )


def cancelled(cluster: Cluster) -> Cluster:
    return replace(cluster, statuses=tuple(replace(status, downgrade_target="") for status in cluster.statuses))


def outcome_text(cluster: Cluster) -> str:
    """Where a cluster stands after a cancellation, and which ways lead on."""
    lines = picture(cluster)
    minors = sorted({minor_of(status.version) for status in cluster.statuses})
    if len(minors) < 2:
        return lines
    newest = max(cluster.versions, key=lambda version: versions.parse(version) or (0, 0, 0))
    return (
        f"{lines}Members run {' and '.join(map(minor_words, minors))}. Go on in either direction: up with "
        f"quorum.etcd.upgrade and etcd_cluster_upgrade_to: {newest}, or down with quorum.etcd.downgrade.\n"
    )


def picture(cluster: Cluster) -> str:
    """Releases, storage and target as lines of text, for diffs."""
    lines = [
        f"{_label(cluster, status)}: etcd {status.version}, storage version {status.storage_version or '-'}"
        for status in cluster.statuses
    ]
    return "\n".join([*sorted(lines), f"downgrade: {cluster.downgrade_target or 'off'}", ""])
