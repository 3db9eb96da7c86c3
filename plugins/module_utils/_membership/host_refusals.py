# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Why a host is refused: a copied disk, data of another cluster, data that are gone, data in another place."""

from __future__ import annotations

import typing as t

from . import refusal as codes
from .hosts import DATA, INCOMPLETE, UNREADABLE, Consents, Host
from .model import Cluster, hex_id
from .peer_urls import addresses
from .refusal import Refusal


def namesakes(hosts: t.Sequence[Host]) -> Refusal | None:
    """Two hosts that are to be members of one name, or at one address."""
    by_name: dict[str, Host] = {}
    by_address: dict[str, Host] = {}
    for host in hosts:
        if host.name in by_name:
            return Refusal(
                codes.AMBIGUOUS_IDENTITY,
                f"two hosts have the member name {host.name}",
                "Give each host an etcd_cluster_member_name of its own.",
            )
        by_name[host.name] = host
        for address in sorted(addresses(host.peer_urls)):
            other = by_address.setdefault(address, host)
            if other is not host:
                return Refusal(
                    codes.PEER_URL_IN_USE,
                    f"{other.name} and {host.name} both have the peer address {address}",
                    "Give each host an etcd_cluster_address of its own, or its own etcd_cluster_peer_urls.",
                )
    return None


def twins(hosts: t.Sequence[Host]) -> Refusal | None:
    """Two hosts with the data of one member: a copied disk. Started both, they would vote twice."""
    owners: dict[int, Host] = {}
    for host in hosts:
        if host.data_dir.state != DATA:
            continue
        other = owners.setdefault(host.data_dir.member_id, host)
        if other is not host:
            return Refusal(
                codes.AMBIGUOUS_IDENTITY,
                f"{other.name} and {host.name} both have the data of the member {hex_id(host.data_dir.member_id)}",
                "One is a copy. Keep the one that has run last, and delete the data directory of the other.",
            )
    return None


def _two_clusters(hosts: t.Sequence[Host]) -> Refusal:
    by_id: dict[int, list[Host]] = {}
    for host in hosts:
        if host.data_dir.state == DATA:
            by_id.setdefault(host.data_dir.cluster_id, []).append(host)
    words = "; ".join(
        f"{hex_id(number)}: {names(some)}" for number, some in sorted(by_id.items(), key=lambda pair: -len(pair[1]))
    )
    return Refusal(
        codes.CLUSTER_ID_MISMATCH,
        f"the hosts have the data of {len(by_id)} different clusters, and no member answers ({words})",
        "Take the hosts of the other clusters out of the group, or delete their data directories if nobody needs them.",
    )


def moved(hosts: t.Sequence[Host], consents: Consents) -> Refusal | None:
    """A member whose data, or whose log, lie elsewhere would start with an empty memory, and leave them behind.

    It may only go there by a rebuild, which removes it first; or where its data are there already, and nothing is left
    where they were.
    """
    others = [host for host in hosts if host.name != consents.rebuild]
    return _data_dir_changed(others) or _wal_dir_changed(others)


def _data_dir_changed(hosts: t.Sequence[Host]) -> Refusal | None:
    for host in hosts:
        past = host.past
        other = _other_place(host, host.data_dir.path, past.process_data_dir, past.data_dir, past.holds_data)
        if not other:
            continue
        doing = "runs with" if other == host.past.process_data_dir else "is configured with"
        return Refusal(
            codes.DATA_DIR_CHANGED,
            f"{host.name} {doing} the data directory {other}, and etcd_cluster_data_dir is {host.data_dir.path}",
            f"Set etcd_cluster_data_dir to {other}. To move to another directory, set it for one host at a time, and "
            f"{_ways_to_move(host, other + '/member', host.data_dir.path + '/member')}",
        )
    return None


def _wal_dir_changed(hosts: t.Sequence[Host]) -> Refusal | None:
    for host in hosts:
        past, here = host.past, host.data_dir.wal_dir
        other = _other_place(host, here, past.process_wal_dir, past.wal_dir, past.holds_log)
        if not other:
            continue
        doing = "runs with" if other == past.process_wal_dir else "is configured with"
        return Refusal(
            codes.WAL_DIR_CHANGED,
            f"{host.name} {doing} the write-ahead log in {other}, and by etcd_cluster_wal_dir it would be in {here}",
            "Set etcd_cluster_wal_dir back; no data are missing. To move the log, set it for one host at a time, and "
            f"{_ways_to_move(host, other, here)}",
        )
    return None


def _ways_to_move(host: Host, source: str, target: str) -> str:
    return (
        f"rebuild that member: quorum.etcd.replace with etcd_cluster_member={host.name}. Or stop its etcd, move "
        f"{source} to {target}, and run quorum.etcd.deploy."
    )


def _other_place(host: Host, here: str, process: str, settings: str, holds_something: bool) -> str:
    """Where a host's data are if not in the wanted place; empty if they are there, or if that is not known."""
    if here and process not in ("", here):
        return process
    has_moved = host.past.is_unfinished or host.data_dir.state == DATA
    return settings if here and settings != here and (holds_something or not has_moved) else ""


