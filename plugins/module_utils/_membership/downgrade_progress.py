# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Where a cluster is on its way down to an older minor release, by what its members say."""

from __future__ import annotations

import typing as t

from . import versions

if t.TYPE_CHECKING:
    from .model import Cluster, Status
    from .versions import Minor

# 3.5 has the call, and no storage version to lower (etcd CHANGELOG-3.6).
FIRST_TO_GO_DOWN: Minor = (3, 6)


def is_on(cluster: Cluster, minor: Minor | None = None) -> bool:
    """Whether a member of 3.6 or newer says that a downgrade is on, to this minor release where one is named."""
    return any(minor is None or goes_to(status, minor) for status in cluster.statuses if status.downgrade_target)


def tells_downgrade(cluster: Cluster) -> bool:
    """Whether any member says if a downgrade is on: those before 3.6 do not."""
    return any(told_minor(status.version) >= FIRST_TO_GO_DOWN for status in cluster.statuses)


def lowest_of(cluster: Cluster) -> Minor:
    """The oldest minor release that a member answers with. There is always one that answers."""
    return min(told_minor(status.version) for status in cluster.statuses)


def is_lowered(cluster: Cluster, minor: Minor) -> bool:
    """Whether a program of this minor release may be started on every member's data.

    Either the downgrade is on, or a member runs the older release already: then the version of the cluster cannot rise
    over it (monitor.go, decideClusterVersion), as after a cancellation half-way. Before 3.6 data have no version.
    """
    newer = newer_than(cluster, minor)
    is_held = len(newer) < len(cluster.statuses) or all(goes_to(status, minor) for status in newer)
    return is_held and all(
        told_minor(status.storage_version) == minor or told_minor(status.version) < FIRST_TO_GO_DOWN for status in newer
    )


def newer_than(cluster: Cluster, minor: Minor) -> list[Status]:
    return [status for status in cluster.statuses if told_minor(status.version) > minor]


def told_minor(version: str) -> Minor:
    """The minor release of a version that a member told; one below all where it told none."""
    return (versions.parse(version) or (0, 0, 0))[:2]


def goes_to(status: Status, minor: Minor) -> bool:
    return told_minor(status.downgrade_target) == minor
