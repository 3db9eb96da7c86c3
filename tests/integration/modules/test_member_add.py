# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding a member: state present, on clusters in every condition."""

from __future__ import annotations

import threading
import time

import pytest

from tests.testbed import Cluster

from ..differences import ADDITION_BESIDE_A_DEAD_VOTER
from .driver import ensure, join, listed, untouched, voters, writable

# -- growing a healthy cluster -----------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1)
def test_one_voter_grows_to_two_by_way_of_a_learner(cluster: Cluster):
    host = cluster.spare()

    registered = ensure(cluster, host)

    assert registered.changed
    assert registered.done == ["add_learner"]
    assert listed(cluster) == {"etcd1": "voter", host.name: "unstarted learner"}
    assert writable(cluster)
    host.start(environment=registered["environment"])
    assert listed(cluster)[host.name] == "learner"
    promoted = ensure(cluster, host, state="promoted")
    assert promoted.done == ["promote"]
    assert listed(cluster) == voters("etcd1", host)
    assert promoted["quorum"] == {"voters": 2, "size": 2, "healthy": 2, "fault_tolerance": 0}


@pytest.mark.etcd(size=1, strict=False)
def test_one_voter_grows_to_three(cluster: Cluster):
    second = join(cluster)
    third = join(cluster)

    assert listed(cluster) == voters("etcd1", second, third)
    assert writable(cluster)


@pytest.mark.etcd(size=3, strict=False)
def test_three_voters_grow_to_four(cluster: Cluster):
    host = join(cluster)

    assert listed(cluster) == voters("etcd1", "etcd2", "etcd3", host)


@pytest.mark.etcd(size=1, strict=False, tls=True)
def test_a_cluster_with_tls_grows(cluster: Cluster):
    host = join(cluster)

    assert listed(cluster) == voters("etcd1", host)


@pytest.mark.etcd(size=3, strict=False)
def test_a_voter_is_added_directly_where_that_was_asked_for(cluster: Cluster):
    host = cluster.spare()

    registered = ensure(cluster, host, learner=False)

    assert registered.done == ["add_voter"]
    assert listed(cluster)[host.name] == "unstarted voter"
    host.start(environment=registered["environment"])
    assert ensure(cluster, host, state="promoted").changed is False
    assert listed(cluster) == voters("etcd1", "etcd2", "etcd3", host)


@pytest.mark.slow
@pytest.mark.etcd(size=3)
def test_a_cluster_that_has_just_started_is_waited_for(cluster: Cluster):
    """etcd itself refuses any addition until the voters have been connected for 5 s."""
    host = cluster.spare()

    registered = ensure(cluster, host)

    assert registered.done == ["add_learner"]
    assert registered.waited_for == ["cluster_unsettled"]
    assert registered.seconds > 2
    assert listed(cluster)[host.name] == "unstarted learner"


# -- what the new member is told ---------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, strict=False)
def test_the_environment_names_exactly_the_members_of_the_live_list(cluster: Cluster):
    host = cluster.spare("newcomer")

    registered = ensure(cluster, host)

    assert registered["environment"] == {
        "ETCD_NAME": "newcomer",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": host.peer_url,
        "ETCD_INITIAL_CLUSTER": registered["initial_cluster"],
        "ETCD_INITIAL_CLUSTER_STATE": "existing",
    }
    assert sorted(registered["initial_cluster"].split(",")) == sorted(
        f"{member.name}={member.peer_url}" for member in cluster.members
    )
    assert registered["initial_cluster_state"] == "existing"


@pytest.mark.etcd(size=3, strict=False)
def test_the_environment_is_that_of_now_when_the_list_has_changed_since_the_addition(cluster: Cluster):
    host = cluster.spare()
    stale = ensure(cluster, host)["environment"]
    follower = cluster.followers[0]
    assert ensure(cluster, follower, state="absent", accept=["another_learner"]).changed

    fresh = ensure(cluster, host)

    assert fresh.changed is False
    assert follower.peer_url in stale["ETCD_INITIAL_CLUSTER"]
    assert follower.peer_url not in fresh["environment"]["ETCD_INITIAL_CLUSTER"]
    host.start(environment=fresh["environment"])
    assert listed(cluster)[host.name] == "learner"


# -- again -------------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1, strict=False)
def test_a_member_that_was_registered_and_never_started_is_adopted(cluster: Cluster):
    host = cluster.spare()
    first = ensure(cluster, host)

    again = ensure(cluster, host)

    assert again.changed is False
    assert again["environment"] == first["environment"]
    assert again["member"]["id"] == first["member"]["id"]
    host.start(environment=again["environment"])
    assert ensure(cluster, host, state="promoted").done == ["promote"]
    assert listed(cluster) == voters("etcd1", host)


