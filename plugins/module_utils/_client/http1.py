# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""HTTP/1.1 on a connected socket, no more of it than etcd's gateway and a proxy in front of it speak.

Of its own for two reasons: every read keeps one deadline, however slowly the bytes drip; and importing http.client
(with email and ssl, which it brings along) takes a fifth of the time that importing Ansible's own basic.py takes, in
every single task.
"""

from __future__ import annotations

import io
import typing as t

from .tcp import remaining

if t.TYPE_CHECKING:
    import socket

_LONGEST_LINE = 65536
_MOST_HEADERS = 100
_PIECE = 65536


class NotHttp(Exception):
    """What came is not an HTTP answer."""


class Response:
    """The head of an answer, and its body still to be read. Names of `headers` are in lower case."""

    def __init__(self, source: HttpConnection, status: int, reason: str, headers: dict[str, str]) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self._source = source

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def read(self, limit: int) -> bytes:
        """The whole body. One that is longer than `limit` bytes raises NotHttp: nothing that we ask for is."""
        content = bytearray()
        for piece in self.pieces():
            content += piece
            if len(content) > limit:
                raise NotHttp(f"the answer is longer than {limit} bytes")
        return bytes(content)

    def pieces(self) -> t.Iterator[bytes]:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._source.chunks()
        if "content-length" in self.headers:
            return self._source.exactly(_number(self.headers["content-length"], 10))
        return self._source.until_closed()


class HttpConnection:
    """One connection, one exchange at a time. `deadline` is a reading of time.monotonic(), renewed for each exchange;
    `is_open` tells whether another exchange may follow once the body of the last has been read, `has_answered` whether
    anything ever came."""

    def __init__(self, sock: socket.socket, host: str, deadline: float) -> None:
        self.deadline = deadline
        self.is_open = True
        self.has_answered = False
        self._sock = sock
        self._host = host
        self._reader = io.BufferedReader(_Reader(self), _PIECE)

    def exchange(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Response:
        """Sends a request and reads the head of the answer. Raises OSError (socket.timeout among them) and NotHttp."""
        lines = [f"{method} {path} HTTP/1.1", "Host: " + self._host]
        lines += ["{}: {}".format(*header) for header in headers.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self._sock.settimeout(remaining(self.deadline))
        self._sock.sendall("\r\n".join(lines + ["", ""]).encode("latin-1") + (body or b""))
        return self._head()

    def close(self) -> None:
        self.is_open = False
        self._sock.close()

    def read_into(self, buffer: memoryview) -> int:
        self._sock.settimeout(remaining(self.deadline))
        count = self._sock.recv_into(buffer)
        self.has_answered = self.has_answered or count > 0
        return count

    def chunks(self) -> t.Iterator[bytes]:
        while True:
            size = _number(self._line().partition(";")[0], 16)
            if size == 0:
                break
            yield from self.exactly(size)
            self._line()
        while self._line():
            pass

    def exactly(self, size: int) -> t.Iterator[bytes]:
        while size:
            piece = self._reader.read1(min(size, _PIECE))
            if not piece:
                raise ConnectionResetError("the connection ended in the middle of an answer")
            size -= len(piece)
            yield piece

    def until_closed(self) -> t.Iterator[bytes]:
        self.is_open = False
        return iter(lambda: self._reader.read1(_PIECE), b"")

    def _head(self) -> Response:
        status, reason = self._status_line()
        headers = self._headers()
        if 100 <= status < 200:
            return self._head()
        if "close" in headers.get("connection", "").lower():
            self.is_open = False
        return Response(self, status, reason, headers)

    def _status_line(self) -> tuple[int, str]:
        line = self._line()
        version, _space, rest = line.partition(" ")
        status, _space, reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or len(status) != 3:
            raise NotHttp(f"it begins with {line[:40]!r}")
        if version == "HTTP/1.0":
            self.is_open = False
        return _number(status, 10), reason

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _number_of_line in range(_MOST_HEADERS):
            line = self._line()
            if not line:
                return headers
            name, _colon, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        raise NotHttp(f"more than {_MOST_HEADERS} header lines")

    def _line(self) -> str:
        line = self._reader.readline(_LONGEST_LINE)
        if not line:
            raise ConnectionResetError("the server closed the connection")
        if not line.endswith(b"\n"):
            raise NotHttp("it begins with {!r}".format(line[:40].decode("latin-1")))
        return line.decode("latin-1").rstrip("\r\n")


class _Reader(io.RawIOBase):
    def __init__(self, source: HttpConnection) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._source.read_into(buffer)


def _number(text: str, base: int) -> int:
    try:
        number = int(text.strip(), base)
    except ValueError:
        number = -1
    if number < 0:
        raise NotHttp(f"{text[:40]!r} where a number should be")
    return number
