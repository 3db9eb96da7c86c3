# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The company's certificates are used and the old ones are refused, after two restarts of each member; nobody who wrote
noticed.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.verification.served import (
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


def test_a_host_has_what_the_operator_gave(node):
    new = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab" / "given" / "new"
    given = {path.name: path.read_bytes() for path in [*new.glob("*.crt"), *(new / node.name).iterdir()]}
    assert len(given) == 8
    assert {name: node.host.file(f"{PKI}/{name}").content for name in given} == given
