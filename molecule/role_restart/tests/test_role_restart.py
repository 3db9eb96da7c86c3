# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member was restarted as often as there was a reason to, and nobody who wrote noticed."""

from __future__ import annotations

from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

# The first start, new settings, and a restart that was asked for.
STARTS = {"etcd1": 3, "etcd2": 2, "etcd3": 3, "etcd4": 2}


def test_a_member_was_restarted_only_for_a_reason_and_never_twice(node):
    started = node.host.check_output("journalctl --no-pager --unit etcd | grep --count 'Started etcd.service'")
    assert int(started) == STARTS[node.name]


def test_a_member_runs_with_the_new_settings(node):
    metrics = node.host.check_output(
        "python3 -c \"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:2379/metrics').read().decode())\""
    )
    assert "etcd_server_quota_backend_bytes 4.294967296e+09" in metrics
