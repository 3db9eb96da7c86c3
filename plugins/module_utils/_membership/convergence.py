# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""From a cluster as observed to the members that it should have: every move on the way, in an order that is safe.

The order: whoever is joining arrives or leaves first, the dead go before the living, an addition goes before a removal
where the cluster would otherwise get smaller than it is meant to be, the leader goes last. Nothing here judges whether
a move is safe: each one is what `plan.plan` answers for the cluster that the moves before it leave, so this list and
etcd_member cannot disagree. Assumed are only things that the hosts do: a member that is started runs, and catches up.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from . import refusal as codes
from .decision import plan
from .identity import Identity
from .member_plans import joiner_checks
from .model import Cluster, Member, Probe, Status
from .move import START, Move
from .peer_urls import addresses, comparable
from .plan import ABSENT, PRESENT, PROMOTED, Goal
from .preconditions import can_be_changed
from .projection import project
from .quorum import is_healthy, most_caught_up, quorum_of, raft_index_of_leader
from .refusal import Refusal, judge
from .steps import ADD_LEARNER, PROMOTE, REMOVE, UPDATE_PEER_URLS, Step


@dataclass(frozen=True)
class DesiredMember:
    """A member that the cluster should have, as a voter. Peer URLs are normalised.

    `has_data` says whether its host holds the data of a member; None where that is not known. A dead member whose host
    holds none can never come back: its record is removed, and it joins as a new member. `release`, `is_log_clean` and
    `accept` are those of its goal, should it have to join.
    """

    name: str
    peer_urls: tuple[str, ...]
    has_data: bool | None = None
    release: str = ""
    is_log_clean: bool | None = None
    accept: frozenset[str] = frozenset()


def moves(cluster: Cluster, desired: t.Sequence[DesiredMember], remove_unlisted: bool = True) -> tuple[Move, ...]:
    """The moves that make `desired` the members of the cluster; none where they are, and are all started voters.

    Members that are not desired are removed if `remove_unlisted` says so, and else left alone. Ends with a refused move
    where the way is blocked.
    """
    contradiction = _contradiction(desired)
    if contradiction:
        return (Move(ADD_LEARNER, refusal=contradiction),)
    route = _Route(cluster, remove_unlisted)
    while route.advance(_attempts(route.cluster, desired, remove_unlisted)):
        pass
    return tuple(route.moves)


@dataclass(frozen=True)
class _Attempt:
    """A move that is due: on a member that is there, or for one that is to be added."""

    action: str
    member: Member | None = None
    desired: DesiredMember | None = None

    @property
    def step(self) -> Step:
        name = self.desired.name if self.desired else ""
        if self.member is None:
            return Step(self.action, 0, name, self.desired.peer_urls if self.desired else ())
        urls = self.desired.peer_urls if self.desired and self.action == UPDATE_PEER_URLS else self.member.peer_urls
        return Step(self.action, self.member.member_id, self.member.name or name, urls)


class _Route:
    """The moves so far, and the cluster that they leave."""

    def __init__(self, cluster: Cluster, remove_unlisted: bool) -> None:
        self.cluster = cluster
        self.moves: list[Move] = []
        self._observed = frozenset(member.member_id for member in cluster.members)
        self._remove_unlisted = remove_unlisted

    def advance(self, attempts: t.Sequence[_Attempt]) -> bool:
        """Makes the first of these moves that is possible. Whether there is more to do."""
        refused: Move | None = None
        for attempt in attempts:
            verdict = self._decide(attempt)
            if not isinstance(verdict, Refusal):
                self.cluster = _assuming(self.cluster, attempt)
                for step in verdict:
                    self._make(step)
                return True
            refused = refused or self._move(attempt.step, verdict)
        if refused:
            self.moves.append(refused)
        return False

    def _decide(self, attempt: _Attempt) -> tuple[Step, ...] | Refusal:
        if attempt.action == START:
            refusal = can_be_changed(self.cluster)
            # Starting its members is what brings a lost quorum back.
            in_the_way = refusal if refusal and refusal.code != codes.NO_QUORUM else None
            return in_the_way or _first_start_refused(self.cluster, attempt) or (attempt.step,)
        verdict = plan(_assuming(self.cluster, attempt), _goal(attempt))
        return verdict if isinstance(verdict, Refusal) else verdict.steps

    def _make(self, step: Step) -> None:
        self.moves.append(self._move(step))
        if step.action == START:
            self.cluster = _started(self.cluster, step)
        else:
            self.cluster = project(self.cluster, step._replace(member_id=step.member_id or self._next_id()))

    def _move(self, step: Step, refusal: Refusal | None = None) -> Move:
        return Move(
            step.action, step.member_id if step.member_id in self._observed else 0, step.name, step.peer_urls, refusal
        )

    def _next_id(self) -> int:
        """An id for a member that is yet to be added, which no member has: etcd's own have 64 bits."""
        return max(1 << 64, 1 + max((member.member_id for member in self.cluster.members), default=0))


