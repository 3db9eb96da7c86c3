# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connection that was not opened most likely means."""

from __future__ import annotations

import errno
import os
import socket
import time

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors, open_socket, rpcs, tcp
from ansible_collections.quorum.etcd.plugins.module_utils._client.addresses import parse_endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.peer_probe import probe_peer_url


def system_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


REJECTED = "No route to host; most likely a firewall rejects connections to port 2380, or the host is down"
DROPPED = "no connection in time; most likely a firewall drops what is sent to port 2380, or the host is down"
CASES = [
    (system_error(errno.EHOSTUNREACH), REJECTED, errors.CONNECTION_REFUSED),
    (socket.timeout("timed out"), DROPPED, errors.TIMEOUT),
    (system_error(errno.ETIMEDOUT), DROPPED, errors.TIMEOUT),
    (system_error(errno.ECONNREFUSED), "Connection refused", errors.CONNECTION_REFUSED),
    (system_error(errno.ENETUNREACH), "Network is unreachable", errors.CONNECTION_REFUSED),
]


@pytest.fixture(params=CASES, ids=lambda case: case[1][:22])
def case(request, monkeypatch):
    """An attempt to connect that ends with this error."""

    class Socket:
        def settimeout(self, _seconds):
            pass

        def connect(self, _address):
            raise request.param[0]

        def close(self):
            pass

    monkeypatch.setattr(tcp.socket, "socket", lambda *_kind: Socket())
    return request.param


def test_an_endpoint_says_what_is_most_likely_and_which_two_ports_to_open(case):
    _, words, code = case
    with pytest.raises(EtcdError) as caught:
        open_socket.open_connection(
            rpcs.STATUS, parse_endpoint("http://10.0.0.2:2380"), Connection(), time.monotonic() + 1
        )
    assert caught.value.message == f"asking the status of http://10.0.0.2:2380: {words}"
    assert caught.value.code == code
    assert ("2379" in caught.value.next_step and "2380" in caught.value.next_step) is ("firewall" in words)
    assert caught.value.sent is False


def test_a_peer_url_says_it_too(case):
    assert probe_peer_url("http://10.0.0.2:2380", Connection()).reason == case[1]


def test_time_that_was_up_before_anything_was_sent_is_no_firewall():
    with pytest.raises(EtcdError) as caught:
        open_socket.open_connection(
            rpcs.STATUS, parse_endpoint("http://127.0.0.1:2379"), Connection(), time.monotonic() - 1
        )
    assert caught.value.code == errors.TIMEOUT
    assert "firewall" not in caught.value.message + caught.value.next_step
