# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What listens where an etcd should: servers that answer wrongly, late, or not at all."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

Answer = Callable[[socket.socket], None]


def http(status: str, content_type: str, body: str) -> Answer:
    """One and the same answer to every request."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"

    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall((head + body).encode())

    return answer


def silent(connection: socket.socket) -> None:
    """Takes everything and says nothing."""
    while connection.recv(65536):
        pass


def closing(connection: socket.socket) -> None:
    """Reads the request and hangs up."""
    connection.recv(65536)


def dripping(connection: socket.socket) -> None:
    """A good answer, one byte at a time, that never ends."""
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + b" " * 100000:
        connection.sendall(bytes((byte,)))
        time.sleep(0.02)


def talking(banner: bytes) -> Answer:
    """Speaks first, and something else."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(banner)
        silent(connection)

    return answer


@contextlib.contextmanager
def server(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Listens on 127.0.0.1 and gives `host:port`; each connection is answered in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, answer, tls), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def _accept(listener: socket.socket, answer: Answer, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, answer, tls), daemon=True).start()


def _serve(connection: socket.socket, answer: Answer, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        if tls is None:
            answer(connection)
        else:
            with tls.wrap_socket(connection, server_side=True) as secured:
                answer(secured)


def free_address() -> str:
    """`host:port` of which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"
