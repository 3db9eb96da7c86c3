# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault does to a member what it says, as the member itself and the others show it."""

from __future__ import annotations

import time

import pytest

from tests.testbed import Cluster, waiting
from tests.testbed.backend import NotPartitionable
from tests.testbed.gateway import GatewayError
from tests.testbed.member import MemberExited, WrongFault

NEWEST = pytest.mark.parametrize("version", [None], ids=["newest"])
"""What a state or a fault is does not differ by release."""


@NEWEST
def test_a_killed_member_is_gone_and_returns_with_its_data(version):
    with Cluster(3, version=version) as cluster:
        member = cluster.followers[0]
        member_id, pid = member.member_id, member.pid
        member.kill()
        assert (member.pid, member.is_running, member.exit_code, member.condition) == (None, False, -9, "dead")
        assert member.member_id == member_id
        cluster.put("key", "value")
        member.restart()
        assert member.pid != pid
        assert member.status()["member_id"] == member_id
        assert member.gateway.range("key")[1]["key"][0] == "value"


@NEWEST
def test_a_stopped_leader_hands_over_first(version):
    with Cluster(3, version=version) as cluster:
        leader = cluster.leader
        leader.stop()
        assert leader.exit_code in (0, -15)
        assert cluster.leader is not leader
        assert "leadership transfer" in leader.log.read_text()


@NEWEST
def test_a_paused_member_takes_connections_and_never_answers(version):
    with Cluster(3, version=version) as cluster:
        member = cluster.followers[0]
        member.pause()
        assert (member.is_running, member.is_paused, member in cluster.live) == (True, True, False)
        with pytest.raises(TimeoutError):
            member.gateway.status(timeout=0.2)
        cluster.put("key", "value")
        member.resume()
        cluster.wait_healthy()
        assert member.gateway.range("key")[1]["key"][0] == "value"


def test_a_paused_member_can_be_killed_and_stopped():
    with Cluster(3) as cluster:
        first, second = cluster.followers
        first.pause()
        first.kill()
        second.pause()
        second.stop()
        assert (first.condition, second.condition) == ("dead", "dead")


@NEWEST
def test_a_restart_takes_further_settings(version):
    with Cluster(3, version=version) as cluster:
        member = cluster.followers[0]
        member.restart(strict_reconfig_check=False)
        member.gateway.member_add([cluster.spare().peer_url])


@NEWEST
def test_a_restart_without_quorum_returns_when_the_member_talks_to_its_peers(version):
    with Cluster(3, dead=2, version=version) as cluster:
        (survivor,) = cluster.live
        survivor.restart()
        assert len(survivor.own_list()) == 3
        with pytest.raises(TimeoutError):
            survivor.gateway.status(timeout=0.3)


@NEWEST
def test_a_wiped_member_has_an_empty_disk(version):
    with Cluster(3, dead=1, version=version) as cluster:
        (dead,) = [member for member in cluster.members if not member.is_running]
        assert (dead.data_dir / "member").is_dir()
        dead.wipe()
        assert not dead.data_dir.exists()
        with pytest.raises(MemberExited, match="already been bootstrapped"):
            dead.restart()


@NEWEST
def test_a_member_that_is_cut_off_loses_the_leader_and_still_serves_its_clients(version):
    with Cluster(3, partitionable=True, version=version) as cluster:
        cluster.put("key", "old")
        leader = cluster.leader
        leader.cut_off()
        waiting.until("the old leader to step down", lambda: "it leads" if leader.status()["leader"] else None, 5)
        cluster.put("key", "new")
        assert leader.gateway.range("key", serializable=True)[1]["key"][0] == "old"
        with pytest.raises((GatewayError, OSError)):
            # Of another key: etcd may still carry it out when the links have healed.
            leader.gateway.put("other key", "late", timeout=0.3)
        leader.heal()
        cluster.wait_healthy()
        assert {member.gateway.range("key")[1]["key"][0] for member in cluster.members} == {"new"}


