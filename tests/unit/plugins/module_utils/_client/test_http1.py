# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 as it comes: in pieces, chunked, with and without a length; and what is no HTTP."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client.http1 import HttpConnection, NotHttp


@pytest.fixture
def connected():
    """Both ends of a connection; the client's waits one second at most."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield HttpConnection(ours, "h:1", time.monotonic() + 1), theirs


def answered(connected, *pieces: bytes, closes: bool = False):
    """The head of the answer to a request that gets these bytes."""
    connection, server = connected

    def answer() -> None:
        # The client may have seen enough, and gone.
        with contextlib.suppress(OSError):
            for piece in pieces:
                server.sendall(piece)
            if closes:
                server.shutdown(socket.SHUT_WR)

    threading.Thread(target=answer).start()
    return connection.exchange("GET", "/", {})


def test_a_request(connected):
    connection, server = connected
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    connection.exchange("POST", "/v3/x", {"Accept": "application/json"}, b"{}")
    assert (
        server.recv(1000)
        == b"POST /v3/x HTTP/1.1\r\nHost: h:1\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )


BODIES = {
    "with a length": (b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello", True, b"hello"),
    "empty": (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", True, b""),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
        True,
        b"hello",
    ),
    "chunked with trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
        True,
        b"hello",
    ),
    "until closed": (b"HTTP/1.1 200 OK\r\n\r\nhello", False, b"hello"),
    "of an older server": (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", False, b"hello"),
    "of a server that will close": (
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nhello",
        False,
        b"hello",
    ),
    "after a continue": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        True,
        b"hello",
    ),
    "without a reason": (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", True, b"hello"),
    "with bare line ends": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", True, b"hello"),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("size", [1, 7, 10000])
def test_a_body(connected, kind, size):
    answer, stays_open, body = BODIES[kind]
    response = answered(
        connected, *(answer[start : start + size] for start in range(0, len(answer), size)), closes=True
    )
    assert response.read(1000) == body
    assert connected[0].is_open is stays_open


def test_two_exchanges_on_one_connection(connected):
    for body in (b"one", b"two"):
        assert answered(connected, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body).read(10) == body


def test_the_content_type_without_its_parameters(connected):
    response = answered(
        connected, b"HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 0\r\n\r\n"
    )
    assert response.content_type == "application/json"


NOT_HTTP = {
    "a banner": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "a binary answer": b"\x15\x03\x01\x00\x02\x02\x16\n",
    "no end of a line": b"x" * 70000,
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "a chunk without a size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
    "a body that is too long": b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
}


@pytest.mark.parametrize("kind", NOT_HTTP)
def test_what_is_not_http(connected, kind):
    with pytest.raises(NotHttp):
        answered(connected, NOT_HTTP[kind], closes=True).read(1000)


ENDED = {
    "before the answer": b"",
    "in the head": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    "in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe",
    "in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    "between chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
}


@pytest.mark.parametrize("kind", ENDED)
def test_a_connection_that_ends_too_early(connected, kind):
    with pytest.raises(ConnectionError):
        answered(connected, ENDED[kind], closes=True).read(1000)


@pytest.mark.measures_time
def test_a_body_that_drips_has_one_deadline(connected):
    connection, server = connected
    connection.deadline = time.monotonic() + 0.2
    is_over = threading.Event()

    def drip() -> None:
        server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not is_over.wait(0.03):
            server.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    began = time.monotonic()
    with pytest.raises(socket.timeout):
        connection.exchange("GET", "/", {}).read(1000)
    assert 0.15 < time.monotonic() - began < 0.6
    is_over.set()
    dripping.join()
