# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from the pages that etcd shows to anyone."""

from __future__ import annotations

import contextlib
import http.server
import threading

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.open_pages import open_figures, open_health
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import OpenFigures, OpenHealth

METRICS = """etcd_network_known_peers{Local="a",Remote="a"} 1
etcd_network_known_peers{Local="a",Remote="b"} 1
etcd_network_known_peers{Local="a",Remote="removed"} 0
etcd_server_feature_enabled{name="PriorityRequest",stage="ALPHA"} 0
etcd_server_feature_enabled{name="LeaseCheckpoint",stage="ALPHA"} 1
etcd_server_quota_backend_bytes 2.147483648e+09
"""
HANGS = (0, "")
LEADERLESS = {
    "/version": (200, '{"etcdserver":"3.7.3","etcdcluster":"3.7.0","storage":"3.6.0"}'),
    "/readyz": (503, "[+]serializable_read ok\n[-]non_learner failed: learner\n"),
    "/metrics": (200, METRICS),
    "/health": (503, '{"health":"false","reason":"RAFT NO LEADER"}\n'),
}


@contextlib.contextmanager
def serving(pages):
    """Shows these pages, each a status and a text; any other is not found."""
    over = threading.Event()

    class Pages(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, text = pages.get(self.path.partition("?")[0], (404, "404 page not found\n"))
            if (status, text) == HANGS:
                over.wait(10)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def health_of(pages, seconds=5.0):
    with serving(pages) as url:
        return open_health(url, Connection(), seconds), url


def test_a_member_without_a_leader():
    health, url = health_of(LEADERLESS)
    assert health == OpenHealth(url, "3.7.3", "3.7.0", "3.6.0", "RAFT NO LEADER", ("non_learner",), 2)


def test_a_healthy_member_of_a_release_that_tells_less():
    pages = {
        "/version": (200, '{"etcdserver":"3.4.23","etcdcluster":"not_decided"}'),
        "/health": (200, '{"health":"true"}'),
    }
    health, url = health_of(pages)
    assert health == OpenHealth(url, "3.4.23")


@pytest.mark.parametrize(
    ("page", "trouble"),
    [
        (HANGS, "gives no answer about its health in time"),
        ((200, "[]"), "/health is not etcd's"),
        ((503, '{"health":"false"}'), "not healthy"),
    ],
)
def test_what_is_known_is_told_also_where_the_health_is_not(page, trouble):
    health, _url = health_of({**LEADERLESS, "/health": page}, 0.5)
    assert health.version == "3.7.3"
    assert health.trouble.endswith(trouble)


def test_who_is_no_etcd_tells_nothing():
    with serving({"/version": (200, "<html>")}) as url, pytest.raises(EtcdError) as caught:
        open_health(url, Connection(), 5.0)
    assert caught.value.code == errors.NOT_ETCD


def test_figures():
    with serving(LEADERLESS) as url:
        assert open_figures(url, Connection(), 5.0) == OpenFigures("3.7.0", 1 << 31, ("LeaseCheckpoint",))
    with serving({"/version": (200, '{"etcdserver":"3.5.34","etcdcluster":"3.5.0"}')}) as url:
        assert open_figures(url, Connection(), 5.0) == OpenFigures("3.5.0")


def test_who_refuses_connections():
    with serving({}) as url:
        pass
    with pytest.raises(EtcdError) as caught:
        open_figures(url, Connection(), 5.0)
    assert caught.value.code == errors.CONNECTION_REFUSED
