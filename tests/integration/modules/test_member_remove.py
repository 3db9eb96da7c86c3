# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing members: state absent, with the quorum held and leadership moved first."""

from __future__ import annotations

import pytest

from tests.testbed import Cluster, Member, waiting

from .driver import ensure, ensure_without_waiting, join, listed, untouched, voters, writable


def dead_of(cluster: Cluster) -> list[Member]:
    return [member for member in cluster.members if member.was_started and not member.is_running]


def others(cluster: Cluster, *gone: Member) -> dict[str, str]:
    return voters(*(member for member in cluster.members if member not in gone))


def exit_code_of(member: Member) -> int | None:
    waiting.until(f"{member.name} to end", lambda: "it runs" if member.is_running else None, 10)
    return member.exit_code


# -- healthy clusters --------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, strict=False)
def test_a_follower_is_removed_once(cluster: Cluster):
    follower = cluster.followers[0]

    run = ensure(cluster, follower, state="absent")
    again = ensure(cluster, follower, state="absent")

    assert run.done[-1] == "remove", run
    assert "tolerates no failure" in run.warnings
    assert run["quorum"]["fault_tolerance"] == 0
    assert run["member"] is None
    assert run["environment"] == {}
    assert again.changed is False
    assert listed(cluster) == others(cluster, follower)


@pytest.mark.slow
@pytest.mark.etcd(size=3)
def test_a_follower_of_a_cluster_that_has_just_started_is_removed_when_etcd_is_ready_to(cluster: Cluster):
    follower = cluster.followers[0]

    run = ensure(cluster, follower, state="absent")

    assert run.done == ["remove"]
    assert run.waited_for == ["cluster_unsettled"]
    assert listed(cluster) == others(cluster, follower)


@pytest.mark.etcd(size=3, strict=False)
def test_the_leader_hands_over_before_it_is_removed(cluster: Cluster):
    leader = cluster.leader

    run = ensure(cluster, leader, state="absent")

    assert run.done == ["move_leader", "remove"]
    assert listed(cluster) == others(cluster, leader)
    assert cluster.leader is not leader
    assert writable(cluster)


@pytest.mark.etcd(size=3, strict=False)
def test_the_leader_is_removed_as_it_is_where_that_was_asked_for(cluster: Cluster):
    leader = cluster.leader

    run = ensure(cluster, leader, state="absent", move_leader=False)

    assert run.done == ["remove"], run
    assert listed(cluster) == others(cluster, leader)
    assert writable(cluster)


@pytest.mark.etcd(size=3, strict=False)
def test_the_first_host_is_removed_though_it_is_the_only_endpoint_given(cluster: Cluster):
    """The call goes to another member, since the removed one may stop before it answers; and what came of it is seen
    through the others.
    """
    victim = cluster.leader

    run = ensure(cluster, victim, state="absent", endpoints=[victim.client_url])

    assert run.done == ["move_leader", "remove"], run
    assert listed(cluster) == others(cluster, victim)


@pytest.mark.etcd(size=5, strict=False)
def test_who_is_removed_ends_well_since_nothing_is_asked_of_it_any_more(cluster: Cluster):
    """Asked for its status in its last 10 ms etcd panics, and systemd would start it again."""
    for _ in range(4):
        victim = cluster.followers[0]
        assert ensure(cluster, victim, state="absent").done == ["remove"]
        assert exit_code_of(victim) == 0


@pytest.mark.etcd(size=3, dead=1)
def test_a_dead_member_is_removed_from_any_live_endpoint(cluster: Cluster):
    (dead,) = dead_of(cluster)

    run = ensure_without_waiting(cluster, dead, state="absent", endpoints=[dead.client_url, cluster.live[0].client_url])

    assert run.done == ["remove"]
    assert listed(cluster) == others(cluster, dead)


@pytest.mark.etcd(size=3, leader_dead=True)
def test_a_dead_leader_is_removed_after_another_was_elected(cluster: Cluster):
    (dead,) = dead_of(cluster)

    run = ensure(cluster, dead, state="absent")

    assert run.done == ["remove"]
    assert writable(cluster)


@pytest.mark.etcd(size=2, strict=False)
def test_two_voters_become_one_with_a_warning(cluster: Cluster):
    run = ensure(cluster, cluster.followers[0], state="absent")

    assert run.done == ["remove"]
    assert "tolerates no failure" in run.warnings
    assert len(cluster.member_list()) == 1
    assert writable(cluster)


