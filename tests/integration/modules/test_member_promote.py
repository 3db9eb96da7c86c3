# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promoting a learner: state promoted, which proves that it lives before it gets its vote."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.testbed import Cluster
from tests.testbed.gateway import GatewayError

from ..differences import PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION, STORED_PROMOTION
from .driver import ensure, join, listed, untouched, voters, writable


def write(cluster: Cluster, entries: int) -> None:
    """So many raft entries, quickly."""
    leader = cluster.leader.gateway
    with ThreadPoolExecutor(30) as writers:
        list(writers.map(lambda number: leader.put(f"key{number}", "value"), range(entries)))


# -- promoted ----------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, learners=1)
def test_a_learner_in_sync_is_promoted(cluster: Cluster):
    (learner,) = cluster.learners

    run = ensure(cluster, learner, state="promoted")

    assert run.done == ["promote"]
    assert run["member"]["role"] == "voter"
    assert listed(cluster) == voters("etcd1", "etcd2", "etcd3", learner)
    assert learner.is_learner is False
    assert ensure(cluster, learner, state="promoted").changed is False


@pytest.mark.etcd(size=1, unstarted_learners=1)
def test_a_learner_that_starts_late_is_waited_for(cluster: Cluster):
    learner = cluster.members[-1]
    environment = ensure(cluster, learner)["environment"]
    start = threading.Timer(1.0, lambda: learner.start(environment=environment, wait=False))

    start.start()
    run = ensure(cluster, learner, state="promoted")

    start.join()
    assert run.done == ["promote"], run
    assert run.waited_for[0] == "learner_not_started"
    assert listed(cluster) == voters("etcd1", learner)


@pytest.mark.etcd(size=1, learners=1)
def test_a_learner_is_promoted_by_its_name_alone_or_by_its_id_alone(cluster: Cluster):
    (learner,) = cluster.learners
    with untouched(cluster):
        by_id = ensure(cluster, member_id=str(learner.member_id), state="promoted", check_mode=True)
        by_hexadecimal_id = ensure(cluster, member_id=f"{learner.member_id:x}", state="promoted", check_mode=True)
    by_name = ensure(cluster, name=learner.name, state="promoted")

    assert by_id["plan"] == by_hexadecimal_id["plan"] == by_name["plan"]
    assert listed(cluster) == voters("etcd1", learner)


@pytest.mark.measures_time
@pytest.mark.differs(PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION)
@pytest.mark.etcd(size=3, learners=1, auth=True)
def test_a_promotion_goes_to_the_leader_also_when_only_a_follower_was_given(cluster: Cluster):
    """Before 3.5.28 a follower cannot pass a promotion on while authentication is on: etcd's answer is a time-out after
    7 s.
    """
    (learner,) = cluster.learners

    run = ensure(cluster, learner, state="promoted", endpoints=[cluster.followers[0].client_url])

    assert run.done == ["promote"], run
    assert run.seconds < 5
    assert listed(cluster) == voters("etcd1", "etcd2", "etcd3", learner)


@pytest.mark.etcd(size=3, learners=1, dead=1, strict=False)
def test_a_learner_that_lives_is_promoted_while_a_voter_is_down(cluster: Cluster):
    """Three of four would be healthy, and three are needed."""
    (learner,) = cluster.learners

    run = ensure(cluster, learner, state="promoted")

    assert run.done == ["promote"], run
    assert run["quorum"] == {"voters": 4, "size": 3, "healthy": 3, "fault_tolerance": 0}
    assert writable(cluster)


@pytest.mark.differs(STORED_PROMOTION)
@pytest.mark.etcd(size=1, learners=1)
def test_releases_that_do_not_store_a_promotion_are_warned_about(cluster: Cluster, version: str):
    (learner,) = cluster.learners

    run = ensure(cluster, learner, state="promoted")

    assert run.done == ["promote"]
    assert ("19557" in run.warnings) is (STORED_PROMOTION.answer(version) == "learner")


# -- nothing to do, or nobody to promote -------------------------------------------------------------------------------


@pytest.mark.etcd(size=3)
def test_a_voter_is_promoted_already(cluster: Cluster):
    with untouched(cluster):
        for member in cluster.members:
            assert ensure(cluster, member, state="promoted").changed is False


@pytest.mark.etcd(size=3, dead=1)
def test_a_voter_that_is_down_is_promoted_already(cluster: Cluster):
    (dead,) = (member for member in cluster.members if not member.is_running)
    with untouched(cluster):
        run = ensure(cluster, dead, state="promoted")
    assert run.changed is False
    assert run["member"]["healthy"] is False


