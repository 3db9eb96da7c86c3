# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What a rolling change of the release has to know whichever way it goes: the order, and whether the hosts are the
members.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from . import refusal as codes
from .deployment import deploy
from .hosts import Consents, Host
from .model import Cluster, Member
from .quorum import quorum_of
from .quorum_refusals import labels
from .refusal import Refusal
from .steps import ADD_LEARNER, UPDATE_PEER_URLS


def leader_last(cluster: Cluster, members: t.Iterable[Member]) -> tuple[Member, ...]:
    return tuple(sorted(members, key=lambda member: (member.member_id == cluster.leader_id, member.name)))


def another_group(cluster: Cluster, hosts: t.Sequence[Host], due: t.Sequence[Member], attempt: str) -> Refusal | None:
    """Whether the hosts differ from the members, or a host's service does not run its member: then it is unknown whose
    program would be replaced. `attempt` follows `cannot`: `upgrade to 3.5.30`. Nobody joins here, so it does not matter
    of which release the programs are.
    """
    found = deploy(cluster, [replace(host, outdated=(), release="") for host in hosts], Consents())
    if isinstance(found, Refusal):
        return found
    by_name = {host.name: host for host in hosts}
    first_moves = {move.name: move.action for move in reversed(found.moves)}
    wrong = [_DIFFERENCES.get(action, action + " {}").format(name) for name, action in sorted(first_moves.items())]
    wrong += [f"no host in the group for {labels(found.unlisted)}"] if found.unlisted else []
    wrong += [
        f"the service of {member.name} does not run the etcd that answers as {member.name}"
        for member in due
        if member.name in by_name and not _is_its_own(by_name[member.name], member)
    ]
    if not wrong:
        return None
    return Refusal(
        codes.MEMBER_NOT_FOUND,
        f"cannot {attempt}: the group and the cluster differ: {'; '.join(wrong)}",
        "First make them agree (quorum.etcd.deploy).",
        before=quorum_of(cluster),
    )


# What is said of a host by the first move that makes it a member.
_DIFFERENCES: t.Mapping[str, str] = {ADD_LEARNER: "{} is not a member", UPDATE_PEER_URLS: "{} has other peer URLs"}


def _is_its_own(host: Host, member: Member) -> bool:
    return host.is_running and host.data_dir.member_id == member.member_id
