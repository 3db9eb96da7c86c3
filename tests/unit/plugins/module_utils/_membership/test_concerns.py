# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Concerns: what an operator should know about a cluster that works, each with its code."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.concerns import concerns

from tests.unit.plugins.module_utils._membership.clusters import (
    alarmed,
    cluster,
    dead,
    healthy,
    id_of,
    lagging,
    learner,
    unstarted_learner,
    url,
    voters,
)

GIB = 1 << 30


def codes(observed):
    return [concern.code for concern in concerns(observed)]


def with_status(observed, name, **changes):
    return replace(
        observed,
        statuses=tuple(replace(one, **changes) if one.member_id == id_of(name) else one for one in observed.statuses),
    )


@pytest.mark.parametrize("observed", [cluster(*voters(1)), cluster(*voters(3)), cluster(*voters(5))])
def test_a_cluster_in_order_gives_no_concern(observed):
    assert codes(observed) == []


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (cluster(*voters(3, 2)), ["no_quorum", "member_unhealthy", "member_unhealthy", "member_unhealthy"]),
        (cluster(*voters(3, 1)), ["no_fault_tolerance", "member_unhealthy"]),
        (cluster(*voters(5, 1)), ["member_unhealthy"]),
        (cluster(*voters(2)), ["even_size"]),
        (cluster(*voters(4)), ["even_size"]),
        (cluster(healthy("m1"), healthy("m1", [url(2)], 0xB2), healthy("m3")), ["duplicate_name"]),
        (cluster(*voters(3), learner("m4")), ["learner_waiting"]),
        (cluster(*voters(3), unstarted_learner(4)), ["member_unstarted"]),
        (cluster(*voters(4), alarmed("m5")), ["alarm", "member_unhealthy"]),
        (cluster(*voters(4), lagging("m5", 1001)), ["lag"]),
        (cluster(*voters(4), lagging("m5", 1000)), []),
        (cluster(*voters(4), lagging("m5", 5001)), ["member_unhealthy"]),
        (cluster(*voters(3), versions={"m2": "3.5.30"}), ["version_skew"]),
        (cluster(*voters(3), foreign_cluster_ids=(0xC2,)), ["cluster_id_mismatch"]),
        (cluster(*voters(3), rival_leader_ids=(1, 2)), ["split_brain"]),
        (cluster(*voters(3), removed_ids=(0xDEAD,)), ["removed_member_answers"]),
        (
            with_status(cluster(*voters(3)), "m2", db_size=80_000, db_size_in_use=80_000, db_size_quota=100_000),
            ["quota"],
        ),
        (with_status(cluster(*voters(3)), "m2", db_size=79_999, db_size_in_use=79_999, db_size_quota=100_000), []),
        (with_status(cluster(*voters(3)), "m2", db_size=GIB, db_size_in_use=GIB // 2 - 1), ["fragmented"]),
        (with_status(cluster(*voters(3)), "m2", db_size=50 << 20, db_size_in_use=1), []),
    ],
)
def test_what_gives_which_concern(observed, expected):
    assert codes(observed) == expected


def test_a_cluster_that_works_beyond_our_reach():
    """Its quorum confirmed the list, and only one voter can be asked from here."""
    observed = cluster(healthy("m1"), dead("m2"), dead("m3"), has_quorum=True, leader_id=id_of("m1"))
    observed = with_status(observed, "m1", leader_id=id_of("m1"))
    assert codes(observed)[0] == "too_few_healthy"


def test_the_gravest_comes_first():
    observed = cluster(
        alarmed("m1"), healthy("m2"), healthy("m3"), dead("m4"), versions={"m2": "3.4.23"}, foreign_cluster_ids=(0xC2,)
    )
    assert codes(observed) == [
        "cluster_id_mismatch",
        "too_few_healthy",
        "even_size",
        "alarm",
        "member_unhealthy",
        "member_unhealthy",
        "version_skew",
    ]


def test_every_concern_is_a_sentence():
    observed = cluster(
        healthy("m1"), dead("m2"), learner("m4"), removed_ids=(7,), foreign_cluster_ids=(8,), rival_leader_ids=(1, 2)
    )
    assert all(concern.message[-1] == "." and len(concern.message) > 10 for concern in concerns(observed))
