# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The company's certificates are used and the old ones are refused, after two restarts of each member; nobody who wrote
noticed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.verification.served import fingerprint, seen
from tests.verification.starts import ran_before, starts
from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

PKI = "/etc/etcd/pki"
CAS = {2379: "ca.crt", 2380: "peer-ca.crt"}
SERVED = {2379: "server.crt", 2380: "peer.crt"}
PRESENTED = {2379: "client", 2380: "peer"}


@pytest.mark.parametrize("port", [2379, 2380])
def test_what_is_served_is_the_companys(node, port):
    served = seen(node, port, f"{PKI}/{CAS[port]}", f"{PKI}/{PRESENTED[port]}")
    assert served == fingerprint(node.host, f"{PKI}/{SERVED[port]}")
    assert served != fingerprint(node.host, f"/root/first/{SERVED[port]}")


@pytest.mark.parametrize("port", [2379, 2380])
def test_certificates_of_the_old_ca_are_refused(node, port):
    assert seen(node, port, f"{PKI}/{CAS[port]}", f"/root/first/{PRESENTED[port]}") == "refused"


def test_a_host_has_what_the_operator_gave(node):
    new = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "given" / "new"
    given = {path.name: path.read_bytes() for path in [*new.glob("*.crt"), *(new / node.name).iterdir()]}
    assert len(given) == 8
    assert {name: node.host.file(f"{PKI}/{name}").content for name in given} == given


def test_members_were_restarted_for_their_trust_only_and_never_twice(node):
    """One to trust both CAs, and one to trust the new one alone; and the first start, on hosts where nothing
    ran yet.
    """
    assert starts(node) == (2 if ran_before(node) else 3)
