# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Where a cluster stands between two releases: who runs which, and what all of it behaves as."""

from __future__ import annotations

import typing as t

from .model import Cluster
from .versions import minor_of, minor_words, parse


def releases_of(cluster: Cluster) -> tuple[tuple[str, int], ...]:
    """The releases of the members that answered, each with the number of members, oldest first."""
    found = cluster.versions
    return tuple((one, found.count(one)) for one in sorted(set(found), key=lambda one: (parse(one) or (0, 0, 0), one)))


def versions_data(cluster: Cluster) -> dict[str, t.Any]:
    """Which releases the cluster is made of, and where it stands between two of them."""
    return {
        "cluster_version": cluster.cluster_version or None,
        "versions": dict(releases_of(cluster)),
        "downgrade": {"enabled": bool(cluster.downgrade_target), "target_version": cluster.downgrade_target or None},
    }


def where_it_stands(cluster: Cluster) -> str:
    """Of a cluster of several releases, how far it has come, in a sentence without its full stop; else empty.

    `2 of 3 members run 3.7.3, 1 runs 3.6.16, the cluster version is 3.6`.
    """
    found = releases_of(cluster)
    if len(found) < 2:
        return ""
    newest, count = found[-1]
    words = [f"{count} of {len(cluster.members)} members {_run(count)} {newest}"]
    words += [f"{count} {_run(count)} {version}" for version, count in reversed(found[:-1])]
    words += [f"the cluster version is {minor_text(cluster.cluster_version)}"] if cluster.cluster_version else []
    return ", ".join(words)


def _run(count: int) -> str:
    return "runs" if count == 1 else "run"


def minor_text(version: str) -> str:
    """`3.6` of `3.6.16`; the text itself where it is no version."""
    minor = minor_of(version)
    return minor_words(minor) if minor else version