@pytest.mark.etcd(size=3)
def test_a_voter_that_is_there_already_is_left_alone(cluster: Cluster):
    with untouched(cluster):
        for member in cluster.members:
            run = ensure(cluster, member)
            assert run.changed is False
            assert run.planned == []
            assert run["member"]["name"] == member.name


@pytest.mark.etcd(size=1, learners=1)
def test_a_learner_that_is_there_already_is_left_alone(cluster: Cluster):
    (learner,) = cluster.learners
    with untouched(cluster):
        run = ensure(cluster, learner)
    assert run.changed is False
    assert run["member"]["role"] == "learner"


@pytest.mark.parametrize("spelling", ["{url}/", "HTTP://{host}", " {url} "])
@pytest.mark.etcd(size=1)
def test_another_spelling_of_the_same_peer_url_changes_nothing(cluster: Cluster, spelling: str):
    url = cluster.members[0].peer_url
    with untouched(cluster):
        run = ensure(cluster, name="etcd1", peer_urls=[spelling.format(url=url, host=url.removeprefix("http://"))])
    assert run.changed is False


@pytest.mark.etcd(size=1, strict=False)
def test_several_peer_urls_are_one_set_whatever_their_order(cluster: Cluster):
    urls = [cluster.spare().peer_url, cluster.spare().peer_url]
    assert ensure(cluster, name="two-addresses", peer_urls=urls).done == ["add_learner"]

    again = ensure(cluster, name="two-addresses", peer_urls=list(reversed(urls)))

    assert again.changed is False


# -- identity ----------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1, strict=False)
def test_a_name_that_begins_like_another_is_another_member(cluster: Cluster):
    host = cluster.spare("etcd10")

    registered = ensure(cluster, host)

    assert registered.done == ["add_learner"]
    assert len(cluster.member_list()) == 2


@pytest.mark.etcd(size=1, strict=False)
def test_a_peer_url_that_begins_like_another_is_another_member(cluster: Cluster):
    """http://127.0.0.1:2380 is no part of http://127.0.0.1:23801, nor the other way round."""
    url = cluster.members[0].peer_url

    registered = ensure(cluster, name="n2", peer_urls=[url[:-1]])

    assert registered.done == ["add_learner"]
    assert ensure(cluster, peer_urls=[url[:-1]], state="absent").done == ["remove"]
    assert listed(cluster) == voters("etcd1")


@pytest.mark.etcd(size=3)
def test_a_peer_url_of_another_member_is_refused(cluster: Cluster):
    first, second = cluster.members[:2]
    with untouched(cluster):
        run = ensure(cluster, name="newcomer", peer_urls=[first.peer_url])
        also = ensure(cluster, name=second.name, peer_urls=[first.peer_url])
    assert run.refusal == "ambiguous_identity"
    assert first.name in run.message
    assert also.refusal == "peer_url_in_use", also


@pytest.mark.etcd(size=3, strict=False)
def test_a_member_that_was_renamed_is_not_taken_for_the_one_it_was(cluster: Cluster):
    """I58: etcd takes a new name at every start."""
    member = cluster.followers[0]
    member.restart(name="renamed")
    with untouched(cluster):
        by_old_name = ensure(cluster, name=member.name, peer_urls=[member.peer_url], state="absent")
        by_new_name = ensure(cluster, name="renamed", peer_urls=[member.peer_url])
    assert by_old_name.refusal == "ambiguous_identity"
    assert "renamed" in by_old_name.message
    assert by_new_name.changed is False


@pytest.mark.etcd(size=3)
def test_a_name_without_peer_urls_cannot_be_added(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, name="newcomer")
    assert run.refusal == "member_not_found"
    assert "peer_urls" in run["refusal"]["next_step"]


