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
from dataclasses import replace

from . import refusal as codes
from . import versions
from .downgrade_checks import CANCEL, Way, minor_of_member, release_of
from .model import Cluster, Status
from .preconditions import can_be_changed
from .quorum import quorum_of
from .refusal import Refusal
from .storage import is_lowered, minor_of, newer_than
from .versions import Minor, minor_words

_TARGET = re.compile(r"(\d+)\.(\d+)(\.\d+)?")


# Targets


def minor_of_target(target: str) -> Minor | None:
    """`3.6` and `3.6.16` as numbers; None for what is neither."""
    match = _TARGET.fullmatch(target)
    return (int(match[1]), int(match[2])) if match else None


def not_a_target(target: str) -> Refusal:
    return Refusal(
        codes.VERSION_UNSUPPORTED, f"{target!r} is not a release of etcd", "Give its numbers, for example 3.6.16."
    )


# What stands in the way, and what is awaited


def obstacle(cluster: Cluster, minor: Minor, release: str = "") -> Refusal | None:
    """Why the cluster cannot go down to this minor release now, or go on with it."""
    way = Way(cluster, minor, release or minor_words(minor))
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
    others = [member for member in cluster.members if minor_of_member(cluster, member) != minor]
    if not others:
        return None
    names = ", ".join(release_of(cluster, member) for member in others)
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
