# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask: RBAC by password and by certificate, on both transports; and where `auto` turns from the gateway to
gRPC.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import sys
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.login import Login
from ansible_collections.quorum.etcd.plugins.module_utils._client.open_endpoint import open_endpoint
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.testbed import Cluster, waiting
from tests.testbed.certificates import ca_of_testbed

from ..raft_log import CATCH_UP_BY_SNAPSHOT, fill_log
from .suite import failed, has_hash_kv, since

LEASE = 0x7175_6F72
READER = {"username": "reader", "password": "only-reads"}


@pytest.fixture(scope="module")
def guarded(version):
    """One member with RBAC on: `root`, and `reader` without any role."""
    with Cluster(size=1, version=version, auth=True, strict=False) as cluster:
        cluster.leader.gateway.call("/auth/user/add", {"name": READER["username"], "password": READER["password"]})
        yield cluster


# -- passwords ---------------------------------------------------------------------------------------------------------


def test_root_may_do_everything(guarded, client, transport):
    endpoint = client(guarded.leader.client_url, **guarded.connection)
    members = endpoint.member_list().members
    assert endpoint.member_update(members[0].member_id, members[0].peer_urls).members == members
    assert endpoint.alarms() == ()
    assert endpoint.lease_grant(LEASE, 30) == LEASE
    endpoint.lease_revoke(LEASE)
    if has_hash_kv(transport, guarded.version):
        assert endpoint.hash_kv().hash
    assert endpoint.status().version == guarded.version


def test_no_user(guarded, client, transport):
    endpoint = client(guarded.leader.client_url)
    error = failed(errors.AUTH_REQUIRED, endpoint.member_remove, 5)
    assert error.server_words == "etcdserver: user name is empty"
    assert "username" in error.next_step
    assert error.sent is False
    if has_hash_kv(transport, guarded.version):
        failed(errors.AUTH_REQUIRED, endpoint.hash_kv)


@pytest.mark.parametrize(
    "options",
    [{"username": "root", "password": "wrong"}, {"username": "nobody", "password": "x"}, {"username": "root"}],
)
def test_a_wrong_password_or_user(guarded, client, options):
    error = failed(errors.AUTH_FAILED, client(guarded.leader.client_url, **options).member_list)
    assert error.server_words == "etcdserver: authentication failed, invalid user ID or password"
    assert "password" in error.next_step
    assert "wrong" not in error.message


def test_a_user_without_rights(guarded, client, transport):
    endpoint = client(guarded.leader.client_url, **READER)
    error = failed(errors.PERMISSION_DENIED, endpoint.member_remove, 5)
    assert "root role" in error.next_step
    if has_hash_kv(transport, guarded.version):
        failed(errors.PERMISSION_DENIED, endpoint.hash_kv)


def test_a_user_without_rights_lists_the_members_through_the_quorum(guarded, client):
    assert len(client(guarded.leader.client_url, **READER).member_list().members) == 1


def test_a_user_is_given_where_authentication_is_off(cluster, client):
    endpoint = client(cluster.leader.client_url, username="root", password="unused")
    assert len(endpoint.member_list().members) == 3
    assert endpoint.lease_grant(LEASE, 30) == LEASE
    endpoint.lease_revoke(LEASE)


def test_a_token_that_is_no_longer_known_is_renewed_once(guarded, client):
    """A restarted member of 3.5 has forgotten all tokens."""
    endpoint = client(guarded.leader.client_url, **guarded.connection)
    endpoint.member_list()
    guarded.leader.restart()
    endpoint.member_list()
    assert endpoint.lease_grant(LEASE, 30) == LEASE
    endpoint.lease_revoke(LEASE)


@since(3, 5)
def test_an_expired_token_is_renewed(version, client):
    with Cluster(size=1, version=version, auth=True, flags={"auth_token_ttl": 1}) as cluster:
        endpoint = client(cluster.leader.client_url, **cluster.connection)
        endpoint.lease_grant(LEASE, 30)
        token = endpoint._tokens.login.token
        # A use renews a token, so nobody uses it until it must be gone.
        waiting.until("the token to expire", _after(datetime.timedelta(seconds=2.5)), 5)
        endpoint.lease_revoke(LEASE)
        assert endpoint._tokens.login.token != token


def _after(duration: datetime.timedelta):
    ends = datetime.datetime.now(datetime.timezone.utc) + duration
    return lambda: None if datetime.datetime.now(datetime.timezone.utc) > ends else "too early"


def test_without_quorum_older_releases_tell_their_status_to_anyone_and_so_to_us(version, client):
    with Cluster(size=3, version=version, auth=True, dead=2) as cluster:
        survivor = cluster.live[0]
        endpoint = client(survivor.client_url, **cluster.connection)
        waiting.until("the survivor to see no leader", lambda: None if not _leader_id(endpoint) else "a leader", 5)
        failed(errors.NO_LEADER, endpoint.member_list)


