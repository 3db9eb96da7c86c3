# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy in front of one client endpoint: it proves what a module asked etcd, and breaks what the test wants
broken.

    with RecordingProxy(member.client_url) as proxy:
        proxy.cut_off(1, "/cluster/member/add", forwarded=True)   # etcd adds the member, and the answer never arrives
        ...
        assert not proxy.mutating

Plain HTTP only: the JSON gateway and etcd's other paths, no gRPC.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from .ports import PORTS

if TYPE_CHECKING:
    from types import TracebackType

UPSTREAM_SECONDS = 60.0
READING = frozenset({
    "/version", "/health", "/readyz", "/livez", "/metrics", "/members",
    "/kv/range", "/cluster/member/list", "/auth/authenticate", "/auth/status",
    "/maintenance/status", "/maintenance/hash", "/maintenance/hashkv", "/maintenance/snapshot",
})  # fmt: skip
"""What changes nothing; any other path counts as a change."""
BAD_GATEWAY = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
)
_PREFIXES = ("/v3beta", "/v3alpha", "/v3")


@dataclass
class Recorded:
    """One request, and how it ended."""

    method: str
    path: str
    """Without the gateway's version: ``/cluster/member/add``."""
    body: dict[str, Any]
    headers: dict[str, str]
    status: int | None = None
    """The HTTP status that etcd answered; ``None`` if the request never reached it, or it has not answered."""
    answered: bool = False
    """Whether the client got that answer."""

    @property
    def is_mutating(self) -> bool:
        if self.path == "/maintenance/alarm":
            return self.body.get("action", "GET") not in ("GET", 0)
        return self.path not in READING


@dataclass
class _Rule:
    """What happens to one request: the n-th that has this path."""

    number: int
    path: str
    forwarded: bool
    action: Callable[[_Exchange], None]
    every: bool = False
    met: int = 0

    def fits(self, recorded: Recorded, forwarded: bool) -> bool:
        if self.forwarded is not forwarded or (self.path and self.path != recorded.path):
            return False
        self.met += 1
        return self.met >= self.number if self.every else self.met == self.number


class RecordingProxy:
    """Passes every request on to ``target`` and keeps a record of it.

    Faults are set by number, counted from 1 among the requests of one ``path`` (of any, if empty) from the call on.
    """

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        if self._target.scheme != "http":
            raise ValueError(f"{target}: the recording proxy reads plain HTTP only")
        self._port = PORTS.take()
        self._turn = threading.Lock()
        self._rules: list[_Rule] = []
        self._requests: list[Recorded] = []
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", self._port), _Exchange)
        self._server.proxy = self
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name=f"recording proxy {self._port}",
            daemon=True,
        )
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> RecordingProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        PORTS.give_back([self._port])

    @property
    def requests(self) -> list[Recorded]:
        """All requests so far, in the order in which they arrived."""
        with self._turn:
            return list(self._requests)

    @property
    def mutating(self) -> list[Recorded]:
        """Those that would change something, whether or not they reached etcd."""
        return [request for request in self.requests if request.is_mutating]

    def forget(self) -> None:
        """Forgets all requests and faults."""
        with self._turn:
            self._requests.clear()
            self._rules.clear()

    # -- faults --------------------------------------------------------------------------------------------------------

    def cut_off(self, number: int = 1, path: str = "", forwarded: bool = False) -> None:
        """The connection of that request ends without an answer; ``forwarded``: after etcd has carried it out."""
        self._add(_Rule(number, path, forwarded, _Exchange.hang_up))

    def hang(self, number: int = 1, path: str = "", forwarded: bool = False) -> None:
        """That request and all later ones are taken and never answered."""
        self._add(_Rule(number, path, forwarded, _Exchange.never_answer, every=True))

    def answer_html(self, number: int = 1, path: str = "", status: int = 502) -> None:
        """That request and all later ones get what a web server without its backend says."""
        self._add(
            _Rule(number, path, False, lambda exchange: exchange.answer(status, BAD_GATEWAY, "text/html"), every=True)
        )

    def call(self, number: int, action: Callable[[Recorded], None], path: str = "", forwarded: bool = False) -> None:
        """Runs ``action`` at that request, before etcd sees it or (``forwarded``) before the client sees the answer.

        To kill the asking process at this very point, or to change the cluster behind its back.
        """
        self._add(_Rule(number, path, forwarded, lambda exchange: action(exchange.recorded)))

    def _add(self, rule: _Rule) -> None:
        with self._turn:
            self._rules.append(rule)

    # -- used by the exchanges -----------------------------------------------------------------------------------------

    def record(self, recorded: Recorded) -> None:
        with self._turn:
            self._requests.append(recorded)

    def rules_for(self, recorded: Recorded, forwarded: bool) -> list[_Rule]:
        with self._turn:
            return [rule for rule in self._rules if rule.fits(recorded, forwarded)]

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str]:
        """etcd's answer: status, body, content type."""
        connection = http.client.HTTPConnection(
            self._target.hostname or "", self._target.port or 0, timeout=UPSTREAM_SECONDS
        )
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Content-Type", "application/json")
        finally:
            connection.close()

    def wait_for_end(self) -> None:
        self._closing.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    proxy: RecordingProxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what tests do here."""


class _Exchange(BaseHTTPRequestHandler):
    """One request after the other of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    recorded: Recorded
    _is_over = False

    def log_message(self, *args: Any, **named: Any) -> None:
        """Nothing is printed; the record is the log."""

    def do_GET(self) -> None:
        self._exchange("GET")

    def do_POST(self) -> None:
        self._exchange("POST")

    def _exchange(self, method: Literal["GET", "POST"]) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("host", "content-length", "connection")
        }
        self.recorded = Recorded(method, _without_version(self.path), _object(body), headers)
        self._is_over = False
        proxy.record(self.recorded)
        self._apply(proxy.rules_for(self.recorded, forwarded=False))
        if self._is_over:
            return
        try:
            self.recorded.status, answer, kind = proxy.forward(method, self.path, body, headers)
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return
        self._apply(proxy.rules_for(self.recorded, forwarded=True))
        if not self._is_over:
            self.answer(self.recorded.status, answer, kind)
            self.recorded.answered = True

    def _apply(self, rules: list[_Rule]) -> None:
        for rule in rules:
            if not self._is_over:
                rule.action(self)

    # -- what a rule can do --------------------------------------------------------------------------------------------

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self._is_over = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self._is_over = True
        self.close_connection = True

    def never_answer(self) -> None:
        self.server.proxy.wait_for_end()
        self.hang_up()


def _without_version(path: str) -> str:
    for prefix in _PREFIXES:
        if path.startswith(prefix + "/"):
            return path[len(prefix) :]
    return path.partition("?")[0]


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {"unreadable": body.decode(errors="replace")}
    return found if isinstance(found, dict) else {"unreadable": found}
