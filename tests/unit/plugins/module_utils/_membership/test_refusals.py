# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusal codes: all of them, what they carry, which may be accepted, and which wait."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import refusal as codes
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import (
    ABSENT,
    LEADER,
    PRESENT,
    PROMOTED,
    Goal,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import Quorum
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import (
    ACCEPTABLE,
    CODES,
    ELECTION,
    FINAL,
    WAIT,
    Refusal,
)

from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    cluster,
    dead,
    dead_learner,
    downgrading,
    healthy,
    learner,
    present,
    promoted,
    refusal,
    unreached,
    unstarted,
    unstarted_learner,
    url,
    verdict,
    voters,
    warnings,
)

# Every code of the interface that the plan produces: a cluster and a goal that it is the answer to.
PRODUCED = {
    "would_lose_quorum": (cluster(*voters(3, 1)), present("m4", [url(4)])),
    "no_quorum": (cluster(*voters(3, 2)), absent("m3")),
    "last_member": (cluster(healthy("m1")), absent("m1")),
    "below_min_fault_tolerance": (cluster(*voters(3)), absent("m3", min_fault_tolerance=1)),
    "remove_unhealthy_first": (cluster(*voters(4, 1), version="3.5.29"), present("m5", [url(5)])),
    "member_unstarted": (cluster(*voters(3), unstarted(4)), absent("m3")),
    "another_learner": (cluster(*voters(3), learner("m4")), present("m5", [url(5)])),
    "learner_not_started": (cluster(*voters(3), unstarted_learner(4)), promoted("m4", [url(4)])),
    "learner_not_live": (cluster(*voters(3), dead_learner("m4")), promoted("m4")),
    "learner_not_ready": (cluster(*voters(3), learner("m4", lag=9000, live=False)), promoted("m4")),
    "ambiguous_identity": (cluster(*voters(3)), absent("m1", [url(2)])),
    "peer_url_in_use": (cluster(*voters(3)), present("m1", [url(2)])),
    "peer_url_unreachable": (cluster(*voters(3), probes=unreached(url(9))), present("m1", [url(9)])),
    "member_not_found": (cluster(*voters(3)), promoted("m9")),
    "cluster_id_mismatch": (cluster(*voters(3), foreign_cluster_ids=(0xC2,)), absent("m3")),
    "split_brain": (cluster(*voters(3), rival_leader_ids=(1, 2)), absent("m3")),
    "version_unsupported": (cluster(*voters(3), version="3.3.25"), present("m4", [url(4)])),
    "version_bug": (cluster(*voters(3), learner("m4"), version="3.5.30"), present("m4", [url(9)])),
    "downgrade_in_progress": (downgrading(cluster(*voters(3))), present("m4", [url(4)])),
    "raft_files_unread": (cluster(*voters(3), version="3.6.16"), present("m4", [url(4)], release="3.7.3")),
    "v2_requests_in_log": (
        cluster(*voters(3), version="3.6.16"),
        present("m4", [url(4)], release="3.7.3", is_log_clean=False),
    ),
    "masked_result": (cluster(*voters(3)), present("m4", [url(4)], password="m4")),
    "not_a_voter": (cluster(*voters(3), learner("m4")), Goal(LEADER, Identity("m4"))),
    "member_unhealthy": (cluster(*voters(3, dead_ones=1)), Goal(LEADER, Identity("m3"))),
}
# What only time, the arguments, a host's data, users or etcd itself can tell, so that the plan never says it; and what
# only maintenance says, which has plans of its own.
FROM_ELSEWHERE = {
    "learner_stalled",
    "cluster_unsettled",
    "invalid_peer_url",
    "not_a_learner",
    "stale_data",
    "data_lost",
    "data_dir_changed",
    "wal_dir_changed",
    "untrusted_certificate",
    "unusable_certificate",
    "ca_lost",
    "would_lock_out_clients",
    "root_password_unknown",
    "v2_keys",
    "run_in_progress",
    "lease_lost",
    "would_stop_writes",
    "space_not_freed",
    "quota_unknown",
    "corruption_passed",
    "member_corrupt",
    "corruption_undecided",
}
# By the interface these can never be overridden.
NEVER = ("last_member", "no_quorum", "ambiguous_identity", "split_brain", "cluster_id_mismatch")

