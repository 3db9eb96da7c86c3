# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Opening a connection to an endpoint, and saying what is wrong with one that cannot be used."""

from __future__ import annotations

import typing as t

from . import errors
from .rpcs import Rpc
from .tcp import TIMED_OUT, is_firewalled, open_tcp, remaining, unconnected_words, words_of
from .transport import failure

if t.TYPE_CHECKING:
    import socket

    from .addresses import Address
    from .endpoint import Connection

_OPEN_PORTS = (
    "If the host is up, let its firewall accept TCP connections to etcd's client port (2379, unless it was changed) "
    "and, from the other members, to its peer port (2380)."
)


def open_connection(rpc: Rpc, address: Address, connection: Connection, deadline: float) -> socket.socket:
    """A connected socket; with https, after the TLS handshake. Raises EtcdError with `sent` false."""
    try:
        sock = open_tcp(address.host, address.port, deadline)
    except OSError as error:
        raise not_connected(rpc, address, error) from error
    return _secured(rpc, sock, address, connection, deadline) if address.is_tls else sock


def not_connected(rpc: Rpc, address: Address, error: OSError) -> errors.EtcdError:
    """The error for a connection that was not opened."""
    code = errors.TIMEOUT if isinstance(error, TIMED_OUT) else errors.CONNECTION_REFUSED
    next_step = _OPEN_PORTS if is_firewalled(error) else ""
    why = unconnected_words(error, address.port)
    return failure(code, rpc, address.url, why, sent=False, next_step=next_step)


def _secured(rpc: Rpc, sock: socket.socket, address: Address, connection: Connection, deadline: float) -> socket.socket:
    from . import tls  # pylint: disable=import-outside-toplevel

    try:
        context = tls.client_context(connection)
        sock.settimeout(remaining(deadline))
        return tls.handshake(sock, address, context)
    except tls.TlsSettingsError as error:
        sock.close()
        raise failure(errors.TLS_ERROR, rpc, address.url, str(error), sent=False, next_step=error.next_step) from error
    except TIMED_OUT as error:
        sock.close()
        raise failure(
            errors.TIMEOUT, rpc, address.url, "connected, but the TLS handshake did not end in time", sent=False
        ) from error
    except OSError as error:
        sock.close()
        is_plaintext = tls.is_hang_up(error) and _speaks_http(address, deadline)
        why, next_step = tls.explain_plaintext(error) if is_plaintext else tls.explain(error, connection)
        raise failure(errors.TLS_ERROR, rpc, address.url, why, sent=False, next_step=next_step) from error


def _speaks_http(address: Address, deadline: float) -> bool:
    """Whether the port answers plaintext HTTP.

    For telling why a TLS handshake failed: etcd's plaintext port just hangs up.
    """
    try:
        with open_tcp(address.host, address.port, deadline) as sock:
            sock.settimeout(remaining(deadline))
            sock.sendall(b"GET /version HTTP/1.0\r\n\r\n")
            return sock.recv(5) == b"HTTP/" and b"HTTPS" not in sock.recv(4096)
    except OSError:
        return False


def closed_without_answer(rpc: Rpc, address: Address, connection: Connection, error: Exception) -> errors.EtcdError:
    """The error for a connection that was opened well and then ended by the server before it said anything."""
    from . import tls  # pylint: disable=import-outside-toplevel

    if address.is_tls:
        why, next_step = tls.explain(error, connection)
        return failure(errors.TLS_ERROR, rpc, address.url, why, next_step=next_step)
    if tls.is_spoken_at(address):
        return failure(
            errors.TLS_ERROR, rpc, address.url, "this port speaks TLS", sent=False, next_step="Use https://."
        )
    return failure(
        errors.CONNECTION_REFUSED,
        rpc,
        address.url,
        f"the server closed the connection without an answer ({words_of(error)})",
    )
