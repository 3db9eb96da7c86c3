# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS and authentication: what a wrong certificate or password looks like, and that nothing is taken for a dead
member.
"""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.testbed import Cluster, certificates
from tests.testbed.cluster import PASSWORD
from tests.testbed.recording_proxy import Recorded

from ..differences import on_releases
from ..raft_log import CATCH_UP_BY_SNAPSHOT, fill_log
from .driver import ensure, join, listed, untouched, voters, wait_listening
from .recorded import recorded

# -- TLS ---------------------------------------------------------------------------------------------------------------


def written(folder: Path, leaf: trustme.LeafCert) -> dict[str, Any]:
    """The options that name this client certificate."""
    own = Path(tempfile.mkdtemp(dir=folder))
    leaf.cert_chain_pems[0].write_to_path(own / "client.pem")
    leaf.private_key_pem.write_to_path(own / "client-key.pem")
    return {"client_cert": str(own / "client.pem"), "client_key": str(own / "client-key.pem")}


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1, strict=False, tls=True, auth=True)
def test_a_member_joins_and_leaves_with_tls_and_authentication(cluster: Cluster, transport: str):
    host = join(cluster, transport=transport)
    assert listed(cluster) == voters("etcd1", host)

    assert ensure(cluster, host, state="absent", transport=transport).changed
    assert listed(cluster) == voters("etcd1")


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1, tls=True)
def test_a_server_of_an_unknown_ca_is_a_tls_error(cluster: Cluster, tmp_path: Path, transport: str):
    trustme.CA().cert_pem.write_to_path(tmp_path / "other-ca.pem")
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), ca_cert=str(tmp_path / "other-ca.pem"), transport=transport)
    assert run.error == "tls_error", run
    assert cluster.members[0].client_url in run.message


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.parametrize("fault", ["expired", "of an unknown CA", "missing"])
@pytest.mark.etcd(size=1, tls=True)
def test_a_client_certificate_that_the_server_turns_down_is_a_tls_error(
    cluster: Cluster, tmp_path: Path, transport: str, fault: str
):
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    options = {
        "expired": written(tmp_path, certificates.ca_of_testbed().issue_cert("a@testbed.example", not_after=yesterday)),
        "of an unknown CA": written(tmp_path, trustme.CA().issue_cert("a@testbed.example")),
        "missing": {"client_cert": None, "client_key": None},
    }[fault]
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), transport=transport, **options)
    assert run.error == "tls_error", run


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.etcd(size=3, tls=True)
def test_nobody_is_taken_for_dead_because_of_our_own_certificate(cluster: Cluster, tmp_path: Path, state: str):
    options = written(tmp_path, trustme.CA().issue_cert("a@testbed.example"))
    with untouched(cluster):
        run = ensure(cluster, cluster.members[0], state=state, **options)
    assert run.error == "tls_error"


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1, tls=True)
def test_a_server_certificate_for_other_names_is_a_tls_error_unless_validation_is_off(
    cluster: Cluster, tmp_path: Path, transport: str
):
    elsewhere = certificates.write(tmp_path / "elsewhere", ("elsewhere.example",))
    cluster.members[0].restart(
        wait=False, cert_file=elsewhere.server, key_file=elsewhere.server_key, client_cert_auth=False
    )
    wait_listening(cluster.members[0].client_url)

    run = ensure(cluster, cluster.members[0], transport=transport)

    assert run.error == "tls_error", run
    assert "127.0.0.1" in run.message


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1, tls=True)
def test_http_to_a_port_that_speaks_tls_is_a_tls_error(cluster: Cluster, transport: str):
    plain = [url.replace("https://", "http://") for url in cluster.endpoints]
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), endpoints=plain, transport=transport)
    assert run.error == "tls_error", run
    assert "https" in run.message


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1)
def test_https_to_a_port_that_does_not_is_a_tls_error(cluster: Cluster, transport: str):
    secured = [url.replace("http://", "https://") for url in cluster.endpoints]
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), endpoints=secured, transport=transport)
    assert run.error == "tls_error", run


@pytest.mark.parametrize("option", ["ca_cert", "client_cert"])
@pytest.mark.etcd(size=1, tls=True)
def test_a_file_that_is_not_there_is_named(cluster: Cluster, option: str):
    elsewhere: dict[str, Any] = {option: "/nowhere/file.pem"}
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), **elsewhere)
    assert run.error == "tls_error"
    assert "/nowhere/file.pem" in run.message


# -- authentication ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.etcd(size=1, learners=1, auth=True)
def test_without_a_user_nothing_is_changed(cluster: Cluster, state: str):
    (learner,) = cluster.learners
    host = cluster.spare() if state == "present" else learner
    with untouched(cluster):
        run = ensure(cluster, host, state=state, username=None, password=None, accept=["another_learner"])
    assert run.error == "auth_required", run
    assert "username" in run.message


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1, auth=True)
def test_a_wrong_password_is_said_to_be_wrong(cluster: Cluster, transport: str):
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), password="not-the-password", transport=transport)
    assert run.error == "auth_failed", run
    assert "not-the-password" not in str(run.json["msg"])


@pytest.mark.etcd(size=1, auth=True)
def test_an_unknown_user_is_said_to_be_wrong(cluster: Cluster):
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), username="nobody")
    assert run.error == "auth_failed", run


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=1, auth=True)
def test_a_user_without_the_root_role_changes_nothing(cluster: Cluster, transport: str):
    cluster.leader.gateway.call("/auth/user/add", {"name": "reader", "password": "of-no-rights"})
    with untouched(cluster):
        run = ensure(cluster, cluster.spare(), username="reader", password="of-no-rights", transport=transport)
    assert run.error == "permission_denied", run
    assert "root" in run.message


@pytest.mark.etcd(size=1)
def test_a_user_is_given_and_authentication_is_off(cluster: Cluster):
    run = ensure(cluster, cluster.spare(), username="root", password=PASSWORD)
    assert run.done == ["add_learner"], run


@pytest.mark.parametrize("version", on_releases(["3.6.16", "3.7.3"]))
@pytest.mark.etcd(size=1, unstarted_learners=1, auth=True, strict=False, flags=CATCH_UP_BY_SNAPSHOT)
def test_a_learner_that_came_by_snapshot_gets_its_vote(cluster: Cluster):
    """A snapshot holds no tokens: the learner starts, and is brought up to date by one, once this run has its token."""
    learner = cluster.members[-1]
    environment = ensure(cluster, learner)["environment"]
    with recorded(cluster) as recording:

        def catch_up(_login: Recorded) -> None:
            fill_log(cluster)
            learner.start(environment=environment)

        recording.proxies["etcd1"].call(1, catch_up, "/auth/authenticate", forwarded=True)

        run = ensure(cluster, learner, state="promoted", **recording.connection)

        assert run.done == ["promote"], run
        logins = [request for request in recording.requests if request.path == "/auth/authenticate"]
        assert len(logins) == 2, "one for the voter, one more for the learner"
    assert listed(cluster) == voters("etcd1", learner)


@pytest.mark.etcd(size=3, strict=False, auth=True)
def test_a_token_that_a_restarted_member_has_forgotten_is_fetched_again(cluster: Cluster):
    """Members of 3.5 forget their tokens; the first call of the run and its change may well be answered by different
    lives.
    """
    for member in cluster.members:
        member.restart()
    cluster.wait_healthy()
    run = ensure(cluster, cluster.spare())
    assert run.done == ["add_learner"], run
