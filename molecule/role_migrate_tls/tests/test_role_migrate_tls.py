# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is said in plaintext any more, and nobody who wrote noticed how it came about."""

from __future__ import annotations

import os
from pathlib import Path

from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

# The beginning, certificates, peers over TLS, and the end of plaintext.
STARTS = 4


def test_all_members_are_known_by_their_secure_addresses(node):
    for member in node.members():
        assert all(url.startswith("https://") for url in [*member["peerURLs"], *member["clientURLs"]]), member


def test_nobody_is_served_in_plaintext(node):
    for port in (2379, 2380):
        url = f"http://{node.variables['etcd_address']}:{port}/version"
        answer = node.host.run(f"python3 -c \"import urllib.request; urllib.request.urlopen('{url}', timeout=5)\"")
        assert answer.rc != 0
        assert any(words in answer.stderr for words in ("Connection reset", "RemoteDisconnected", "HTTP Error 400")), (
            answer.stderr
        )


def test_the_keys_of_the_cas_are_encrypted():
    directory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "ca"
    keys = {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*.key")}
    assert set(keys) == {"ca.key", "peer-ca.key"}
    assert all(text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----") for text in keys.values())


def test_a_member_was_restarted_once_for_each_stage_and_never_for_nothing(node):
    started = node.host.check_output("journalctl --no-pager --unit etcd | grep --count 'Started etcd.service'")
    assert int(started) == STARTS
