# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The port's contract: what every method does on a cluster that is well, and etcd's refusals in our codes."""

from __future__ import annotations

import itertools
import time

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm, Member

from tests.testbed import waiting
from tests.testbed.releases import numbers

from .suite import before, failed, has_hash_kv, since

_PORTS = itertools.count(100)
LEASE = 0x7175_6F72_756D


def nowhere() -> str:
    """A peer URL that nobody serves, never the same: etcd refuses to add, in one second, what it has just removed."""
    return f"http://127.0.0.1:{next(_PORTS)}"


def settled(cluster) -> None:
    """Until every member has applied what the leader has: raft drops a membership change that comes before."""

    def look() -> str | None:
        statuses = [member.status() for member in cluster.live]
        return (
            None
            if len({(status["index"], status["applied"] or status["index"]) for status in statuses}) == 1
            else f"{statuses}"
        )

    waiting.until("all members to have applied the same", look, 5)


def refused(code: str, call, *arguments: object, **options: object) -> EtcdError:
    """The error of a call that etcd turns down, with its own words kept."""
    error = failed(code, call, *arguments, **options)
    assert error.server_words
    assert error.server_words in error.message
    return error


def records(members: tuple[Member, ...]) -> list[dict[str, object]]:
    return [
        {
            "ID": m.member_id,
            "name": m.name,
            "peerURLs": list(m.peer_urls),
            "clientURLs": list(m.client_urls),
            "isLearner": m.is_learner,
        }
        for m in members
    ]


# -- asking ------------------------------------------------------------------------------------------------------------


def test_status_is_the_members_own_view(cluster, client):
    for member in cluster.live:
        status = client(member.client_url).status()
        witness = member.status()
        assert (status.cluster_id, status.member_id, status.version) == (
            witness["cluster_id"],
            witness["member_id"],
            cluster.version,
        )
        assert (status.leader_id, status.raft_term) == (witness["leader"], witness["term"])
        assert 0 < status.raft_index <= witness["index"]
        assert status.db_size > 0
        assert status.revision == witness["revision"]
        assert not status.is_learner
        assert status.errors == ()


@pytest.mark.parametrize("linearizable", [True, False])
def test_the_member_list_is_etcds(cluster, client, linearizable):
    member = cluster.followers[0]
    answer = client(member.client_url).member_list(linearizable)
    assert records(answer.members) == cluster.member_list()
    assert (answer.cluster_id, answer.answered_by) == (member.status()["cluster_id"], member.member_id)


def test_an_endpoint_answers_again_after_its_member_was_restarted(cluster, client):
    member = cluster.followers[0]
    endpoint = client(member.client_url)
    before = endpoint.member_list()
    member.restart()
    assert endpoint.member_list().members == before.members


def test_hash_kv_is_the_same_on_all_members_at_one_revision(cluster, client, transport):
    revision = cluster.put("hashed", "value")
    settled(cluster)
    endpoints = [client(member.client_url) for member in cluster.live]
    if not has_hash_kv(transport, cluster.version):
        for endpoint in endpoints:
            assert "etcd3" in refused(errors.UNIMPLEMENTED, endpoint.hash_kv, revision).next_step
        return
    answers = [endpoint.hash_kv(revision) for endpoint in endpoints]
    assert len({answer.hash for answer in answers}) == 1
    assert {answer.revision for answer in answers} == {revision}
    assert {answer.member_id for answer in answers} == {member.member_id for member in cluster.live}
    refused(errors.FUTURE_REVISION, endpoints[0].hash_kv, revision + 1000)


def test_auto_hashes_on_every_release(cluster, client):
    endpoint = client(cluster.leader.client_url, transport="auto")
    assert endpoint.hash_kv().hash
    assert endpoint.status().version == cluster.version


# -- changing ----------------------------------------------------------------------------------------------------------


