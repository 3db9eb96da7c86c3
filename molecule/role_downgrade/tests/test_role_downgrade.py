# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member runs the older release on data of that release, was restarted once for it, and nobody who wrote
noticed.
"""

from __future__ import annotations

import json

from tests.verification.starts import ran_before, starts
from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

RELEASE = "3.6.16"
STARTS = {"etcd3": 2}
"""One, the downgrade's, and one more where etcd was stopped before."""


def test_a_member_runs_the_older_release_in_a_cluster_of_its_minor_and_on_data_of_it(node):
    answer = node.host.check_output(
        "python3 -c \"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:2379/version').read().decode())\""
    )
    assert json.loads(answer) == {"etcdserver": RELEASE, "etcdcluster": "3.6.0", "storage": "3.6.0"}


def test_its_programs_are_of_that_release(host):
    assert f"etcd Version: {RELEASE}\n" in host.check_output("/opt/etcd/bin/etcd --version")
    assert f"etcdctl version: {RELEASE}\n" in host.check_output("/opt/etcd/bin/etcdctl version")


def test_a_member_was_restarted_once_although_runs_were_refused_killed_and_repeated(node):
    first = 0 if ran_before(node) else 1
    assert starts(node) == first + STARTS.get(node.name, 1)


def test_the_leader_has_ended_the_downgrade(node):
    """Asked of etcd itself: what would be enabled next."""
    answer = node.host.check_output(
        "ETCDCTL_API=3 /opt/etcd/bin/etcdctl --endpoints http://127.0.0.1:2379 downgrade validate 3.5"
    )
    assert "Downgrade validate success" in answer
