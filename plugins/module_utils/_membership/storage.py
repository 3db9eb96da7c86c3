# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which program may be started on the members' data: one that is older than these does not start.

It ends with `version "3.7.0" is not supported` (etcd 3.6.16 server/storage/schema/schema.go schemaChangesForVersion),
or with `server version is lower than determined cluster version` (server/etcdserver/version/downgrade.go
MustDetectDowngrade). Etcd lowers the data while a downgrade is on.
"""

from __future__ import annotations

from . import refusal as codes
from . import versions
from .hosts import Host
from .model import Cluster, Status
from .quorum import quorum_of
from .refusal import Refusal
from .versions import Minor, minor_words

# 3.5 has no storage version that it could lower (etcd CHANGELOG-3.6).
FIRST_TO_GO_DOWN: Minor = (3, 6)


def minor_of(version: str) -> Minor:
    """Of what is no version, one below all."""
    return (versions.parse(version) or (0, 0, 0))[:2]


def goes_to(status: Status, minor: Minor) -> bool:
    return minor_of(status.downgrade_target) == minor


def newer_than(cluster: Cluster, minor: Minor) -> list[Status]:
    return [status for status in cluster.statuses if minor_of(status.version) > minor]


def is_lowered(cluster: Cluster, minor: Minor) -> bool:
    """Whether a program of this minor release may be started on every member's data.

    Either the downgrade is on, or a member runs the older release already: then the version of the cluster cannot rise
    over it (monitor.go, decideClusterVersion), as after a cancellation half-way.
    """
    newer = newer_than(cluster, minor)
    is_held = len(newer) < len(cluster.statuses) or all(goes_to(status, minor) for status in newer)
    return is_held and _are_of(newer, minor)


def program_too_old(cluster: Cluster, host: Host) -> Refusal | None:
    """Whether the program of a host that has data is older than these.

    A member that is down holds the version of the cluster as one that runs the older release does, so its program is
    right where nobody's data are newer. Members before 3.6 do not say of which release their data are: they are of
    their own, unless a member of the older release still runs; and of one that is down it is not known.
    """
    program = versions.minor_of(host.release)
    newer = newer_than(cluster, program) if program else []
    if not program or not newer:
        return None
    tell = any(status.storage_version for status in newer)
    if not tell:
        is_right = not host.is_running or len(newer) < len(cluster.statuses)
    else:
        is_right = is_lowered(cluster, program) if host.is_running else _are_of(newer, program)
    return None if is_right else _refused(cluster, host, program, newer)


def _are_of(statuses: list[Status], minor: Minor) -> bool:
    return all(minor_of(status.storage_version) == minor for status in statuses)


def _refused(cluster: Cluster, host: Host, program: Minor, newer: list[Status]) -> Refusal:
    highest = max(minor_of(status.storage_version or status.version) for status in newer)
    # Not lowered yet, or about to rise: then the data are called after the release that runs.
    needed = minor_words(highest if highest > program else max(minor_of(status.version) for status in newer))
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot {'restart' if host.is_running else 'start'} {host.name}: its program is etcd {host.release}, and the "
        f"data of the cluster need etcd {needed}; an older etcd does not start with them",
        f"Put a program of etcd {needed} back on {host.name}{_way_down(host, program, highest)}.",
        before=quorum_of(cluster),
    )


def _way_down(host: Host, program: Minor, data: Minor) -> str:
    """A downgrade goes down by one minor release, from 3.6 or newer."""
    if data < FIRST_TO_GO_DOWN or data[1] - program[1] > 1:
        return ""
    release = versions.plain(host.release)
    return f", or let etcd lower its data first (quorum.etcd.downgrade with etcd_cluster_downgrade_to: {release})"
