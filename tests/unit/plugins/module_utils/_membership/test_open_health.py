# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The refusal where nobody can log in, and what is told of each endpoint."""

from __future__ import annotations

from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import OpenHealth
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import Quorum
from ansible_collections.quorum.etcd.plugins.module_utils._membership.report import health_data
from ansible_collections.quorum.etcd.plugins.module_utils._membership.server_refusals import nobody_can_log_in

GONE = OpenHealth("http://n1:2379", silence="asking the status of http://n1:2379: Connection refused")
LEADERLESS = OpenHealth("http://n2:2379", "3.7.3", "3.7.0", "3.7.0", "RAFT NO LEADER", ("non_learner",), 5)
UNKNOWN = OpenHealth("http://n3:2379")


def test_each_endpoint_is_told_of_and_counted():
    refused = nobody_can_log_in((GONE, LEADERLESS))
    assert refused.code == "no_quorum"
    assert refused.message == (
        "nobody can log in, for which a quorum is needed: 1 of 5 members answer, 3 are needed (asking the status of "
        "http://n1:2379: Connection refused; http://n2:2379 answers (etcd 3.7.3, RAFT NO LEADER, failed check "
        "non_learner))"
    )
    assert refused.before == Quorum(5, 0)


def test_where_no_member_tells_how_many_there_are_the_endpoints_are_counted():
    refused = nobody_can_log_in((GONE, UNKNOWN))
    assert "1 of 2 members answer, 2 are needed" in refused.message
    assert refused.message.endswith("http://n3:2379 answers (an unknown release))")
    assert refused.before == Quorum(2, 1)


def test_as_data():
    assert health_data(LEADERLESS) == {
        "endpoint": "http://n2:2379",
        "answers": True,
        "version": "3.7.3",
        "cluster_version": "3.7.0",
        "storage_version": "3.7.0",
        "reason": "RAFT NO LEADER",
        "failed_checks": ["non_learner"],
    }
    assert (health_data(GONE)["answers"], health_data(GONE)["version"]) == (False, None)
    assert health_data(GONE)["reason"].endswith("refused")
