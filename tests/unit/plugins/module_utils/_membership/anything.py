# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any cluster, any goal: what Hypothesis draws them from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.quorum.etcd.plugins.module_utils._membership.convergence import DesiredMember
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster, Member
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import ABSENT, PRESENT, PROMOTED, Goal
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership.clusters import (
    Host,
    alarmed,
    cluster,
    dead,
    dead_learner,
    healthy,
    lagging,
    leaderless,
    learner,
    reached,
    unreached,
    unstarted,
    unstarted_learner,
    url,
)

RELEASES = ("3.3.25", "3.4.45", "3.5.16", "3.5.19", "3.5.29", "3.5.30", "3.5.33", "3.6.10", "3.6.14", "3.7.1")
# One letter a member, so that an example is a word, is drawn at once and shrinks well.
MAKERS: dict[str, Callable[[str], Host]] = {
    "h": healthy,
    "d": dead,
    "a": alarmed,
    "l": lagging,
    "o": leaderless,
    "u": unstarted,
    "L": learner,
    "B": lambda name: learner(name, lag=9000, live=False),
    "C": lambda name: learner(name, live=False),
    "D": dead_learner,
    "U": unstarted_learner,
}
UNHEALTHY = "daloud"
LEARNERS = ("", "", "", "", "", "L", "L", "B", "C", "D", "U", "LU")
PROBES = ((), reached(url(77)), unreached(url(77)))


@st.composite
def words(draw: st.DrawFn) -> str:
    """Voters and learners. Mostly with a quorum, since without one there is little to decide."""
    size, ill, kinds, learners = draw(
        st.tuples(
            st.integers(1, 8),
            st.integers(0, 7),
            st.tuples(*[st.sampled_from(UNHEALTHY)] * 4),
            st.sampled_from(LEARNERS),
        )
    )
    spare = (size - 1) // 2
    faults = spare + 1 if ill == 7 else min(ill, spare) if ill < 4 else 0
    return "h" * (size - faults) + "".join(kinds[:faults]) + learners


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """1 to 8 voters and 0 to 2 learners in any state, of any release, with anybody leading; sometimes two share a
    name.
    """
    hosts = [MAKERS[letter](f"m{n}") for n, letter in enumerate(draw(words()), 1)]
    oddity, leader, release, probes = draw(
        st.tuples(st.integers(0, 9), st.integers(0, 7), st.sampled_from(RELEASES), st.sampled_from(PROBES))
    )
    if oddity == 9:
        hosts[-1] = namesake(hosts[-1], hosts[0].record.name)
    if oddity % 4 == 1:
        hosts[0] = with_second_url(hosts[0])
    observed = cluster(*hosts, version=release, authenticated=oddity % 2 == 0, probes=probes)
    followers = [
        voter for voter in observed.voters if (status := observed.status_of(voter.member_id)) and status.leader_id
    ]
    return led_by(observed, followers[leader % len(followers)].member_id) if observed.leader_id else observed


def namesake(host: Host, name: str) -> Host:
    return replace(host, record=replace(host.record, name=name)) if host.record.name else host


def with_second_url(host: Host) -> Host:
    return replace(host, record=replace(host.record, peer_urls=(*host.record.peer_urls, url(101))))


def led_by(observed: Cluster, leader_id: int) -> Cluster:
    """Nobody is ahead of a leader: it was elected for having all that is committed."""
    newest = max(status.raft_index for status in observed.statuses)
    statuses = [replace(status, leader_id=leader_id) if status.leader_id else status for status in observed.statuses]
    caught_up = (
        replace(status, raft_index=newest, raft_applied_index=newest) if status.member_id == leader_id else status
        for status in statuses
    )
    return replace(observed, leader_id=leader_id, statuses=tuple(caught_up))


