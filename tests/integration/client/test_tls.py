# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS: who is trusted, who we are, and what each failure is called; https is never plaintext."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
import trustme
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError

from tests.testbed import Cluster, waiting
from tests.testbed.certificates import ca_of_testbed

from . import servers
from .suite import OLDEST_AND_NEWEST, failed

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
LONG_PAST = datetime.datetime(2019, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module", params=OLDEST_AND_NEWEST)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def secured(version):
    """One member that demands client certificates."""
    with Cluster(size=1, version=version, tls=True, strict=False) as cluster:
        yield cluster


@pytest.fixture
def write(tmp_path):
    """Writes a certificate and its key, and gives both paths."""

    def up(leaf: trustme.LeafCert, name: str = "leaf") -> tuple[str, str]:
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}-key.pem"
        leaf.cert_chain_pems[0].write_to_path(certificate)
        leaf.private_key_pem.write_to_path(key)
        return str(certificate), str(key)

    return up


@pytest.fixture
def ca(tmp_path):
    """The CA's certificate as a file."""
    path = tmp_path / "ca.pem"
    ca_of_testbed().cert_pem.write_to_path(path)
    return str(path)


def tls_failure(endpoint) -> EtcdError:
    error = failed(errors.TLS_ERROR, endpoint.status)
    assert error.next_step
    return error


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


# -- what works --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_client_certificates(secured, client, host):
    url = secured.leader.client_url.replace("127.0.0.1", host)
    endpoint = client(url, **secured.connection)
    assert len(endpoint.member_list().members) == 1
    assert endpoint.status().version == secured.version


def test_an_ipv6_endpoint(version, client):
    port = int(servers.free_address().rpartition(":")[2])
    with Cluster(size=1, version=version, tls=True) as cluster:
        member = cluster.leader
        member.restart(listen_client_urls=f"{member.client_url},https://[::1]:{port}")
        assert client(f"https://[::1]:{port}", **cluster.connection).member_list().members[0].name == member.name


def test_a_certificate_file_that_holds_its_key_too(secured, client, tmp_path):
    files = secured.client_certificates
    both = tmp_path / "both.pem"
    both.write_bytes(files.client.read_bytes() + files.client_key.read_bytes())
    assert (
        client(secured.leader.client_url, ca_cert=str(files.ca), client_cert=str(both)).status().version
        == secured.version
    )


def test_without_ca_cert_the_systems_trust_store_decides(secured, client, monkeypatch):
    options = {key: value for key, value in secured.connection.items() if key != "ca_cert"}
    error = tls_failure(client(secured.leader.client_url, **options))
    assert "trust store" in error.message
    assert "ca_cert" in error.next_step
    monkeypatch.setenv("SSL_CERT_FILE", secured.connection["ca_cert"])
    assert client(secured.leader.client_url, **options).status().version == secured.version


def test_an_endpoint_without_scheme_is_https_where_tls_options_are_given(secured, client):
    bare = secured.leader.client_url.removeprefix("https://")
    endpoint = client(bare, **secured.connection)
    assert endpoint.url == secured.leader.client_url
    assert endpoint.status().version == secured.version


def test_validate_certs_false_takes_a_certificate_of_an_unknown_ca(secured, client):
    files = secured.client_certificates
    endpoint = client(
        secured.leader.client_url, client_cert=str(files.client), client_key=str(files.client_key), validate_certs=False
    )
    assert len(endpoint.member_list().members) == 1


def test_validate_certs_false_takes_a_certificate_for_another_host(version, client, write, monkeypatch):
    certificate, key = write(ca_of_testbed().issue_cert("other.example"), "other")
    with Cluster(size=1, version=version, tls=True) as cluster:
        member, options = cluster.leader, cluster.connection
        member.restart(wait=False, cert_file=certificate, key_file=key)
        endpoint = client(member.client_url, **options, validate_certs=False, request_timeout=0.5)
        waiting.until("the member to answer", lambda: _trouble(endpoint), 10)
        assert "another host" in tls_failure(client(member.client_url, **options)).message


def _trouble(endpoint) -> str | None:
    try:
        endpoint.status()
    except EtcdError as error:
        return str(error)
    return None


# -- what does not -----------------------------------------------------------------------------------------------------


def test_no_client_certificate(secured, client):
    error = tls_failure(client(secured.leader.client_url, ca_cert=secured.connection["ca_cert"]))
    assert "client_cert" in error.next_step


