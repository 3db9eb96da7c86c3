# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A deployment as lines of text, for people, at most 80 columns where names and URLs allow it."""

from __future__ import annotations

import typing as t

from .check_table import checks_text
from .deployment import BOOTSTRAP, RESTART, TAKE_SNAPSHOT, WIPE, Deployment
from .hosts import Host
from .model import Cluster, hex_id
from .move import DOWNGRADE, START, Move
from .quorum import Quorum
from .report import picture
from .steps import ADD_LEARNER, ADD_VOTER, ENABLE_DOWNGRADE, MOVE_LEADER, PROMOTE, REMOVE, UPDATE_PEER_URLS
from .upgrade import UPGRADE

_SIGNS: t.Mapping[str, tuple[str, str]] = {
    ADD_LEARNER: ("+", "add as a learner"),
    ADD_VOTER: ("+", "add"),
    BOOTSTRAP: ("+", "bootstrap"),
    START: ("+", "start etcd"),
    PROMOTE: ("+", "promote to a voter"),
    MOVE_LEADER: ("~", "move leadership to it"),
    UPDATE_PEER_URLS: ("~", "update its peer URLs"),
    RESTART: ("~", "restart etcd"),
    TAKE_SNAPSHOT: ("~", "restart, to take a snapshot"),
    UPGRADE: ("~", "upgrade"),
    ENABLE_DOWNGRADE: ("~", "enable the downgrade"),
    DOWNGRADE: ("~", "downgrade"),
    REMOVE: ("-", "remove"),
    WIPE: ("-", "WIPE its stale data"),
}


class DueCertificate(t.NamedTuple):
    """A file of a member's host that is renewed, and why."""

    name: str
    file: str
    reason: str


def plan_text(
    cluster: Cluster | None, hosts: t.Sequence[Host], deployment: Deployment, due: t.Sequence[DueCertificate] = ()
) -> str:
    """The cluster as it is, the moves, the certificates that are due, and what comes of them."""
    lines = _now(cluster, hosts)
    lines += [
        f"Not in the group, and left alone: {member.label} ({' '.join(member.peer_urls)})"
        for member in deployment.unlisted
    ]
    moves = [] if due and not deployment.moves else ["", *_moves(cluster, deployment, hosts)]
    lines += [*moves, *_certificates(due), *_checks(deployment), "", *_afterwards(deployment, hosts)]
    return "\n".join(lines) + "\n"


def _checks(deployment: Deployment) -> list[str]:
    return ["", checks_text(deployment.findings)] if deployment.findings else []


def _now(cluster: Cluster | None, hosts: t.Sequence[Host]) -> list[str]:
    if cluster is not None:
        return [
            f"The etcd cluster {hex_id(cluster.cluster_id)}:",
            *(f"    {line}" for line in picture(cluster).splitlines()),
        ]
    found = [host for host in hosts if not host.data_dir.is_vacant]
    if not found:
        return ["No etcd answers, and no host has data of etcd."]
    held = ", ".join(host.name for host in found)
    return [f"No etcd answers. Data of the cluster {hex_id(found[0].data_dir.cluster_id)}: {held}"]


def _moves(cluster: Cluster | None, deployment: Deployment, hosts: t.Sequence[Host]) -> list[str]:
    if not deployment.moves:
        return ["There is nothing to do."]
    outdated = {host.name: host.outdated for host in hosts}
    width = max(len(_name(move)) for move in deployment.moves)
    count = len(deployment.moves)
    head = "The plan has one move:" if count == 1 else f"The plan has {count} moves:"
    lines = (
        f"    {_SIGNS[move.action][0]} {_name(move):<{width}}  {_words(cluster, deployment, move):<20}  "
        f"{_detail(move, outdated.get(move.name, ()))}"
        for move in deployment.moves
    )
    return [head, *(line.rstrip() for line in lines)]


def _certificates(due: t.Sequence[DueCertificate]) -> list[str]:
    if not due:
        return []
    name, file = max(len(one.name) for one in due), max(len(one.file) for one in due)
    lines = (f"    ~ {one.name:<{name}}  {one.file:<{file}}  {one.reason}" for one in due)
    return ["", "Certificates to renew, without a restart:", *lines]


def _name(move: Move) -> str:
    return "(all)" if move.action == ENABLE_DOWNGRADE else move.name or "(no name)"


def _words(cluster: Cluster | None, deployment: Deployment, move: Move) -> str:
    words = _SIGNS[move.action][1]
    status = cluster.status_of(move.member_id) if cluster and move.action in (UPGRADE, DOWNGRADE) else None
    return f"{words} {status.version} -> {deployment.release}" if status else words


def _detail(move: Move, outdated: tuple[str, ...]) -> str:
    if move.action in (ADD_LEARNER, ADD_VOTER, BOOTSTRAP, UPDATE_PEER_URLS) or not move.name:
        return " ".join(move.peer_urls)
    return _shortened(outdated) if move.action == RESTART else ""


def _shortened(names: tuple[str, ...]) -> str:
    listed = ", ".join(names[:2])
    return f"({listed} and {len(names) - 2} more)" if len(names) > 2 else f"({listed})"


def _afterwards(deployment: Deployment, hosts: t.Sequence[Host]) -> list[str]:
    if not deployment.is_complete:
        return ["Further moves are planned once they answer."]
    if deployment.release:
        return [f"{'Afterwards: every' if deployment.moves else 'Every'} member runs etcd {deployment.release}"]
    voters = len(hosts) + sum(1 for member in deployment.unlisted if member.is_voter)
    quorum = Quorum(voters, voters)
    noun = "voter" if voters == 1 else "voters"
    return [f"Afterwards: {voters} {noun}, quorum {quorum.size}, tolerates {quorum.fault_tolerance}"]
