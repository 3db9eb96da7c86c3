# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints that are dead, hang, are stale, lead elsewhere or disagree: what is found out, and in what time."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.testbed import Cluster, Member, waiting

from .driver import ensure, ensure_without_waiting, listed, untouched, voters, writable

REFUSING = "http://127.0.0.1:1"


@pytest.fixture
def hanging() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


# -- dead and hanging --------------------------------------------------------------------------------------------------


@pytest.mark.measures_time
@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=3)
def test_dead_endpoints_beside_a_live_one_do_not_matter(cluster: Cluster, transport: str):
    endpoints = [REFUSING, "http://127.0.0.1:2", cluster.endpoints[0]]
    run = ensure(cluster, name="nobody", state="absent", endpoints=endpoints, transport=transport)
    assert run.ok, run
    assert run["quorum"]["healthy"] == 3
    assert run.seconds < 4


@pytest.mark.measures_time
@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=3)
def test_hanging_endpoints_cost_one_time_out_together(cluster: Cluster, hanging: str, transport: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        another = f"http://127.0.0.1:{server.getsockname()[1]}"
        endpoints = [hanging, another, cluster.endpoints[0]]
        run = ensure(
            cluster, name="nobody", state="absent", endpoints=endpoints, transport=transport, request_timeout=3
        )
    assert run.ok, run
    assert run["quorum"]["healthy"] == 3
    assert run.seconds < 6


@pytest.mark.slow
@pytest.mark.etcd(size=3, strict=False)
def test_a_change_beside_a_hanging_endpoint_is_made(cluster: Cluster, hanging: str):
    host = cluster.spare()
    run = ensure(cluster, host, endpoints=[hanging, *cluster.endpoints], request_timeout=3)
    assert run.done == ["add_learner"], run
    assert run.seconds < 20


@pytest.mark.etcd(size=3)
def test_a_paused_member_is_a_dead_one(cluster: Cluster):
    frozen = cluster.followers[0]
    frozen.pause()
    run = ensure(cluster, cluster.spare(), request_timeout=3)
    assert run.refusal == "would_lose_quorum", run
    assert frozen.name in run.message
    assert run.seconds < 15


@pytest.mark.slow
@pytest.mark.etcd(size=3)
def test_a_paused_leader_is_waited_for_until_another_is_elected(cluster: Cluster):
    frozen = cluster.leader
    frozen.pause()
    run = ensure(cluster, frozen, state="absent", request_timeout=3)
    assert run.done == ["remove"], run
    assert frozen.name not in listed(cluster)
    assert writable(cluster)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.etcd(size=3)
def test_frozen_voters_are_no_quorum_and_the_verdict_is_bounded(cluster: Cluster, state: str):
    first, second = cluster.followers
    first.pause()
    second.pause()
    run = ensure(cluster, cluster.spare() if state == "present" else first, state=state, request_timeout=3)
    assert run.refusal == "no_quorum", run
    assert run.seconds < 30
    assert run["members"]
    assert run["leader"] is None


# -- few endpoints -----------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, strict=False)
def test_one_endpoint_leads_to_all_members(cluster: Cluster):
    follower = cluster.followers[0]
    run = ensure(cluster, cluster.spare(), endpoints=[follower.client_url])
    assert run.done == ["add_learner"]
    assert run["quorum"]["healthy"] == 3


@pytest.mark.etcd(size=3)
def test_an_endpoint_without_a_scheme_is_taken_as_etcdctl_takes_it(cluster: Cluster):
    run = ensure(cluster, name="etcd1", endpoints=[url.removeprefix("http://") for url in cluster.endpoints])
    assert run.changed is False


@pytest.mark.etcd(size=1, learners=1)
def test_the_endpoint_of_a_learner_alone_is_not_enough_and_that_is_said(cluster: Cluster):
    (learner,) = cluster.learners
    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", endpoints=[learner.client_url])
    assert run.error == "server_error", run
    assert "learner" in run.message
    assert "voter" in run.message
    assert run.seconds < 10


@pytest.mark.etcd(size=1, learners=1, auth=True)
def test_the_endpoint_of_a_learner_alone_with_authentication_is_not_enough_either(cluster: Cluster):
    (learner,) = cluster.learners
    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", endpoints=[learner.client_url], request_timeout=2)
    assert run.error == "server_error", run
    assert "learner" in run.message
    assert run.seconds < 10


@pytest.mark.etcd(size=3, learners=1)
def test_the_endpoint_of_a_learner_beside_a_voter_does_not_matter(cluster: Cluster):
    (learner,) = cluster.learners
    run = ensure(cluster, learner, state="promoted", endpoints=[learner.client_url, cluster.followers[0].client_url])
    assert run.done == ["promote"], run


# -- views that are stale or disagree ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.etcd(size=3, partitionable=True, timing="default", strict=False)
def test_a_member_that_is_cut_off_cannot_speak_for_the_cluster(cluster: Cluster):
    lonely = cluster.leader
    lonely.cut_off()
    host = cluster.spare()

    at_once = ensure(cluster, host, endpoints=[lonely.client_url], request_timeout=3, wait_timeout=1)

    assert not at_once["changed"]
    waiting.until("another to lead", lambda: None if cluster.leader is not lonely else "it still leads", 10)
    for endpoints in ([lonely.client_url], cluster.endpoints):
        run = ensure(cluster, host, endpoints=endpoints, request_timeout=3)
        assert run.refusal == "would_lose_quorum", run
        assert lonely.name in run.message


@pytest.mark.etcd(size=3, partitionable=True, timing="default", strict=False)
def test_a_removed_member_that_was_cut_off_still_answers_and_is_not_believed(cluster: Cluster):
    """It serves the list of the time before its removal, until it reaches one of the others; that list leads to
    them.
    """
    removed = cluster.followers[0]
    removed_id = removed.member_id
    removed.cut_off()
    assert ensure(cluster, removed, state="absent", request_timeout=2).done == ["remove"]
    assert len(removed.gateway.member_list(linearizable=False)) == 3
    host = cluster.spare()

    run = ensure_without_waiting(cluster, host, endpoints=[removed.client_url], request_timeout=2)

    assert run.done == ["add_learner"], run
    assert removed.name not in run["initial_cluster"]
    assert removed_id not in [record["ID"] for record in cluster.member_list()]


@contextlib.contextmanager
def split(cluster: Cluster) -> Iterator[tuple[Member, Member]]:
    """Two survivors that do not reach each other, each restarted with --force-new-cluster: two quorums under one
    cluster id.
    """
    first, second, third = cluster.live
    for member in (first, second, third):
        member.kill()
    cluster.partition([first], [second], [third])
    for member in (first, second):
        member.restart(force_new_cluster=True, wait=False)
        waiting.until(f"{member.name} to be a cluster of its own", member.not_ready_because, 15)
    yield first, second


@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.etcd(size=3, partitionable=True)
def test_two_halves_that_were_both_forced_are_a_split_brain(cluster: Cluster, state: str):
    host = cluster.spare()
    with split(cluster) as (first, second):
        endpoints = [first.client_url, second.client_url]
        before = first.gateway.member_list(), second.gateway.member_list()
        run = ensure(cluster, host, state=state, endpoints=endpoints, accept=["would_lose_quorum"])
        assert run.refusal == "split_brain", run
        assert (first.gateway.member_list(), second.gateway.member_list()) == before


@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.etcd(size=1)
def test_endpoints_of_two_clusters_are_refused(cluster: Cluster, version: str, state: str):
    with Cluster(size=1, version=version) as other, untouched(cluster), untouched(other):
        for endpoints in (cluster.endpoints + other.endpoints, other.endpoints + cluster.endpoints):
            run = ensure(cluster, name="etcd1", state=state, endpoints=endpoints)
            assert run.refusal == "cluster_id_mismatch", run


@pytest.mark.etcd(size=1)
def test_a_member_that_advertises_nonsense_is_still_a_member(cluster: Cluster):
    """Client URLs are what operators have written, and nothing that could be relied on."""
    only = cluster.members[0]
    only.restart(advertise_client_urls="http://nowhere.invalid:1")
    run = ensure(cluster, name="etcd1", request_timeout=2)
    assert run.changed is False
    assert run["quorum"]["healthy"] == 1
    assert listed(cluster) == voters("etcd1")


# -- alarms ------------------------------------------------------------------------------------------------------------


def fill(cluster: Cluster) -> None:
    """Until the database is full and the cluster has raised NOSPACE."""
    gateway = cluster.leader.gateway

    def look() -> str | None:
        with contextlib.suppress(Exception):
            gateway.put("filler", "x" * 500_000)
        return None if gateway.status()["errors"] else "no alarm"

    waiting.until("the alarm NOSPACE", look, 20)


@pytest.mark.etcd(size=3, strict=False, flags={"quota_backend_bytes": 3_000_000})
def test_a_full_cluster_is_changed_only_where_the_user_accepts_it(cluster: Cluster):
    """It grants no lease any more, so that the lock cannot be taken either."""
    fill(cluster)
    before = cluster.member_list()

    grown = ensure(cluster, cluster.spare())

    assert grown.refusal == "would_lose_quorum", grown
    assert "NOSPACE" in grown.message
    assert cluster.member_list() == before
    follower = cluster.followers[0]
    shrunk = ensure(cluster, follower, state="absent", accept=["would_lose_quorum"])
    assert shrunk.done == ["remove"], shrunk
    assert len(cluster.member_list()) == 2
