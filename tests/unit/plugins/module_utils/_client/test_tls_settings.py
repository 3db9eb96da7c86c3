# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each combination of scheme and TLS options means, on both transports: https is never plaintext, http never
anything else.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors, grpc_tls, open_socket, rpcs, tls
from ansible_collections.quorum.etcd.plugins.module_utils._client.addresses import parse_endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.transport_grpc import GrpcTransport

IDENTITIES = ("none", "certificate and key", "both in one file", "key alone")
TABLE = list(itertools.product(("http", "https"), (False, True), IDENTITIES, (True, False)))
IDS = [
    f"{scheme}, {'ca' if ca else 'no ca'}, {identity}, {'validated' if validate else 'not validated'}"
    for scheme, ca, identity, validate in TABLE
]


@dataclass(frozen=True)
class Files:
    ca: str
    certificate: str
    key: str
    both: str

    def connection(
        self, ca: bool, identity: str, validate: bool, scheme: str = "https", transport: str = "gateway"
    ) -> Connection:
        certificate, key = {
            "none": (None, None),
            "certificate and key": (self.certificate, self.key),
            "both in one file": (self.both, None),
            "key alone": (None, self.key),
        }[identity]
        return Connection((f"{scheme}://h:1",), transport, self.ca if ca else None, certificate, key, validate)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Files:
    folder = tmp_path_factory.mktemp("certificates")
    ca = trustme.CA()
    leaf = ca.issue_cert("client@example.com")
    made = Files(*(str(folder / name) for name in ("ca.pem", "client.pem", "client-key.pem", "both.pem")))
    ca.cert_pem.write_to_path(made.ca)
    leaf.cert_chain_pems[0].write_to_path(made.certificate)
    leaf.private_key_pem.write_to_path(made.key)
    leaf.private_key_and_cert_chain_pem.write_to_path(made.both)
    return made


# -- gateway, and the probe --------------------------------------------------------------------------------------------


SECURED = object()