INTERFACE = """would_lose_quorum no_quorum last_member below_min_fault_tolerance remove_unhealthy_first member_unstarted
another_learner learner_not_started learner_not_live learner_not_ready learner_stalled cluster_unsettled
ambiguous_identity peer_url_in_use invalid_peer_url peer_url_unreachable not_a_learner member_not_found
cluster_id_mismatch split_brain version_unsupported version_bug"""


def test_the_codes_are_those_of_the_interface_and_each_has_a_source():
    assert set(INTERFACE.split()) <= set(CODES)
    assert set(CODES) == set(PRODUCED) | FROM_ELSEWHERE


@pytest.mark.parametrize("code", PRODUCED)
def test_a_refusal_says_what_why_and_what_to_do_next(code):
    found = refusal(*PRODUCED[code])
    assert found.code == code
    assert len(found.message) > 20
    assert len(found.next_step) > 20
    assert found.next_step.endswith((".", ")."))
    assert "  " not in found.message + found.next_step


@pytest.mark.parametrize(
    "code", ["would_lose_quorum", "last_member", "below_min_fault_tolerance", "remove_unhealthy_first"]
)
def test_what_is_refused_for_its_arithmetic_shows_it_before_and_after(code):
    found = refusal(*PRODUCED[code])
    assert isinstance(found.before, Quorum)
    assert isinstance(found.after, Quorum)
    assert found.before != found.after


@pytest.mark.parametrize("code", PRODUCED)
def test_accepting_everything_overrides_only_what_may_be(code):
    observed, goal = PRODUCED[code]
    everything = replace(goal, accept=frozenset(CODES))
    if code in ACCEPTABLE:
        assert verdict(observed, everything).startswith(("add", "update", "promote", "move", "remove"))
        assert any(f"Accepted {code}" in warning for warning in warnings(observed, everything))
    else:
        assert refusal(observed, everything).code == code


@pytest.mark.parametrize("code", NEVER)
def test_what_ends_clusters_cannot_be_accepted(code):
    assert code not in ACCEPTABLE


def test_accepting_one_code_accepts_no_other():
    """A fourth beside a dead third, on a release with a rule of its own."""
    observed = cluster(*voters(3, 1), version="3.5.16")
    assert refusal(observed, present("m4", [url(4)], accept=("remove_unhealthy_first",))).code == "would_lose_quorum"
    assert refusal(observed, present("m4", [url(4)], accept=("would_lose_quorum",))).code == "remove_unhealthy_first"


def test_a_single_voter_beside_a_dead_learner_is_not_removed_whatever_is_accepted():
    observed = cluster(healthy("m1"), dead_learner("m2"))
    assert refusal(observed, absent("m1", accept=tuple(CODES))).code == "last_member"


@pytest.mark.parametrize(
    "goal",
    [
        absent("m3", accept=tuple(CODES)),
        present("m4", [url(4)], accept=tuple(CODES)),
        promoted("m3", accept=tuple(CODES)),
    ],
)
def test_nothing_is_done_without_a_quorum_whatever_is_accepted(goal):
    assert refusal(cluster(healthy("m1"), dead("m2"), dead("m3")), goal).code == "no_quorum"


def test_how_long_a_code_may_be_waited_out():
    patient = {code for code, rule in CODES.items() if rule.patience == WAIT}
    assert patient == {
        "member_unstarted",
        "another_learner",
        "learner_not_started",
        "learner_not_live",
        "learner_not_ready",
        "cluster_unsettled",
    }
    assert {code for code, rule in CODES.items() if rule.patience == ELECTION} == {"no_quorum", "member_unhealthy"}


def test_a_refusal_may_be_final_or_passing_whatever_its_code():
    assert Refusal(codes.ANOTHER_LEARNER, "m", "n").patience == WAIT
    assert Refusal(codes.ANOTHER_LEARNER, "m", "n", final=True).patience == FINAL
    assert Refusal(codes.WOULD_LOSE_QUORUM, "m", "n").patience == FINAL
    assert Refusal(codes.WOULD_LOSE_QUORUM, "m", "n", passing=True).patience == WAIT


def test_the_states_are_those_of_the_interface():
    assert (PRESENT, PROMOTED, ABSENT) == ("present", "promoted", "absent")
