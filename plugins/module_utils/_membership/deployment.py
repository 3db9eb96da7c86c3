# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is to be done to make the hosts of a group be one etcd cluster: from what was found on them and what answers.

A cluster is made anew only where no host has data and nothing answers. Where hosts have data and nothing answers, they
are started and asked again. Where a cluster answers, `convergence.moves` says the way, after every host's data were
held against it. Nothing here believes a flag or a variable about whether a cluster exists.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from . import refusal as codes
from . import versions
from .check_table import IN_THE_WAY, PASSES, Finding
from .convergence import DesiredMember, moves
from .host_refusals import (
    data_lost,
    foreign_data,
    is_stale,
    moved,
    names,
    namesakes,
    stale_data,
    twins,
    unusable_without_cluster,
)
from .hosts import DATA, NEW, Consents, Host
from .model import Cluster, Member, Silence
from .move import START, Move
from .peer_urls import addresses
from .plan_warnings import untested_warnings
from .projection import project
from .quorum import Quorum, most_caught_up, quorum_of
from .refusal import Refusal, judge
from .steps import ADD_LEARNER, MOVE_LEADER, REMOVE, UPDATE_PEER_URLS, Step
from .storage import program_too_old
from .upgrade_gates import DueSnapshot, is_in_the_way

# What the hosts do, besides START.
BOOTSTRAP = "bootstrap"
WIPE = "wipe"
RESTART = "restart"
TAKE_SNAPSHOT = "take_snapshot"