@pytest.mark.etcd(size=3, strict=False)
def test_three_voters_shrink_to_one(cluster: Cluster):
    for _ in range(2):
        assert ensure(cluster, cluster.leader, state="absent").ok
    assert len(cluster.member_list()) == 1
    assert writable(cluster)


# -- the last one, and the quorum --------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", [[], ["would_lose_quorum", "below_min_fault_tolerance"]])
@pytest.mark.etcd(size=1, strict=False)
def test_the_last_member_is_never_removed(cluster: Cluster, accepted: list[str]):
    with untouched(cluster):
        run = ensure(cluster, cluster.members[0], state="absent", accept=accepted)
    assert run.refusal == "last_member"


@pytest.mark.etcd(size=1, learners=1, strict=False)
def test_the_last_voter_is_not_removed_although_a_learner_is_there(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, name="etcd1", state="absent")
    assert run.refusal == "last_member"


@pytest.mark.etcd(size=3, dead=1)
def test_with_one_of_three_dead_only_the_dead_one_can_go(cluster: Cluster):
    (dead,) = dead_of(cluster)
    with untouched(cluster):
        run = ensure(cluster, cluster.followers[0], state="absent")
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((2, 2), (1, 2))
    assert f"Remove {dead.name} first" in run["refusal"]["next_step"]

    assert ensure(cluster, dead, state="absent").done == ["remove"]


@pytest.mark.etcd(size=5, dead=2)
def test_with_two_of_five_dead_the_dead_go_first(cluster: Cluster):
    first, second = dead_of(cluster)
    with untouched(cluster):
        assert ensure(cluster, cluster.followers[0], state="absent").refusal == "would_lose_quorum"

    assert ensure(cluster, first, state="absent").done == ["remove"]
    assert ensure(cluster, second, state="absent").done == ["remove"]
    assert listed(cluster) == others(cluster, first, second)


@pytest.mark.slow
@pytest.mark.etcd(size=5, dead=1)
def test_with_one_of_five_dead_a_healthy_one_goes_if_the_tolerance_allows_it(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.followers[0], state="absent", min_fault_tolerance=1)
    assert run.refusal == "below_min_fault_tolerance"

    allowed = ensure(cluster, cluster.followers[0], state="absent", min_fault_tolerance=0)

    assert allowed.done == ["remove"], allowed
    assert allowed["quorum"] == {"voters": 4, "size": 3, "healthy": 3, "fault_tolerance": 0}


@pytest.mark.etcd(size=7, dead=3)
def test_with_three_of_seven_dead_no_healthy_one_can_go(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.followers[0], state="absent")
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((4, 4), (3, 4))


@pytest.mark.etcd(size=3, strict=False)
def test_a_minimum_of_tolerance_keeps_a_healthy_cluster_at_its_size(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.followers[0], state="absent", min_fault_tolerance=1)
    assert run.refusal == "below_min_fault_tolerance"
    accepted = ensure(
        cluster, cluster.followers[0], state="absent", min_fault_tolerance=1, accept=["below_min_fault_tolerance"]
    )
    assert accepted.done == ["remove"]


@pytest.mark.slow
@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.etcd(size=2, dead=1)
def test_without_a_quorum_every_change_is_refused_in_bounded_time(cluster: Cluster, state: str):
    (dead,) = dead_of(cluster)
    host = cluster.spare() if state == "present" else dead

    run = ensure(cluster, host, state=state)

    assert run.refusal == "no_quorum"
    assert run.seconds < 20
    assert "force-new-cluster" in run["refusal"]["next_step"]
    assert run["refusal"]["arithmetic"]["before"] == {"voters": 2, "size": 2, "healthy": 0, "fault_tolerance": 0}
    assert dead.name in run.message


@pytest.mark.slow
@pytest.mark.etcd(size=3, dead=2)
def test_without_a_quorum_a_dead_member_is_not_removed_later_behind_our_back(cluster: Cluster):
    """etcd would let the call hang, and apply it once a quorum is back."""
    first, second = dead_of(cluster)
    assert ensure(cluster, first, state="absent").refusal == "no_quorum"

    second.restart()

    assert first.name in listed(cluster)


# -- learners and those that never started -----------------------------------------------------------------------------


@pytest.mark.parametrize("dead", [pytest.param(0), pytest.param(1, marks=pytest.mark.etcd(dead=1))])
@pytest.mark.etcd(size=3, learners=1)
def test_a_learner_is_removed_whatever_the_health_of_the_voters(cluster: Cluster, dead: int):
    (learner,) = cluster.learners

    run = ensure_without_waiting(cluster, learner, state="absent")

    assert run.done == ["remove"]
    assert learner.name not in listed(cluster)