def test_links_can_be_cut_in_one_direction_only():
    with Cluster(3, partitionable=True) as cluster:
        deaf, others = (
            cluster.followers[0],
            [member for member in cluster.members if member is not cluster.followers[0]],
        )
        cluster._block({(member.name, deaf.name) for member in others})
        waiting.until("the deaf one to miss its leader", lambda: "it has one" if deaf.status()["leader"] else None, 5)
        cluster.heal()
        cluster.wait_healthy()


def test_a_partition_holds_with_tls_too():
    with Cluster(3, partitioned=["follower"], tls=True) as cluster:
        assert sorted(bool(status["leader"]) for status in cluster.statuses().values()) == [False, True, True]


@NEWEST
def test_a_spare_is_a_host_that_joins_once_it_is_registered(version):
    with Cluster(1, version=version) as cluster:
        spare = cluster.spare("newcomer")
        assert (spare.is_running, spare.condition, spare.member_id) == (False, "not started", None)
        assert spare.client_url not in cluster.endpoints
        member_id = cluster.leader.gateway.member_add([spare.peer_url], learner=True)
        spare.start()
        assert spare.status()["is_learner"]
        assert spare.member_id == member_id
        assert spare.client_url in cluster.endpoints


def test_a_spare_starts_with_the_environment_it_is_given():
    with Cluster(1) as cluster:
        spare, voter = cluster.spare(), cluster.members[0]
        cluster.leader.gateway.member_add([spare.peer_url], learner=True)
        spare.start({
            "ETCD_NAME": "by-another-name",
            "ETCD_INITIAL_CLUSTER": f"{voter.name}={voter.peer_url},by-another-name={spare.peer_url}",
            "ETCD_INITIAL_CLUSTER_STATE": "existing",
            "ETCD_INITIAL_ADVERTISE_PEER_URLS": spare.peer_url,
        })  # fmt: skip
        waiting.until(
            "the name to be known",
            lambda: (
                None if "by-another-name" in {record["name"] for record in cluster.member_list()} else "not in the list"
            ),
            5,
        )


def test_members_of_one_cluster_can_be_of_two_versions():
    with Cluster(3, version="3.4") as cluster:
        follower = cluster.followers[0]
        follower.stop()
        follower.install("3.5")
        follower.restart()
        assert follower.status()["version"].startswith("3.5.")
        assert cluster.leader.status()["version"].startswith("3.4.")
        assert len(cluster.member_list()) == 3


def test_a_spare_that_cannot_join_says_what_etcd_said():
    with Cluster(1) as cluster:
        spare = cluster.spare()
        with pytest.raises(
            MemberExited, match=r"(?s)etcd2 \(etcd .*\) ended with 1; its last words:.*member count is unequal"
        ):
            spare.start({
                "ETCD_NAME": "etcd2",
                "ETCD_INITIAL_CLUSTER": f"etcd1={cluster.members[0].peer_url},etcd2={spare.peer_url}",
                "ETCD_INITIAL_CLUSTER_STATE": "existing",
            })  # fmt: skip


def test_faults_that_make_no_sense_are_refused():
    with Cluster(1) as cluster:
        member, spare = cluster.members[0], cluster.spare()
        with pytest.raises(WrongFault, match="etcd1 runs; kill or stop it"):
            member.wipe()
        with pytest.raises(WrongFault, match="etcd1 runs already"):
            member.start()
        with pytest.raises(WrongFault, match="etcd2 was never started"):
            spare.restart()
        with pytest.raises(WrongFault, match="etcd2 does not run"):
            spare.pause()
        with pytest.raises(NotPartitionable, match="partitionable=True"):
            member.cut_off()
        spare.kill()
        spare.stop()


@pytest.mark.measures_time
def test_waiting_ends_in_time_and_tells_what_it_saw():
    with Cluster(3) as cluster:
        cluster.leader.pause()
        cluster.followers[0].pause()
        began = time.monotonic()
        with pytest.raises(waiting.NotInTime, match=r"waited .* to be ready; last saw"):
            cluster.wait_healthy(timeout=1)
        assert time.monotonic() - began < 4
