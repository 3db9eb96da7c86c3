# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Requesting one step of a plan: which endpoint gets it, what its failure means, and when it has arrived everywhere."""

from __future__ import annotations

import typing as t

from .._client import errors
from .._client.ask import ask_each
from .._client.errors import EtcdError
from .._membership import steps
from .._membership.model import Cluster, Member, MemberList
from .._membership.peer_urls import comparable
from .._membership.quorum import is_healthy
from .._membership.steps import Step
from .endpoint_pool import EndpointPool
from .waiting import Clock

if t.TYPE_CHECKING:
    from .._client.endpoint import Endpoint

SECONDS_TO_SPREAD = 5.0
_POLL_SECONDS = 0.02


def endpoint_for(pool: EndpointPool, cluster: Cluster, step: Step, attempt: int = 0) -> Endpoint | None:
    """Where to send a step: to the leader, but never to the member that is to be removed; on later attempts to the
    others in turn, since each member judges the health of the cluster by its own connections. An unhealthy voter is
    asked only where none is healthy: an alarm that all have raised keeps none of them from changing the membership."""
    ranked = sorted(
        (
            voter
            for voter in cluster.voters
            if pool.member(voter.member_id) and not (step.action == steps.REMOVE and voter.member_id == step.member_id)
        ),
        key=lambda voter: (voter.member_id != cluster.leader_id, voter.member_id),
    )
    fit = [voter for voter in ranked if is_healthy(cluster, voter)] or ranked
    if step.action == steps.MOVE_LEADER:
        fit = ranked  # only the leader can, and an alarm does not keep it from that
    if step.action in (steps.MOVE_LEADER, steps.PROMOTE):
        attempt = 0
    return pool.member(fit[attempt % len(fit)].member_id) if fit else None


def request(endpoint: Endpoint, step: Step) -> None:
    """Sends the one mutating call of a step. Raises EtcdError."""
    _REQUESTS[step.action](endpoint, step)


_REQUESTS: t.Mapping[str, t.Callable[[Endpoint, Step], t.Any]] = {
    steps.ADD_LEARNER: lambda endpoint, step: endpoint.member_add(step.peer_urls, True),
    steps.ADD_VOTER: lambda endpoint, step: endpoint.member_add(step.peer_urls, False),
    steps.UPDATE_PEER_URLS: lambda endpoint, step: endpoint.member_update(step.member_id, step.peer_urls),
    steps.PROMOTE: lambda endpoint, step: endpoint.member_promote(step.member_id),
    steps.MOVE_LEADER: lambda endpoint, step: endpoint.move_leader(step.member_id),
    steps.REMOVE: lambda endpoint, step: endpoint.member_remove(step.member_id),
}


def wait_until_spread(pool: EndpointPool, cluster: Cluster, step: Step, clock: Clock) -> str:
    """Waits until every member that answered before has the step in its own list, and acts on it.

    A joiner that asks a voter which lacks it dies with "member count is unequal" (etcd issue 14174); a member that was
    promoted answers "not supported for learner" until it knows. Returns a warning when that takes too long, else
    nothing.
    """
    leaving = step.member_id if step.action == steps.REMOVE else 0
    watched = tuple(
        member for member in cluster.members if pool.member(member.member_id) and member.member_id != leaving
    )
    deadline = clock.monotonic() + min(SECONDS_TO_SPREAD, pool.connection.request_timeout)
    while True:
        behind = _behind(pool, watched, step)
        if not behind:
            return ""
        if clock.monotonic() >= deadline:
            return f"The request to {step} was carried out, but is not known to {', '.join(behind)} yet."
        clock.sleep(_POLL_SECONDS)


def _behind(pool: EndpointPool, watched: tuple[Member, ...], step: Step) -> list[str]:
    """The labels of those members that do not know of the step yet."""
    endpoints = [pool.at(pool.url_of[member.member_id]) for member in watched]
    answers = ask_each(endpoints, lambda endpoint: _KNOWS[step.action](endpoint, step), pool.connection.request_timeout)
    for member, answer in zip(watched, answers):
        pool.remember(pool.url_of[member.member_id], answer.error)
    return [
        member.label for member, answer in zip(watched, answers) if not answer.value and not _is_excused(answer.error)
    ]


def _is_excused(error: EtcdError | None) -> bool:
    """A member that cannot be asked is not waited for: its health was judged before, and will be again."""
    return error is not None and error.code != errors.NOT_FOR_LEARNER


def _lists(endpoint: Endpoint) -> MemberList:
    return endpoint.member_list(linearizable=False)


def _knows_added(endpoint: Endpoint, step: Step) -> bool:
    if endpoint.status().is_learner:
        return True  # a learner cannot be asked for its list
    return any(comparable(member.peer_urls) == comparable(step.peer_urls) for member in _lists(endpoint).members)


def _knows_promoted(endpoint: Endpoint, step: Step) -> bool:
    status = endpoint.status()
    if status.is_learner:
        return status.member_id != step.member_id
    return any(member.member_id == step.member_id and member.is_voter for member in _lists(endpoint).members)


def _knows_removed(endpoint: Endpoint, step: Step) -> bool:
    if endpoint.status().is_learner:
        return True
    return all(member.member_id != step.member_id for member in _lists(endpoint).members)


def _follows(endpoint: Endpoint, step: Step) -> bool:
    return endpoint.status().leader_id == step.member_id


_KNOWS: t.Mapping[str, t.Callable[[Endpoint, Step], bool]] = {
    steps.ADD_LEARNER: _knows_added,
    steps.ADD_VOTER: _knows_added,
    steps.UPDATE_PEER_URLS: _knows_added,
    steps.PROMOTE: _knows_promoted,
    steps.MOVE_LEADER: _follows,
    steps.REMOVE: _knows_removed,
}
