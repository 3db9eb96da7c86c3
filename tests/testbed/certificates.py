# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of a TLS cluster: one CA a run, since a key takes longer to make than a cluster."""

from __future__ import annotations

import functools
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """Files in PEM; the client's certificate has no common name, as the JSON gateway demands where RBAC is on."""

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path

    def context(self) -> ssl.SSLContext:
        """What a client of the cluster connects with."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.client, self.client_key)
        return context


@functools.cache
def ca_of_testbed() -> trustme.CA:
    """The CA of this run; tests may let it issue certificates of their own."""
    return trustme.CA()


@functools.cache
def _server(names: tuple[str, ...]) -> trustme.LeafCert:
    return ca_of_testbed().issue_cert(*names)


@functools.cache
def _client() -> trustme.LeafCert:
    return ca_of_testbed().issue_cert("client@testbed.example")


def write(folder: Path, names: tuple[str, ...] = ("127.0.0.1", "::1", "localhost")) -> Certificates:
    """Writes the CA's certificate, a server's for those names or addresses, and a client's."""
    folder.mkdir(mode=0o700)
    files = Certificates(
        folder / "ca.pem",
        folder / "server.pem",
        folder / "server-key.pem",
        folder / "client.pem",
        folder / "client-key.pem",
    )
    ca_of_testbed().cert_pem.write_to_path(files.ca)
    for leaf, certificate, key in (
        (_server(names), files.server, files.server_key),
        (_client(), files.client, files.client_key),
    ):
        leaf.cert_chain_pems[0].write_to_path(certificate)
        leaf.private_key_pem.write_to_path(key)
        key.chmod(0o600)
    return files