STRANGER = Member(0xDEAD, "m77", (url(77),))
# Which parts of an identity are given: of the member that is meant (n, u, i), or of somebody else (N, U, I); w is an
# address that nobody has.
PARTS = ("n", "u", "i", "nu", "ni", "ui", "nui", "nw", "iw", "w", "niw", "nU", "nI", "N", "NI", "uI")
# What people goal most, and then anything: state, who is meant, the parts that are given.
TOPICS = (
    (PRESENT, "stranger", ("nu", "u")),
    (PROMOTED, "learner", ("n", "nu", "u", "i")),
    (ABSENT, "anybody", ("n", "nu", "u", "i")),
    (ABSENT, "leader", ("n", "nu", "u", "i")),
    (PRESENT, "anybody", ("nw", "iw")),
    (PRESENT, "anybody", PARTS),
    (PROMOTED, "anybody", PARTS),
    (ABSENT, "anybody", PARTS),
)


@st.composite
def goals(draw: st.DrawFn, observed: Cluster) -> Goal:
    """Any state of a member of the cluster or of a stranger, known by any part of its identity; nothing is accepted."""
    topic, who, other, part, option = draw(
        st.tuples(
            st.sampled_from(TOPICS),
            st.integers(0, 9),
            st.integers(0, 9),
            st.integers(0, len(PARTS) - 1),
            st.integers(0, 11),
        )
    )
    state, kind, choice = topic
    anybody = (*observed.members, STRANGER)
    meant = {"stranger": STRANGER, "learner": next(iter(observed.learners), STRANGER), "leader": observed.leader}.get(
        kind
    ) or anybody[who % len(anybody)]
    another, parts = anybody[other % len(anybody)], choice[part % len(choice)]
    name = meant.name if "n" in parts else another.name if "N" in parts else ""
    urls = (
        meant.peer_urls if "u" in parts else another.peer_urls if "U" in parts else (url(77),) if "w" in parts else ()
    )
    ids = (meant.member_id,) if "i" in parts else (another.member_id,) if "I" in parts else ()
    return Goal(
        state,
        Identity(name or ("" if urls or ids else "m77"), tuple(sorted(urls)), ids),
        learner=option % 2 == 0,
        move_leader=option % 3 > 0,
        min_fault_tolerance=(0, 0, 1, 2)[option % 4],
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Cluster, Goal]:
    """A cluster and a goal about it."""
    observed = draw(clusters())
    return observed, draw(goals(observed))


@st.composite
def healthy_clusters(draw: st.DrawFn) -> Cluster:
    """1 to 7 healthy voters, perhaps with somebody on the way in, of any release that knows learners."""
    size, leader, pending, release = draw(
        st.tuples(st.integers(1, 7), st.integers(0, 6), st.sampled_from("--LBDU"), st.sampled_from(RELEASES[1:]))
    )
    hosts = [healthy(f"m{n}") for n in range(1, size + 1)]
    joining = [MAKERS[pending]("m9")] if pending != "-" else []
    return cluster(*hosts, *joining, leader=hosts[leader % size].record.name, version=release)


KEPT = [(f"m{n}", n) for n in range(1, 10)]
MOVED = [(f"m{n}", n + 100) for n in range(1, 8)]
NEW = [(f"m{n}", n) for n in range(20, 26)]


@st.composite
def clean_desired_sets(draw: st.DrawFn) -> tuple[DesiredMember, ...]:
    """1 to 7 members, each as it is, under its name at a new address, or new altogether."""
    pairs = draw(
        st.lists(st.sampled_from(KEPT + KEPT + MOVED + NEW), min_size=1, max_size=7, unique_by=lambda pair: pair[0])
    )
    return tuple(DesiredMember(name, (url(place),)) for name, place in pairs)


@st.composite
def any_desired_sets(draw: st.DrawFn) -> tuple[DesiredMember, ...]:
    """1 to 6 members of any name at any address, whose hosts may have lost their data."""
    rows = draw(
        st.lists(
            st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from((None, None, True, False))),
            min_size=1,
            max_size=6,
            unique_by=(lambda row: row[0], lambda row: row[1]),
        )
    )
    return tuple(DesiredMember(f"m{name}", (url(place),), has_data) for name, place, has_data in rows)
