# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enabling authentication on a scripted cluster: answers that are lost, runs that overtake each other, an end on the
way.
"""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._membership.authentication import UNFINISHED_ROLE
from ansible_collections.quorum.etcd.plugins.module_utils._operations.authentication import enable_authentication
from ansible_collections.quorum.etcd.plugins.module_utils._operations.exceptions import ApplyFailed, Refused

from .scripted_cluster import LOST, ScriptedCluster

CALLS = ["add role", "add user", "grant", "enable", "delete role"]


def enable(cluster: ScriptedCluster, accept=(), check_mode=False):
    pool = cluster.pool(username="root", password="secret")
    return enable_authentication(pool, accept, wait_timeout=20, check_mode=check_mode, clock=cluster.clock)


def changes(cluster: ScriptedCluster) -> list[str]:
    return [call for call in cluster.calls if call != "look"]


def is_finished(cluster: ScriptedCluster) -> bool:
    return (cluster.demands_users, cluster.users, cluster.roles) == (True, {"root": "secret"}, {})


def test_the_steps_are_taken_in_order_at_the_leader():
    cluster = ScriptedCluster(3)
    cluster.leader = 2
    outcome = enable(cluster)
    assert changes(cluster) == CALLS
    assert set(cluster.asked) == {"http://10.0.0.2:2379"}
    assert is_finished(cluster)
    assert (outcome.before.is_enabled, outcome.after.is_enabled) == (False, True)


def test_nothing_is_left_to_do_for_a_second_run():
    cluster = ScriptedCluster(3)
    enable(cluster)
    assert enable(cluster).plan.steps == ()
    assert changes(cluster) == CALLS


def test_check_mode_says_what_the_run_does_and_does_nothing():
    cluster = ScriptedCluster(3)
    foretold = enable(cluster, check_mode=True)
    assert changes(cluster) == []
    assert foretold == enable(cluster)


@pytest.mark.parametrize("call", CALLS)
def test_a_lost_answer_is_looked_into(call):
    cluster = ScriptedCluster(3, **{call: [LOST]})
    enable(cluster)
    assert is_finished(cluster)
    assert changes(cluster).count(call) == 1


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_did_not_arrive_is_made_again(call):
    cluster = ScriptedCluster(3, **{call: [errors.NO_LEADER]})
    enable(cluster)
    assert is_finished(cluster)
    assert changes(cluster).count(call) == 2


@pytest.mark.parametrize("call", CALLS)
def test_a_run_that_ends_anywhere_is_completed_by_the_next(call):
    cluster = ScriptedCluster(3, **{call: [errors.SERVER_ERROR]})
    with pytest.raises((ApplyFailed, EtcdError)):
        enable(cluster)
    enable(cluster)
    assert is_finished(cluster)


def test_what_was_done_before_an_error_is_told():
    cluster = ScriptedCluster(3, grant=[errors.SERVER_ERROR])
    with pytest.raises(ApplyFailed) as caught:
        enable(cluster)
    assert [step.action for step in caught.value.done] == ["mark_unfinished", "add_root"]
    assert caught.value.cluster is not None


def test_an_error_before_the_first_step_is_raised_as_it_is():
    with pytest.raises(EtcdError) as caught:
        enable(ScriptedCluster(3, **{"add role": [errors.PERMISSION_DENIED]}))
    assert caught.value.code == errors.PERMISSION_DENIED


def test_answers_that_are_lost_again_and_again_are_given_up():
    cluster = ScriptedCluster(3, enable=[errors.TIMEOUT] * 3)
    with pytest.raises(ApplyFailed):
        enable(cluster)
    assert changes(cluster).count("enable") == 3


def test_another_run_may_be_faster():
    cluster = ScriptedCluster(3)

    def other_run() -> str:
        cluster.users["root"] = "other"
        return errors.USER_EXISTS

    cluster.script("add user", other_run)
    enable(cluster)
    assert is_finished(cluster)


def test_somebody_who_undoes_every_step_is_not_followed_for_ever():
    cluster = ScriptedCluster(3)

    def undo() -> None:
        cluster.demands_users = False
        cluster.users.clear()
        cluster.root_roles.clear()

    cluster.script("delete role", undo, undo, undo)
    with pytest.raises(ApplyFailed) as caught:
        enable(cluster)
    assert "some steps are left" in str(caught.value.cause)


def test_a_refusal_changes_nothing():
    cluster = ScriptedCluster(3)
    cluster.revision = 5
    with pytest.raises(Refused) as caught:
        enable(cluster)
    assert caught.value.refusal.code == "would_lock_out_clients"
    assert changes(cluster) == []


def test_an_election_is_waited_out():
    cluster = ScriptedCluster(3)
    cluster.leader = 0
    cluster.clock.while_asleep.append(lambda: setattr(cluster, "leader", 1))
    enable(cluster)
    assert is_finished(cluster)


def test_an_unfinished_run_with_another_password_is_finished_with_this_one():
    cluster = ScriptedCluster(3)
    cluster.users["root"] = "of the killed run"
    cluster.roles[UNFINISHED_ROLE] = None
    enable(cluster)
    assert is_finished(cluster)
