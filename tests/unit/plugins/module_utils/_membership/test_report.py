# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users get: plain data that JSON can carry, ids as etcdctl prints them, every key always there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import report
from ansible_collections.quorum.etcd.plugins.module_utils._membership.check_table import IN_THE_WAY, Finding
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import FeatureGates, Status
from ansible_collections.quorum.etcd.plugins.module_utils._membership.move import Move
from ansible_collections.quorum.etcd.plugins.module_utils._membership.projection import project
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import Quorum
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.releases import versions_data
from ansible_collections.quorum.etcd.plugins.module_utils._membership.steps import Step

from tests.unit.plugins.module_utils._membership.clusters import (
    NEWEST_INDEX,
    absent,
    alarmed,
    cluster,
    dead,
    healthy,
    id_of,
    learner,
    present,
    refusal,
    unstarted,
    unstarted_learner,
    url,
    voters,
)

MEMBER_KEYS = {"id", "name", "peer_urls", "client_urls", "is_learner", "role", "started", "healthy", "reason"}
STATUS_KEYS = MEMBER_KEYS | {
    "reachable",
    "error",
    "version",
    "storage_version",
    "db_quota_used",
    "feature_gates",
    "leader",
    "raft_term",
    "raft_index",
    "raft_applied_index",
    "raft_lag",
    "progress",
    "revision",
    "db_size",
    "db_size_in_use",
    "db_size_quota",
    "alarms",
}
MIXED = cluster(
    healthy("m1"),
    alarmed("m2"),
    healthy("m3"),
    dead("m5"),
    unstarted(6),
    learner("m4", lag=250_000),
    unstarted_learner(7),
    leader="m3",
)


@pytest.mark.parametrize("member", MIXED.members, ids=lambda member: member.label)
def test_a_member_has_every_key_whatever_its_state(member):
    assert set(report.member_data(MIXED, member)) == MEMBER_KEYS
    data = report.member_status_data(MIXED, member)
    assert set(data) == STATUS_KEYS
    assert json.loads(json.dumps(data)) == data


def described(name):
    member = next(one for one in MIXED.members if one.name == name)
    return report.member_status_data(MIXED, member)


def test_the_leader():
    data = described("m3")
    assert (data["role"], data["healthy"], data["reachable"], data["error"], data["raft_lag"]) == (
        "leader",
        True,
        True,
        None,
        0,
    )
    assert data["id"] == data["leader"] == f"{id_of('m3'):x}"
    assert data["client_urls"] == ["http://m3:2379"]


def test_a_voter_with_an_alarm():
    data = described("m2")
    assert (data["role"], data["healthy"], data["reason"], data["alarms"]) == (
        "voter",
        False,
        "raised the alarm NOSPACE",
        ["NOSPACE"],
    )


def test_a_dead_voter_has_an_error_and_no_figures():
    data = described("m5")
    assert (data["reachable"], data["healthy"], data["started"]) == (False, False, True)
    assert data["error"] == {"code": "connection_refused", "message": "refuses connections"}
    assert {
        data[key]
        for key in (
            "version",
            "leader",
            "raft_term",
            "raft_index",
            "raft_lag",
            "progress",
            "revision",
            "db_size",
            "db_size_quota",
            "storage_version",
            "db_quota_used",
            "feature_gates",
        )
    } == {None}


def test_a_learner_tells_how_far_it_has_come():
    data = described("m4")
    assert (data["role"], data["is_learner"], data["progress"], data["raft_lag"]) == ("learner", True, 75, 250_000)


def test_a_member_that_never_started():
    data = report.member_status_data(
        MIXED, next(one for one in MIXED.members if not one.is_started and not one.is_learner)
    )
    assert (data["name"], data["started"], data["healthy"], data["reason"]) == ("", False, False, "never started")


def test_sizes_are_bytes_and_an_unknown_quota_is_none():
    one = cluster(healthy("m1"))
    status = Status(
        0xC1,
        id_of("m1"),
        "3.6.14",
        leader_id=id_of("m1"),
        raft_index=NEWEST_INDEX,
        db_size=4096,
        db_size_in_use=1024,
        db_size_quota=1 << 31,
    )
    known = report.member_status_data(cluster(healthy("m1"), statuses=(status,)), one.members[0])
    assert (known["db_size"], known["db_size_in_use"], known["db_size_quota"]) == (4096, 1024, 1 << 31)
    assert known["db_quota_used"] == 0
    assert report.member_status_data(one, one.members[0])["db_size_quota"] is None
    assert report.member_status_data(one, one.members[0])["db_quota_used"] is None


def test_versions_and_feature_gates():
    observed = replace(
        cluster(healthy("m1"), healthy("m2"), version="3.7.3", versions={"m2": "3.6.16"}),
        cluster_version="3.6.0",
        feature_gates=(FeatureGates(id_of("m1"), ("LeaseCheckpoint",)),),
    )
    assert versions_data(observed) == {
        "cluster_version": "3.6.0",
        "versions": {"3.6.16": 1, "3.7.3": 1},
        "downgrade": {"enabled": False, "target_version": None},
    }
    gates = [report.member_status_data(observed, member)["feature_gates"] for member in observed.members]
    assert gates == [["LeaseCheckpoint"], None]
    going_down = replace(
        observed, statuses=tuple(replace(status, downgrade_target="3.6.0") for status in observed.statuses)
    )
    assert versions_data(going_down)["downgrade"] == {"enabled": True, "target_version": "3.6.0"}