class Plain:
    """Stands for a connected socket."""

    def settimeout(self, _seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def handshakes(monkeypatch):
    """The contexts of all TLS handshakes, instead of the handshakes."""
    seen: list[ssl.SSLContext] = []

    def shake(_sock, _address, context):
        seen.append(context)
        return SECURED

    monkeypatch.setattr(open_socket, "open_tcp", lambda _host, _port, _deadline: Plain())
    monkeypatch.setattr(open_socket, "remaining", lambda _deadline: 1.0)
    monkeypatch.setattr(tls, "handshake", shake)
    return seen


@pytest.mark.parametrize(("scheme", "ca", "identity", "validate"), TABLE, ids=IDS)
def test_the_gateways_connection(files, handshakes, scheme, ca, identity, validate):
    connection = files.connection(ca, identity, validate)
    address = parse_endpoint(f"{scheme}://h:1")
    if scheme == "http":
        assert isinstance(open_socket.open_connection(rpcs.STATUS, address, connection, 0.0), Plain)
        assert handshakes == []
        return
    if identity == "key alone":
        with pytest.raises(EtcdError) as caught:
            open_socket.open_connection(rpcs.STATUS, address, connection, 0.0)
        assert (caught.value.code, caught.value.sent) == (errors.TLS_ERROR, False)
        assert handshakes == []
        return
    assert open_socket.open_connection(rpcs.STATUS, address, connection, 0.0) is SECURED
    (context,) = handshakes
    assert context.verify_mode is (ssl.CERT_REQUIRED if validate else ssl.CERT_NONE)
    assert context.check_hostname is validate
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    trusted = context.get_ca_certs()
    assert any("trustme" in str(certificate["issuer"]) for certificate in trusted) is ca
    if ca:
        assert len(trusted) == 1


# -- gRPC --------------------------------------------------------------------------------------------------------------


class FakeGrpc(types.ModuleType):
    """Notes what a channel would be opened with."""

    def __init__(self) -> None:
        super().__init__("grpc")
        self.credentials: list[tuple[bytes | None, bytes | None, bytes | None]] = []

    def ssl_channel_credentials(self, roots=None, key=None, certificate=None):
        self.credentials.append((roots, key, certificate))
        return self.credentials[-1]


class FakeEtcd3(types.ModuleType):
    """etcd3's client as of 0.12.0: secure if it is given a CA, plaintext else."""

    def __init__(self, opens_secure_channels: bool = True) -> None:
        super().__init__("etcd3")
        opened: list[tuple[str, int, object, dict[str, object]]] = []
        self.opened = opened

        class Etcd3Client:
            def __init__(self, host, port, ca_cert=None, grpc_options=None):
                self.uses_secure_channel = ca_cert is not None and opens_secure_channels
                self.channel = self._get_secure_creds(ca_cert) if self.uses_secure_channel else "plaintext"
                opened.append((host, port, self.channel, dict(grpc_options)))

            def _get_secure_creds(self, ca_cert):
                raise FileNotFoundError(ca_cert)

            def close(self):
                self.channel = "closed"

        self.Etcd3Client = Etcd3Client


@pytest.fixture
def fakes(monkeypatch):
    grpc, etcd3 = FakeGrpc(), FakeEtcd3()
    monkeypatch.setitem(sys.modules, "grpc", grpc)
    monkeypatch.setitem(sys.modules, "etcd3", etcd3)
    monkeypatch.setattr(grpc_tls, "_presented_certificate", lambda *_arguments: (b"pinned", "its-name"))
    monkeypatch.setattr(grpc_tls, "_system_roots", lambda: b"system")
    return grpc, etcd3


@pytest.mark.parametrize(("scheme", "ca", "identity", "validate"), TABLE, ids=IDS)
def test_the_grpc_channel(files, fakes, scheme, ca, identity, validate):
    grpc, etcd3 = fakes
    transport = GrpcTransport(parse_endpoint(f"{scheme}://h:1"), files.connection(ca, identity, validate))
    if scheme == "https" and identity == "key alone":
        with pytest.raises(EtcdError) as caught:
            transport._channel(rpcs.STATUS, 0.0)
        assert caught.value.code == errors.TLS_ERROR
        assert etcd3.opened == []
        return
    channel = transport._channel(rpcs.STATUS, 0.0)
    ((host, port, opened, options),) = etcd3.opened
    assert (host, port, opened) == ("h", 1, channel)
    if scheme == "http":
        assert channel == "plaintext"
        assert grpc.credentials == []
        return
    roots, key, certificate = channel
    assert roots == (b"pinned" if not validate else Path(files.ca).read_bytes() if ca else b"system")
    assert (key is None, certificate is None) == (identity == "none", identity == "none")
    assert options.get("grpc.ssl_target_name_override") == (None if validate else "its-name")


def test_an_etcd3_that_would_open_a_plaintext_channel_is_not_used(files, fakes, monkeypatch):
    etcd3 = FakeEtcd3(opens_secure_channels=False)
    monkeypatch.setitem(sys.modules, "etcd3", etcd3)
    transport = GrpcTransport(parse_endpoint("https://h:1"), files.connection(True, "none", True))
    with pytest.raises(EtcdError) as caught:
        transport._channel(rpcs.STATUS, 0.0)
    assert caught.value.code == errors.TRANSPORT_UNAVAILABLE
    assert transport._client is None


def test_no_trust_store_at_all_is_an_error(files, fakes, monkeypatch):
    monkeypatch.setattr(grpc_tls, "_system_roots", lambda: b"")
    transport = GrpcTransport(parse_endpoint("https://h:1"), files.connection(False, "none", True))
    with pytest.raises(EtcdError) as caught:
        transport._channel(rpcs.STATUS, 0.0)
    assert caught.value.code == errors.TLS_ERROR
    assert "ca_cert" in caught.value.next_step


def test_an_ipv6_address_is_in_brackets_for_grpc(fakes):
    _grpc, etcd3 = fakes
    GrpcTransport(parse_endpoint("http://[::1]:2379"), Connection())._channel(rpcs.STATUS, 0.0)
    assert etcd3.opened[0][:2] == ("[::1]", 2379)


def test_the_environment_is_left_as_it_was(fakes, monkeypatch):
    import os

    monkeypatch.setenv("GRPC_VERBOSITY", "DEBUG")
    monkeypatch.delenv("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", raising=False)
    before = dict(os.environ)
    GrpcTransport(parse_endpoint("http://h:1"), Connection())._channel(rpcs.STATUS, 0.0)
    assert dict(os.environ) == before


# -- the system's trust store ------------------------------------------------------------------------------------------


def test_the_systems_trust_store_is_a_file_or_a_folder_of_hashed_names(tmp_path, monkeypatch):
    (tmp_path / "bundle.pem").write_bytes(b"bundle")
    hashed = tmp_path / "hashed"
    hashed.mkdir()
    for name, content in {"0a1b2c3d.0": b"one", "0a1b2c3d.1": b"two", "README": b"no", "one.pem": b"again"}.items():
        (hashed / name).write_bytes(content)

    def paths(cafile, capath):
        return lambda: types.SimpleNamespace(cafile=cafile, capath=capath)

    monkeypatch.setattr(ssl, "get_default_verify_paths", paths(str(tmp_path / "bundle.pem"), str(hashed)))
    assert grpc_tls._system_roots() == b"bundle"
    monkeypatch.setattr(ssl, "get_default_verify_paths", paths(None, str(hashed)))
    assert grpc_tls._system_roots() == b"one\ntwo"
    monkeypatch.setattr(ssl, "get_default_verify_paths", paths(None, None))
    assert grpc_tls._system_roots() == b""


# -- what a failure is called ------------------------------------------------------------------------------------------

NO_CERTIFICATE = Connection()
WITH_CERTIFICATE = Connection(client_cert="/c.pem", client_key="/k.pem")
EXPLAINED = [
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), NO_CERTIFICATE, "http://"),
    (
        ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] alert"),
        NO_CERTIFICATE,
        "set client_cert and client_key",
    ),
    (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), NO_CERTIFICATE, "set client_cert and client_key"),
    (
        ssl.SSLError(1, "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] bad certificate"),
        WITH_CERTIFICATE,
        "signed by the server's trusted CA",
    ),
    (ConnectionResetError(104, "Connection reset by peer"), WITH_CERTIFICATE, "in date"),
]


