# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewalls between us and a member: what the kernel says of one that rejects and of one that drops, in a network
namespace of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.ansible_playbook import COLLECTIONS, ROOT

ASK = """
from ansible_collections.quorum.etcd.plugins.module_utils._client.open_endpoint import open_endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.peer_probe import probe_peer_url
import sys

url, transport = "http://127.0.0.1:2379", sys.argv[1]
try:
    open_endpoint(url, Connection(endpoints=(url,), transport=transport, request_timeout=1.0)).status()
except EtcdError as error:
    print(error.code, error.message, error.next_step, sep="|")
print(probe_peer_url("http://127.0.0.1:2380", Connection(), timeout=1.0).reason)
"""

needs_namespaces = pytest.mark.skipif(
    "CI" not in os.environ and (os.geteuid() != 0 or not shutil.which("iptables") or not shutil.which("unshare")),
    reason="needs root, unshare and iptables, for a firewall in a network namespace of its own",
)


def asked_through(firewall: str, transport: str) -> list[str]:
    """What an endpoint and a peer URL say through a firewall with that rule for both ports."""
    rule = f"iptables -A INPUT -p tcp -m multiport --dports 2379,2380 -j {firewall}"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-ec", f'ip link set lo up; {rule}; exec "$@"', "sh"]
        + [sys.executable, "-c", ASK, transport],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(COLLECTIONS), str(ROOT)))},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@needs_namespaces
@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.parametrize(
    ("firewall", "code", "words"),
    [
        ("REJECT --reject-with icmp-host-prohibited", "connection_refused", "No route to host; most likely a firewall"),
        (
            "REJECT --reject-with icmp-admin-prohibited",
            "connection_refused",
            "No route to host; most likely a firewall",
        ),
        ("DROP", "timeout", "no connection in time; most likely a firewall drops"),
    ],
)
def test_a_firewall_is_named_with_the_ports(firewall, code, words, transport):
    endpoint, probe = asked_through(firewall, transport)
    assert endpoint.startswith(f"{code}|asking the status of http://127.0.0.1:2379: {words}"), endpoint
    assert "client port (2379" in endpoint
    assert "peer port (2380)" in endpoint
    assert probe.startswith(words)
    assert "2380" in probe


@needs_namespaces
@pytest.mark.parametrize("transport", ["gateway", "grpc"])
def test_a_port_that_refuses_is_not_blamed_on_a_firewall(transport):
    endpoint, probe = asked_through("REJECT --reject-with tcp-reset", transport)
    assert "firewall" not in endpoint + probe
