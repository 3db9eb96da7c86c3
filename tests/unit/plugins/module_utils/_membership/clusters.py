# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters and goals in the words of the cases: `cluster(healthy("m1"), healthy("m2"), dead("m3"))`."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.quorum.etcd.plugins.module_utils._membership.decision import plan
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity, member_id_readings
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import (
    Alarm,
    Cluster,
    Member,
    Probe,
    Silence,
    Status,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.peer_urls import normalise
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import ABSENT, PRESENT, PROMOTED, Goal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

CLUSTER_ID = 0xC1
NEWEST_INDEX = 1_000_000
NEWEST = "3.6.14"


@dataclass(frozen=True)
class Host:
    """A member as the tests speak of it: its record, and what it would answer (None: nothing)."""

    record: Member
    status: Status | None
    alarm: str = ""
    follows: bool = True
    live_learner: bool = False


def url(place: str | int) -> str:
    """A peer URL: m3 and 3 live at http://10.0.0.3:2380."""
    return "http://10.0.0.{}:2380".format(str(place).lstrip("m"))


def id_of(name: str) -> int:
    """The id of the member that is called so, or lives there: 64 bits, in no order that follows from the name."""
    return (zlib.crc32(name.encode()) << 24) | 0xA00000 | len(name)


def healthy(name: str, peer_urls: list[str] | None = None, member_id: int | None = None, lag: int = 0) -> Host:
    urls = tuple(peer_urls or [url(name)])
    number = member_id or id_of(name)
    record = Member(number, name, urls, (f"http://{name}:2379",))
    return Host(
        record, Status(CLUSTER_ID, number, "", raft_index=NEWEST_INDEX - lag, raft_applied_index=NEWEST_INDEX - lag)
    )


def dead(name: str, peer_urls: list[str] | None = None, member_id: int | None = None) -> Host:
    return replace(healthy(name, peer_urls, member_id), status=None)


def unstarted(place: str | int, peer_urls: list[str] | None = None) -> Host:
    """A voter that was registered and never started."""
    urls = tuple(peer_urls or [url(place)])
    return Host(Member(id_of(f"unstarted {place}"), "", urls), None)


def learner(name: str, lag: int = 0, live: bool = True, peer_urls: list[str] | None = None) -> Host:
    """A started learner; `live` when it was seen to follow."""
    return _as_learner(replace(healthy(name, peer_urls, lag=lag), live_learner=live))


def dead_learner(name: str) -> Host:
    return _as_learner(dead(name))


def unstarted_learner(place: str | int) -> Host:
    return _as_learner(unstarted(place))


def _as_learner(host: Host) -> Host:
    status = replace(host.status, is_learner=True) if host.status else None
    return replace(host, record=replace(host.record, is_learner=True), status=status)


def alarmed(name: str, kind: str = "NOSPACE") -> Host:
    return replace(healthy(name), alarm=kind)


def lagging(name: str, lag: int = 6000) -> Host:
    return healthy(name, lag=lag)


def leaderless(name: str) -> Host:
    """It answers, and sees no leader."""
    return replace(healthy(name), follows=False)


def cluster(
    *hosts: Host,
    leader: str | None = None,
    version: str = NEWEST,
    versions: dict[str, str] | None = None,
    **facts: object,
) -> Cluster:
    """The cluster of these members as it would be observed.

    The first voter that follows is the leader, unless one is named.
    """
    following = [host.record for host in hosts if host.status and host.follows and host.record.is_voter]
    voters = [host.record for host in hosts if host.record.is_voter]
    has_quorum = len(following) > len(voters) // 2
    chosen = (
        next((record for record in [*voters, *following] if record.name == leader), None)
        if leader
        else next(iter(following), None)
    )
    leader_id = chosen.member_id if chosen and has_quorum else 0
    statuses = tuple(
        replace(
            host.status,
            leader_id=leader_id if host.follows else 0,
            version=(versions or {}).get(host.record.name, version),
        )
        for host in hosts
        if host.status
    )
    silences = tuple(
        Silence(host.record.member_id, "connection_refused", "refuses connections") for host in hosts if not host.status
    )
    observed = Cluster(
        CLUSTER_ID,
        tuple(host.record for host in hosts),
        statuses,
        silences,
        leader_id,
        has_quorum,
        alarms=tuple(Alarm(host.record.member_id, host.alarm) for host in hosts if host.alarm),
        live_learner_ids=tuple(host.record.member_id for host in hosts if host.live_learner),
    )
    return replace(observed, **facts)  # type: ignore[arg-type]


def downgrading(observed: Cluster, target: str = "3.5.0") -> Cluster:
    """The same, while a downgrade to this release is on."""
    return replace(observed, statuses=tuple(replace(status, downgrade_target=target) for status in observed.statuses))


def voters(count: int, dead_ones: int = 0) -> list[Host]:
    """m1 to m<count>; the last `dead_ones` of them do not answer."""
    alive = count - dead_ones
    return [healthy(f"m{n}") if n <= alive else dead(f"m{n}") for n in range(1, count + 1)]


def reached(*urls: str) -> tuple[Probe, ...]:
    return tuple(Probe(one, True) for one in urls)


def unreached(*urls: str) -> tuple[Probe, ...]:
    return tuple(Probe(one, False, "refuses connections") for one in urls)


def identity(name: str = "", peer_urls: list[str] | None = None, member_id: str | int = "") -> Identity:
    """As a user writes it."""
    return Identity(
        name, normalise(peer_urls) if peer_urls else (), member_id_readings(str(member_id)) if member_id else ()
    )


def present(
    name: str = "",
    peer_urls: list[str] | None = None,
    member_id: str | int = "",
    accept: tuple[str, ...] = (),
    **options: Any,
) -> Goal:
    return Goal(PRESENT, identity(name, peer_urls, member_id), accept=frozenset(accept), **options)


def promoted(
    name: str = "", peer_urls: list[str] | None = None, member_id: str | int = "", accept: tuple[str, ...] = ()
) -> Goal:
    return Goal(PROMOTED, identity(name, peer_urls, member_id), accept=frozenset(accept))


def absent(
    name: str = "",
    peer_urls: list[str] | None = None,
    member_id: str | int = "",
    accept: tuple[str, ...] = (),
    move_leader: bool = True,
    min_fault_tolerance: int = 0,
) -> Goal:
    return Goal(ABSENT, identity(name, peer_urls, member_id), True, move_leader, min_fault_tolerance, frozenset(accept))


def verdict(observed: Cluster, goal: Goal) -> str:
    """What comes of a goal, as text: the code of the refusal, the steps of the plan (`move_leader m2, remove m1`), or
    `nothing to do`.
    """
    found = plan(observed, goal)
    if isinstance(found, Refusal):
        return found.code
    return ", ".join(f"{step.action} {step.label}" for step in found.steps) or "nothing to do"


def refusal(observed: Cluster, goal: Goal) -> Refusal:
    found = plan(observed, goal)
    assert isinstance(found, Refusal), found
    return found


def warnings(observed: Cluster, goal: Goal) -> tuple[str, ...]:
    found = plan(observed, goal)
    assert not isinstance(found, Refusal), found
    return found.warnings
