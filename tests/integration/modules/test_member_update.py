# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Updating peer URLs: never one that is malformed, unproven or somebody else's."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.testbed import Cluster, Member, certificates

from ..differences import UPDATE_OF_A_LEARNER
from .driver import ensure, peer_urls, run_main, untouched, wait_listening, writable

NOBODY_LISTENS = "http://127.0.0.1:9"


def free_port() -> int:
    """A port of ::1 on which nobody listens."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        return listener.getsockname()[1]


def listens_also_on(cluster: Cluster, member: Member, scheme: str = "http", **flags: Any) -> str:
    """The member listens on a second peer address; returns that."""
    address = cluster.spare().peer_url.replace("http://", f"{scheme}://")
    member.restart(listen_peer_urls=f"{member.peer_url},{address}", **flags)
    return address


@pytest.fixture
def web_server() -> Iterator[str]:
    """An HTTP server that is no etcd."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# -- to an address that is proven --------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3)
def test_a_member_that_listens_on_its_new_address_gets_it(cluster: Cluster):
    member = cluster.followers[0]
    address = listens_also_on(cluster, member)

    run = ensure(cluster, name=member.name, peer_urls=[address])
    again = ensure(cluster, name=member.name, peer_urls=[address])

    assert run.done == ["update_peer_urls"]
    assert run["member"]["peer_urls"] == [address]
    assert peer_urls(cluster)[member.name] == [address]
    assert again.changed is False
    assert writable(cluster)


@pytest.mark.etcd(size=3)
def test_a_member_moves_to_ipv6(cluster: Cluster):
    member = cluster.followers[0]
    peer, client = f"http://[::1]:{free_port()}", f"http://[::1]:{free_port()}"
    member.restart(
        listen_peer_urls=f"{member.peer_url},{peer}",
        listen_client_urls=f"{member.client_url},{client}",
        advertise_client_urls=client,
    )

    run = ensure(cluster, name=member.name, peer_urls=[peer], endpoints=[client])
    again = ensure(cluster, name=member.name, peer_urls=[peer], endpoints=[client])

    assert run.done == ["update_peer_urls"], run
    assert peer_urls(cluster)[member.name] == [peer]
    assert again.changed is False
    assert run_main("etcd_cluster_info", {"endpoints": [client]})["healthy"] is True
    assert writable(cluster)


@pytest.mark.etcd(size=3)
def test_a_member_is_told_by_its_id_when_its_address_changes(cluster: Cluster):
    member = cluster.leader
    address = listens_also_on(cluster, member)

    run = ensure(cluster, member_id=f"{member.member_id:x}", peer_urls=[address, member.peer_url])

    assert run.done == ["update_peer_urls"]
    assert peer_urls(cluster)[member.name] == sorted([address, member.peer_url])


@pytest.mark.etcd(size=3)
def test_a_member_that_came_back_at_another_address_is_repaired(cluster: Cluster):
    member = cluster.followers[0]
    address = cluster.spare().peer_url
    member.restart(listen_peer_urls=address, wait=False)
    wait_listening(address)

    run = ensure(cluster, name=member.name, peer_urls=[address])

    assert run.done == ["update_peer_urls"], run
    assert peer_urls(cluster)[member.name] == [address]
    cluster.wait_healthy()


@pytest.mark.slow
@pytest.mark.etcd(size=3)
def test_peer_urls_move_from_http_to_https_one_member_at_a_time(cluster: Cluster, tmp_path):
    files = certificates.write(tmp_path / "peers")
    tls = {
        "peer_cert_file": files.server,
        "peer_key_file": files.server_key,
        "peer_trusted_ca_file": files.ca,
        "peer_client_cert_auth": True,
    }
    members = list(cluster.members)
    new = {member.name: listens_also_on(cluster, member, "https", **tls) for member in members}

    for member in members:
        run = ensure(cluster, name=member.name, peer_urls=[new[member.name]])
        assert run.done == ["update_peer_urls"], run
        assert writable(cluster)

    assert peer_urls(cluster) == {name: [url] for name, url in new.items()}
    for member in members:
        member.restart(listen_peer_urls=new[member.name], wait=False)
        cluster.wait_healthy()
    assert writable(cluster)


@pytest.mark.etcd(size=3)
def test_the_same_peer_url_is_no_update(cluster: Cluster):
    with untouched(cluster):
        for member in cluster.members:
            assert ensure(cluster, member).planned == []


