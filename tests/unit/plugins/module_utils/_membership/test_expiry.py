# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of certificates and CAs that expire soon."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.expiry import (
    Expiring,
    days_left,
    expiring_on,
    expiry_lines,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.renewal import SECONDS_A_DAY, Issued
from ansible_collections.quorum.etcd.plugins.module_utils._membership.trust import Signed


@pytest.mark.parametrize(("days", "left"), [(0, 10), (9.5, 0), (10, 0), (10.1, -1), (12, -2)])
def test_whole_days_are_left(days, left):
    issued = Issued(10 * SECONDS_A_DAY, frozenset(), Signed("n1", "ca"))
    assert days_left(issued, days * SECONDS_A_DAY) == left


def test_what_is_true_for_several_hosts_is_said_once_and_the_soonest_comes_first():
    assert expiry_lines(
        [
            Expiring("n2", "ca.crt", 12, True, "orders ca"),
            Expiring("n1", "ca.crt", 12, True, "orders ca"),
            Expiring("n1", "peer-ca.crt", 400, True),
            Expiring("n1", "server.crt", 1, False, "n1"),
            Expiring("n1", "peer.crt", 0),
            Expiring("n2", "peer.crt", -3),
        ]
    ) == (
        "The certificate peer.crt on n2 has expired.",
        "The certificate peer.crt on n1 expires in less than a day.",
        "The certificate server.crt on n1 expires in 1 day.",
        "The CA orders ca in ca.crt on n1, n2 expires in 12 days.",
        "A CA in peer-ca.crt on n1 expires in 400 days.",
    )


def test_what_etcd_host_info_returned_is_understood():
    found = {
        "host": {"name": "n1"},
        "expiring": [{"path": "/etc/etcd/pki/ca.crt", "days": 3, "ca": True, "common_name": "orders ca"}],
    }
    assert list(expiring_on(found)) == [Expiring("n1", "ca.crt", 3, True, "orders ca")]