@pytest.mark.etcd(size=1, strict=False)
def test_of_two_members_with_one_name_only_the_peer_urls_or_the_id_tell_which_is_meant(cluster: Cluster):
    """etcd lets two members carry one name."""
    twin = cluster.spare()
    registered = ensure(cluster, twin)
    twin.start(
        environment={
            **registered["environment"],
            "ETCD_NAME": "etcd1",
            "ETCD_INITIAL_CLUSTER": registered["initial_cluster"]
            .replace("etcd1=", "x=")
            .replace(f"{twin.name}=", "etcd1="),
        }
    )

    by_name = ensure(cluster, name="etcd1", state="absent")
    by_urls = ensure(cluster, name="etcd1", peer_urls=[twin.peer_url], state="absent")

    assert by_name.refusal == "ambiguous_identity"
    assert by_urls.done == ["remove"]
    assert listed(cluster) == voters("etcd1")


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1)
def test_a_single_voter_is_not_joined_by_a_voter_that_has_not_started(cluster: Cluster):
    host = cluster.spare()
    with untouched(cluster):
        run = ensure(cluster, host, learner=False)
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((1, 1), (1, 2))
    assert "learner: true" in run["refusal"]["next_step"]


@pytest.mark.slow
@pytest.mark.etcd(size=1)
def test_a_single_voter_is_joined_by_a_voter_where_the_user_accepts_the_loss_of_the_quorum(cluster: Cluster):
    host = cluster.spare()

    run = ensure(cluster, host, learner=False, accept=["would_lose_quorum"])

    assert run.ok, run
    assert run.done == ["add_voter"]
    host.start(environment=run["environment"])
    assert listed(cluster) == voters("etcd1", host)


@pytest.mark.parametrize("learner", [True, False])
@pytest.mark.etcd(size=3, dead=1)
def test_three_voters_with_one_dead_refuse_a_fourth_and_name_the_dead_one(cluster: Cluster, learner: bool):
    (dead,) = (member for member in cluster.members if not member.is_running)
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), learner=learner)
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((2, 2), (2, 3))
    assert dead.name in run["refusal"]["next_step"]
    assert run["done"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "size", [pytest.param(4, marks=pytest.mark.etcd(size=4)), pytest.param(5, marks=pytest.mark.etcd(size=5))]
)
@pytest.mark.differs(ADDITION_BESIDE_A_DEAD_VOTER)
@pytest.mark.etcd(dead=1)
def test_with_one_dead_of_four_or_five_the_release_decides(cluster: Cluster, size: int, version: str):
    (dead,) = (member for member in cluster.members if not member.is_running)
    host = cluster.spare()

    run = ensure(cluster, host)

    if ADDITION_BESIDE_A_DEAD_VOTER.answer(version) == "accepted":
        assert run.done == ["add_learner"], run
        assert listed(cluster)[host.name] == "unstarted learner"
    else:
        assert run.refusal == "remove_unhealthy_first"
        assert version in run.message
        assert dead.name in run.message
        assert "3.5.30" in run["refusal"]["next_step"]
        assert len(cluster.member_list()) == size


@pytest.mark.etcd(size=5, dead=2)
def test_five_voters_with_two_dead_refuse_a_sixth(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.spare())
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((3, 3), (3, 4))


@pytest.mark.etcd(size=3, learners=1, strict=False)
def test_a_second_learner_waits_until_the_first_is_promoted(cluster: Cluster):
    (first,) = cluster.learners
    second = cluster.spare()
    promotion = threading.Timer(1.0, lambda: cluster.leader.gateway.member_promote(first.member_id or 0))

    promotion.start()
    run = ensure(cluster, second)

    promotion.join()
    assert run.done == ["add_learner"]
    assert run.waited_for == ["another_learner"]
    assert listed(cluster) == {**voters("etcd1", "etcd2", "etcd3", first), second.name: "unstarted learner"}


@pytest.mark.measures_time
@pytest.mark.etcd(size=3, learners=1)
def test_a_second_learner_is_refused_when_the_first_stays_one(cluster: Cluster):
    (first,) = cluster.learners
    began = time.monotonic()
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), wait_timeout=1)
    assert run.refusal == "another_learner"
    assert first.name in run.message
    assert 1 <= time.monotonic() - began < 5


@pytest.mark.etcd(size=3, unstarted=1)
def test_no_member_is_added_while_another_has_not_started(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), wait_timeout=1)
    assert run.refusal == "member_unstarted"


@pytest.mark.etcd(size=3, version="3.3.25", strict=False)
def test_a_release_that_knows_no_learners_is_not_asked_for_one(etcd_cluster: Cluster):
    """A 3.3 server ignores the word and adds a voter."""
    host = etcd_cluster.spare()
    with untouched(etcd_cluster):
        run = ensure(etcd_cluster, host)
    assert run.refusal == "version_unsupported"
    assert "3.3.25" in run.message

    registered = ensure(etcd_cluster, host, learner=False)

    assert registered.done == ["add_voter"]
    host.start(environment=registered["environment"])
    assert listed(etcd_cluster)[host.name] == "voter"
