# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the playbook `status`."""

from __future__ import annotations

import copy

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.quorum.etcd.plugins.filter.status_table import status_table

MEMBER = {
    "id": "8211f1d0f64f3269", "name": "n1", "role": "voter", "started": True, "healthy": True, "reachable": True,
    "version": "3.5.16", "db_size": 20_480, "db_size_in_use": 16_384, "raft_lag": 0, "progress": None, "alarms": [],
}  # fmt: skip
HEALTHY = {
    "cluster_id": "8a8f1b6a3b2a5d1c",
    "healthy": True,
    "has_quorum": True,
    "quorum": {"voters": 3, "size": 2, "healthy": 3, "fault_tolerance": 1},
    "members": [
        {**MEMBER, "role": "leader"},
        {**MEMBER, "name": "n2", "raft_lag": 12},
        {**MEMBER, "name": "n3", "db_size": 1_234_567_890},
    ],
    "concerns": [],
}
SILENT = {
    "healthy": False,
    "reachable": False,
    "version": None,
    "db_size": None,
    "db_size_in_use": None,
    "raft_lag": None,
}


def with_member(**facts):
    """The healthy cluster, with a third member of which these facts are true."""
    cluster = copy.deepcopy(HEALTHY)
    cluster["members"][2].update(facts)
    return cluster


def row(cluster, member="n3"):
    return next(line for line in status_table(cluster).splitlines() if line.startswith(member))


def test_a_healthy_cluster():
    assert status_table(HEALTHY) == (
        "etcd cluster 8a8f1b6a3b2a5d1c: healthy\n"
        "3 of 3 voters healthy, quorum 2, tolerates 1 more failure\n"
        "\n"
        "MEMBER  ROLE    VERSION  DB SIZE   IN USE  LAG  STATE\n"
        "n1      leader  3.5.16   20.5 kB  16.4 kB    0  healthy\n"
        "n2      voter   3.5.16   20.5 kB  16.4 kB   12  healthy\n"
        "n3      voter   3.5.16    1.2 GB  16.4 kB    0  healthy\n"
    )


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        (SILENT, "-        -    -  DOWN"),
        ({**SILENT, "name": "", "started": False}, "not started"),
        ({"healthy": False}, "unhealthy"),
        ({"healthy": False, "alarms": ["NOSPACE", "CORRUPT"]}, "ALARM NOSPACE CORRUPT"),
        ({"role": "learner", "progress": 42}, "42 % caught up"),
    ],
)
def test_the_state_of_a_member_is_told(facts, end):
    assert row(with_member(**facts), facts.get("name", "n3") or MEMBER["id"]).endswith(end)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_940, "99.9 kB"),
        (99_960, "100 kB"),
        (999_600, "1.0 MB"),
        (2_147_483_648, "2.1 GB"),
        (3 * 10**12, "3.0 TB"),
    ],
)
def test_sizes_are_short(size, text):
    assert f"  {text}  " in row(with_member(db_size=size))


@pytest.mark.parametrize(
    ("facts", "head"),
    [
        ({"healthy": False}, "etcd cluster 8a8f1b6a3b2a5d1c: NOT HEALTHY"),
        ({"healthy": False, "has_quorum": False}, "etcd cluster 8a8f1b6a3b2a5d1c: WITHOUT QUORUM"),
        (
            {"quorum": {"voters": 1, "size": 1, "healthy": 1, "fault_tolerance": 0}},
            "1 of 1 voters healthy, quorum 1, tolerates 0 more failures",
        ),
    ],
)
def test_the_head_tells_the_worst(facts, head):
    assert head in status_table({**HEALTHY, **facts}).splitlines()


def test_concerns_follow_and_everything_fits_80_columns():
    concerns = [
        {
            "code": "no_quorum",
            "message": "The cluster has no quorum: " + "nothing can be written, and the member list may be stale. " * 3,
        }
    ]
    lines = status_table({**with_member(**SILENT), "concerns": concerns}).splitlines()
    assert [line[:2] for line in lines[lines.index("", 4) :]] == ["", "! ", "  ", "  "]
    assert max(map(len, lines)) <= 80