# What is due


def _attempts(cluster: Cluster, desired: t.Sequence[DesiredMember], remove_unlisted: bool) -> tuple[_Attempt, ...]:
    """What is due next. More than one only where the second may clear the way for the first."""
    records = [(one, _record(cluster, one)) for one in desired]
    spent = {member.member_id for one, member in records if member and _is_spent(cluster, member, one, remove_unlisted)}
    held = {member.member_id: one for one, member in records if member and member.member_id not in spent}
    missing = [one for one, member in records if member is None or member.member_id in spent]
    leaving = [
        member
        for member in cluster.members
        if member.member_id not in held and (remove_unlisted or member.member_id in spent)
    ]
    returns = _returns(cluster, held)
    return (
        # Without a quorum nobody arrives, and whoever comes back may bring it.
        (() if cluster.has_quorum else returns)
        or _arrivals(cluster, held, leaving)
        or returns
        or _removals(cluster, [member for member in leaving if not is_healthy(cluster, member)])
        or _updates(cluster, held)
        or _exchange(cluster, missing, leaving, len(desired))
    )


def _arrivals(
    cluster: Cluster, held: t.Mapping[int, DesiredMember], leaving: t.Sequence[Member]
) -> tuple[_Attempt, ...]:
    """One that is on its way into the cluster arrives, or goes again."""
    for member in cluster.members:
        if member.is_started and member.is_voter:
            continue
        if member in leaving:
            return (_Attempt(REMOVE, member),)
        one = held.get(member.member_id)
        if one:
            return (_Attempt(PROMOTE if cluster.status_of(member.member_id) else START, member, one),)
    return ()


def _returns(cluster: Cluster, held: t.Mapping[int, DesiredMember]) -> tuple[_Attempt, ...]:
    silent = [
        member for member in cluster.voters if member.member_id in held and cluster.status_of(member.member_id) is None
    ]
    able = [
        member for member in silent if _is_at_home(member, held[member.member_id]) or held[member.member_id].has_data
    ]
    return tuple(_Attempt(START, member, held[member.member_id]) for member in able[:1])


def _updates(cluster: Cluster, held: t.Mapping[int, DesiredMember]) -> tuple[_Attempt, ...]:
    """All of them, since one may need the address that another gives up."""
    moved = [
        member
        for member in cluster.voters
        if member.member_id in held and not _is_at_home(member, held[member.member_id])
    ]
    return tuple(_Attempt(UPDATE_PEER_URLS, member, held[member.member_id]) for member in _leader_last(cluster, moved))


def _exchange(
    cluster: Cluster, missing: t.Sequence[DesiredMember], leaving: t.Sequence[Member], size: int
) -> tuple[_Attempt, ...]:
    """Additions and removals in turn: at most one voter above the desired number, and none below it for want of an
    addition.
    """
    free = [one for one in missing if not any(_is_in_the_way(member, one) for member in cluster.members)]
    blocking = [member for member in leaving if any(_is_in_the_way(member, one) for one in missing)]
    if leaving and (not missing or len(cluster.voters) > size):
        return _removals(cluster, blocking or leaving)
    if missing and (free or not blocking):
        return (_Attempt(ADD_LEARNER, desired=(free or missing)[0]),)
    return _removals(cluster, blocking)


def _is_in_the_way(member: Member, one: DesiredMember) -> bool:
    """Whether a newcomer cannot be added before this member is gone: it has its address or its name."""
    return member.name == one.name or bool(addresses(member.peer_urls) & addresses(one.peer_urls))


def _removals(cluster: Cluster, leaving: t.Sequence[Member]) -> tuple[_Attempt, ...]:
    return tuple(_Attempt(REMOVE, member) for member in _leader_last(cluster, leaving)[:1])


def _leader_last(cluster: Cluster, members: t.Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda member: (member.member_id == cluster.leader_id, member.member_id))


# Who is who


def _contradiction(desired: t.Sequence[DesiredMember]) -> Refusal | None:
    for position, one in enumerate(desired):
        for other in desired[:position]:
            if one.name == other.name or addresses(one.peer_urls) & addresses(other.peer_urls):
                return Refusal(
                    codes.AMBIGUOUS_IDENTITY,
                    f"two of the desired members share a name or an address: {_words(other)} and {_words(one)}",
                    "Give every desired member a name and peer URLs of its own.",
                )
    return None


def _words(one: DesiredMember) -> str:
    return "{} ({})".format(one.name, ", ".join(one.peer_urls))


