# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer URL is proven before a voter depends on it."""

from __future__ import annotations

import ssl
import time

import pytest
import trustme
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.peer_probe import probe_peer_url
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Probe

from tests.testbed import Cluster
from tests.testbed.certificates import ca_of_testbed

from . import servers

PLAIN = Connection()
PATIENCE = 0.5


@pytest.fixture(scope="module")
def secured(version):
    """One member, whose peers must show certificates too."""
    with Cluster(size=1, version=version, tls=True) as cluster:
        yield cluster


@pytest.fixture
def trusting(tmp_path):
    """A connection with the CA's certificate as ca_cert."""
    path = tmp_path / "ca.pem"
    ca_of_testbed().cert_pem.write_to_path(path)
    return Connection(ca_cert=str(path))


def context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(made)
    return made


def unreachable(url: str, connection: Connection = PLAIN, cluster_id: int | None = None) -> str:
    probe = probe_peer_url(url, connection, cluster_id, PATIENCE)
    assert (probe.url, probe.reachable) == (url, False)
    return probe.reason


# -- members -----------------------------------------------------------------------------------------------------------


def test_a_member_of_this_cluster(cluster):
    member = cluster.leader
    assert probe_peer_url(member.peer_url, PLAIN, member.status()["cluster_id"]) == Probe(member.peer_url, True)
    assert probe_peer_url(member.peer_url, PLAIN) == Probe(member.peer_url, True)


def test_a_member_of_another_cluster(cluster):
    reason = unreachable(cluster.leader.peer_url, PLAIN, 0xABC)
    assert (
        reason
        == f"a member of another cluster answers there: cluster id {cluster.leader.status()['cluster_id']:x}, not abc"
    )


def test_the_client_port_is_no_peer_port(cluster):
    assert "not as an etcd peer" in unreachable(cluster.leader.client_url)


def test_a_member_that_does_not_run(cluster):
    member = cluster.followers[0]
    member.kill()
    try:
        assert unreachable(member.peer_url) == "Connection refused"
    finally:
        member.restart()


def test_a_paused_member_takes_connections_and_that_is_noted(cluster):
    member = cluster.followers[0]
    member.pause()
    try:
        probe = probe_peer_url(member.peer_url, PLAIN, 1, PATIENCE)
        assert probe.reachable
        assert "did not say which cluster" in probe.reason
    finally:
        member.resume()


def test_a_member_over_tls(secured):
    options = secured.connection
    connection = Connection(
        ca_cert=options["ca_cert"], client_cert=options["client_cert"], client_key=options["client_key"]
    )
    member = secured.leader
    assert probe_peer_url(member.peer_url, connection, member.status()["cluster_id"]) == Probe(member.peer_url, True)
    assert "another cluster" in unreachable(member.peer_url, connection, 0xABC)


def test_a_member_that_wants_a_peers_certificate(secured, trusting):
    probe = probe_peer_url(secured.leader.peer_url, trusting, 0xABC)
    assert probe.reachable
    assert probe.reason


def test_a_ca_that_only_peers_know(secured):
    probe = probe_peer_url(secured.leader.peer_url, PLAIN)
    assert probe.reachable
    assert "CA" in probe.reason


def test_a_tls_member_given_as_http(secured):
    assert "speaks TLS" in unreachable(secured.leader.peer_url.replace("https:", "http:"))


def test_a_plaintext_member_given_as_https(cluster, trusting):
    assert "does not speak TLS" in unreachable(cluster.leader.peer_url.replace("http:", "https:"), trusting)


# -- others ------------------------------------------------------------------------------------------------------------


def test_a_certificate_for_another_host(trusting):
    with servers.server(servers.silent, context(ca_of_testbed().issue_cert("other.example"))) as address:
        assert "another host" in unreachable(f"https://{address}", trusting)


def test_a_web_server():
    with servers.server(servers.http("200 OK", "text/html", "<html>")) as address:
        assert unreachable(f"http://{address}") == "it answers HTTP 200 OK, not as an etcd peer"


def test_an_ssh_server():
    with servers.server(servers.talking(b"SSH-2.0-OpenSSH_9.2p1\r\n")) as address:
        assert "SSH-2.0" in unreachable(f"http://{address}")


@pytest.mark.measures_time
def test_a_tls_handshake_that_hangs_costs_one_timeout(trusting):
    with servers.server(servers.silent) as address:
        began = time.monotonic()
        assert "handshake" in unreachable(f"https://{address}", trusting)
        assert time.monotonic() - began < PATIENCE + 0.3


def test_an_address_that_is_none():
    assert "scheme" in unreachable("unix://peer:1")


def test_an_unknown_host():
    assert unreachable("http://no-such-host.invalid:2380")
