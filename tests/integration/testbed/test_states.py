# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each state that a cluster can be asked for is the state that etcd itself reports."""

from __future__ import annotations

import ssl

import pytest

from tests.testbed import Cluster, releases
from tests.testbed.gateway import Gateway, GatewayError
from tests.testbed.state import ImpossibleState

NEWEST = pytest.mark.parametrize("version", [None], ids=["newest"])
"""What a state or a fault is does not differ by release."""


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@NEWEST
def test_every_voter_runs_and_follows_one_leader(size, version):
    with Cluster(size, version=version) as cluster:
        statuses = cluster.statuses().values()
        assert len(statuses) == size
        assert {status["leader"] for status in statuses} == {cluster.leader.member_id}
        assert sorted(record["name"] for record in cluster.member_list()) == sorted(
            member.name for member in cluster.members
        )
        assert all(not record["isLearner"] and record["clientURLs"] for record in cluster.member_list())


@pytest.mark.parametrize("version", releases.TESTED_MINORS)
def test_the_version_is_the_asked_one(version):
    with Cluster(1, version=version) as cluster:
        assert cluster.members[0].status()["version"] == cluster.version
        assert cluster.version.startswith(version)


@NEWEST
def test_a_dead_voter_stays_a_member_and_refuses_connections(version):
    with Cluster(3, dead=1, version=version) as cluster:
        (dead,) = [member for member in cluster.members if not member.is_running]
        assert len(cluster.member_list()) == 3
        assert dead.client_url in cluster.endpoints
        assert dead.client_url not in cluster.live_endpoints
        with pytest.raises(ConnectionRefusedError):
            dead.status()
        cluster.put("key", "value")


@NEWEST
def test_a_dead_leader_has_a_live_successor(version):
    with Cluster(3, leader_dead=True, version=version) as cluster:
        assert [member.condition for member in cluster.members].count("dead") == 1
        assert cluster.leader.is_running
        # The first leader of a cluster is elected in its first terms; the successor needed one more.
        assert cluster.leader.status()["term"] > 2


@NEWEST
def test_without_quorum_no_member_has_a_leader_and_nothing_is_written(version):
    with Cluster(3, dead=2, version=version) as cluster:
        (survivor,) = cluster.live
        assert survivor.status()["leader"] == 0
        with pytest.raises((GatewayError, OSError)):
            survivor.gateway.put("key", "value", timeout=0.5)


@NEWEST
def test_an_unstarted_voter_is_registered_without_a_name(version):
    with Cluster(3, unstarted=1, version=version) as cluster:
        unstarted = cluster.members[-1]
        (record,) = [record for record in cluster.member_list() if not record["name"]]
        assert record["peerURLs"] == [unstarted.peer_url]
        assert record["isLearner"] is False
        assert unstarted.condition == "not started"
        assert unstarted.member_id == record["ID"]


@NEWEST
def test_a_single_voter_with_an_unstarted_one_has_no_quorum_and_still_answers(version):
    with Cluster(1, unstarted=1, version=version) as cluster:
        assert cluster.members[0].status()["leader"] == 0
        assert len(cluster.members[0].gateway.member_list(linearizable=False)) == 2


@pytest.mark.parametrize("size", [1, 3])
@NEWEST
def test_a_learner_runs_in_sync_and_has_no_vote(size, version):
    with Cluster(size, learners=1, version=version) as cluster:
        (learner,) = cluster.learners
        assert learner.status()["is_learner"]
        assert [record["name"] for record in cluster.member_list() if record["isLearner"]] == [learner.name]
        assert learner.member_id
        cluster.leader.gateway.member_promote(learner.member_id)
        assert not [record for record in cluster.member_list() if record["isLearner"]]


@NEWEST
def test_an_unstarted_learner_is_registered_as_one(version):
    with Cluster(3, unstarted_learners=1, version=version) as cluster:
        (record,) = [record for record in cluster.member_list() if not record["name"]]
        assert record["isLearner"]


@NEWEST
def test_tls_demands_a_client_certificate(version):
    with Cluster(3, tls=True, version=version) as cluster:
        assert all(url.startswith("https://") for url in cluster.endpoints)
        assert all(url.startswith("https://") for record in cluster.member_list() for url in record["peerURLs"])
        cluster.put("key", "value")
        assert cluster.etcdctl("get", "key", "--print-value-only") == "value\n"
        context = ssl.create_default_context()
        cluster.ca.configure_trust(context)
        with pytest.raises(OSError, match=r"certificate|EOF|reset"):
            Gateway(cluster.endpoints[0], cluster.minor, lambda: context).put("key", "other")