@pytest.mark.parametrize(("error", "connection", "next_step"), EXPLAINED, ids=[str(row[0])[:40] for row in EXPLAINED])
def test_a_failure_is_explained_with_its_own_words_and_a_next_step(error, connection, next_step):
    why, how = tls.explain(error, connection)
    assert str(error) in why
    assert next_step in how


@pytest.mark.parametrize("error", [ConnectionResetError(), ssl.SSLEOFError(), ssl.SSLZeroReturnError()], ids=repr)
def test_a_connection_that_was_just_closed_is_no_answer_in_tls(error):
    assert tls.is_hang_up(error)
    assert not tls.is_hang_up(ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] alert"))


def test_a_server_that_speaks_tls_is_told_from_one_that_does_not():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert tls.is_spoken_at(parse_endpoint(f"127.0.0.1:{listener.getsockname()[1]}"), patience=0.1) is False


# -- etcd3 that cannot be imported -------------------------------------------------------------------------------------


class Broken:
    """An import hook that fails as protobuf does when it does not like etcd3's messages."""

    def find_spec(self, name, _path=None, _target=None):
        if name == "etcd3":
            raise TypeError("Descriptors cannot be created directly.\nIf this call came from a _pb2.py file, ...")


def test_a_protobuf_that_was_loaded_too_early_is_told_from_a_missing_etcd3(monkeypatch):
    monkeypatch.delitem(sys.modules, "etcd3", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(EtcdError) as caught:
        GrpcTransport(parse_endpoint("http://h:1"), Connection())
    assert caught.value.code == errors.TRANSPORT_UNAVAILABLE
    assert "Descriptors cannot be created directly." in caught.value.message
    assert "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION" in caught.value.next_step
