# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member runs 3.7 although it began with 3.5, nobody who wrote noticed, and no setting was left behind."""

from __future__ import annotations

import json

from tests.verification.starts import starts
from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

RELEASE = "3.7.3"


def test_a_member_runs_the_new_release(node):
    answer = node.host.check_output(
        "python3 -c \"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:2379/version').read().decode())\""
    )
    assert json.loads(answer)["etcdserver"] == RELEASE


def test_a_member_was_restarted_for_each_release_and_for_one_snapshot_before_it(node):
    """3.6, the snapshot, 3.7: the killed run had restarted one member, and the next left that one. Before that comes
    the first start, or on the hosts of role_upgrade a snapshot behind what 3.4 had written.
    """
    assert starts(node) == 4


def test_the_settings_are_as_they_were(node):
    assert not node.host.file("/etc/etcd/first_start.env").exists
    assert 'ETCD_SNAPSHOT_COUNT="100000"' in node.host.check_output("cat /etc/etcd/etcd.env")
    started = "journalctl --no-pager --unit etcd | grep --only-matching '\"snapshot-count\":[0-9]*'"
    assert node.host.check_output(started).split()[-1] == '"snapshot-count":100000'
