# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: each gets one clear error with its code, and nothing changes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.testbed import Cluster

from ..differences import releases_of
from .driver import ensure, untouched


@pytest.fixture(scope="module", params=releases_of([]))
def quiet(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """One cluster for all tests here, since none may change it: three voters."""
    with Cluster(size=3, version=request.param) as cluster:
        yield cluster


# -- peer URLs ---------------------------------------------------------------------------------------------------------

MALFORMED = {
    "no scheme": "127.0.0.1:2380",
    "a name without a scheme": "localhost:2380",
    "no host but a scheme": "://127.0.0.1:2379",
    "another scheme": "mailto://127.0.0.1:2379",
    "tcp": "tcp://127.0.0.1:2380",
    "a socket": "unix:///run/etcd.sock",
    "no port": "http://127.0.0.1",
    "an empty port": "http://127.0.0.1:",
    "port 0": "http://127.0.0.1:0",
    "a port too high": "http://127.0.0.1:65536",
    "a port in words": "http://127.0.0.1:peer",
    "a path": "http://127.0.0.1:2379/path",
    "a query": "http://127.0.0.1:2379?x=1",
    "a fragment": "http://127.0.0.1:2379#x",
    "a user": "http://user:secret@127.0.0.1:2380",
    "no host": "http://:2380",
    "no host at all": "http://",
    "a space in the host": "http://bad host:2380",
    "a comma": "http://127.0.0.1:2380,http://127.0.0.1:2381",
    "an address that is none": "http://300.0.0.1:2380",
    "IPv6 without brackets": "http://::1:2380",
    "an address to listen on": "http://0.0.0.0:2380",
    "an IPv6 address to listen on": "http://[::]:2380",
    "a foreign letter": "http://ü:2380",
    "empty": "",
    "blank": "   ",
    "a word": "foo",
}


@pytest.mark.parametrize("url", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_peer_url_never_reaches_etcd(quiet: Cluster, url: str):
    with untouched(quiet):
        for goal in (
            {"name": "newcomer"},
            {"name": "newcomer", "learner": False},
            {"name": "etcd1"},
            {"name": "etcd1", "accept": ["peer_url_unreachable"]},
            {"name": "etcd1", "state": "promoted"},
            {"name": "etcd1", "state": "absent"},
        ):
            run = ensure(quiet, peer_urls=[url], **goal)
            assert run.refusal == "invalid_peer_url", (goal, run)
            assert repr(url) in run.message
            assert "secret" not in run.message or url.startswith("http://user")


@pytest.mark.parametrize(
    "urls",
    [[], ["http://127.0.0.1:2380", "http://127.0.0.1:2380"], ["http://h:2380", "HTTP://H:2380/"]],
    ids=["none", "twice", "twice, spelled otherwise"],
)
def test_a_list_of_peer_urls_that_is_empty_or_repeats_one_never_reaches_etcd(quiet: Cluster, urls: list[str]):
    with untouched(quiet):
        run = ensure(quiet, name="etcd1", peer_urls=urls)
    assert run.refusal == "invalid_peer_url"


def test_one_malformed_peer_url_among_good_ones_is_named(quiet: Cluster):
    with untouched(quiet):
        run = ensure(quiet, name="etcd1", peer_urls=[quiet["etcd1"].peer_url, "http://127.0.0.1"])
    assert run.refusal == "invalid_peer_url"
    assert "'http://127.0.0.1'" in run.message


# -- identity ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.parametrize(
    "contradiction", ["id and name", "id and URL", "name and URL", "unknown id and name", "unknown id and URL"]
)
def test_an_identity_that_contradicts_itself_is_refused(quiet: Cluster, contradiction: str, state: str):
    first, second = quiet.members[:2]
    identities: dict[str, dict[str, Any]] = {
        "id and name": {"member_id": f"{first.member_id:x}", "name": second.name},
        "id and URL": {"member_id": f"{first.member_id:x}", "peer_urls": [second.peer_url]},
        "name and URL": {"name": first.name, "peer_urls": [second.peer_url]},
        "unknown id and name": {"member_id": "1", "name": first.name},
        "unknown id and URL": {"member_id": "1", "peer_urls": [first.peer_url]},
    }
    with untouched(quiet):
        run = ensure(quiet, state=state, **identities[contradiction])
    assert run.refusal in ("ambiguous_identity", "peer_url_in_use"), run
    assert (run.refusal == "ambiguous_identity") or state == "present"
    assert first.name in run.message or second.name in run.message


@pytest.mark.parametrize(
    "member_id", ["etcd1", "", "0x", "-1", "8e9e05c52164694d0", "12 34", "99999999999999999999999", "٣"]
)
@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
def test_what_is_no_member_id_is_refused(quiet: Cluster, member_id: str, state: str):
    with untouched(quiet):
        run = ensure(quiet, member_id=member_id, state=state)
    assert run.refusal == "ambiguous_identity", run
    assert "member id" in run.message


@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
@pytest.mark.parametrize("name", ["", "  "], ids=["empty", "blank"])
def test_an_empty_name_means_nobody_and_is_refused(quiet: Cluster, name: str, state: str):
    """The usual end of an undefined variable: absent must not answer that all is well."""
    with untouched(quiet):
        run = ensure(quiet, name=name, state=state)
    assert not run.ok, run
    assert run.refusal == "ambiguous_identity", run


def test_nobody_at_all_is_refused(quiet: Cluster):
    with untouched(quiet):
        run = ensure(quiet)
    assert not run.ok
    assert "name, peer_urls, member_id" in run.message


@pytest.mark.parametrize("name", ["a,b", "a=b", "a b"])
def test_a_name_that_no_initial_cluster_could_carry_is_refused(quiet: Cluster, name: str):
    with untouched(quiet):
        run = ensure(quiet, name=name, peer_urls=["http://127.0.0.1:9"])
    assert run.refusal == "ambiguous_identity", run
    assert name in run.message


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"state": "gone"},
        {"accept": ["no_quorum"]},
        {"accept": ["last_member"]},
        {"accept": ["everything"]},
        {"transport": "smoke"},
        {"wait_timeout": "long"},
        {"request_timeout": 0},
        {"request_timeout": -1},
        {"wait_timeout": -1},
        {"stall_timeout": -1},
        {"min_fault_tolerance": -1},
        {"username": "root"},
        {"client_cert": "/etc/hostname"},
        {"learner": "perhaps"},
        {"request_timeout": "nan"},
        {"request_timeout": "inf"},
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_asked(quiet: Cluster, options: dict):
    with untouched(quiet):
        run = ensure(quiet, name="etcd9", peer_urls=["http://127.0.0.1:9"], **options)
    assert not run.ok, run
    assert next(iter(options)) in run.message
    assert "Traceback" not in str(run.json)


