# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What etcd serves to whom. Imported by the tests of scenarios that change certificates."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from .node import Node

PKI = "/etc/etcd/pki"
BEFORE = "/root/first"
"""Where a scenario has kept what was in PKI (molecule/shared/keep_certificates.yml)."""
CAS = {2379: "ca.crt", 2380: "peer-ca.crt"}
SERVED = {2379: "server.crt", 2380: "peer.crt"}
PRESENTED = {2379: "client", 2380: "peer"}

PROBE = """
import hashlib, socket, ssl, sys
host, port, trusted, shown = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=trusted)
context.load_cert_chain(shown + ".crt", shown + ".key")
try:
    with context.wrap_socket(socket.create_connection((host, port), 5), server_hostname=host) as connection:
        connection.sendall(b"GET /version HTTP/1.0\\r\\n\\r\\n")
        answered = b"etcdserver" in connection.recv(4096)
        print(hashlib.sha256(connection.getpeercert(True)).hexdigest() if answered else "no answer")
except ssl.SSLCertVerificationError:
    print("not trusted")
except OSError:
    print("refused")
"""


def seen(node: Node, port: int, trusted: str, shown: str) -> str:
    """What a client sees that trusts these CAs and shows this certificate (without .crt): the fingerprint of
    what is served, or why it is not.
    """
    return node.host.check_output(f"python3 -c '{PROBE}' {node.variables['etcd_address']} {port} {trusted} {shown}")


def fingerprint(host: Host, path: str) -> str:
    """Of the certificate in a file of that host."""
    script = (
        "import hashlib, ssl, sys; "
        "print(hashlib.sha256(ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read())).hexdigest())"
    )
    return host.check_output(f"python3 -c '{script}' {path}")


@pytest.mark.parametrize("port", CAS)
def test_what_is_served_is_new(node: Node, port: int) -> None:
    served = seen(node, port, f"{PKI}/{CAS[port]}", f"{PKI}/{PRESENTED[port]}")
    assert served == fingerprint(node.host, f"{PKI}/{SERVED[port]}")
    assert served != fingerprint(node.host, f"{BEFORE}/{SERVED[port]}")


@pytest.mark.parametrize("port", CAS)
def test_what_is_served_is_of_another_ca(node: Node, port: int) -> None:
    assert seen(node, port, f"{BEFORE}/{CAS[port]}", f"{PKI}/{PRESENTED[port]}") == "not trusted"


@pytest.mark.parametrize("port", CAS)
def test_certificates_of_the_old_ca_are_refused(node: Node, port: int) -> None:
    assert seen(node, port, f"{PKI}/{CAS[port]}", f"{BEFORE}/{PRESENTED[port]}") == "refused"