def data_lost(cluster: Cluster | None, hosts: t.Sequence[Host], consents: Consents) -> Refusal | None:
    """A host that was a member and whose data directory is empty: its disk may not be mounted. Started anew, it would
    have forgotten what it acknowledged; and all of them started anew would be another cluster.
    """
    lost = [host for host in hosts if host.has_lost_data and host.name != consents.rebuild]
    if not lost:
        return None
    is_bootstrap = cluster is None and all(host.data_dir.is_vacant for host in hosts)
    if is_bootstrap and consents.forget and consents.forget == consents.cluster_name:
        return None
    if not is_bootstrap and codes.DATA_LOST in consents.accept:
        return None
    return Refusal(
        codes.DATA_LOST,
        "; ".join(_losses(lost)),
        "Mount the disk if it is not mounted, then run this again. " + _way_on(lost, is_bootstrap, consents),
    )


def _losses(lost: t.Sequence[Host]) -> t.Iterator[str]:
    empty = [host for host in lost if host.data_dir.is_vacant]
    if empty:
        verb, noun = ("was a member", "directory is") if len(empty) == 1 else ("were members", "directories are")
        places = ", ".join(sorted({_place_of(host) for host in empty}))
        yield f"{names(empty)} {verb} before ({empty[0].past.files[0]} exists), and the data {noun} empty: {places}"
    for host in lost:
        if host.data_dir.state == INCOMPLETE:
            yield f"{host.name} has a part of its data only: {host.data_dir.reason}"


def _place_of(host: Host) -> str:
    data = host.data_dir
    is_apart = data.wal_dir and not data.wal_dir.startswith(data.path + "/")
    return f"{data.path}, with the log in {data.wal_dir}" if is_apart else data.path


def _way_on(lost: t.Sequence[Host], is_bootstrap: bool, consents: Consents) -> str:
    if not is_bootstrap:
        return (
            f"If the data are gone, rebuild the member: quorum.etcd.replace with etcd_cluster_member={lost[0].name}. "
            "If it is no member any more, accept data_lost."
        )
    seen = f", not {consents.forget}" if consents.forget else ""
    return (
        "If the cluster is gone for good and a new and empty one is to begin, name the old one: "
        f"etcd_cluster_forget={consents.cluster_name}{seen}."
    )


def stale_data(message: str, may_be_wiped: bool = True) -> Refusal:
    way_out = "delete it on the host if nobody needs it"
    consent = (
        f"Consent to wiping it (etcd_cluster_wipe_stale_data), or {way_out}."
        if may_be_wiped
        else f"Check what it is; {way_out}."
    )
    return Refusal(codes.STALE_DATA, message, consent)


def names(hosts: t.Sequence[Host]) -> str:
    return ", ".join(host.name for host in hosts)


def unusable_without_cluster(hosts: t.Sequence[Host]) -> Refusal | None:
    for host in hosts:
        if host.data_dir.state in (UNREADABLE, INCOMPLETE):
            return stale_data(
                f"the data directory of {host.name} cannot be judged, and no member answers: {host.data_dir.reason}",
                False,
            )
    ids = {host.data_dir.cluster_id for host in hosts if host.data_dir.state == DATA}
    return _two_clusters(hosts) if len(ids) > 1 else None


def is_stale(cluster: Cluster, host: Host) -> bool:
    """Whether a host's data are none that this cluster knows."""
    data = host.data_dir
    return not data.is_vacant and (
        data.state in (UNREADABLE, INCOMPLETE)
        or data.cluster_id != cluster.cluster_id
        or cluster.member(data.member_id) is None
    )


def foreign_data(cluster: Cluster, host: Host, consents: Consents) -> Refusal | None:
    data = host.data_dir
    if is_stale(cluster, host):
        return _refuse_stale(cluster, host, consents.may_wipe(host))
    member = cluster.member(data.member_id) if data.state == DATA else None
    if member is not None and member.is_started and member.name != host.name:
        return Refusal(
            codes.AMBIGUOUS_IDENTITY,
            f"the data directory of {host.name} holds the member {member.name} ({hex_id(member.member_id)})",
            f"Name this host's member {member.name}, as it is recorded, or move the data back to its own host.",
        )
    return None


def _refuse_stale(cluster: Cluster, host: Host, may_wipe: bool) -> Refusal | None:
    data = host.data_dir
    if data.state in (UNREADABLE, INCOMPLETE):
        return (
            None
            if may_wipe
            else stale_data(f"the data directory of {host.name} holds no data of a member: {data.reason}")
        )
    if data.cluster_id != cluster.cluster_id:
        if may_wipe and not host.is_running:
            return None
        doing = "runs as a member" if host.is_running else "has the data of a member"
        return Refusal(
            codes.CLUSTER_ID_MISMATCH,
            f"{host.name} {doing} of the cluster {hex_id(data.cluster_id)}, and the cluster of this group is "
            f"{hex_id(cluster.cluster_id)}",
            "Take the host out of the group, or stop its etcd and consent to wiping its data "
            "(etcd_cluster_wipe_stale_data).",
        )
    return (
        None
        if may_wipe
        else stale_data(
            f"{host.name} has the data of the member {hex_id(data.member_id)}, which was removed from the cluster"
        )
    )