@since(3, 4)
def test_a_learner_is_added_and_removed(cluster, client):
    endpoint = client(cluster.leader.client_url)
    url = nowhere()
    settled(cluster)
    member_id, after = endpoint.member_add([url], is_learner=True)
    try:
        added = next(member for member in after.members if member.member_id == member_id)
        assert added == Member(member_id, peer_urls=(url,), is_learner=True)
        assert records(after.members) == cluster.member_list()
        refused(errors.LEARNER_NOT_READY, endpoint.member_promote, member_id)
        refused(errors.BAD_TRANSFEREE, endpoint.move_leader, member_id)
        settled(cluster)
        refused(errors.TOO_MANY_LEARNERS, endpoint.member_add, [nowhere()], is_learner=True)
    finally:
        settled(cluster)
        left = endpoint.member_remove(member_id)
    assert records(left.members) == cluster.member_list()
    assert len(left.members) == 3
    settled(cluster)
    refused(errors.MEMBER_NOT_FOUND, endpoint.member_remove, member_id)


def test_a_voter_is_added_with_two_peer_urls_updated_and_removed(cluster, client):
    endpoint = client(cluster.leader.client_url)
    urls = (nowhere(), "http://[::1]:9")
    settled(cluster)
    member_id, after = endpoint.member_add(urls, is_learner=False)
    try:
        added = next(member for member in after.members if member.member_id == member_id)
        assert added == Member(member_id, peer_urls=tuple(sorted(urls)))
        settled(cluster)
        moved = nowhere()
        after = endpoint.member_update(member_id, [moved])
        assert next(member for member in after.members if member.member_id == member_id).peer_urls == (moved,)
        settled(cluster)
        refused(errors.PEER_URL_EXISTS, endpoint.member_update, member_id, [cluster.live[0].peer_url])
    finally:
        settled(cluster)
        endpoint.member_remove(member_id)


def test_an_address_can_be_registered_once(cluster, client):
    endpoint = client(cluster.leader.client_url)
    settled(cluster)
    refused(errors.PEER_URL_EXISTS, endpoint.member_add, [cluster.live[0].peer_url], is_learner=False)


def test_what_etcd_says_of_members_that_are_not_there_or_no_learners(cluster, client):
    endpoint = client(cluster.leader.client_url)
    settled(cluster)
    assert refused(errors.MEMBER_NOT_FOUND, endpoint.member_remove, 5).sent is False
    settled(cluster)
    refused(errors.MEMBER_NOT_FOUND, endpoint.member_update, 5, [nowhere()])
    if numbers(cluster.version) >= (3, 4):
        settled(cluster)
        refused(errors.NOT_A_LEARNER, endpoint.member_promote, cluster.live[0].member_id)
    if numbers(cluster.version) >= (3, 5, 2):
        settled(cluster)
        refused(errors.MEMBER_NOT_FOUND, endpoint.member_promote, 5)


@before(3, 4)
def test_promotion_is_not_a_call_of_3_3(cluster, client):
    refused(errors.UNIMPLEMENTED, client(cluster.leader.client_url).member_promote, 5)


def test_a_malformed_peer_url_is_refused_when_added(cluster, client):
    error = refused(
        errors.BAD_PEER_URL, client(cluster.leader.client_url).member_add, ["127.0.0.1:1"], is_learner=False
    )
    assert error.sent is False


def test_leadership_moves_and_only_the_leader_moves_it(cluster, client):
    leader, target = cluster.leader, cluster.followers[0]
    client(leader.client_url).move_leader(target.member_id)
    waiting.until("the target to lead", lambda: None if cluster.leader is target else cluster.leader.name, 3)
    refused(errors.NOT_LEADER, client(leader.client_url).move_leader, target.member_id)
    if numbers(cluster.version) >= (3, 4):
        refused(errors.BAD_TRANSFEREE, client(target.client_url).move_leader, 5)


