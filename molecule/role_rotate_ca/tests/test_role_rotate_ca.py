# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything is of the new CAs, nobody trusts the old ones, and nobody who wrote noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.verification.served import (
    CAS,
    PKI,
    test_certificates_of_the_old_ca_are_refused,
    test_what_is_served_is_new,
    test_what_is_served_is_of_another_ca,
)
from tests.verification.starts import test_members_were_restarted_for_their_trust_only_and_never_twice
from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = [
    "test_certificates_of_the_old_ca_are_refused",
    "test_members_were_restarted_for_their_trust_only_and_never_twice",
    "test_no_acknowledged_write_is_lost",
    "test_what_is_served_is_new",
    "test_what_is_served_is_of_another_ca",
    "test_writes_never_stood_still_for_longer_than_an_election_takes",
]


def test_the_new_cas_have_taken_the_place_of_the_old_ones(node):
    directory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "ca"
    assert {str(path.relative_to(directory)) for path in directory.rglob("*")} == {
        ".gitignore",
        "ca.crt",
        "ca.key",
        "peer-ca.crt",
        "peer-ca.key",
    }
    for name in CAS.values():
        assert (
            (directory / name).read_bytes()
            == node.host.file(f"{PKI}/{name}").content
            != node.host.file(f"/root/first/{name}").content
        )


def test_the_keys_of_the_new_cas_are_encrypted_as_the_old_ones_were():
    directory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "ca"
    for name in ("ca.key", "peer-ca.key"):
        assert (directory / name).read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")


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