# -- endpoints ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1",
        "127.0.0.1",
        "ftp://127.0.0.1:2379",
        "http://127.0.0.1:2379/v3",
        "http://user:secret@127.0.0.1:2379",
        "http://:2379",
        "http://127.0.0.1:x",
        "http://a b:1",
    ],
)
def test_an_endpoint_that_is_no_client_url_is_named(quiet: Cluster, endpoint: str):
    with untouched(quiet):
        run = ensure(quiet, name="etcd1", endpoints=[endpoint])
    assert run.error == "not_etcd", run
    assert "secret" not in str({**run.json, "invocation": None})
    assert "endpoint" in run.message


@pytest.mark.parametrize("endpoints", [[], [""], [" "]], ids=["none", "an empty one", "a blank one"])
def test_no_endpoint_at_all_is_said_plainly(quiet: Cluster, endpoints: list[str]):
    with untouched(quiet):
        run = ensure(quiet, name="etcd1", endpoints=endpoints)
    assert run.error == "not_etcd", run
    assert "endpoint" in run.message
    assert "fault of this module" not in run.message


@pytest.mark.measures_time
@pytest.mark.parametrize("transport", ["auto", "gateway", "grpc"])
@pytest.mark.parametrize("state", ["present", "promoted", "absent"])
def test_an_endpoint_where_nobody_listens_is_a_refused_connection(state: str, transport: str):
    run = ensure(None, name="etcd1", state=state, endpoints=["http://127.0.0.1:1"], transport=transport)
    assert run.error == "connection_refused", run
    assert "127.0.0.1:1" in run.message
    assert run.seconds < 5


@pytest.mark.parametrize("transport", ["auto", "gateway", "grpc"])
def test_a_host_that_does_not_exist_is_named(transport: str):
    run = ensure(
        None,
        name="etcd1",
        state="absent",
        endpoints=["http://no-such-host.invalid:2379"],
        transport=transport,
        request_timeout=2,
    )
    assert run.error in ("connection_refused", "timeout"), run
    assert "no-such-host.invalid" in run.message
    assert run.seconds < 10


@pytest.fixture
def silent() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.measures_time
@pytest.mark.parametrize("transport", ["auto", "gateway", "grpc"])
def test_an_endpoint_that_never_answers_costs_one_time_out(silent: str, transport: str):
    run = ensure(None, name="etcd1", state="absent", endpoints=[silent], transport=transport, request_timeout=1)
    assert run.error == "timeout", run
    assert silent.removeprefix("http://") in run.message
    assert run.seconds < 4


class _Web(BaseHTTPRequestHandler):
    """A web server that answers everything, and is no etcd."""

    protocol_version = "HTTP/1.1"
    status, kind, body = 200, "text/html", b"<html><body>Welcome</body></html>"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET  # noqa: N815  # the name that http.server asks for

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.mark.parametrize("transport", ["auto", "gateway", "grpc"])
@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<html><body>Welcome</body></html>"),
        (502, "text/html", b"<html><body>502 Bad Gateway</body></html>"),
        (404, "text/plain", b"404 page not found"),
        (200, "application/json", b'{"status": "ok"}'),
        (200, "application/json", b"not json"),
    ],
    ids=["a page", "a proxy without its backend", "nothing found", "other JSON", "broken JSON"],
)
def test_a_web_server_is_no_etcd(status: int, kind: str, body: bytes, transport: str):
    handler = type("Handler", (_Web,), {"status": status, "kind": kind, "body": body})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run = ensure(
            None,
            name="etcd1",
            state="absent",
            endpoints=[f"http://127.0.0.1:{server.server_port}"],
            transport=transport,
            request_timeout=5,
        )
        server.shutdown()
    assert run.error == "not_etcd", run
    assert run.seconds < 12


def test_a_port_of_another_protocol_is_no_etcd():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=greet, daemon=True).start()
        run = ensure(
            None,
            name="etcd1",
            state="absent",
            endpoints=[f"http://127.0.0.1:{server.getsockname()[1]}"],
            transport="gateway",
            request_timeout=2,
        )
        server.shutdown(socket.SHUT_RDWR)
    assert run.error == "not_etcd", run


def test_an_endpoint_of_another_cluster_beside_the_right_one_is_refused(quiet: Cluster):
    with Cluster(size=1, version=quiet.version) as other, untouched(quiet), untouched(other):
        for state in ("present", "promoted", "absent"):
            run = ensure(quiet, other.spare(), state=state, endpoints=[quiet.endpoints[0], other.endpoints[0]])
            assert run.refusal == "cluster_id_mismatch", run