def _record(cluster: Cluster, one: DesiredMember) -> Member | None:
    """The member that a desired one is: by its peer URLs if nobody else's name is on them, else by its name while that
    is unique.
    """
    at_home = [member for member in cluster.members if _is_at_home(member, one) and member.name in ("", one.name)]
    named = [member for member in cluster.members if member.name == one.name]
    return next(iter(at_home or (named if len(named) == 1 else [])), None)


def _is_spent(cluster: Cluster, member: Member, one: DesiredMember, remove_unlisted: bool) -> bool:
    """Whether a dead member's record is all that is left of it: its data is gone, or its name now stands for another
    address.
    """
    if not member.is_started or cluster.status_of(member.member_id):
        return False
    if one.has_data is None:
        return remove_unlisted and not _is_at_home(member, one) and not _is_reached(cluster, one)
    return not one.has_data


def _is_at_home(member: Member, one: DesiredMember) -> bool:
    return comparable(member.peer_urls) == comparable(one.peer_urls)


def _is_reached(cluster: Cluster, one: DesiredMember) -> bool:
    return all(any(probe.reachable and probe.url == url for probe in cluster.probes) for url in one.peer_urls)


def _first_start_refused(cluster: Cluster, attempt: _Attempt) -> Refusal | None:
    """A member that was registered and never ran joins when it starts, and has to fit as one that is added."""
    member, desired = attempt.member, attempt.desired
    if member is None or desired is None or member.is_started:
        return None
    found = judge(joiner_checks(cluster, attempt.step, _joining(desired, attempt.step)), desired.accept)
    return found if isinstance(found, Refusal) else None


# What a move is asked as, and what it leaves


def _joining(desired: DesiredMember, step: Step) -> Goal:
    return Goal(
        PRESENT,
        Identity(name=step.name, peer_urls=step.peer_urls),
        accept=desired.accept,
        release=desired.release,
        is_log_clean=desired.is_log_clean,
    )


def _goal(attempt: _Attempt) -> Goal:
    step = attempt.step
    if step.action == ADD_LEARNER and attempt.desired:
        return _joining(attempt.desired, step)
    urls = step.peer_urls if step.action == UPDATE_PEER_URLS else ()
    return Goal(_STATES[step.action], Identity(peer_urls=urls, member_ids=(step.member_id,)))


_STATES: t.Mapping[str, str] = {UPDATE_PEER_URLS: PRESENT, PROMOTE: PROMOTED, REMOVE: ABSENT}


def _assuming(cluster: Cluster, attempt: _Attempt) -> Cluster:
    """The cluster once the host has done its part: the learner has caught up, the member listens on its new address."""
    if attempt.action == PROMOTE and attempt.member:
        return _caught_up(cluster, attempt.member)
    if attempt.action == UPDATE_PEER_URLS and attempt.member and cluster.status_of(attempt.member.member_id):
        tried = {probe.url for probe in cluster.probes}
        return replace(
            cluster, probes=(*cluster.probes, *(Probe(url, True) for url in attempt.step.peer_urls if url not in tried))
        )
    return cluster


def _caught_up(cluster: Cluster, learner: Member) -> Cluster:
    newest = raft_index_of_leader(cluster)
    statuses = tuple(
        replace(status, raft_index=max(status.raft_index, newest)) if status.member_id == learner.member_id else status
        for status in cluster.statuses
    )
    return replace(cluster, statuses=statuses, live_learner_ids=(*cluster.live_learner_ids, learner.member_id))


def _started(cluster: Cluster, step: Step) -> Cluster:
    """The cluster once the member runs, and follows the leader."""
    newest = raft_index_of_leader(cluster)
    version = next((status.version for status in cluster.statuses if status.cluster_id == cluster.cluster_id), "")
    status = Status(
        cluster.cluster_id,
        step.member_id,
        version,
        leader_id=cluster.leader_id,
        raft_index=newest,
        raft_applied_index=newest,
    )
    running = replace(
        cluster,
        members=tuple(
            replace(member, name=member.name or step.name) if member.member_id == step.member_id else member
            for member in cluster.members
        ),
        statuses=(*cluster.statuses, status),
        silences=tuple(silence for silence in cluster.silences if silence.member_id != step.member_id),
    )
    return running if cluster.has_quorum and cluster.leader_id else _elected(running)


def _elected(cluster: Cluster) -> Cluster:
    """The cluster once those who answer have elected a leader, if they are enough to."""
    led = replace(
        cluster,
        has_quorum=True,
        leader_id=0,
        statuses=tuple(replace(status, leader_id=1) for status in cluster.statuses),
    )
    leader = most_caught_up(led, led.voters)
    if leader is None or not quorum_of(led).holds:
        return cluster
    return replace(
        led,
        leader_id=leader.member_id,
        statuses=tuple(replace(status, leader_id=leader.member_id) for status in led.statuses),
    )