@pytest.mark.etcd(size=3, unstarted=1)
def test_a_voter_that_never_started_is_removed_by_its_peer_url(cluster: Cluster):
    unstarted = cluster.members[-1]

    run = ensure(cluster, peer_urls=[unstarted.peer_url], state="absent")

    assert run.done == ["remove"]
    assert listed(cluster) == others(cluster, unstarted)


@pytest.mark.etcd(size=3, unstarted_learners=1)
def test_a_learner_that_never_started_is_removed_by_name_and_peer_url(cluster: Cluster):
    """The run before this one crashed between adding and starting; the name is known to us and not yet to etcd."""
    unstarted = cluster.members[-1]

    run = ensure(cluster, unstarted, state="absent")

    assert run.done == ["remove"]
    assert listed(cluster) == others(cluster, unstarted)


@pytest.mark.etcd(size=3, unstarted=1)
def test_a_name_alone_does_not_prove_the_absence_of_a_member_that_never_started(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, name=cluster.members[-1].name, state="absent")
    assert run.changed is False
    assert "peer_urls" in run.warnings


@pytest.mark.measures_time
@pytest.mark.parametrize(
    ("pending", "code"),
    [
        pytest.param("learners", "another_learner", marks=pytest.mark.etcd(learners=1)),
        pytest.param("unstarted learners", "another_learner", marks=pytest.mark.etcd(unstarted_learners=1)),
        pytest.param("unstarted voters", "member_unstarted", marks=pytest.mark.etcd(unstarted=1)),
    ],
)
@pytest.mark.etcd(size=3)
def test_no_voter_is_removed_before_a_newcomer_has_arrived(cluster: Cluster, pending: str, code: str):
    with untouched(cluster):
        run = ensure(cluster, cluster.followers[0], state="absent", wait_timeout=1)
    assert run.refusal == code
    assert run.seconds < 5


# -- who is meant ------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1)
def test_who_is_no_member_is_absent_already(cluster: Cluster):
    with untouched(cluster):
        for identity in (
            {"name": "etcd"},
            {"name": "etcd10"},
            {"member_id": "1"},
            {"peer_urls": ["http://10.0.0.21:2380"]},
        ):
            assert ensure(cluster, state="absent", **identity).changed is False


@pytest.mark.etcd(size=3, strict=False)
def test_a_member_is_removed_by_its_id_alone(cluster: Cluster):
    follower = cluster.followers[0]
    run = ensure(cluster, member_id=f"{follower.member_id:X}", state="absent")
    assert run.done == ["remove"]
    assert listed(cluster) == others(cluster, follower)


# -- afterwards --------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, strict=False)
def test_a_removed_member_that_is_started_again_ends_and_the_cluster_does_not_notice(cluster: Cluster):
    follower = cluster.followers[0]
    assert ensure(cluster, follower, state="absent").changed
    waiting.until("the removed member to end", lambda: "running" if follower.is_running else None, 10)

    follower.restart(wait=False)

    waiting.until("the removed member to end again", lambda: "running" if follower.is_running else None, 10)
    assert listed(cluster) == others(cluster, follower)
    assert writable(cluster)


# -- replacing ---------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, dead=1, strict=False)
def test_a_dead_member_is_replaced_by_a_new_host(cluster: Cluster):
    (dead,) = dead_of(cluster)
    host = cluster.spare()
    assert ensure(cluster, host).refusal == "would_lose_quorum"

    assert ensure(cluster, dead, state="absent").done == ["remove"]
    join(cluster, host)

    assert listed(cluster) == others(cluster, dead)
    assert writable(cluster)


@pytest.mark.etcd(size=3, strict=False)
def test_a_host_with_a_new_disk_gets_a_new_id(cluster: Cluster):
    cluster.put("kept", "through the replacement")
    host = cluster.followers[0]
    old_id = host.member_id
    host.kill()
    host.wipe()

    assert ensure(cluster, host, state="absent").done == ["remove"]
    join(cluster, host)

    assert listed(cluster) == others(cluster)
    assert host.member_id != old_id
    assert host.gateway.range("kept", serializable=True)[1]["kept"][0] == "through the replacement"


@pytest.mark.etcd(size=3, strict=False)
def test_all_members_are_replaced_one_by_one(cluster: Cluster):
    cluster.put("kept", "through the rotation")
    old = list(cluster.members)

    for member in old:
        join(cluster)
        assert ensure(cluster, member, state="absent").ok

    assert listed(cluster) == others(cluster, *old)
    assert cluster.get("kept") == "through the rotation"
