# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What a member that joins has to be started with, computed from the live list.

etcd compares a joiner's initial cluster with the list by count and by URL sets, and wants the names to differ
(server/etcdserver/api/membership/cluster.go ValidateClusterAndAssignIDs). So it may name only who is a member now.
"""

from __future__ import annotations

import re

from .model import Cluster, Member, hex_id

EXISTING = "existing"

# client/pkg/types/urlsmap.go NewURLsMap splits the initial cluster at commas and equals signs.
_UNREADABLE = re.compile(r"[,=\s]")


def is_readable(name: str) -> bool:
    """Whether etcd can read this name back from an initial cluster."""
    return not _UNREADABLE.search(name)


def names_for_joining(cluster: Cluster, joiner: Member | None = None, joiner_name: str = "") -> dict[int, str]:
    """A name for each member, all different: the joiner's own first, then the others' as recorded.

    A member without a name, or with one that is taken or that etcd could not read back, is named after its id; etcd
    does not compare these names.
    """
    names: dict[int, str] = {}
    if joiner is not None:
        names[joiner.member_id] = joiner.name or joiner_name or _name_after_id(joiner, names)
    others = sorted(
        (member for member in cluster.members if member.member_id not in names), key=lambda member: member.member_id
    )
    for member in others:
        if member.name and member.name not in names.values() and is_readable(member.name):
            names[member.member_id] = member.name
    for member in others:
        names.setdefault(member.member_id, _name_after_id(member, names))
    return names


def initial_cluster(cluster: Cluster, names: dict[int, str]) -> str:
    """The value of ETCD_INITIAL_CLUSTER: `name=url` for each peer URL of each member, sorted by name."""
    return ",".join(
        f"{name}={url}"
        for name, url in sorted(
            (names[member.member_id], url) for member in cluster.members for url in member.peer_urls
        )
    )


def environment(cluster: Cluster, joiner: Member, joiner_name: str = "") -> dict[str, str]:
    """The ETCD_* variables that the joiner's first start needs. Its listen and client addresses are its own affair."""
    names = names_for_joining(cluster, joiner, joiner_name)
    return {
        "ETCD_NAME": names[joiner.member_id],
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": ",".join(joiner.peer_urls),
        "ETCD_INITIAL_CLUSTER": initial_cluster(cluster, names),
        "ETCD_INITIAL_CLUSTER_STATE": EXISTING,
    }


def _name_after_id(member: Member, names: dict[int, str]) -> str:
    name = f"member-{hex_id(member.member_id)}"
    while name in names.values():
        name += "x"
    return name
