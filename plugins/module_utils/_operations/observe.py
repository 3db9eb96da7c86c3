# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Observing: from endpoints to one Cluster, with every member asked in parallel and every view compared."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._client import errors
from .._client.addresses import InvalidEndpoint, parse_endpoint
from .._client.errors import EtcdError
from .._membership.model import Cluster, Member, MemberList, Silence, Status
from .endpoint_pool import SECONDS_FOR_THE_SILENT, EndpointPool, StatusInquiry
from .exceptions import Refused

# When no endpoint answers, the error that tells most about why stands for all.
_MOST_TELLING = (
    errors.AUTH_FAILED,
    errors.AUTH_REQUIRED,
    errors.PERMISSION_DENIED,
    errors.TRANSPORT_UNAVAILABLE,
    errors.TLS_ERROR,
    errors.NOT_ETCD,
    errors.SERVER_ERROR,
    errors.TIMEOUT,
    errors.CONNECTION_REFUSED,
)

# What keeps us from asking the quorum, and says nothing about whether there is one.
_OURS_TO_CORRECT = (errors.AUTH_FAILED, errors.AUTH_REQUIRED, errors.PERMISSION_DENIED, errors.TRANSPORT_UNAVAILABLE)


def observe(pool: EndpointPool) -> Cluster:
    """The cluster behind the known endpoints, as it is now.

    Takes at most one request time-out for the known endpoints and, at the same time, the members that the list names.
    Raises EtcdError when no endpoint can say anything about the cluster, and Refused (no_quorum) when some answer, but
    authentication is on and none of them gives out a token; that takes up to one request time-out more.
    """
    inquiry = StatusInquiry(pool)
    try:
        return _observe(pool, inquiry)
    except EtcdError as error:
        if not error.lacks_token:
            raise
        failures = dict(sorted({**dict.fromkeys(inquiry.statuses, error), **inquiry.errors}.items()))
        # Only here, as most observations need none of it.
        from .._membership.server_refusals import nobody_can_log_in  # pylint: disable=import-outside-toplevel
        from .open_pages import healths  # pylint: disable=import-outside-toplevel

        found = healths(pool, failures)
        raise Refused(nobody_can_log_in(found), found) from error


def _observe(pool: EndpointPool, inquiry: StatusInquiry) -> Cluster:
    for url in pool.known:
        inquiry.ask(url)
    listing = _Listing(pool, inquiry)
    for _url in iter(inquiry.next_answer, None):
        if listing.confirmed is None:
            listing.confirm()
            _ask_the_listed(inquiry, listing.confirmed)
    if not inquiry.statuses:
        raise _no_answer(inquiry.errors)
    if listing.confirmed is None:
        if listing.error is not None and listing.error.code in _OURS_TO_CORRECT:
            raise listing.error
        _ask_for_unconfirmed_members(inquiry, listing)
    return _cluster(pool, inquiry, listing)


class _Listing:
    """The member list: confirmed by a quorum where one of the members can do that, else as the best of them has it."""

    def __init__(self, pool: EndpointPool, inquiry: StatusInquiry) -> None:
        self._pool = pool
        self._inquiry = inquiry
        self.confirmed: MemberList | None = None
        self.local: MemberList | None = None
        self.source: Status | None = None
        self.error: EtcdError | None = None
        self._tried: set[str] = set()

    def confirm(self) -> None:
        """Asks those who have answered, each once, until one confirms the list; also those who answer meanwhile."""
        while self.confirmed is None and self._try_next():
            _drain(self._inquiry)

    def _try_next(self) -> bool:
        """Whether there was one left to try."""
        url = next((url for url in self._inquiry.statuses if url not in self._tried), None)
        if url is None:
            return False
        self._tried.add(url)
        self._try_at(url)
        return True

    def _try_at(self, url: str) -> None:
        status = self._inquiry.statuses[url]
        if status.is_learner or not status.leader_id:
            return
        try:
            self.confirmed = self._pool.at(url).member_list(linearizable=True, timeout=self._patience())
            self.source = status
        except EtcdError as error:
            self.error = error
            self._pool.remember(url, error)

    def _patience(self) -> float:
        """Seconds for one member to confirm the list.

        One whole time-out is enough for all of them: who follows a quorum says so at once.
        """
        limit = self._pool.connection.request_timeout
        has_waited = self.error is not None and self.error.code == errors.TIMEOUT
        return min(limit, SECONDS_FOR_THE_SILENT) if has_waited else limit

    def read_unconfirmed(self) -> MemberList:
        """The list of the voter that has seen most, which may be stale. Raises EtcdError when no voter gives one."""
        for url, status in sorted(
            self._inquiry.statuses.items(), key=lambda pair: (-pair[1].raft_term, -pair[1].raft_index)
        ):
            if status.is_learner:
                continue
            try:
                self.local = self._pool.at(url).member_list(linearizable=False)
                self.source = status
                return self.local
            except EtcdError as error:
                self.error = error
        raise self.error or _only_learners(self._inquiry.statuses)


def _drain(inquiry: StatusInquiry) -> None:
    while inquiry.next_answer(wait=False):
        pass


def _ask_for_unconfirmed_members(inquiry: StatusInquiry, listing: _Listing) -> None:
    """Asks also those whom only a list names that may be stale: the quorum may be with them."""
    _ask_the_listed(inquiry, listing.read_unconfirmed())
    for _url in iter(inquiry.next_answer, None):
        listing.confirm()
        _ask_the_listed(inquiry, listing.confirmed)


def _ask_the_listed(inquiry: StatusInquiry, listed: MemberList | None) -> None:
    """Asks those members that no endpoint has answered for, at the client URLs that they advertise."""
    if listed is None:
        return
    known = {status.member_id for status in inquiry.statuses.values()}
    for member in listed.members:
        if member.member_id not in known:
            for url in _client_urls(member):
                inquiry.ask(url)


