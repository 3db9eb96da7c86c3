# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is served is what the user gave last, the authority before it counts for nothing, and nobody who wrote noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.verification.served import fingerprint, seen
from tests.verification.writes import test_no_acknowledged_write_is_lost, test_writes_never_stood_still_for_longer_than_an_election_takes

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

PKI = "/etc/etcd/pki"
TRUSTED = {2379: f"{PKI}/ca.crt", 2380: f"{PKI}/peer-ca.crt"}
SERVED = {2379: f"{PKI}/server.crt", 2380: f"{PKI}/peer.crt"}
SHOWN = {2379: f"{PKI}/client", 2380: f"{PKI}/peer"}


@pytest.fixture
def issued() -> Path:
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "issued"


@pytest.mark.parametrize("port", [2379, 2380])
def test_what_is_served_is_what_the_new_authority_has_signed(node, port, issued):
    assert seen(node, port, TRUSTED[port], SHOWN[port]) == fingerprint(node.host, SERVED[port])
    given = issued / "new" / f"{node.variables['inventory_hostname']}.crt"
    assert node.host.file(SERVED[port]).content == given.read_bytes()
    assert node.host.file(TRUSTED[port]).content_string.strip() == (issued / "new" / "ca.crt").read_text().strip()


@pytest.mark.parametrize("port", [2379, 2380])
def test_certificates_of_the_old_authority_are_refused(node, port, issued):
    """The user's folder is mounted into the hosts at the same path."""
    assert seen(node, port, TRUSTED[port], str(issued / "new" / "admin")) == fingerprint(node.host, SERVED[port])
    assert seen(node, port, TRUSTED[port], str(issued / "old" / "admin")) == "refused"
    assert seen(node, port, str(issued / "old" / "ca.crt"), str(issued / "new" / "admin")) == "not trusted"


def test_members_were_restarted_for_their_trust_only_and_never_twice(node):
    """The first start, one to trust both authorities, and one to trust the new one alone."""
    started = node.host.check_output("journalctl --no-pager --unit etcd | grep --count 'Started etcd.service'")
    assert int(started) == 3


def test_no_authority_was_made(issued):
    assert sorted(path.name for path in issued.parents[1].rglob("*ca.key")) == []


@pytest.mark.parametrize(
    ("name", "owner", "mode"), [("server.key", "etcd", 0o600), ("peer.key", "etcd", 0o600), ("client.key", "root", 0o600), ("server.crt", "etcd", 0o644)]
)
def test_new_files_belong_to_who_needs_them(host, name, owner, mode):
    file = host.file(f"{PKI}/{name}")
    assert (file.user, file.mode) == (owner, mode)


def test_no_key_is_left_lying_about(host):
    # Only on the host's own disk: this machine's folder of the scenario is mounted there, too.
    assert sorted(host.check_output("find /etc /var /tmp -xdev -name '*.key'").split()) == [f"{PKI}/{kind}.key" for kind in ("client", "peer", "server")]
