# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whether a new member of this release would survive its first start. None means yes."""

from __future__ import annotations

from . import refusal as codes
from . import versions
from .model import Cluster
from .refusal import Refusal
from .steps import Step


def joiner_fits(cluster: Cluster, step: Step, release: str) -> Refusal | None:
    """A joiner judges itself whether it fits, after it was added (3.6.16 server/etcdserver/cluster_util.go
    isCompatibleWithCluster): one that is too old ends, and its record stays.
    """
    if not release:
        return None
    joiner, present = versions.minor_of(release), versions.oldest_minor(cluster.versions)
    if joiner is None or present is None:
        what = f"{release!r} is not a release of etcd" if joiner is None else "no member tells its release"
        return Refusal(codes.VERSION_UNSUPPORTED, f"cannot {step}: {what}", "Give the release as etcd --version does.")
    if present <= joiner <= (present[0], present[1] + 1):
        return None
    words = versions.minor_words(present)
    why = f"its etcd {release} is {'older than' if joiner < present else 'more than one minor release above'} {words}"
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot {step}: {why}, the release that the cluster works as",
        f"Install etcd {words} on its host first.",
    )


def joiner_is_sound(cluster: Cluster, step: Step, release: str) -> Refusal | None:
    """Whoever runs such a release already may add another member of it."""
    if not release or release in cluster.versions:
        return None
    broken = [rule.summary for rule in versions.UNSOUND if versions.affected(rule, (release,))]
    if not broken:
        return None
    return Refusal(
        codes.VERSION_BUG,
        f"cannot {step}: on its etcd {release} {'; '.join(broken)}",
        "Install the release of the other members on its host first.",
    )


def joiner_can_read_the_log(cluster: Cluster, step: Step, release: str, is_log_clean: bool | None) -> Refusal | None:
    """A member sends a joiner all entries after its newest snapshot (3.6.16 server/etcdserver/server.go
    compactRaftLog), and at what 3.5 has left there 3.7 panics, at some of it 3.6.
    """
    present = versions.oldest_minor(cluster.versions)
    joiner = versions.minor_of(release)
    if present is None or joiner is None or is_log_clean:
        return None
    unreadable = versions.crossing_to(joiner).unreadable
    if joiner <= present or not unreadable:
        return None
    words = versions.minor_words(present)
    why = f"cannot {step}: its etcd {release} panics at {unreadable}"
    way_out = f"Install etcd {words} on its host first, and upgrade it together with the others."
    if is_log_clean is None:
        return Refusal(
            codes.RAFT_FILES_UNREAD,
            f"{why}, and it is not known whether the members of {words} would send it one",
            f"{way_out} Accept this if the cluster began with {words}.",
        )
    return Refusal(codes.V2_REQUESTS_IN_LOG, f"{why}, and the members of {words} would send it one", way_out)