@pytest.mark.parametrize("tls", [False, True])
@NEWEST
def test_auth_demands_a_user(version, tls):
    with Cluster(3, auth=True, tls=tls, version=version) as cluster:
        assert cluster.connection["username"] == "root"
        cluster.put("key", "value")
        assert cluster.etcdctl("get", "key", "--print-value-only") == "value\n"
        context = cluster.client_certificates.context() if cluster.client_certificates else None
        anonymous = Gateway(cluster.endpoints[0], cluster.minor, lambda: context)
        with pytest.raises(GatewayError, match="user name is empty"):
            anonymous.put("key", "other")


@NEWEST
def test_auth_reaches_a_learner_too(version):
    with Cluster(1, auth=True, learners=1, version=version) as cluster:
        assert cluster.learners[0].status()["is_learner"]


@pytest.mark.parametrize("cut_off", ["leader", "etcd1", ["etcd2"]])
@NEWEST
def test_a_partition_leaves_one_side_with_a_leader(cut_off, version):
    with Cluster(3, partitioned=[cut_off], version=version) as cluster:
        leaders = sorted(bool(status["leader"]) for status in cluster.statuses().values())
        assert leaders == [False, True, True]
        cluster.put("key", "value")


@pytest.mark.parametrize("strict", [True, False])
@NEWEST
def test_the_strict_check_is_on_unless_asked_off(strict, version):
    """With a dead voter the check never passes, however long the cluster took to start."""
    with Cluster(3, dead=1, strict=strict, version=version) as cluster:
        member = cluster.live[0]
        if strict:
            with pytest.raises(GatewayError, match="unhealthy cluster"):
                member.gateway.member_add(["http://127.0.0.1:1"])
        else:
            member.gateway.member_add(["http://127.0.0.1:1"])


@NEWEST
def test_a_settled_cluster_accepts_what_a_fresh_one_refuses(version):
    with Cluster(3, version=version) as cluster:
        voters = list(cluster.members)
        # etcd refuses until all connections are 5 s old. A slow start may use that up, so one voter starts again.
        cluster.followers[0].restart()
        with pytest.raises(GatewayError, match="unhealthy cluster"):
            cluster.leader.gateway.member_add([cluster.spare().peer_url])
        cluster.wait_settled()
        for voter in voters:
            learner = voter.gateway.member_add([cluster.spare().peer_url], learner=True)
            voter.gateway.member_remove(learner)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"size": 0}, "1 to 9 voters"),
        ({"dead": -1}, "negative"),
        ({"dead": 3}, "leaves none"),
        ({"size": 1, "leader_dead": True}, "leaves none"),
        ({"learners": 1, "unstarted_learners": 1, "version": "3.5"}, "one at a time"),
        ({"learners": 1, "version": "3.3"}, "knows no learners"),
        ({"size": 1, "unstarted": 2}, "without a quorum"),
        ({"size": 2, "unstarted": 2}, "strict check forbids"),
        ({"timing": "slow"}, "'fast' or 'default'"),
        ({"partitioned": [["etcd1", "etcd2"], ["etcd2"]]}, "two groups"),
        ({"partitioned": ["etcd7"]}, "no member named etcd7"),
    ],
)
def test_an_impossible_state_is_refused_with_its_reason(state, why):
    with pytest.raises(ImpossibleState, match=why):
        Cluster(**state).__enter__()


@pytest.mark.parametrize("version", ["3.6", "3.7"])
def test_releases_that_can_have_several_learners_are_told_so(version):
    with Cluster(1, version=version, learners=1, unstarted_learners=1) as cluster:
        assert [record["isLearner"] for record in cluster.member_list()].count(True) == 2


def test_several_clusters_live_side_by_side():
    with Cluster(1) as one, Cluster(1) as other:
        one.put("key", "one")
        other.put("key", "other")
        assert (one.get("key"), other.get("key")) == ("one", "other")
        assert one.members[0].status()["cluster_id"] != other.members[0].status()["cluster_id"]
