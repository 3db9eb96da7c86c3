# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All certificates are new and of the same CAs, nobody was restarted for it, and nobody who wrote noticed."""

from __future__ import annotations

import pytest

from tests.verification.served import (
    CAS,
    PKI,
    PRESENTED,
    SERVED,
    fingerprint,
    seen,
    test_what_is_served_is_new,
)
from tests.verification.starts import ran_before, starts
from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = [
    "test_no_acknowledged_write_is_lost",
    "test_what_is_served_is_new",
    "test_writes_never_stood_still_for_longer_than_an_election_takes",
]


@pytest.mark.parametrize("port", [2379, 2380])
def test_the_ca_is_the_same_and_what_it_signed_before_is_served(node, port):
    ca = CAS[port]
    assert node.host.file(f"{PKI}/{ca}").content == node.host.file(f"/root/first/{ca}").content
    assert seen(node, port, f"{PKI}/{ca}", f"/root/first/{PRESENTED[port]}") == fingerprint(
        node.host, f"{PKI}/{SERVED[port]}"
    )


def test_no_member_was_restarted(node):
    """But for the first start, on hosts where nothing ran yet."""
    assert starts(node) == (0 if ran_before(node) else 1)


@pytest.mark.parametrize(
    ("name", "owner", "mode"),
    [
        ("server.key", "etcd", 0o600),
        ("peer.key", "etcd", 0o600),
        ("client.key", "root", 0o600),
        ("server.crt", "etcd", 0o644),
    ],
)
def test_new_files_belong_to_who_needs_them(host, name, owner, mode):
    file = host.file(f"{PKI}/{name}")
    assert (file.user, file.mode) == (owner, mode)


def test_no_key_is_left_lying_about(host):
    # Only on the host's own disk: this machine's folder of the scenario is mounted there, too.
    assert sorted(host.check_output("find /etc /var /tmp -xdev -name '*.key'").split()) == [
        f"{PKI}/{kind}.key" for kind in ("client", "peer", "server")
    ]