def test_versions_quota_and_feature_gates_are_shown():
    figures = {"version": "3.7.3", "storage_version": "3.6.0", "db_size_quota": 2_147_483_648, "db_quota_used": 12}
    gates = {"feature_gates": ["FastLeaseKeepAlive", "TxnModeWriteWithSharedBuffer"]}
    known = {
        **HEALTHY,
        "cluster_version": "3.6.0",
        "downgrade": {"enabled": True, "target_version": "3.6.0"},
        "members": [
            {**HEALTHY["members"][0], **figures, **gates},
            {**HEALTHY["members"][1], **figures, **gates},
            {**HEALTHY["members"][2], **SILENT},
        ],
    }
    assert status_table(known) == (
        "etcd cluster 8a8f1b6a3b2a5d1c: healthy\n"
        "3 of 3 voters healthy, quorum 2, tolerates 1 more failure\n"
        "cluster version 3.6, a downgrade to 3.6 is on\n"
        "\n"
        "MEMBER  ROLE    VERSION  STORAGE  DB SIZE   IN USE  QUOTA  LAG  STATE\n"
        "n1      leader  3.7.3    3.6      20.5 kB  16.4 kB   12 %    0  healthy\n"
        "n2      voter   3.7.3    3.6      20.5 kB  16.4 kB   12 %   12  healthy\n"
        "n3      voter   -        -              -        -      -    -  DOWN\n"
        "\n"
        "quota 2.1 GB: n1, n2\n"
        "feature gates FastLeaseKeepAlive, TxnModeWriteWithSharedBuffer: n1, n2\n"
    )


def test_where_nobody_can_log_in_the_endpoints_are_shown():
    down = {"endpoint": "https://10.0.0.1:2379", "answers": False, "version": None, "storage_version": None}
    up = {"endpoint": "https://10.0.0.2:2379", "answers": True, "version": "3.7.3", "storage_version": "3.7.0"}
    failed = {
        "msg": "Refused",
        "refusal": {"next_step": "Start the stopped members again."},
        "endpoints": [
            {**down, "reason": "Connection refused", "failed_checks": []},
            {**up, "reason": "RAFT NO LEADER", "failed_checks": ["non_learner"]},
            {**up, "endpoint": "https://10.0.0.3:2379", "reason": "", "failed_checks": []},
        ],
    }
    assert status_table(failed) == (
        "etcd cluster: WITHOUT QUORUM\n"
        "nobody can log in, so only what etcd tells anyone is known\n"
        "\n"
        "ENDPOINT               VERSION  STORAGE  STATE\n"
        "https://10.0.0.1:2379  -        -        DOWN\n"
        "https://10.0.0.2:2379  3.7.3    3.7      RAFT NO LEADER, non_learner failed\n"
        "https://10.0.0.3:2379  3.7.3    3.7      healthy\n"
        "\n"
        "! Start the stopped members again.\n"
    )


@pytest.mark.parametrize("cluster", [None, "text", {}, {"quorum": None}])
def test_what_is_no_result_is_refused(cluster):
    with pytest.raises(AnsibleFilterError, match="etcd_cluster_info"):
        status_table(cluster)


def test_what_expires_stands_below_the_table():
    expiring = {"path": "/etc/etcd/pki/ca.crt", "ca": True, "common_name": "orders ca", "days": 12}
    hosts = [{"host": {"name": name}, "expiring": [expiring]} for name in ("n1", "n2")]
    assert status_table(HEALTHY, hosts).endswith("\n\n! The CA orders ca in ca.crt on n1, n2 expires in 12 days.\n")
    assert status_table(HEALTHY, [{"host": {"name": "n1"}, "expiring": []}]) == status_table(HEALTHY)