def _leader_id(endpoint) -> int:
    try:
        return endpoint.status().leader_id
    except EtcdError as error:
        # Newer releases want a token, and nobody can get one now.
        return 0 if error.code == errors.NO_LEADER else 1


@since(3, 6)
def test_a_learner_that_came_by_snapshot_takes_a_token_that_was_given_out_since(version, transport):
    """A snapshot holds no tokens. Its own login would be "rpc not supported for learner"."""
    with Cluster(size=1, version=version, auth=True, unstarted_learners=1, flags=CATCH_UP_BY_SNAPSHOT) as cluster:
        learner, login = cluster.members[-1], Login()
        connection = Connection(**{**cluster.connection, "transport": transport})
        with contextlib.ExitStack() as stack:
            at_voter, at_learner = (
                stack.enter_context(contextlib.closing(open_endpoint(member.client_url, connection, login)))
                for member in (cluster.leader, learner)
            )
            at_voter.status()
            older = login.token
            fill_log(cluster)
            learner.start()

            assert at_learner.status().is_learner
            newer = login.token
            assert newer != older
            assert at_learner.status().is_learner
            at_voter.alarms()
            assert login.token == newer, "one more login was enough"


def test_secrets_are_in_no_text_of_ours(guarded, client):
    endpoint = client(guarded.leader.client_url, **guarded.connection)
    endpoint.member_list()
    password, token = guarded.connection["password"], endpoint._tokens.login.token
    texts = [
        repr(endpoint),
        repr(endpoint._connection),
        repr(endpoint.__dict__),
        repr(failed(errors.MEMBER_NOT_FOUND, endpoint.member_remove, 5)),
    ]
    assert all(password not in text for text in texts)
    assert token not in texts[0] + texts[1] + texts[3]


# -- users and roles ---------------------------------------------------------------------------------------------------


def test_authentication_is_enabled_with_a_root_that_is_created_before(bring, client):
    endpoint = client(bring(size=1).leader.client_url, username="root", password="second")
    assert endpoint.requires_users() is False
    assert (endpoint.user_list(), endpoint.role_list()) == ((), ())

    endpoint.role_add("mark")
    failed(errors.ROLE_EXISTS, endpoint.role_add, "mark")
    endpoint.user_add("root", "first")
    failed(errors.USER_EXISTS, endpoint.user_add, "root", "other")
    endpoint.user_change_password("root", "second")
    assert endpoint.user_roles("root") == ()
    endpoint.user_grant_role("root", "root")
    endpoint.user_grant_role("root", "root")
    assert endpoint.user_roles("root") == ("root",)
    assert endpoint.requires_users() is False
    endpoint.auth_enable()

    assert endpoint.requires_users() is True
    assert endpoint.user_list() == ("root",)
    assert "mark" in endpoint.role_list()
    endpoint.role_delete("mark")
    failed(errors.ROLE_NOT_FOUND, endpoint.role_delete, "mark")
    stranger = client(endpoint.url, username="root", password="first")
    failed(errors.AUTH_FAILED, stranger.requires_users)


def test_while_authentication_is_off_nobody_learns_whether_a_password_is_right(bring, client):
    cluster = bring(size=1)
    client(cluster.leader.client_url).user_add("root", "right")
    for password in ("right", "wrong"):
        assert client(cluster.leader.client_url, username="root", password=password).requires_users() is False


# -- certificates ------------------------------------------------------------------------------------------------------


@pytest.fixture
def identity(tmp_path):
    """Writes a certificate of that common name with its key, and gives the options that use it."""

    def up(common_name: str) -> dict[str, str]:
        leaf = ca_of_testbed().issue_cert("client@testbed.example", common_name=common_name)
        certificate, key = tmp_path / f"{common_name}.pem", tmp_path / f"{common_name}-key.pem"
        leaf.cert_chain_pems[0].write_to_path(certificate)
        leaf.private_key_pem.write_to_path(key)
        return {"client_cert": str(certificate), "client_key": str(key)}

    return up


@pytest.fixture(scope="module")
def guarded_by_certificates(version):
    with Cluster(size=1, version=version, tls=True, auth=True, strict=False) as cluster:
        yield cluster


@since(3, 4)
def test_a_user_by_common_name_works_over_grpc_only(guarded_by_certificates, client, transport, identity):
    cluster = guarded_by_certificates
    endpoint = client(cluster.leader.client_url, ca_cert=cluster.connection["ca_cert"], **identity("root"))
    if transport == "grpc":
        assert endpoint.hash_kv().hash
        assert endpoint.alarms() == ()
        failed(errors.MEMBER_NOT_FOUND, endpoint.member_remove, 5)
        return
    error = failed(errors.TRANSPORT_UNAVAILABLE, endpoint.member_list)
    assert "CommonName" in error.server_words
    assert "etcd3" in error.next_step
    assert error.sent is False