@pytest.mark.parametrize(
    "identity", [{"name": "nobody"}, {"member_id": "8e9e05c52164694d"}, {"peer_urls": ["http://127.0.0.1:9"]}]
)
@pytest.mark.etcd(size=1)
def test_who_is_no_member_cannot_be_promoted(cluster: Cluster, identity: dict):
    with untouched(cluster):
        run = ensure(cluster, state="promoted", **identity)
    assert run.refusal == "member_not_found"
    assert "etcd1" in run["refusal"]["next_step"]


@pytest.mark.etcd(size=3, unstarted=1)
def test_a_voter_that_never_started_is_not_taken_for_promoted(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.members[-1], state="promoted", wait_timeout=1)
    assert run.refusal == "member_unstarted"


# -- learners that must not get a vote ---------------------------------------------------------------------------------


@pytest.mark.measures_time
@pytest.mark.etcd(size=3, unstarted_learners=1)
def test_a_learner_that_never_started_is_not_promoted(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.members[-1], state="promoted", wait_timeout=1)
    assert run.refusal == "learner_not_started"
    assert 1 <= run.seconds < 5
    assert run["done"] == []


@pytest.mark.etcd(size=3, learners=1, strict=False)
def test_a_learner_that_was_in_sync_and_died_is_not_promoted_while_a_voter_is_down(cluster: Cluster):
    """etcd accepts this promotion, and the cluster is gone for good."""
    (learner,) = cluster.learners
    learner.kill()
    cluster.followers[0].kill()

    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", wait_timeout=1)

    assert run.refusal == "learner_not_live"
    assert listed(cluster)[learner.name] == "learner"
    assert writable(cluster)


@pytest.mark.slow
@pytest.mark.etcd(size=3, learners=1, strict=False)
def test_etcd_itself_promotes_a_dead_learner_and_ends_the_cluster(cluster: Cluster):
    """Why the test before this one matters."""
    (learner,) = cluster.learners
    learner.kill()
    cluster.followers[0].kill()

    cluster.leader.gateway.member_promote(learner.member_id or 0)

    with pytest.raises((OSError, GatewayError)):
        cluster.put("never", "acknowledged")


@pytest.mark.parametrize("stop", ["kill", "pause"])
@pytest.mark.etcd(size=1, learners=1)
def test_a_learner_that_does_not_answer_is_not_promoted_on_an_idle_cluster(cluster: Cluster, stop: str):
    (learner,) = cluster.learners
    getattr(learner, stop)()
    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", wait_timeout=2, request_timeout=3)
    assert run.refusal == "learner_not_live"
    assert learner.name in run.message
    assert run.seconds < 15
    assert writable(cluster)


@pytest.mark.etcd(size=3, learners=1, partitionable=True, timing="default")
def test_a_learner_that_is_cut_off_is_not_promoted_on_an_idle_cluster(cluster: Cluster):
    """It answers, and without traffic its raft index is that of the leader."""
    (learner,) = cluster.learners
    learner.cut_off()
    assert learner.status()["index"] == cluster.leader.status()["index"]

    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", wait_timeout=3)

    assert run.refusal == "learner_not_live", run
    assert "cut off" in run.message
    learner.heal()
    assert ensure(cluster, learner, state="promoted").done == ["promote"]


@pytest.mark.slow
@pytest.mark.etcd(size=1, learners=1, partitionable=True, timing="default")
def test_a_learner_that_stands_still_is_reported_as_stalled(cluster: Cluster):
    (learner,) = cluster.learners
    learner.cut_off()
    write(cluster, 1500)

    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", stall_timeout=2)

    assert run.refusal == "learner_stalled"
    assert "per cent" in run.message
    assert 2 <= run.seconds < 15
    learner.heal()
    assert ensure(cluster, learner, state="promoted").done == ["promote"]


@pytest.mark.etcd(size=3, learners=1)
def test_no_vote_is_given_that_would_be_missing_at_once(cluster: Cluster):
    """Three voters with one down, and a dead learner: also who accepts its death is kept from losing the quorum."""
    (learner,) = cluster.learners
    learner.kill()
    cluster.followers[0].kill()
    with untouched(cluster):
        run = ensure(cluster, learner, state="promoted", accept=["learner_not_live"], wait_timeout=1)
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((2, 2), (2, 3))


@pytest.mark.etcd(size=3, learners=1)
def test_a_dead_learner_is_promoted_where_the_user_accepts_it_and_the_quorum_holds(cluster: Cluster):
    (learner,) = cluster.learners
    learner.kill()

    run = ensure(cluster, learner, state="promoted", accept=["learner_not_live"])

    assert run.done == ["promote"], run
    assert "learner_not_live" in run.warnings
    assert writable(cluster)


@pytest.mark.etcd(size=1, strict=False)
def test_every_join_of_a_growing_cluster_is_one_addition_and_one_promotion(cluster: Cluster):
    for _ in range(3):
        join(cluster)
    assert len(listed(cluster)) == 4
    assert writable(cluster)