def test_a_cluster():
    data = report.cluster_data(MIXED)
    assert set(data) == {"cluster_id", "leader", "members", "quorum"}
    assert data["cluster_id"] == "c1"
    assert data["leader"]["name"] == "m3"
    assert [member["name"] for member in data["members"]] == ["m1", "m2", "m3", "m5", "", "m4", ""]
    assert data["quorum"] == {"voters": 5, "size": 3, "healthy": 2, "fault_tolerance": 0}
    assert json.loads(json.dumps(data)) == data


def test_a_cluster_without_a_leader():
    data = report.cluster_data(cluster(healthy("m1"), dead("m2"), dead("m3")))
    assert data["leader"] is None
    assert data["quorum"] == {"voters": 3, "size": 2, "healthy": 0, "fault_tolerance": 0}


def test_a_member_that_is_only_planned_has_no_id_yet():
    planned = project(cluster(*voters(3)), Step("add_learner", 0, "m4", (url(4),)))
    data = report.member_data(planned, planned.members[-1])
    assert (data["id"], data["role"], data["started"], data["peer_urls"]) == (None, "learner", False, [url(4)])


@pytest.mark.parametrize(
    ("step", "data"),
    [
        (
            Step("remove", 0xAB, "m3", (url(3),)),
            {"action": "remove", "member": {"id": "ab", "name": "m3", "peer_urls": [url(3)]}},
        ),
        (
            Step("add_learner", 0, "", (url(4),)),
            {"action": "add_learner", "member": {"id": None, "name": None, "peer_urls": [url(4)]}},
        ),
    ],
)
def test_a_step(step, data):
    assert report.step_data(step) == data


def test_a_move_looks_like_a_step():
    assert report.move_data(Move("start", 0, "m4", (url(4),))) == {
        "action": "start",
        "member": {"id": None, "name": "m4", "peer_urls": [url(4)]},
    }


def test_a_refusal_with_its_arithmetic():
    data = report.refusal_data(refusal(cluster(*voters(3, 1)), present("m4", [url(4)])))
    assert set(data) == {"code", "message", "arithmetic", "next_step"}
    assert data["arithmetic"] == {
        "before": {"voters": 3, "size": 2, "healthy": 2, "fault_tolerance": 0},
        "after": {"voters": 4, "size": 3, "healthy": 2, "fault_tolerance": 0},
    }
    assert json.loads(json.dumps(data)) == data


def test_a_refusal_without_arithmetic_has_the_keys_all_the_same():
    assert report.refusal_data(Refusal("ambiguous_identity", "m", "n"))["arithmetic"] == {"before": None, "after": None}


def test_a_refusal_of_half_an_arithmetic():
    data = report.refusal_data(Refusal("no_quorum", "m", "n", before=Quorum(3, 1)))
    assert data["arithmetic"] == {"before": {"voters": 3, "size": 2, "healthy": 1, "fault_tolerance": 0}, "after": None}


def test_a_diff_reads_like_the_cluster():
    before = cluster(*voters(3, 1))
    after = project(before, Step("remove", id_of("m3")))
    diff = report.diff_data(before, after)
    assert diff["before"] == (
        f"m1: leader, healthy, {url(1)}\nm2: voter, healthy, {url(2)}\nm3: voter, unhealthy, {url(3)}\nquorum: 2 "
        "of 3 voters healthy, quorum 2, tolerates 0\n"
    )
    assert diff["after"].splitlines() == [
        f"m1: leader, healthy, {url(1)}",
        f"m2: voter, healthy, {url(2)}",
        "quorum: 2 of 2 voters healthy, quorum 2, tolerates 0",
    ]


def test_a_picture_names_who_has_no_name():
    assert f"(no name): learner, not started, {url(4)}" in report.picture(cluster(healthy("m1"), unstarted_learner(4)))


def test_what_a_joiner_needs():
    observed = cluster(healthy("m1"), unstarted_learner(4))
    data = report.joining_data(observed, observed.learners[0], "m4")
    assert data["initial_cluster"] == f"m1={url(1)},m4={url(4)}"
    assert data["initial_cluster_state"] == "existing"
    assert data["environment"]["ETCD_NAME"] == "m4"


def test_without_a_joiner_there_is_the_list_alone():
    data = report.joining_data(cluster(healthy("m1")), None, "")
    assert data == {"initial_cluster": f"m1={url(1)}", "initial_cluster_state": "existing", "environment": {}}


def test_ids_are_lower_case_hexadecimal_without_prefix():
    high = cluster(healthy("m1", member_id=(1 << 64) - 1))
    assert report.cluster_data(high)["members"][0]["id"] == "f" * 16
    assert refusal(high, absent("m1")).message.startswith("cannot remove m1")


def test_what_was_checked_names_its_host_or_none_for_the_cluster():
    passed, stopped = Finding("m1", "is a healthy voter"), Finding("", "no downgrade is on", IN_THE_WAY, "some_code")
    assert report.finding_data(passed) == {
        "host": "m1",
        "check": "is a healthy voter",
        "outcome": "passes",
        "code": None,
    }
    assert report.finding_data(stopped) == {
        "host": None,
        "check": "no downgrade is on",
        "outcome": "stands in the way",
        "code": "some_code",
    }
