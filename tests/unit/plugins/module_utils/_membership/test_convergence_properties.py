# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the way from any cluster to any membership.

The moves are replayed on a model of its own, far simpler than the planner's: a list of members, who of them has a vote,
and who runs. So a mistake in how the planner imagines the next cluster shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.quorum.etcd.plugins.module_utils._membership.convergence import DesiredMember, moves
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster, Member
from ansible_collections.quorum.etcd.plugins.module_utils._membership.move import START, Move
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import NOT_FOLLOWING, diagnosis
from ansible_collections.quorum.etcd.plugins.module_utils._membership.steps import (
    ADD_LEARNER,
    MOVE_LEADER,
    PROMOTE,
    REMOVE,
    UPDATE_PEER_URLS,
)
from hypothesis import event, given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership.anything import (
    any_desired_sets,
    clean_desired_sets,
    clusters,
    healthy_clusters,
)
from tests.unit.plugins.module_utils._membership.clusters import cluster as build
from tests.unit.plugins.module_utils._membership.clusters import healthy


@dataclass
class Seat:
    """One member while the moves are replayed."""

    member_id: int
    name: str
    peer_urls: tuple[str, ...]
    votes: bool
    runs: bool


def runs(cluster: Cluster, member: Member) -> bool:
    """Who sees no leader only because there is none will see one as soon as enough are started."""
    found = diagnosis(cluster, member)
    return found is None or (found.kind == NOT_FOLLOWING and not cluster.leader_id)


class Replay:
    """The cluster while the moves are made, each of which has to be possible and to leave a quorum."""

    def __init__(self, cluster: Cluster) -> None:
        self.seats = [
            Seat(one.member_id, one.name, one.peer_urls, one.is_voter, runs(cluster, one)) for one in cluster.members
        ]
        self.leader_id = cluster.leader_id
        self.had_quorum = self.has_quorum

    @property
    def voters(self) -> list[Seat]:
        return [seat for seat in self.seats if seat.votes]

    @property
    def has_quorum(self) -> bool:
        return sum(seat.runs for seat in self.voters) > len(self.voters) // 2

    def make(self, move: Move) -> None:
        {
            ADD_LEARNER: self.add,
            START: self.start,
            PROMOTE: self.promote,
            UPDATE_PEER_URLS: self.update,
            MOVE_LEADER: self.move_leader,
            REMOVE: self.remove,
        }[move.action](move)
        assert self.voters
        assert self.has_quorum or not self.had_quorum or move.action == START
        self.had_quorum = self.has_quorum

    def seat(self, move: Move) -> Seat:
        found = [
            one
            for one in self.seats
            if (one.member_id == move.member_id if move.member_id else one.name == move.name and not one.member_id)
        ]
        assert len(found) == 1, "the move is about one member that is there"
        return found[0]

    def add(self, move: Move) -> None:
        assert all(seat.votes and seat.name for seat in self.seats), "nobody else is on the way in"
        assert not {url for seat in self.seats for url in seat.peer_urls} & set(move.peer_urls)
        self.seats.append(Seat(0, move.name, move.peer_urls, False, False))

    def start(self, move: Move) -> None:
        seat = self.seat(move)
        assert not seat.runs
        seat.runs, seat.name = True, seat.name or move.name

    def promote(self, move: Move) -> None:
        seat = self.seat(move)
        assert not seat.votes
        # However far behind it was, it is waited for.
        seat.votes = seat.runs = True

    def update(self, move: Move) -> None:
        seat = self.seat(move)
        assert not {url for other in self.seats if other is not seat for url in other.peer_urls} & set(move.peer_urls)
        seat.peer_urls = move.peer_urls

    def move_leader(self, move: Move) -> None:
        seat = self.seat(move)
        assert seat.votes
        assert seat.runs
        self.leader_id = move.member_id

    def remove(self, move: Move) -> None:
        assert move.member_id != self.leader_id or not move.member_id, "the leader has handed over"
        self.seats.remove(self.seat(move))


def arrived(replay: Replay, desired: tuple[DesiredMember, ...]) -> bool:
    """Whether the members are the desired ones, all of them voters that run."""
    there = sorted((seat.name, seat.peer_urls, seat.votes and seat.runs) for seat in replay.seats)
    return there == sorted((one.name, one.peer_urls, True) for one in desired)


def as_observed(replay: Replay, cluster: Cluster) -> Cluster:
    """The cluster that the moves have led to, as it would be observed then."""
    seats = [replace(seat, member_id=seat.member_id or 0xB00 + n) for n, seat in enumerate(replay.seats)]
    return build(
        *(healthy(seat.name, list(seat.peer_urls), seat.member_id) for seat in seats),
        version=cluster.statuses[0].version,
    )


def replayed(cluster: Cluster, way: tuple[Move, ...]) -> Replay:
    assert all(move.refusal is None for move in way[:-1]), "only the last move can be a refused one"
    replay = Replay(cluster)
    for move in way:
        if move.refusal is None:
            replay.make(move)
    return replay


@given(healthy_clusters(), clean_desired_sets())
def test_from_any_healthy_cluster_the_way_leads_to_exactly_the_desired_members(cluster, desired):
    way = moves(cluster, desired)
    event(f"{len(way) // 5 * 5} moves or more")
    assert [move.refusal for move in way if move.refusal] == []
    replay = replayed(cluster, way)
    assert arrived(replay, desired)
    assert moves(as_observed(replay, cluster), desired) == ()


@given(healthy_clusters(), clean_desired_sets())
def test_the_number_of_voters_never_leaves_the_range_from_start_to_end_by_more_than_one(cluster, desired):
    """At most one above the larger, for an addition before a removal; never below the smaller."""
    replay, sizes = Replay(cluster), [len(cluster.voters)]
    for move in moves(cluster, desired):
        replay.make(move)
        sizes.append(len(replay.voters))
    assert min(sizes) >= min(len(desired), len(cluster.voters))
    assert max(sizes) <= max(len(desired) + 1, len(cluster.voters) + 1)


@given(healthy_clusters())
def test_the_members_that_are_there_need_no_move(cluster):
    desired = tuple(DesiredMember(one.name, one.peer_urls) for one in cluster.voters)
    assert [move for move in moves(cluster, desired) if move.action != REMOVE] == []
    assert moves(cluster, desired, remove_unlisted=False) == ()


@given(clusters(), any_desired_sets(), st.booleans())
def test_from_any_cluster_every_move_is_possible_and_a_reason_ends_the_way(cluster, desired, remove_unlisted):
    """Whatever has failed, whoever shares names or addresses: it ends, never without a quorum that was there, and says
    why if it does not arrive.
    """
    way = moves(cluster, desired, remove_unlisted)
    replay = replayed(cluster, way)
    blocked = way[-1].refusal if way else None
    event(blocked.code if blocked else "arrived")
    if blocked is None and remove_unlisted:
        names_and_urls = sorted((seat.name, seat.peer_urls) for seat in replay.seats)
        assert names_and_urls == sorted((one.name, one.peer_urls) for one in desired)
        assert all(seat.votes for seat in replay.seats)
    if blocked is None and not remove_unlisted:
        wanted = {one.name for one in desired}
        assert wanted <= {seat.name for seat in replay.seats}
    if not remove_unlisted:
        lost = {one.name for one in desired if one.has_data is False}
        assert all(move.name in lost for move in way if move.action == REMOVE and move.refusal is None)
