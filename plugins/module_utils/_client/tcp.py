# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""TCP connections of which every step together keeps one deadline: resolving, connecting, and what follows."""

from __future__ import annotations

import errno
import socket
import threading
import time
import typing as t

# Ours, and the system's own when it gives up connecting: two classes before Python 3.10.
TIMED_OUT = (socket.timeout, TimeoutError)


class Unanswered(socket.timeout):
    """Nothing answered the attempt to connect, not even by a refusal."""


def unconnected_words(error: OSError, port: int) -> str:
    """Why no connection was opened; with what it most likely is, where nothing refuses or where an ICMP message does.

    A system on which only etcd does not run refuses by TCP. A firewall drops the packets, or rejects them with
    "prohibited", which the system tells as "No route to host".
    """
    if isinstance(error, Unanswered):
        return f"no connection in time; most likely a firewall drops what is sent to port {port}, or the host is down"
    if isinstance(error, TIMED_OUT):
        return f"no connection in time ({error})"
    words = words_of(error)
    if error.errno == errno.EHOSTUNREACH:
        return f"{words}; most likely a firewall rejects connections to port {port}, or the host is down"
    return words


def is_firewalled(error: OSError) -> bool:
    """Whether a firewall is the most likely cause of a connection that was not opened."""
    return isinstance(error, Unanswered) or error.errno == errno.EHOSTUNREACH


def words_of(error: Exception) -> str:
    """What the system or the library says of an error, without its number."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


def remaining(deadline: float) -> float:
    """Seconds until `deadline`, a reading of time.monotonic(). Raises socket.timeout when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def open_tcp(host: str, port: int, deadline: float) -> socket.socket:
    """Connects to the first address of `host` that lets us. Raises OSError, socket.timeout among them."""
    addresses = _resolve(host, port, deadline)
    failure: OSError = OSError(f"{host} has no address")
    for number, (family, kind, protocol, _name, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(remaining(deadline) / (len(addresses) - number))
            _connect(sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


def _connect(sock: socket.socket, address: t.Any) -> None:
    try:
        sock.connect(address)
    except TIMED_OUT as error:
        raise Unanswered("timed out") from error


def _resolve(host: str, port: int, deadline: float) -> list[t.Any]:
    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except OSError:
        return _resolve_name(host, port, deadline)


def _addresses(host: str, port: int, flags: int = 0) -> list[t.Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:
        raise OSError(f"{host} is not a name that DNS can hold: {error}") from error


def _resolve_name(host: str, port: int, deadline: float) -> list[t.Any]:
    """Asks the system's resolver, which knows no deadline, in a thread that may be left behind."""
    outcome: list[t.Any] = []

    def ask() -> None:
        try:
            outcome.append(_addresses(host, port))
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(remaining(deadline))
    if not outcome:
        raise socket.timeout(f"the name {host} was not resolved in time")
    if isinstance(outcome[0], OSError):
        raise outcome[0]
    return outcome[0]