def test_a_client_certificate_of_another_ca(secured, client, write):
    certificate, key = write(trustme.CA().issue_cert("client@elsewhere.example"))
    error = tls_failure(
        client(
            secured.leader.client_url, ca_cert=secured.connection["ca_cert"], client_cert=certificate, client_key=key
        )
    )
    assert certificate in error.message


def test_an_expired_client_certificate(secured, client, write):
    certificate, key = write(ca_of_testbed().issue_cert("client@testbed.example", not_before=LONG_PAST, not_after=PAST))
    error = tls_failure(
        client(
            secured.leader.client_url, ca_cert=secured.connection["ca_cert"], client_cert=certificate, client_key=key
        )
    )
    assert "in date" in error.next_step


def test_another_ca_than_the_servers(secured, client, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    error = tls_failure(client(secured.leader.client_url, **{**secured.connection, "ca_cert": str(other)}))
    assert "not trusted" in error.message
    assert str(other) in error.message
    assert error.sent is False


def test_an_expired_server_certificate(client, ca):
    leaf = ca_of_testbed().issue_cert("127.0.0.1", not_before=LONG_PAST, not_after=PAST)
    with servers.server(servers.silent, server_context(leaf)) as address:
        assert "expired" in tls_failure(client(f"https://{address}", ca_cert=ca)).message


def test_a_server_certificate_for_another_host(client, ca):
    with servers.server(servers.silent, server_context(ca_of_testbed().issue_cert("other.example"))) as address:
        assert "another host" in tls_failure(client(f"https://{address}", ca_cert=ca)).message


def test_an_expired_server_certificate_without_validation(client, transport, ca):
    leaf = ca_of_testbed().issue_cert("127.0.0.1", not_before=LONG_PAST, not_after=PAST)
    body = '{"header":{"cluster_id":"1","member_id":"2"},"version":"3.5.0"}'
    with servers.server(servers.http("200 OK", "application/json", body), server_context(leaf)) as address:
        endpoint = client(f"https://{address}", ca_cert=ca, validate_certs=False)
        if transport == "gateway":
            assert endpoint.status().cluster_id == 1
        else:
            assert "gateway" in tls_failure(endpoint).next_step


def test_plaintext_to_a_tls_port(secured, client):
    url = secured.leader.client_url.replace("https:", "http:")
    error = tls_failure(client(url, **secured.connection))
    assert "https://" in error.next_step


def test_tls_to_a_plaintext_port(cluster, client, ca):
    url = cluster.leader.client_url.replace("http:", "https:")
    error = tls_failure(client(url, ca_cert=ca))
    assert "http://" in error.next_step
    assert error.sent is False


UNUSABLE = {
    "ca_cert is missing": (
        {"ca_cert": "/nonexistent/ca.pem"},
        "cannot read ca_cert /nonexistent/ca.pem: No such file or directory",
    ),
    "ca_cert cannot be read": ({"ca_cert": "/"}, "cannot read ca_cert /: Is a directory"),
    "ca_cert is no PEM": ({"ca_cert": __file__}, "holds no certificate"),
    "client_cert is missing": (
        {"client_cert": "/nonexistent/c.pem", "client_key": __file__},
        "cannot read client_cert /nonexistent/c.pem",
    ),
    "client_key without client_cert": ({"client_key": __file__}, "without client_cert"),
    "client_cert is no PEM": ({"client_cert": __file__, "client_key": __file__}, "are not a certificate and its key"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_options_that_cannot_be_used_name_the_option(client, kind):
    options, words = UNUSABLE[kind]
    with servers.server(servers.silent) as address:
        assert words in tls_failure(client(f"https://{address}", **options)).message


def test_a_key_of_another_certificate(client, write):
    certificate, _ = write(ca_of_testbed().issue_cert("a@testbed.example"), "a")
    _, key = write(ca_of_testbed().issue_cert("b@testbed.example"), "b")
    with servers.server(servers.silent) as address:
        error = tls_failure(client(f"https://{address}", client_cert=certificate, client_key=key))
        assert f"client_key {key} does not belong to client_cert {certificate}" in error.message


def test_an_encrypted_key_is_not_asked_for_on_the_terminal(client, write, tmp_path):
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    certificate, key = write(ca_of_testbed().issue_cert("a@testbed.example"))
    loaded = load_pem_private_key(Path(key).read_bytes(), None)
    Path(key).write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with servers.server(servers.silent) as address:
        assert (
            "is encrypted" in tls_failure(client(f"https://{address}", client_cert=certificate, client_key=key)).message
        )