@since(3, 4)
def test_auto_turns_to_grpc_for_a_user_by_common_name(guarded_by_certificates, client, identity):
    cluster = guarded_by_certificates
    endpoint = client(
        cluster.leader.client_url, transport="auto", ca_cert=cluster.connection["ca_cert"], **identity("root")
    )
    assert len(endpoint.member_list().members) == 1
    assert endpoint.hash_kv().hash


@since(3, 4)
def test_the_password_goes_before_the_common_name(guarded_by_certificates, client, identity):
    cluster = guarded_by_certificates
    options = {**cluster.connection, **identity("nobody"), "transport": "auto"}
    assert client(cluster.leader.client_url, **options).hash_kv().hash


@since(3, 4)
def test_password_over_tls(guarded_by_certificates, client):
    cluster = guarded_by_certificates
    failed(errors.MEMBER_NOT_FOUND, client(cluster.leader.client_url, **cluster.connection).member_remove, 5)


def _server_certificate_without_client_auth(folder) -> dict[str, Any]:
    """What a gateway cannot log in to its own server with."""
    signer = ca_of_testbed()
    key = ec.generate_private_key(ec.SECP256R1())
    ca = x509.load_pem_x509_certificate(signer.cert_pem.bytes())
    ca_key = serialization.load_pem_private_key(signer.private_key_pem.bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server-key.pem").write_bytes(pem)
    return {"cert_file": str(folder / "server.pem"), "key_file": str(folder / "server-key.pem")}


def _answers(endpoint):
    def look() -> str | None:
        try:
            endpoint.status()
        except EtcdError as error:
            return str(error)
        return None

    return look


def test_a_server_certificate_that_serves_no_client(version, client, transport, tmp_path):
    with Cluster(size=1, version=version, tls=True) as cluster:
        member = cluster.leader
        member.restart(wait=False, **_server_certificate_without_client_auth(tmp_path))
        over_grpc = client(member.client_url, **cluster.connection, transport="grpc")
        waiting.until("the member to answer", _answers(over_grpc), 10)
        endpoint = client(member.client_url, **cluster.connection)
        if transport == "gateway":
            error = failed(errors.TRANSPORT_UNAVAILABLE, endpoint.status)
            assert "certificate" in error.message
        else:
            assert len(endpoint.member_list().members) == 1
        assert len(client(member.client_url, **cluster.connection, transport="auto").member_list().members) == 1


# -- a gateway that is switched off, and no etcd3 ----------------------------------------------------------------------


@pytest.fixture
def without_gateway(version):
    with Cluster(size=1, version=version) as cluster:
        cluster.leader.restart(wait=False, enable_grpc_gateway=False)
        yield cluster


@pytest.fixture
def without_etcd3(monkeypatch):
    monkeypatch.setitem(sys.modules, "etcd3", None)


@since(3, 4)
def test_a_gateway_that_is_switched_off(without_gateway, client, transport):
    url = without_gateway.members[0].client_url
    waiting.until("the member to answer", _answers(client(url, transport="grpc")), 10)
    endpoint = client(url)
    if transport == "gateway":
        error = failed(errors.TRANSPORT_UNAVAILABLE, endpoint.member_list)
        assert "--enable-grpc-gateway" in error.message
        assert error.next_step
    assert len(client(url, transport="auto").member_list().members) == 1


@since(3, 4)
def test_neither_gateway_nor_etcd3(without_gateway, client, monkeypatch):
    url = without_gateway.members[0].client_url
    waiting.until("the member to answer", _answers(client(url, transport="grpc")), 10)
    monkeypatch.setitem(sys.modules, "etcd3", None)
    error = failed(errors.TRANSPORT_UNAVAILABLE, client(url, transport="auto").member_list)
    assert "--enable-grpc-gateway" in error.message
    assert "etcd3" in error.message
    assert error.next_step == f"Install it where the module runs: {sys.executable} -m pip install etcd3"


def test_grpc_without_etcd3_says_what_to_install_and_where(cluster, client, without_etcd3):
    error = failed(errors.TRANSPORT_UNAVAILABLE, client, cluster.leader.client_url, transport="grpc")
    assert "etcd3" in error.message
    assert sys.executable in error.next_step


def test_auto_needs_no_etcd3_where_the_gateway_serves(cluster, client, without_etcd3):
    assert len(client(cluster.leader.client_url, transport="auto").member_list().members) == 3