def test_an_alarm_is_listed_while_it_is_on(cluster, client):
    member = cluster.leader
    endpoint = client(member.client_url)
    assert endpoint.alarms() == ()
    alarm = {"memberID": str(member.member_id), "alarm": "NOSPACE"}
    member.gateway.call("/maintenance/alarm", {"action": "ACTIVATE", **alarm})
    try:
        assert endpoint.alarms() == (Alarm(member.member_id, "NOSPACE"),)
    finally:
        member.gateway.call("/maintenance/alarm", {"action": "DEACTIVATE", **alarm})
    assert endpoint.alarms() == ()


def test_a_lease_with_a_chosen_id_is_held_once_and_changes_no_revision(cluster, client):
    first, second = (client(member.client_url) for member in cluster.live[:2])
    revision = cluster.revision()
    assert first.lease_grant(LEASE, 30) == LEASE
    try:
        refused(errors.LEASE_EXISTS, second.lease_grant, LEASE, 30)
        refused(errors.LEASE_EXISTS, first.lease_grant, LEASE, 30)
    finally:
        second.lease_revoke(LEASE)
    refused(errors.LEASE_NOT_FOUND, first.lease_revoke, LEASE)
    assert second.lease_grant(LEASE, 30) == LEASE
    first.lease_revoke(LEASE)
    assert cluster.revision() == revision


# -- clusters that are not well ----------------------------------------------------------------------------------------


@since(3, 4)
def test_a_learner_answers_for_itself_only_and_is_promoted_at_the_leader(bring, client):
    own = bring(size=2, learners=1, strict=False)
    learner, leader = own.learners[0], client(own.leader.client_url)
    endpoint = client(learner.client_url)
    assert endpoint.status().is_learner
    refused(errors.NOT_FOR_LEARNER, endpoint.member_list)
    refused(errors.NOT_FOR_LEARNER, endpoint.member_add, [nowhere()], is_learner=False)
    settled(own)
    after = leader.member_promote(learner.member_id)
    assert [member.is_learner for member in after.members] == [False, False, False]
    waiting.until("the learner to know", lambda: None if not endpoint.status().is_learner else "still a learner", 3)
    assert endpoint.member_list().members == after.members


@pytest.mark.measures_time
def test_without_quorum_reads_through_it_and_changes_fail_at_once(bring, client):
    own = bring(size=3, dead=2)
    alive = own.live[0]
    endpoint = client(alive.client_url)
    waiting.until("the survivor to see no leader", lambda: None if not alive.status()["leader"] else "a leader", 5)
    assert len(endpoint.member_list(linearizable=False).members) == 3
    status = endpoint.status()
    assert status.leader_id == 0
    if numbers(own.version) >= (3, 4):
        assert status.errors == ("etcdserver: no leader",)
    began = time.monotonic()
    dead_id = next(
        member.member_id for member in endpoint.member_list(linearizable=False).members if member.name != alive.name
    )
    refused(errors.NO_LEADER, endpoint.member_list)
    refused(errors.NO_LEADER, endpoint.member_remove, dead_id)
    refused(errors.NO_LEADER, endpoint.member_update, dead_id, [nowhere()])
    refused(errors.NO_LEADER, endpoint.member_add, [nowhere()], is_learner=False)
    refused(errors.NO_LEADER, endpoint.alarms)
    refused(errors.NO_LEADER, endpoint.lease_grant, LEASE, 10)
    assert time.monotonic() - began < 2


def test_the_strict_check_refuses_an_add_while_a_voter_is_down_and_to_remove_the_last_one(bring, client):
    three = bring(size=3, dead=1)
    error = refused(errors.UNHEALTHY_CLUSTER, client(three.leader.client_url).member_add, [nowhere()], is_learner=False)
    assert error.sent is False
    one = bring(size=1)
    refused(errors.NOT_ENOUGH_STARTED, client(one.leader.client_url).member_remove, one.leader.member_id)


def test_a_full_member_says_no_space(bring, client):
    own = bring(size=1)
    member = own.leader
    member.gateway.call(
        "/maintenance/alarm", {"action": "ACTIVATE", "memberID": str(member.member_id), "alarm": "NOSPACE"}
    )
    refused(errors.NO_SPACE, client(member.client_url).lease_grant, LEASE, 10)
