# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints that are down, hang, or are no etcd: one clear error each, and one timeout in all."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.ask import ask_each
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError

from tests.testbed import waiting

from . import servers
from .suite import OLDEST_AND_NEWEST, failed

PATIENCE = 1.0
HTML = "<html><body>Bad Gateway</body></html>"
SSH = b"SSH-2.0-OpenSSH_9.2p1\r\n"

NO_ETCD = {
    "a proxy without its etcd": (servers.http("502 Bad Gateway", "text/html", HTML), errors.NOT_ETCD),
    "a web server": (servers.http("200 OK", "text/html", HTML), errors.NOT_ETCD),
    "a web server that knows no such page": (servers.http("404 Not Found", "text/html", HTML), errors.NOT_ETCD),
    "another service's JSON": (servers.http("200 OK", "application/json", '{"hello": "world"}'), errors.NOT_ETCD),
    "JSON that is none": (servers.http("200 OK", "application/json", "{hello"), errors.NOT_ETCD),
    "a JSON list": (servers.http("200 OK", "application/json", "[1]"), errors.NOT_ETCD),
    "another service's refusal in JSON": (
        servers.http("403 Forbidden", "application/json", '{"detail": "no"}'),
        errors.NOT_ETCD,
    ),
    "a redirect": (servers.http("302 Found\r\nLocation: /login", "text/html", ""), errors.NOT_ETCD),
    "an SSH server": (servers.talking(SSH), errors.NOT_ETCD),
    "a server that hangs up": (servers.closing, errors.CONNECTION_REFUSED),
    "a server that never answers": (servers.silent, errors.TIMEOUT),
}


@pytest.fixture(scope="module", params=OLDEST_AND_NEWEST)
def version(request):
    return request.param


@pytest.mark.measures_time
@pytest.mark.parametrize("kind", NO_ETCD)
def test_what_is_no_etcd_is_told_in_time(client, kind):
    answer, code = NO_ETCD[kind]
    with servers.server(answer) as address:
        url = f"http://{address}"
        began = time.monotonic()
        failed(code, client(url, request_timeout=PATIENCE).status)
        assert time.monotonic() - began < PATIENCE + 0.3


def test_nobody_listens(client):
    url = f"http://{servers.free_address()}"
    error = failed(errors.CONNECTION_REFUSED, client(url).status)
    assert error.sent is False
    assert error.message == f"asking the status of {url}: Connection refused"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "two..dots", "a" * 64])
def test_a_host_without_a_name_in_the_dns(client, host):
    with pytest.raises(EtcdError) as caught:
        client(f"http://{host}:2379", request_timeout=PATIENCE).status()
    assert caught.value.code in (errors.CONNECTION_REFUSED, errors.TIMEOUT)
    assert host in caught.value.message
    assert caught.value.sent is False or caught.value.code == errors.TIMEOUT


@pytest.mark.measures_time
def test_an_answer_that_drips_costs_one_timeout(client, transport):
    with servers.server(servers.dripping) as address:
        began = time.monotonic()
        code = errors.TIMEOUT if transport == "gateway" else errors.NOT_ETCD
        failed(code, client(f"http://{address}", request_timeout=PATIENCE).status)
        assert time.monotonic() - began < PATIENCE + 0.3


@pytest.mark.measures_time
def test_a_tls_handshake_that_hangs_costs_one_timeout(client):
    with servers.server(servers.silent) as address:
        began = time.monotonic()
        error = failed(
            errors.TIMEOUT, client(f"https://{address}", request_timeout=PATIENCE, validate_certs=False).status
        )
        assert error.sent is False
        assert time.monotonic() - began < PATIENCE + 0.3


@pytest.mark.measures_time
def test_all_endpoints_are_asked_at_once_and_the_bad_ones_cost_one_timeout(cluster, client):
    dead = f"http://{servers.free_address()}"
    with servers.server(servers.silent) as hanging, servers.server(servers.silent) as hanging_too, servers.server(
        servers.dripping
    ) as dripping:
        bad = [dead, f"http://{hanging}", f"http://{hanging_too}", f"http://{dripping}"]
        endpoints = [client(url, request_timeout=60.0) for url in (*bad, *cluster.endpoints)]
        began = time.monotonic()
        answers = ask_each(endpoints, lambda endpoint: (endpoint.status(), endpoint.member_list()), PATIENCE)
        assert time.monotonic() - began < PATIENCE + 0.5
    assert [answer.endpoint for answer in answers] == endpoints
    codes = [answer.error.code for answer in answers if answer.error]
    assert codes[:3] == [errors.CONNECTION_REFUSED, errors.TIMEOUT, errors.TIMEOUT]
    assert len(codes) == 4
    assert {answer.value[0].cluster_id for answer in answers if answer.value} == {cluster.leader.status()["cluster_id"]}
    assert len([answer for answer in answers if answer.value]) == 3


def _running_threads(pid: int) -> str | None:
    """SIGSTOP returns before every thread of a process has stopped."""
    states = [task.read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    return None if set(states) == {"T"} else f"{states}"


@pytest.mark.measures_time
def test_a_paused_member_costs_one_timeout_and_answers_again(cluster, client):
    member = cluster.followers[0]
    endpoint = client(member.client_url, request_timeout=PATIENCE)
    endpoint.member_list()
    member.pause()
    try:
        waiting.until("all threads to be stopped", lambda: _running_threads(member.pid), 5)
        began = time.monotonic()
        assert failed(errors.TIMEOUT, endpoint.status).sent is True
        assert time.monotonic() - began < PATIENCE + 0.3
    finally:
        member.resume()
    assert endpoint.status().member_id == member.member_id


def test_a_change_on_a_connection_that_broke_is_not_sent_twice(cluster, client):
    member = cluster.followers[0]
    endpoint = client(member.client_url)
    endpoint.status()
    member.kill()
    try:
        failed(errors.CONNECTION_REFUSED, endpoint.member_remove, 5)
    finally:
        member.restart()
        cluster.wait_healthy()
    assert endpoint.status().member_id == member.member_id


def test_a_change_that_was_on_its_way_when_the_member_died_may_have_been_applied(bring, client):
    own = bring(size=3)
    member = own.followers[0]
    endpoint = client(member.client_url, request_timeout=20.0)
    endpoint.status()
    member.pause()
    waiting.until("all threads to be stopped", lambda: _running_threads(member.pid), 5)
    with ThreadPoolExecutor() as pool:
        change = pool.submit(endpoint.member_remove, 5)
        waiting.until("the request to have arrived", lambda: _nothing_to_read(member.client_url), 5)
        member.kill()
        assert failed(errors.CONNECTION_REFUSED, change.result, 10).sent is True


def _nothing_to_read(url: str) -> str | None:
    """Whether no connection to that port has bytes that its process has not read (Linux, /proc/net/tcp)."""
    port = f":{int(url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    waiting_bytes = [int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(port)]
    return None if any(waiting_bytes) else "nothing"


def test_a_fault_of_the_question_is_raised(client):
    endpoints = [client(f"http://{servers.free_address()}") for _ in range(2)]
    with pytest.raises(ZeroDivisionError):
        ask_each(endpoints, lambda _endpoint: 1 // 0, PATIENCE)
