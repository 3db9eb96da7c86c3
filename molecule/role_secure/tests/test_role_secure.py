# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what on a host, and over the network, once the role has been there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

PKI = "/etc/etcd/pki"
CERTIFICATES = f"--cacert {PKI}/ca.crt --cert {PKI}/client.crt --key {PKI}/client.key"


@pytest.fixture
def ca_dir() -> Path:
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "ca"


def test_etcd_runs_as_its_own_user_and_comes_back_at_boot(host):
    process = host.process.get(comm="etcd")
    assert process.user == "etcd"
    assert host.service("etcd").is_enabled
    assert host.service("etcd").is_running


@pytest.mark.parametrize(
    ("path", "owner", "mode"),
    [
        ("/var/lib/etcd/data", "etcd", 0o700),
        (f"{PKI}/server.key", "etcd", 0o600),
        (f"{PKI}/peer.key", "etcd", 0o600),
        (f"{PKI}/client.key", "root", 0o600),
        ("/etc/etcd/etcd.env", "root", 0o640),
        ("/etc/systemd/system/etcd.service", "root", 0o644),
    ],
)
def test_files_belong_to_who_needs_them(host, path, owner, mode):
    file = host.file(path)
    assert (file.user, file.mode) == (owner, mode)


def test_what_it_began_with_is_used_up(host):
    """With it left behind, a host that lost its disk would begin a cluster of its own."""
    assert not host.file("/etc/etcd/first_start.env").exists
    assert 'ETCD_INITIAL_CLUSTER_STATE="existing"' in host.file("/etc/etcd/etcd.env").content_string


def test_settings_of_the_preset_and_of_the_user_are_what_it_runs_with(host):
    settings = host.file("/etc/etcd/etcd.env").content_string
    assert 'ETCD_SNAPSHOT_COUNT="10000"' in settings
    assert 'ETCD_QUOTA_BACKEND_BYTES="4294967296"' in settings


def test_the_keys_of_the_cas_are_in_one_place_only(host, ca_dir):
    names = host.check_output("find / -xdev -name '*ca.key' -not -path '/proc/*'")
    assert names == ""
    assert {path.name for path in ca_dir.glob("*.key")} == {"ca.key", "peer-ca.key"}
    for path in ca_dir.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_bytes() not in host.file(f"{PKI}/server.key").content


def served(node, port, certificates=""):
    """Whether a client with these certificates gets an answer at the host's address: `no TLS`, `none`, or of a `kind`
    that the role has made.
    """
    result = node.host.run(f"python3 -c '{PROBE}' {node.variables['etcd_address']} {port} {certificates}")
    assert result.succeeded, result.stderr
    return result.stdout.strip() == "served"


PROBE = """
import socket, ssl, sys
host, port, kind = sys.argv[1], int(sys.argv[2]), " ".join(sys.argv[3:])
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
if kind not in ("no TLS", "none"):
    context.load_cert_chain(f"/etc/etcd/pki/{kind}.crt", f"/etc/etcd/pki/{kind}.key")
try:
    connection = socket.create_connection((host, port), 5)
    connection = connection if kind == "no TLS" else context.wrap_socket(connection)
    connection.sendall(b"GET /version HTTP/1.0\\r\\n\\r\\n")
    print("served" if b"etcdserver" in connection.recv(4096) else "refused")
except OSError:
    print("refused")
"""


@pytest.mark.parametrize(
    ("port", "certificates", "is_served"),
    [
        (2379, "no TLS", False),
        (2379, "none", False),
        (2379, "client", True),
        (2380, "no TLS", False),
        (2380, "none", False),
        # Who may read keys may not take part in raft: peers have a CA of their own.
        (2380, "client", False),
        (2380, "peer", True),
    ],
)
def test_only_who_has_the_right_certificate_is_served(node, port, certificates, is_served):
    assert served(node, port, certificates) is is_served


def test_a_user_is_demanded(node):
    anonymous = f"ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 {CERTIFICATES} get key"
    assert "permission denied" in node.host.run(anonymous).stderr
    node.etcdctl("put", "key", "value")
    assert node.data("key") == {"key": "value"}


def test_the_password_is_nowhere_on_the_host(host):
    # Before 3.5 etcd itself keeps the password of a new user in its log as it is (3.5.0 server/etcdserver/v3_server.go
    # UserAdd was the first to hash it before).
    log_of_etcd = "--exclude=*.wal" if "etcd Version: 3.4." in host.check_output("etcd --version") else ""
    assert host.run(f"grep -rl {log_of_etcd} Sesame /etc /var/lib/etcd /var/log /run /root 2>/dev/null").stdout == ""
    assert "Sesame" not in host.check_output("journalctl --no-pager")
