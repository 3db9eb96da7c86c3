# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording proxy misses no request, and breaks exactly the one it was told to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.testbed import Cluster
from tests.testbed.gateway import Gateway, GatewayError
from tests.testbed.recording_proxy import RecordingProxy


@pytest.fixture
def proxy(etcd_cluster: Cluster) -> Iterator[RecordingProxy]:
    with RecordingProxy(etcd_cluster.endpoints[0]) as recording:
        yield recording


pytestmark = pytest.mark.etcd(size=1)


def test_requests_are_passed_on_and_recorded_in_order(etcd_cluster, proxy):
    client = Gateway(proxy.url)
    client.status()
    client.put("key", "value")
    assert client.get("/health", 1)[0] == 200
    assert etcd_cluster.get("key") == "value"
    assert [(request.method, request.path, request.status) for request in proxy.requests] == [
        ("POST", "/maintenance/status", 200),
        ("POST", "/kv/put", 200),
        ("GET", "/health", 200),
    ]
    assert proxy.requests[1].body == {"key": "a2V5", "value": "dmFsdWU="}
    assert proxy.requests[1].headers["Accept"] == "application/json"
    assert all(request.answered for request in proxy.requests)


def test_what_changes_something_is_told_from_what_reads(proxy):
    client = Gateway(proxy.url)
    client.status()
    client.member_list()
    client.range("key")
    client.call("/maintenance/alarm", {"action": "GET"})
    assert proxy.mutating == []
    client.call("/maintenance/alarm", {"action": "DEACTIVATE"})
    with pytest.raises(GatewayError):
        client.member_remove(1)
    assert [request.path for request in proxy.mutating] == ["/maintenance/alarm", "/cluster/member/remove"]
    assert proxy.mutating[1].status != 200
    proxy.forget()
    assert proxy.requests == []


@pytest.mark.parametrize("forwarded", [False, True])
def test_a_cut_connection_hides_whether_etcd_did_it(forwarded, etcd_cluster, proxy):
    client = Gateway(proxy.url)
    proxy.cut_off(2, "/kv/put", forwarded=forwarded)
    client.put("first", "1")
    with pytest.raises(ConnectionError):
        client.put("second", "2")
    client.put("third", "3")
    assert etcd_cluster.get("second") == ("2" if forwarded else None)
    assert [request.answered for request in proxy.mutating] == [True, False, True]


@pytest.mark.parametrize("forwarded", [False, True])
def test_a_hanging_endpoint_never_answers(forwarded, etcd_cluster, proxy):
    proxy.hang(forwarded=forwarded)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        Gateway(proxy.url).put("key", "value", timeout=0.3)
    assert time.monotonic() - began >= 0.3
    assert etcd_cluster.get("key") == ("value" if forwarded else None)


def test_a_web_server_without_its_backend(proxy):
    proxy.answer_html()
    with pytest.raises(GatewayError, match="502 Bad Gateway") as refused:
        Gateway(proxy.url).put("key", "value")
    assert refused.value.http_status == 502


def test_an_action_runs_at_its_request(etcd_cluster, proxy):
    seen = []
    proxy.call(1, lambda request: seen.append((request.path, etcd_cluster.get("key"))), "/kv/put")
    proxy.call(1, lambda request: seen.append((request.path, etcd_cluster.get("key"))), "/kv/put", forwarded=True)
    Gateway(proxy.url).put("key", "value")
    assert seen == [("/kv/put", None), ("/kv/put", "value")]


def test_a_dead_member_behind_it_shows_as_a_closed_connection(etcd_cluster, proxy):
    etcd_cluster.members[0].kill()
    with pytest.raises(ConnectionError):
        Gateway(proxy.url).status()


@pytest.mark.measures_time
def test_closing_frees_hanging_clients_at_once(etcd_cluster):
    threads = len(os.listdir("/proc/self/task"))
    with RecordingProxy(etcd_cluster.endpoints[0]) as recording:
        recording.hang()
        with pytest.raises(TimeoutError):
            Gateway(recording.url).status(timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert len(os.listdir("/proc/self/task")) <= threads + 1


def test_only_plain_http_can_be_recorded():
    with pytest.raises(ValueError, match="plain HTTP only"):
        RecordingProxy("https://127.0.0.1:1")
