# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters in containers do what clusters of processes do: the same states, faults and answers."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlsplit

import pytest

from tests.testbed import Cluster, releases, waiting
from tests.testbed.docker import backend as docker_backend
from tests.testbed.docker.ownership import RUN, run_id
from tests.testbed.docker.preflight import engine_for_clusters

pytestmark = pytest.mark.usefixtures("engine")
SECONDS = 15


def addresses(cluster: Cluster) -> set[str]:
    return {str(urlsplit(url).hostname) for url in cluster.endpoints}


def test_each_member_has_an_address_of_its_own():
    with Cluster(backend="docker") as cluster:
        assert len(addresses(cluster)) == 3
        assert {urlsplit(url).port for url in cluster.endpoints} == {2379}
        cluster.put("key", "value")
        assert cluster.get("key") == "value"
        assert len(cluster.member_list()) == 3


@pytest.mark.parametrize("version", [None, releases.TESTED_MINORS[0]])
def test_every_release_of_this_machine_runs_in_a_container(version):
    release = releases.find(version)
    with Cluster(size=1, backend="docker", version=version) as cluster:
        assert cluster.version == release.version
        assert cluster.leader.status()["version"] == release.version
        assert release.version in cluster.etcdctl("version")


@pytest.mark.parametrize(
    "state",
    [
        {"dead": 1},
        {"leader_dead": True},
        {"unstarted": 1},
        {"learners": 1},
        {"tls": True, "auth": True},
        {"partitioned": ["leader"]},
    ],
    ids="-".join,
)
def test_states(state):
    with Cluster(backend="docker", **state) as cluster:
        cluster.put("key", "value")
        assert cluster.get("key") == "value"
        assert len(cluster.live) == 3 - len([name for name in ("dead", "leader_dead") if name in state]) + state.get(
            "learners", 0
        )
        assert len(cluster.member_list()) == 3 + state.get("learners", 0) + state.get("unstarted", 0)


def test_faults_of_a_member():
    with Cluster(backend="docker") as cluster:
        member = cluster.followers[0]
        member.kill()
        assert (member.is_running, member.pid, member.exit_code) == (False, None, -9)
        member.restart()
        member.pause()
        assert member.is_running
        with pytest.raises(OSError):
            member.status()
        member.resume()
        member.wait_ready()
        member.stop()
        assert member.exit_code == -15
        member.wipe()
        member.spawn(member._environment)
        # A wiped voter finds that the cluster knows it already, and ends.
        waiting.until("the wiped member to end", lambda: "it runs" if member.is_running else None, SECONDS)
        assert "already been bootstrapped" in member.log.read_text()
        cluster.put("key", "value")


def test_a_paused_member_can_be_killed():
    with Cluster(backend="docker") as cluster:
        member = cluster.leader
        member.pause()
        member.kill()
        assert member.exit_code == -9
        cluster.wait_healthy()


def test_a_member_that_is_cut_off_and_comes_back():
    with Cluster(backend="docker", partitionable=True) as cluster:
        member = cluster.leader
        member.cut_off()
        waiting.until(
            "the others to elect a leader",
            lambda: None if cluster.leader is not member else "the old one leads",
            SECONDS,
        )
        # Clients still reach it.
        assert member.gateway.member_list(linearizable=False)
        cluster.put("while", "cut off")
        member.heal()
        cluster.wait_healthy(SECONDS)
        waiting.until(
            "it to catch up", lambda: None if member.gateway.get("/health", 1)[0] == 200 else "not healthy", SECONDS
        )


def test_a_spare_host_joins_with_an_address_that_the_certificates_name():
    with Cluster(size=1, backend="docker", tls=True) as cluster:
        spare = cluster.spare()
        assert not spare.is_running
        assert spare.exit_code is None
        cluster.etcdctl("member", "add", spare.name, f"--peer-urls={spare.peer_url}", "--learner")
        spare.start()
        assert [learner.name for learner in cluster.learners] == [spare.name]


def test_the_log_is_there_while_etcd_runs_and_after():
    with Cluster(size=1, backend="docker") as cluster:
        member = cluster.leader
        assert "ready to serve client requests" in member.log.read_text()
        size = member.log.stat().st_size
        member.kill()
        member.restart()
        assert member.log.stat().st_size > size


def test_an_etcd_that_cannot_start_is_told_with_its_own_words():
    with Cluster(size=1, backend="docker") as cluster:
        spare = cluster.spare()
        with pytest.raises(Exception, match=r"(?s)ended with 1.*HEARTBEAT_INTERVAL"):
            spare.start({"ETCD_NAME": "spare", "ETCD_HEARTBEAT_INTERVAL": "soon"})


def test_clusters_do_not_see_each_other(engine):
    with Cluster(size=1, backend="docker") as one, Cluster(size=1, backend="docker") as other:
        assert not addresses(one) & addresses(other)
        networks = engine.api.networks(filters={"label": f"{RUN}={run_id()}"})
        assert len(networks) == 2
        assert one.member_list()[0]["ID"] != other.member_list()[0]["ID"]


def test_where_addresses_of_containers_cannot_be_reached_ports_are_published(monkeypatch):
    def behind_a_wall(image):
        return dataclasses.replace(engine_for_clusters(image), publishes_ports=True)

    monkeypatch.setattr(docker_backend, "engine_for_clusters", behind_a_wall)
    with Cluster(backend="docker") as cluster:
        assert addresses(cluster) == {"127.0.0.1"}
        assert len(set(cluster.endpoints)) == 3
        cluster.put("key", "value")
        assert cluster.etcdctl("get", "key", "--print-value-only") == "value\n"
