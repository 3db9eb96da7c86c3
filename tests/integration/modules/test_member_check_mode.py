# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode: the verdict, the plan and the diff of the real run, and not one request that changes anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.testbed import Cluster

from .driver import ensure, untouched
from .recorded import recorded

ONE = pytest.mark.etcd(size=1, strict=False)
THREE = pytest.mark.etcd(size=3, strict=False)
LEARNING = pytest.mark.etcd(size=1, learners=1, strict=False)


def _add(cluster: Cluster) -> dict:
    host = cluster.spare()
    return {"name": host.name, "peer_urls": [host.peer_url]}


def _update(cluster: Cluster) -> dict:
    member, address = cluster.followers[0], cluster.spare().peer_url
    member.restart(listen_peer_urls=f"{member.peer_url},{address}")
    return {"name": member.name, "peer_urls": [address]}


CHANGES: list = [
    pytest.param(_add, id="add a learner", marks=ONE),
    pytest.param(lambda cluster: {**_add(cluster), "learner": False}, id="add a voter", marks=THREE),
    pytest.param(lambda cluster: {"name": cluster.learners[0].name, "state": "promoted"}, id="promote", marks=LEARNING),
    pytest.param(
        lambda cluster: {"name": cluster.followers[0].name, "state": "absent"}, id="remove a follower", marks=THREE
    ),
    pytest.param(lambda cluster: {"name": cluster.leader.name, "state": "absent"}, id="remove the leader", marks=THREE),
    pytest.param(
        lambda cluster: {"name": cluster.learners[0].name, "state": "absent"}, id="remove a learner", marks=LEARNING
    ),
    pytest.param(_update, id="update", marks=THREE),
]
REFUSALS: list = [
    pytest.param(
        lambda cluster: {**_add(cluster), "learner": False}, "would_lose_quorum", id="add a voter to one", marks=ONE
    ),
    pytest.param(lambda cluster: {"name": "etcd1", "state": "absent"}, "last_member", id="remove the last", marks=ONE),
    pytest.param(
        lambda cluster: {"name": "nobody", "state": "promoted"}, "member_not_found", id="promote nobody", marks=ONE
    ),
    pytest.param(_add, "would_lose_quorum", id="add beside a dead one", marks=pytest.mark.etcd(size=3, dead=1)),
    pytest.param(
        lambda cluster: {"name": cluster.followers[0].name, "state": "absent"},
        "would_lose_quorum",
        id="remove beside a dead one",
        marks=pytest.mark.etcd(size=3, dead=1),
    ),
    pytest.param(
        lambda cluster: {
            "name": cluster.members[-1].name,
            "peer_urls": [cluster.members[-1].peer_url],
            "state": "promoted",
            "wait_timeout": 1,
        },
        "learner_not_started",
        id="promote who never started",
        marks=pytest.mark.etcd(size=1, unstarted_learners=1),
    ),
]
Goal = Callable[[Cluster], dict]


@pytest.mark.parametrize("goal_of", CHANGES)
def test_check_mode_changes_nothing_and_foresees_what_the_run_then_does(cluster: Cluster, goal_of: Goal):
    with recorded(cluster) as recording:
        goal = {**goal_of(cluster), **recording.connection}

        with untouched(cluster):
            foreseen = ensure(cluster, check_mode=True, **goal)
        assert recording.mutating == []
        done = ensure(cluster, **goal)

    assert foreseen.changed
    assert done.changed
    assert foreseen.done == []
    assert foreseen["plan"] == done["plan"] == done["done"]
    assert foreseen["diff"]["before"] == done["diff"]["before"]
    assert _without_health(foreseen["diff"]["after"]) == _without_health(done["diff"]["after"])
    assert foreseen.warnings == done.warnings


def _without_health(picture: str) -> str:
    """Who leads, and whether a member has started to follow the new leader, is not the change's to foresee."""
    return "\n".join(
        line.replace("leader, ", "voter, ").replace("unhealthy", "healthy")
        for line in picture.splitlines()
        if not line.startswith("quorum")
    )


@pytest.mark.parametrize("goal_of", CHANGES)
def test_a_second_run_changes_nothing_and_asks_for_no_change(cluster: Cluster, goal_of: Goal):
    with recorded(cluster) as recording:
        goal = {**goal_of(cluster), **recording.connection}
        assert ensure(cluster, **goal).changed
        recording.forget()

        with untouched(cluster):
            again = ensure(cluster, **goal)
            foreseen = ensure(cluster, check_mode=True, **goal)

        assert recording.mutating == []
    assert again.changed is False
    assert foreseen.changed is False
    assert again["plan"] == foreseen["plan"] == []
    assert again["diff"]["before"] == again["diff"]["after"]


@pytest.mark.parametrize(("goal_of", "code"), REFUSALS)
def test_a_refusal_is_the_same_in_check_mode_and_comes_before_any_request_for_a_change(
    cluster: Cluster, goal_of: Goal, code: str
):
    with recorded(cluster) as recording, untouched(cluster):
        goal = {**goal_of(cluster), **recording.connection}
        foreseen = ensure(cluster, check_mode=True, **goal)
        real = ensure(cluster, **goal)
        assert recording.mutating == []
    assert foreseen.refusal == real.refusal == code
    assert foreseen["refusal"]["arithmetic"] == real["refusal"]["arithmetic"]


@pytest.mark.etcd(size=1, strict=False)
def test_check_mode_shows_the_environment_that_the_new_member_would_get(cluster: Cluster):
    host = cluster.spare()
    foreseen = ensure(cluster, host, check_mode=True)
    real = ensure(cluster, host)
    assert foreseen["environment"] == real["environment"]
    assert foreseen["member"]["id"] is None
    assert real["member"]["id"]


# -- how many requests a change takes ----------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, strict=False)
def test_a_join_is_exactly_one_addition_and_one_promotion(cluster: Cluster):
    host = cluster.spare()
    with recorded(cluster) as recording:
        registered = ensure(cluster, host, **recording.connection)
        assert recording.changes == ["/cluster/member/add"]
        host.start(environment=registered["environment"])
        recording.forget()

        promoted = ensure(cluster, host, state="promoted", **recording.connection)

        assert promoted.done == ["promote"]
        assert recording.changes == ["/cluster/member/promote"]


@pytest.mark.etcd(size=3, strict=False)
def test_the_removal_of_the_leader_is_one_hand_over_and_one_removal_asked_of_another(cluster: Cluster):
    leader = cluster.leader
    with recorded(cluster) as recording:
        leader = cluster.leader
        ensure(cluster, leader, state="absent", **recording.connection)
        assert sorted(recording.changes) == ["/cluster/member/remove", "/maintenance/transfer-leadership"]
        asked = [
            name
            for name, proxy in recording.proxies.items()
            if any(request.path == "/cluster/member/remove" for request in proxy.requests)
        ]
        assert asked != [leader.name]


@pytest.mark.etcd(size=1, strict=False)
def test_the_lock_is_given_back(cluster: Cluster):
    with recorded(cluster) as recording:
        ensure(cluster, cluster.spare(), **recording.connection)
        assert recording.mutating == ["/lease/grant", "/cluster/member/add", "/kv/lease/revoke"]
    assert cluster.leader.gateway.call("/kv/lease/leases").get("leases", []) == []
