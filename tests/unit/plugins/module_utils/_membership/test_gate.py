# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of a rolling change: when a member may be stopped, and when it has come back."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import RUNNING, STARTED, STOPPABLE, Goal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import FINAL, WAIT

from tests.unit.plugins.module_utils._membership.clusters import (
    alarmed,
    cluster,
    dead,
    dead_learner,
    healthy,
    lagging,
    learner,
    refusal,
    verdict,
    voters,
)


def stoppable(name: str, *accept: str) -> Goal:
    return Goal(STOPPABLE, Identity(name), accept=frozenset(accept))


def running(name: str = "") -> Goal:
    return Goal(RUNNING, Identity(name))


@pytest.mark.parametrize(
    ("observed", "name", "expected"),
    [
        (cluster(*voters(3)), "m2", "nothing to do"),
        (cluster(*voters(3)), "m1", "move_leader m3"),
        (cluster(*voters(3, dead_ones=1)), "m2", "would_lose_quorum"),
        (cluster(*voters(3, dead_ones=1)), "m3", "nothing to do"),
        (cluster(*voters(4)), "m4", "nothing to do"),
        (cluster(*voters(4, dead_ones=1)), "m2", "would_lose_quorum"),
        (cluster(*voters(5, dead_ones=1)), "m2", "nothing to do"),
        (cluster(healthy("m1")), "m1", "nothing to do"),
        (cluster(*voters(2)), "m2", "would_lose_quorum"),
        (cluster(*voters(2, dead_ones=1), has_quorum=False), "m2", "no_quorum"),
        (cluster(healthy("m1"), learner("m2")), "m2", "nothing to do"),
        (cluster(healthy("m1"), healthy("m2"), lagging("m3")), "m2", "would_lose_quorum"),
        (cluster(healthy("m1"), healthy("m2"), alarmed("m3")), "m2", "would_lose_quorum"),
        (cluster(*voters(3)), "m9", "member_not_found"),
    ],
)
def test_a_member_may_be_stopped_while_the_others_have_the_quorum(observed, name, expected):
    assert verdict(observed, stoppable(name)) == expected


def test_members_that_are_coming_back_are_waited_for_and_a_cluster_of_two_is_not():
    assert refusal(cluster(*voters(3, dead_ones=1)), stoppable("m2")).patience == WAIT
    assert refusal(cluster(*voters(2)), stoppable("m2")).patience == FINAL


def test_the_interruption_of_a_cluster_of_two_can_be_accepted():
    assert verdict(cluster(*voters(2)), stoppable("m1", "would_lose_quorum")) == "move_leader m2"


@pytest.mark.parametrize(
    ("observed", "name", "expected"),
    [
        (cluster(*voters(3)), "m3", "nothing to do"),
        (cluster(*voters(3)), "", "nothing to do"),
        (cluster(*voters(3, dead_ones=1)), "m2", "nothing to do"),
        (cluster(*voters(3, dead_ones=1)), "m3", "cluster_unsettled"),
        (cluster(*voters(3, dead_ones=1)), "", "cluster_unsettled"),
        (cluster(healthy("m1"), learner("m2")), "", "cluster_unsettled"),
        (cluster(healthy("m1"), dead("m2"), dead("m3")), "m1", "no_quorum"),
        (cluster(*voters(3)), "m9", "member_not_found"),
    ],
)
def test_a_member_is_back_when_it_is_a_healthy_voter(observed, name, expected):
    assert verdict(observed, running(name)) == expected


@pytest.mark.parametrize(
    ("observed", "name", "expected"),
    [
        (cluster(healthy("m1"), learner("m2")), "m2", "nothing to do"),
        (cluster(healthy("m1"), learner("m2")), "", "nothing to do"),
        (cluster(healthy("m1"), learner("m2", lag=6000)), "m2", "cluster_unsettled"),
        (cluster(healthy("m1"), dead_learner("m2")), "m2", "cluster_unsettled"),
        (cluster(*voters(3, dead_ones=1)), "m3", "cluster_unsettled"),
        (cluster(*voters(3)), "m3", "nothing to do"),
    ],
)
def test_a_member_has_started_when_it_is_healthy_also_as_a_learner(observed, name, expected):
    assert verdict(observed, Goal(STARTED, Identity(name))) == expected


def test_what_is_waited_for_is_said():
    assert refusal(cluster(*voters(3, dead_ones=1)), running()).message == "m3 refuses connections"
