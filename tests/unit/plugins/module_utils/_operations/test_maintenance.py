# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance where answers are lost, where somebody else is at work, and where a member dies in the middle of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._membership.alarms import Allowed, plan_disarming
from ansible_collections.quorum.etcd.plugins.module_utils._membership.defragmentation import (
    Threshold,
    plan_defragmentation,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm
from ansible_collections.quorum.etcd.plugins.module_utils._operations.exceptions import ApplyFailed
from ansible_collections.quorum.etcd.plugins.module_utils._operations.maintenance import Outcome, maintain

from .scripted_cluster import LOST, ScriptedCluster

CHANGES = ("compact", "defragment", "disarm", "move")


def scripted(**script: Any) -> ScriptedCluster:
    cluster = ScriptedCluster(voters=3, **script)
    cluster.sizes = dict.fromkeys(cluster.members, 95)
    return cluster


def defragment(cluster: ScriptedCluster, wait_timeout: float = 30) -> Outcome:
    def plan(observed, done):
        return plan_defragmentation(observed, (), Threshold(50, 0), done=done)

    return maintain(cluster.pool(), plan, wait_timeout, False, clock=cluster.clock)


def disarm(cluster: ScriptedCluster) -> Outcome:
    cluster.alarms = {Alarm(1, "NOSPACE")}

    def plan(observed, done):
        return plan_disarming(observed, Allowed(compact=True), done=done)

    return maintain(cluster.pool(), plan, 30, False, clock=cluster.clock)


def changes(cluster: ScriptedCluster) -> list[str]:
    return [call for call in cluster.calls if call in CHANGES]


def test_followers_go_first_and_the_leader_after_its_leadership_has_moved():
    cluster = scripted()
    outcome = defragment(cluster)
    assert [freed.name for freed in outcome.freed] == ["m2", "m3", "m1"]
    assert changes(cluster) == ["defragment", "defragment", "move", "defragment"]
    assert {(freed.before, freed.after) for freed in outcome.freed} == {(95, 10)}
    assert cluster.leader != 1


def test_a_member_that_does_not_come_through_it_stops_the_run_which_says_what_was_freed():
    cluster = scripted(defragment=["ok", errors.CONNECTION_REFUSED])
    with pytest.raises(ApplyFailed) as stop:
        defragment(cluster)
    assert [freed.name for freed in stop.value.freed] == ["m2"]
    assert [step.name for step in stop.value.done] == ["m2"]
    assert changes(cluster) == ["defragment", "defragment"]


def test_the_next_run_goes_on_where_one_was_killed():
    cluster = scripted()
    cluster.sizes[2] = 10
    assert [freed.name for freed in defragment(cluster).freed] == ["m3", "m1"]


def test_a_lost_answer_to_a_move_of_leadership_is_looked_into():
    cluster = scripted(move=[LOST])
    assert [freed.name for freed in defragment(cluster).freed] == ["m2", "m3", "m1"]
    assert cluster.count("move") == 1


def test_an_answer_that_stays_away_is_an_error():
    cluster = scripted(move=[errors.TIMEOUT] * 3)
    with pytest.raises(ApplyFailed) as stop:
        defragment(cluster)
    assert stop.value.cause.code == errors.TIMEOUT


def test_nothing_is_defragmented_while_another_run_holds_the_lock():
    cluster = scripted()
    cluster.lease_ends = cluster.clock.now + 1000
    with pytest.raises(ApplyFailed) as stop:
        defragment(cluster, wait_timeout=5)
    assert stop.value.cause.refusal.code == "cluster_unsettled"
    assert changes(cluster) == []


def test_a_cluster_that_is_full_is_compacted_defragmented_and_disarmed():
    cluster = scripted()
    assert disarm(cluster).done[-1].action == "disarm_nospace"
    assert changes(cluster) == ["compact", "defragment", "defragment", "move", "defragment", "disarm"]
    assert cluster.alarms == set()


def test_what_was_compacted_already_is_no_error():
    cluster = scripted(compact=[errors.COMPACTED_REVISION])
    assert disarm(cluster).done[0].action == "compact"