@dataclass(frozen=True)
class Deployment:
    """The moves that are to be made, in order. `starts` are the members that have their data and only need to be
    started, all at once and first.

    Not `is_complete` where the rest shows only once they answer. `unlisted` are members that no host stands for and
    that stay. `release` is what every member runs in the end, where that is what was asked for. `snapshots` are those
    that members take before, `findings` what was checked of the hosts.
    """

    moves: tuple[Move, ...] = ()
    starts: tuple[str, ...] = ()
    unlisted: tuple[Member, ...] = ()
    is_complete: bool = True
    release: str = ""
    warnings: tuple[str, ...] = ()
    snapshots: tuple[DueSnapshot, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def sequence(self) -> tuple[Move, ...]:
        """The moves that are made one after the other, once all hosts that bootstrap or have `starts` were started.

        Without those that are part of another: etcd_member adds a member before its first start, and moves leadership
        before a removal.
        """
        return tuple(
            move
            for move in self.moves
            if move.action not in (BOOTSTRAP, ADD_LEARNER, MOVE_LEADER)
            and not (move.action == START and move.name in self.starts)
        )


Verdict = t.Union[Deployment, Refusal]


def deploy(cluster: Cluster | None, hosts: t.Sequence[Host], consents: Consents) -> Verdict:
    """What makes these hosts the members of the cluster; `cluster` is None where every one of their endpoints refused
    the connection.
    """
    refusal = namesakes(hosts) or twins(hosts) or moved(hosts, consents) or data_lost(cluster, hosts, consents)
    if refusal:
        return refusal
    if cluster is None:
        return _found_or_resumed(hosts)
    return _converged(_as_if_lost(cluster, consents.rebuild), hosts, consents)


def serve_both(cluster: Cluster | None, hosts: t.Sequence[Host], consents: Consents) -> Verdict:
    """As `deploy`, where the members are to serve http and https at the same addresses for a while."""
    warnings = judge((lambda: _may_serve_tls_alone(cluster),), consents.accept)
    if isinstance(warnings, Refusal):
        return warnings
    found = deploy(cluster, hosts, consents)
    return found if isinstance(found, Refusal) else replace(found, warnings=(*warnings, *found.warnings))


def _may_serve_tls_alone(cluster: Cluster | None) -> Refusal | None:
    rule = versions.MAY_SERVE_TLS_ALONE
    old = versions.affected(rule, cluster.versions) if cluster else ()
    if cluster is None or not old:
        return None
    return Refusal(
        codes.VERSION_BUG,
        f"cannot let the members serve http and https: on etcd {', '.join(old)} {rule.summary}",
        f"Upgrade to {rule.fixed_releases} or newer first (quorum.etcd.upgrade).",
        before=quorum_of(cluster),
    )


# Nothing answers


def _found_or_resumed(hosts: t.Sequence[Host]) -> Verdict:
    refusal = unusable_without_cluster(hosts)
    if refusal:
        return refusal
    if all(host.data_dir.is_vacant for host in hosts):
        return _bootstrapped(hosts)
    return _resumed(hosts)


def _bootstrapped(hosts: t.Sequence[Host]) -> Verdict:
    for host in hosts:
        if host.is_running and host.first_start is None:
            return stale_data(
                f"the etcd service of {host.name} runs, but with another data directory than the configured one",
                False,
            )
    return Deployment(tuple(Move(BOOTSTRAP, 0, host.name, host.peer_urls) for host in hosts))


def _resumed(hosts: t.Sequence[Host]) -> Verdict:
    startable = _startable(hosts)
    idle = [host for host in startable if not host.is_running]
    if idle:
        starts = tuple(Move(START, host.data_dir.member_id, host.name, host.peer_urls) for host in idle)
        return Deployment(starts, tuple(host.name for host in idle), is_complete=False)
    return Refusal(
        codes.NO_QUORUM,
        f"no member answers, although etcd runs on every host that has data ({names(startable)})",
        "Look at the members' logs. If members are lost for good, recover from a snapshot or from one survivor: a "
        "new start does not help, and hosts that have data of a cluster are never bootstrapped as a new one.",
        before=Quorum(len(hosts), 0),
    )


def _startable(hosts: t.Sequence[Host]) -> list[Host]:
    """The hosts to start where nothing answers: those with data. Where these never got ready, those as well that were
    told to begin with them.

    A bootstrap that was interrupted goes on so. Each host still has what it was told when none had data, and etcd
    itself makes the same cluster of it: the ids come from the addresses and the token alone.
    """
    with_data = [host for host in hosts if host.data_dir.state == DATA]
    tasks = {host.first_start for host in with_data}
    task = next(iter(tasks))
    if len(tasks) != 1 or task is None or task.state != NEW:
        return with_data
    return [host for host in hosts if host in with_data or host.first_start == task]


# A cluster answers


def _converged(cluster: Cluster, hosts: t.Sequence[Host], consents: Consents) -> Verdict:
    wipes: list[Host] = []
    for host in hosts:
        refusal = foreign_data(cluster, host, consents)
        if refusal:
            return refusal
        if is_stale(cluster, host) or _is_to_be_rebuilt(cluster, host, consents):
            wipes.append(host)
    is_log_clean = _is_log_clean(cluster, hosts)
    desired = tuple(
        DesiredMember(
            host.name,
            host.peer_urls,
            has_data=host.data_dir.state == DATA and host not in wipes,
            release=host.release,
            is_log_clean=is_log_clean,
            accept=consents.accept & _ACCEPTED_OF_JOINERS,
        )
        for host in hosts
    )
    way = moves(cluster, desired, consents.remove_unlisted)
    found = _findings(way, hosts)
    blocked = next((move.refusal for move in way if move.refusal is not None), None)
    if blocked is not None:
        return blocked._replace(findings=found)
    restarts = _not_startable(cluster, hosts, way) or _restarts(cluster, hosts, way, consents)
    if isinstance(restarts, Refusal):
        return restarts._replace(findings=(*found, *restarts.findings))
    rest, rolled = _in_turn(way, restarts)
    return Deployment(
        moves=(*_with_wipes(rest, wipes), *rolled),
        starts=tuple(move.name for move in way if move.action == START and _has_started(cluster, move)),
        unlisted=() if consents.remove_unlisted else _unlisted(cluster, hosts),
        warnings=untested_warnings((*cluster.versions, *(host.release for host in hosts))),
        findings=found,
    )


# What may be accepted of a joiner's release. Other codes are accepted where the change is made.
_ACCEPTED_OF_JOINERS = frozenset((codes.VERSION_BUG, codes.RAFT_FILES_UNREAD))


def _is_log_clean(cluster: Cluster, hosts: t.Sequence[Host]) -> bool | None:
    """Whether no member has anything that the next minor release cannot read; None where it is not known."""
    present = versions.oldest_minor(cluster.versions)
    crossing = versions.crossing_to((present[0], present[1] + 1)) if present else versions.Crossing()
    by_member = {host.data_dir.member_id: host.raft_files for host in hosts}
    found = [by_member.get(member.member_id) for member in cluster.members]
    if any(files is not None and is_in_the_way(crossing, files) for files in found):
        return False
    return None if any(files is None or files.reason for files in found) else True


def _findings(way: t.Sequence[Move], hosts: t.Sequence[Host]) -> tuple[Finding, ...]:
    """Of each host that joins: whether the release of its program lets it."""
    releases = {host.name: host.release for host in hosts}
    return tuple(
        Finding(move.name, f"joins with etcd {releases[move.name]}", *_outcome_of(move))
        for move in way
        if move.action == ADD_LEARNER and releases.get(move.name)
    )


def _outcome_of(move: Move) -> tuple[str, str]:
    return (IN_THE_WAY, move.refusal.code) if move.refusal else (PASSES, "")


def _as_if_lost(cluster: Cluster, name: str) -> Cluster:
    """The cluster as if the voter of that name had given up leadership and did not answer any more, so that it is
    replaced like one that is dead.
    """
    lost = {voter.member_id for voter in cluster.voters if name and voter.name == name}
    if cluster.leader_id in lost:
        heir = most_caught_up(cluster, tuple(voter for voter in cluster.voters if voter.member_id not in lost))
        cluster = project(cluster, Step(MOVE_LEADER, heir.member_id)) if heir else cluster
    return replace(
        cluster,
        statuses=tuple(status for status in cluster.statuses if status.member_id not in lost),
        silences=(*cluster.silences, *(Silence(number, "", "is to be replaced") for number in sorted(lost))),
    )


def _is_to_be_rebuilt(cluster: Cluster, host: Host, consents: Consents) -> bool:
    member = cluster.member(host.data_dir.member_id)
    return host.name == consents.rebuild and member is not None and member.is_voter


def _has_started(cluster: Cluster, move: Move) -> bool:
    member = cluster.member(move.member_id)
    return member is not None and member.is_started


def _restarts(
    cluster: Cluster, hosts: t.Sequence[Host], way: t.Sequence[Move], consents: Consents
) -> tuple[Move, ...] | Refusal:
    """A restart of every member that runs with outdated settings, the leader's last; not of those that are
    started or removed anyway.
    """
    touched = {move.member_id for move in way if move.action in (START, REMOVE)}
    due = [
        (cluster.member(host.data_dir.member_id), host)
        for host in hosts
        if host.outdated and host.is_running and host.data_dir.state == DATA and host.data_dir.member_id not in touched
    ]
    known = [(member, host) for member, host in due if member is not None]
    refused = next(filter(None, (_wrong_program(cluster, member, host) for member, host in known)), None)
    if refused:
        return refused
    if known and len(hosts) == 2 and codes.WOULD_LOSE_QUORUM not in consents.accept:
        return Refusal(
            codes.WOULD_LOSE_QUORUM,
            f"{known[0][1].name} has to be restarted, and a cluster of two voters needs both: nothing could be "
            "written meanwhile",
            "Add a third host to the group first, or accept the interruption (would_lose_quorum).",
            before=quorum_of(cluster),
        )
    known.sort(key=lambda pair: (pair[0].member_id == cluster.leader_id, pair[1].name))
    return tuple(Move(RESTART, member.member_id, host.name, host.peer_urls) for member, host in known)


def _not_startable(cluster: Cluster, hosts: t.Sequence[Host], way: t.Sequence[Move]) -> Refusal | None:
    """Of the hosts to be started with their data, the first whose program is older than these."""
    starting = {move.name for move in way if move.action == START}
    due = (host for host in hosts if host.name in starting and not host.is_running and host.data_dir.state == DATA)
    return next(filter(None, (_with_finding(host, program_too_old(cluster, host)) for host in due)), None)


def _wrong_program(cluster: Cluster, member: Member, host: Host) -> Refusal | None:
    return _with_finding(host, _crosses(cluster, member, host) or program_too_old(cluster, host))


def _with_finding(host: Host, refusal: Refusal | None) -> Refusal | None:
    if refusal is None:
        return None
    found = Finding(host.name, f"starts with the program of etcd {host.release}", IN_THE_WAY, refusal.code)
    return refusal._replace(findings=(found,))


def _crosses(cluster: Cluster, member: Member, host: Host) -> Refusal | None:
    """Whether a restart would be an upgrade to another minor release, past all gates of one: the program is new, and
    the process is not.
    """
    status = cluster.status_of(member.member_id)
    running = versions.minor_of(status.version) if status else None
    program = versions.minor_of(host.release)
    if running is None or program is None or status is None or program <= running:
        return None
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot restart {host.name}: it runs etcd {status.version}, and its program is etcd {host.release}, so the "
        "restart would be an upgrade",
        f"Upgrade first (quorum.etcd.upgrade with etcd_cluster_upgrade_to: {versions.plain(host.release)}).",
    )