@pytest.mark.etcd(size=3, unstarted=1)
def test_a_member_that_never_started_may_get_any_valid_address(cluster: Cluster):
    """Registered with a mistyped address: nobody listens there, and nobody has to."""
    unstarted = cluster.members[-1]
    address = cluster.spare().peer_url

    run = ensure(cluster, member_id=f"{unstarted.member_id:x}", peer_urls=[address])

    assert run.done == ["update_peer_urls"], run
    assert address in [url for record in cluster.member_list() for url in record["peerURLs"]]


# -- to an address that is not -----------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3)
def test_an_address_that_nobody_listens_on_is_refused(cluster: Cluster):
    """etcd accepts it and stays green until the next failure."""
    member = cluster.followers[0]
    with untouched(cluster):
        run = ensure(cluster, name=member.name, peer_urls=[NOBODY_LISTENS])
    assert run.refusal == "peer_url_unreachable"
    assert NOBODY_LISTENS in run.message
    assert member.name in run["refusal"]["next_step"]


@pytest.mark.etcd(size=3)
def test_one_dead_address_among_several_is_refused(cluster: Cluster):
    member = cluster.followers[0]
    with untouched(cluster):
        run = ensure(cluster, name=member.name, peer_urls=[member.peer_url, NOBODY_LISTENS])
    assert run.refusal == "peer_url_unreachable"


@pytest.mark.etcd(size=3)
def test_an_unproven_address_may_be_accepted_while_the_quorum_holds_without_it(cluster: Cluster):
    member = cluster.followers[0]

    run = ensure(cluster, name=member.name, peer_urls=[NOBODY_LISTENS], accept=["peer_url_unreachable"])

    assert run.done == ["update_peer_urls"], run
    assert "peer_url_unreachable" in run.warnings
    assert peer_urls(cluster)[member.name] == [NOBODY_LISTENS]


@pytest.mark.etcd(size=3, dead=1)
def test_an_unproven_address_is_refused_where_the_quorum_would_hang_on_it(cluster: Cluster):
    with untouched(cluster):
        run = ensure(
            cluster, name=cluster.followers[0].name, peer_urls=[NOBODY_LISTENS], accept=["peer_url_unreachable"]
        )
    assert run.refusal == "would_lose_quorum"
    assert run.arithmetic == ((2, 2), (1, 2))


@pytest.mark.etcd(size=3)
def test_a_web_server_is_no_peer(cluster: Cluster, web_server: str):
    with untouched(cluster):
        run = ensure(cluster, name=cluster.followers[0].name, peer_urls=[web_server])
    assert run.refusal == "peer_url_unreachable"
    assert "not as an etcd peer" in run.message


@pytest.mark.etcd(size=3)
def test_a_client_url_is_no_peer_url(cluster: Cluster):
    member = cluster.followers[0]
    with untouched(cluster):
        run = ensure(cluster, name=member.name, peer_urls=[member.client_url])
    assert run.refusal == "peer_url_unreachable"


@pytest.mark.etcd(size=1)
def test_a_peer_of_another_cluster_is_refused_by_its_cluster_id(cluster: Cluster, version: str):
    with Cluster(size=1, version=version) as other, untouched(cluster), untouched(other):
        run = ensure(cluster, name="etcd1", peer_urls=[other.members[0].peer_url])
    assert run.refusal == "peer_url_unreachable"
    assert "another cluster" in run.message


@pytest.mark.etcd(size=3)
def test_the_address_of_another_member_is_refused(cluster: Cluster):
    first, second = cluster.followers
    with untouched(cluster):
        run = ensure(cluster, name=first.name, peer_urls=[second.peer_url])
    assert run.refusal == "peer_url_in_use"
    assert second.name in run.message


# -- learners ----------------------------------------------------------------------------------------------------------


@pytest.mark.differs(UPDATE_OF_A_LEARNER)
@pytest.mark.etcd(size=1, learners=1)
def test_a_learner_is_updated_unless_its_release_would_make_it_a_voter_in_name_only(cluster: Cluster, version: str):
    (learner,) = cluster.learners
    address = listens_also_on(cluster, learner)

    run = ensure(cluster, name=learner.name, peer_urls=[address])

    if UPDATE_OF_A_LEARNER.answer(version) == "learner":
        assert run.done == ["update_peer_urls"], run
        assert peer_urls(cluster)[learner.name] == [address]
    else:
        assert run.refusal == "version_bug"
        assert version in run.message
    assert [record["name"] for record in cluster.member_list() if record["isLearner"]] == [learner.name]
    assert ensure(cluster, name=learner.name, state="promoted").done == ["promote"]
