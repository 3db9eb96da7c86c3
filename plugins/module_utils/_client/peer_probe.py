# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Trying out a peer URL before anything depends on it: etcd accepts one that nobody can reach, and stays green until
the next failure.
"""

from __future__ import annotations

import time
import typing as t

from .._membership.model import Probe, hex_id
from .addresses import Address, InvalidEndpoint, parse_endpoint
from .http1 import HttpConnection, NotHttp
from .tcp import TIMED_OUT, open_tcp, remaining, unconnected_words, words_of

if t.TYPE_CHECKING:
    import socket

    from .endpoint import Connection

_CLUSTER_ID = "x-etcd-cluster-id"


class _Unreachable(Exception):
    """Why other members could not use the address."""


class _Unproven(Exception):
    """Why no more could be found out, though the address answers."""


def probe_peer_url(
    url: str, connection: Connection, expected_cluster_id: int | None = None, timeout: float = 3.0
) -> Probe:
    """Connects to a peer URL, with TLS where it says https, and asks which cluster is there; takes at most `timeout`
    seconds.

    Reachable means that nothing speaks against it. A certificate of a CA that `ca_cert` does not know is no
    fault, since peers often have another than clients, nor is a server that wants a peer's certificate: `reason` then
    notes what was not proven. A certificate that verifies, but for another host, is one; so is another cluster's id
    (etcd server/etcdserver/api/etcdhttp/peer.go sends it with the member list), and a web server that is no etcd.
    """
    deadline = time.monotonic() + timeout
    try:
        address = parse_endpoint(url)
        with _connected(address, deadline) as plain, _secured(plain, address, connection, deadline) as sock:
            _check_cluster(sock, address, expected_cluster_id, deadline)
    except (_Unreachable, InvalidEndpoint) as failed:
        return Probe(url, False, str(failed))
    except _Unproven as note:
        return Probe(url, True, str(note))
    return Probe(url, True)


def _connected(address: Address, deadline: float) -> socket.socket:
    try:
        return open_tcp(address.host, address.port, deadline)
    except OSError as error:
        raise _Unreachable(unconnected_words(error, address.port)) from error


def _secured(sock: socket.socket, address: Address, connection: Connection, deadline: float) -> socket.socket:
    if not address.is_tls:
        return sock
    from . import tls  # pylint: disable=import-outside-toplevel

    try:
        sock.settimeout(remaining(deadline))
        return tls.handshake(sock, address, tls.client_context(connection))
    except tls.TlsSettingsError as error:
        raise _Unproven(f"the TLS options cannot be used, so its certificate was not checked: {error}") from error
    except TIMED_OUT as error:
        raise _Unreachable("connected, but the TLS handshake did not end in time") from error
    except OSError as error:
        if tls.is_trust_unknown(error):
            raise _Unproven(
                f"its certificate is of a CA that ca_cert does not know, as a peer's may be: {words_of(error)}"
            ) from error
        if tls.is_alert(error):
            raise _Unproven(f"it speaks TLS and wants a peer's certificate: {words_of(error)}") from error
        raise _Unreachable(tls.explain(error, connection)[0]) from error


def _check_cluster(sock: socket.socket, address: Address, expected: int | None, deadline: float) -> None:
    try:
        response = HttpConnection(sock, address.host_and_port, deadline).exchange(
            "GET", "/members", {"Accept": "application/json"}
        )
    except NotHttp as error:
        raise _Unreachable(f"it does not answer as an etcd peer: {error}") from error
    except OSError as error:
        raise _no_answer(address, error) from error
    found = response.headers.get(_CLUSTER_ID)
    if found is None:
        raise _Unreachable(f"it answers HTTP {response.status} {response.reason}, not as an etcd peer")
    if expected is not None and found.lower() != hex_id(expected):
        raise _Unreachable(f"a member of another cluster answers there: cluster id {found}, not {hex_id(expected)}")


def _no_answer(address: Address, error: OSError) -> Exception:
    from . import tls  # pylint: disable=import-outside-toplevel

    if not address.is_tls and tls.is_spoken_at(address):
        return _Unreachable("this port speaks TLS, and the URL says http")
    return _Unproven(f"it takes connections, but did not say which cluster it belongs to ({words_of(error)})")