def _in_turn(way: t.Sequence[Move], restarts: t.Sequence[Move]) -> tuple[list[Move], list[Move]]:
    """What comes before the restarts, and the restarts, each followed by the change of the member's peer URLs if there
    is one.

    A member listens at a new address only once it was restarted. Until its record follows it is heard by the others
    over the streams that it opens to them itself (server/etcdserver/api/rafthttp/peer.go), but two such members are not
    heard by each other: so one after the other.
    """
    restarted = {move.member_id for move in restarts}
    updates = {move.member_id: move for move in way if move.action == UPDATE_PEER_URLS and move.member_id in restarted}
    rest = [move for move in way if updates.get(move.member_id) is not move]
    rolled = [one for move in restarts for one in (move, updates.get(move.member_id)) if one is not None]
    return rest, rolled


def _with_wipes(way: t.Sequence[Move], wipes: t.Sequence[Host]) -> t.Iterator[Move]:
    """Each wipe right before the first move that needs the empty directory."""
    due = {host.name: host for host in wipes}
    for move in way:
        if move.action in (ADD_LEARNER, START) and move.name in due:
            host = due.pop(move.name)
            yield Move(WIPE, 0, host.name, host.peer_urls)
        yield move


def _unlisted(cluster: Cluster, hosts: t.Sequence[Host]) -> tuple[Member, ...]:
    names = {host.name for host in hosts}
    taken = {address for host in hosts for address in addresses(host.peer_urls)}
    return tuple(
        member for member in cluster.members if member.name not in names and not taken & addresses(member.peer_urls)
    )