def _client_urls(member: Member) -> t.Iterator[str]:
    for url in member.client_urls:
        try:
            yield parse_endpoint(url).url
        except InvalidEndpoint:
            continue  # what etcd was told to advertise may be anything; such a member is silent


def _cluster(pool: EndpointPool, inquiry: StatusInquiry, listing: _Listing) -> Cluster:
    listed = listing.confirmed or listing.local
    if listed is None or listing.source is None:
        raise _no_answer(inquiry.errors)
    members = listed.members
    pool.found = {
        url: status.member_id for url, status in inquiry.statuses.items() if status.cluster_id == listed.cluster_id
    }
    own = {status.member_id: status for status in inquiry.statuses.values() if status.cluster_id == listed.cluster_id}
    given = [inquiry.statuses[url] for url in pool.given if url in inquiry.statuses]
    ids = {member.member_id for member in members}
    cluster = Cluster(
        cluster_id=listed.cluster_id,
        members=members,
        statuses=tuple(own[member.member_id] for member in members if member.member_id in own),
        silences=tuple(
            _silence(inquiry, member, listed.cluster_id) for member in members if member.member_id not in own
        ),
        leader_id=_leader(listing, own),
        has_quorum=listing.confirmed is not None,
        foreign_cluster_ids=tuple(sorted({status.cluster_id for status in given} - {listed.cluster_id})),
        removed_ids=tuple(sorted(set(own) - ids)),
        authenticated=pool.connection.username is not None,
    )
    return replace(cluster, rival_leader_ids=_rival_leaders(pool, inquiry, cluster))


def _leader(listing: _Listing, own: dict[int, Status]) -> int:
    """Whom the member that proved the quorum follows, in the newest term that was answered by a member that follows
    somebody.
    """
    if listing.confirmed is None or listing.source is None:
        return 0
    newest = max(
        (status for status in own.values() if status.leader_id),
        key=lambda status: status.raft_term,
        default=listing.source,
    )
    return newest.leader_id if newest.raft_term > listing.source.raft_term else listing.source.leader_id


def _silence(inquiry: StatusInquiry, member: Member, cluster_id: int) -> Silence:
    if not member.is_started:
        return Silence(member.member_id, errors.CONNECTION_REFUSED, "has never started")
    urls = list(_client_urls(member))
    for url in urls:
        status = inquiry.statuses.get(url)
        if status is not None:
            who = (
                f"the cluster {status.cluster_id:x}"
                if status.cluster_id != cluster_id
                else f"the member {status.member_id:x}"
            )
            return Silence(
                member.member_id,
                errors.SERVER_ERROR,
                f"does not answer: its advertised client URL {url} is served by {who}",
            )
    for url in urls:
        if url in inquiry.errors:
            return Silence(
                member.member_id, inquiry.errors[url].code, f"does not answer: {inquiry.errors[url].message}"
            )
    return Silence(member.member_id, errors.CONNECTION_REFUSED, "advertises no client URL that can be asked")


def _rival_leaders(pool: EndpointPool, inquiry: StatusInquiry, cluster: Cluster) -> tuple[int, ...]:
    """The leaders of two quorums of one cluster id, each proven by a linearizable list; empty for a whole cluster.

    Two halves that were both started with --force-new-cluster keep one cluster id. A deposed leader, or a view from
    just before an election, cannot prove its list and is no rival.
    """
    rivals: set[int] = set()
    for url, status in inquiry.statuses.items():
        if (
            status.cluster_id != cluster.cluster_id
            or status.is_learner
            or status.leader_id in (0, cluster.leader_id, *rivals)
        ):
            continue
        try:
            other = pool.at(url).member_list(linearizable=True)
        except EtcdError:
            continue
        if _ids(other.members) != _ids(cluster.members) and _ids(other.members) != _ids(
            _read_again(pool, inquiry, cluster)
        ):
            rivals.add(status.leader_id)
    return (cluster.leader_id, *sorted(rivals)) if rivals else ()


def _read_again(pool: EndpointPool, inquiry: StatusInquiry, cluster: Cluster) -> tuple[Member, ...]:
    for url, status in inquiry.statuses.items():
        if status.leader_id == cluster.leader_id and not status.is_learner:
            try:
                return pool.at(url).member_list(linearizable=True).members
            except EtcdError:
                continue
    return cluster.members


def _ids(members: tuple[Member, ...]) -> set[int]:
    return {member.member_id for member in members}


def _no_answer(failures: dict[str, EtcdError]) -> EtcdError:
    without_token = next((error for error in failures.values() if error.lacks_token), None)
    if without_token is not None and not any(error.code in _OURS_TO_CORRECT for error in failures.values()):
        return without_token
    learners = [url for url, error in failures.items() if error.code == errors.NOT_FOR_LEARNER]
    if learners:
        return _only_learners(learners)
    ranked = sorted(
        failures.values(), key=lambda error: _MOST_TELLING.index(error.code) if error.code in _MOST_TELLING else 0
    )
    if len(ranked) == 1:
        return ranked[0]
    words = "; ".join(error.message for error in ranked)
    return EtcdError(
        ranked[0].code,
        f"none of the {len(ranked)} endpoints can be used: {words}",
        ranked[0].endpoint,
        ranked[0].server_words,
        next_step=ranked[0].next_step,
    )


def _only_learners(endpoints: t.Iterable[str]) -> EtcdError:
    urls = ", ".join(sorted(endpoints))
    why = f"only learners answer at {urls}, and a learner cannot list the members"
    return EtcdError(errors.SERVER_ERROR, why, urls, next_step="Give the client URL of a voter among the endpoints.")
