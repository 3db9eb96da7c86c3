# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine for these tests: the real one, or one that behaves badly on a socket of its own."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.testbed.docker.engine import connect

Answers = dict[str, Any]
HANGS = object()


@pytest.fixture
def engine() -> docker.DockerClient:
    """The engine of this machine."""
    return connect()


@pytest.fixture
def fake_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answers], str]]:
    """Starts an engine that gives these answers, by path, or hangs; DOCKER_HOST names it. Returns its address."""
    servers: list[socketserver.BaseServer] = []
    released = threading.Event()

    def start(answers: Answers) -> str:
        socket = tmp_path / "engine.sock"

        class Engine(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = next(
                    (given for path, given in answers.items() if self.path.partition("?")[0].endswith(path)), None
                )
                if answer is HANGS:
                    released.wait()
                    return
                body = json.dumps({"message": "No such image"} if answer is None else answer).encode()
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self) -> str:
                return "the test"

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        server = Server(str(socket), Engine)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
        return f"unix://{socket}"

    yield start
    released.set()
    for server in servers:
        server.shutdown()
        server.server_close()
