# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downgrades on a scripted cluster: answers that are lost, cancellations that did nothing, somebody else who
interferes, and data that are never lowered.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._operations.downgrade import (
    Outcome,
    cancel,
    enable,
    wait_for_end,
)
from ansible_collections.quorum.etcd.plugins.module_utils._operations.exceptions import ApplyFailed, Refused

from .scripted_cluster import LATE, LOST, Clock, ScriptedCluster

V36 = (3, 6)


class LoweringClock(Clock):
    """Time that passes only in sleep, and in which the cluster goes on."""

    def __init__(self, cluster: Lowering) -> None:
        super().__init__()
        self._cluster = cluster

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._cluster.go_on()


class Lowering(ScriptedCluster):
    """Members of 3.7 that lower their data `seconds` after the downgrade was enabled."""

    def __init__(self, seconds: float = 2.0, **script: list) -> None:
        super().__init__(3)
        for call, answers in script.items():
            self.script(call.replace("_", " "), *answers)
        self.clock = LoweringClock(self)
        self.version, self.storage_version = "3.7.3", "3.7.0"
        self.seconds = seconds
        self.lowers_at = 0.0

    def go_on(self) -> None:
        """What etcd does by itself as time passes."""
        if not self.downgrade_target:
            return
        self.lowers_at = self.lowers_at or self.clock.now + self.seconds
        if self.clock.now >= self.lowers_at:
            self.storage_version = "3.6.0"

    def enable(self, check_mode: bool = False, wait_timeout: float = 20) -> Outcome:
        return enable(self.pool(), V36, wait_timeout, check_mode, self.clock)

    def cancel(self, check_mode: bool = False) -> Outcome:
        return cancel(self.pool(), 20, check_mode, self.clock)

    def wait_for_end(self) -> Outcome:
        return wait_for_end(self.pool(), V36, 20, self.clock)

    @property
    def changes(self) -> list[str]:
        return [call for call in self.calls if call not in ("look", "validate", "lock", "unlock")]


def actions(steps) -> list[str]:
    return [step.action for step in steps]


def cause_of(operation: Callable[[], Outcome]) -> Exception:
    with pytest.raises(ApplyFailed) as caught:
        operation()
    return caught.value.cause


def test_it_is_enabled_once_and_waited_for_and_the_lock_is_given_back():
    cluster = Lowering()
    outcome = cluster.enable()
    assert actions(outcome.done) == ["enable_downgrade"]
    assert outcome.after.statuses[0].storage_version == "3.6.0"
    assert cluster.changes == ["enable downgrade"]
    assert [call for call in cluster.calls if call in ("lock", "unlock", "enable downgrade")] == [
        "lock",
        "enable downgrade",
        "unlock",
    ]
    assert "is enabled, and not every member is ready" in outcome.waits[-1].message


def test_a_second_run_changes_nothing():
    cluster = Lowering()
    cluster.enable()
    assert cluster.enable().steps == ()
    assert cluster.changes == ["enable downgrade"]


def test_check_mode_asks_etcd_and_changes_nothing():
    cluster = Lowering()
    outcome = cluster.enable(check_mode=True)
    assert actions(outcome.steps) == ["enable_downgrade"]
    assert outcome.after.downgrade_target == "3.6.0"
    assert cluster.calls.count("validate") == 1
    assert cluster.changes == []
    assert "lock" not in cluster.calls


def test_check_mode_does_not_wait_for_one_that_is_on():
    cluster = Lowering()
    cluster.downgrade_target = "3.6.0"
    assert cluster.enable(check_mode=True).steps == ()
    assert cluster.clock.pauses == []


def test_a_run_that_was_killed_is_gone_on_with():
    cluster = Lowering()
    cluster.downgrade_target = "3.6.0"
    assert cluster.enable().done == ()
    assert cluster.storage_version == "3.6.0"
    assert cluster.changes == []


@pytest.mark.parametrize("answer", [LOST, LATE])
def test_a_lost_answer_is_looked_into(answer):
    cluster = Lowering(enable_downgrade=[answer])
    assert actions(cluster.enable().done) == ["enable_downgrade"]
    assert cluster.changes == ["enable downgrade"]


def test_a_request_that_did_not_arrive_is_made_again():
    cluster = Lowering(enable_downgrade=[errors.NO_LEADER])
    cluster.enable()
    assert cluster.changes == ["enable downgrade"] * 2


@pytest.mark.parametrize("call", ["validate", "enable_downgrade"])
def test_answers_that_are_lost_again_and_again_are_given_up(call):
    cluster = Lowering(**{call: [errors.TIMEOUT] * 5})
    cause = cause_of(cluster.enable)
    assert isinstance(cause, EtcdError)
    assert cluster.calls.count(call.replace("_", " ")) == 3


def test_another_run_may_be_faster():
    cluster = Lowering()

    def other_run() -> str:
        cluster.downgrade_target = "3.6.0"
        return errors.DOWNGRADE_IN_PROGRESS

    cluster.script("validate", other_run)
    cluster.enable()
    assert cluster.storage_version == "3.6.0"
    assert cluster.changes == []


def test_somebody_who_cancels_meanwhile_is_not_overruled():
    cluster = Lowering()

    def cancelled() -> None:
        cluster.clock.while_asleep.append(lambda: setattr(cluster, "downgrade_target", ""))

    cluster.script("enable downgrade", cancelled)
    cause = cause_of(cluster.enable)
    assert isinstance(cause, Refused)
    assert "somebody has cancelled it" in cause.refusal.message
    assert cluster.changes == ["enable downgrade"]


def test_data_that_are_never_lowered_end_it_in_time_with_what_was_seen_last():
    cluster = Lowering(seconds=1000)
    with pytest.raises(ApplyFailed) as caught:
        cluster.enable(wait_timeout=30)
    assert actions(caught.value.done) == ["enable_downgrade"]
    assert "m1 runs 3.7.3 with storage version 3.7.0 and goes down to 3.6.0" in str(caught.value.cause)
    assert "waited 30 s" in str(caught.value.cause)


def test_versions_that_have_yet_to_rise_are_waited_for_before_etcd_is_asked():
    cluster = Lowering()
    cluster.storage_version = "3.6.0"
    cluster.clock.while_asleep.append(lambda: setattr(cluster, "storage_version", "3.7.0"))
    cluster.enable()
    assert cluster.changes == ["enable downgrade"]


def test_what_etcd_refuses_is_a_refusal_in_its_words():
    cause = cause_of(Lowering(validate=[errors.BAD_DOWNGRADE_TARGET]).enable)
    assert isinstance(cause, Refused)
    assert "etcd answers 'etcdserver: bad_downgrade_target'" in cause.refusal.message


def test_a_membership_that_another_run_is_changing_is_waited_for():
    cluster = Lowering()
    cluster.lease_ends = cluster.clock.now + 3
    cluster.script("enable downgrade", lambda: held_until.append(cluster.clock.now))
    held_until: list[float] = []
    cluster.enable()
    assert held_until[0] >= 103


def test_a_member_that_falls_silent_gets_the_time_of_an_election():
    cluster = Lowering()

    def silent() -> None:
        cluster.is_silent = True
        cluster.clock.while_asleep.append(lambda: setattr(cluster, "is_silent", False))

    cluster.script("enable downgrade", silent)
    cluster.enable()
    assert cluster.storage_version == "3.6.0"


def test_nobody_who_answers_from_the_start_is_an_error():
    cluster = Lowering()
    cluster.is_silent = True
    cause = cause_of(cluster.enable)
    assert isinstance(cause, EtcdError)
    assert cause.code == errors.CONNECTION_REFUSED


# Cancelling


def test_a_downgrade_is_cancelled_and_a_second_run_does_nothing():
    cluster = Lowering()
    cluster.downgrade_target = "3.6.0"
    foretold = cluster.cancel(check_mode=True)
    assert cluster.changes == []
    outcome = cluster.cancel()
    assert actions(outcome.done) == actions(foretold.steps) == ["cancel_downgrade"]
    assert cluster.cancel().steps == ()
    assert cluster.changes == ["cancel"]


def test_a_cancellation_that_etcd_acknowledged_and_did_not_make_is_asked_for_again():
    cluster = Lowering()
    cluster.downgrade_target = "3.6.0"
    make_change = cluster.change

    def acknowledged_only(url: str, call: str, make: Callable[[], object]) -> None:
        make_change(url, call, make if cluster.count("cancel") else lambda: None)

    cluster.change = acknowledged_only  # type: ignore[method-assign]
    outcome = cluster.cancel()
    assert cluster.downgrade_target == ""
    assert cluster.changes == ["cancel"] * 2
    assert actions(outcome.done) == ["cancel_downgrade"]
    assert "although etcd was asked to cancel it" in outcome.waits[-1].message


def test_a_lost_answer_to_a_cancellation_is_looked_into():
    cluster = Lowering(cancel=[errors.NO_DOWNGRADE, LOST])
    cluster.downgrade_target = "3.6.0"
    assert actions(cluster.cancel().done) == ["cancel_downgrade"]
    assert cluster.downgrade_target == ""


def test_of_members_of_3_5_etcd_is_asked_whether_a_further_downgrade_could_be_enabled():
    cluster = Lowering(validate=[errors.DOWNGRADE_IN_PROGRESS])
    cluster.version, cluster.storage_version = "3.5.34", ""
    cluster.cancel()
    assert cluster.changes == ["cancel"]


@pytest.mark.parametrize("answer", ["ok", errors.BAD_DOWNGRADE_TARGET, errors.UNIMPLEMENTED])
def test_where_none_is_on_nothing_is_cancelled(answer):
    cluster = Lowering(validate=[answer])
    cluster.version, cluster.storage_version = "3.5.34", ""
    assert cluster.cancel().done == ()
    assert cluster.changes == []


def test_an_answer_that_tells_nothing_is_an_error():
    cluster = Lowering(validate=[errors.PERMISSION_DENIED])
    cluster.version, cluster.storage_version = "3.5.34", ""
    cause = cause_of(cluster.cancel)
    assert isinstance(cause, EtcdError)
    assert cause.code == errors.PERMISSION_DENIED


# The end


def ended(cluster: Lowering) -> Lowering:
    cluster.version, cluster.storage_version = "3.6.16", "3.6.0"
    return cluster


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([], ""),
        ([errors.DOWNGRADE_IN_PROGRESS], "it is still on"),
        ([errors.BAD_DOWNGRADE_TARGET, errors.BAD_DOWNGRADE_TARGET], "the version of the cluster is another one"),
        ([errors.NO_LEADER], "no_leader"),
    ],
)
def test_the_end_is_proven_by_what_etcd_answers_to_a_further_downgrade(answers, words):
    cluster = ended(Lowering(validate=answers))
    outcome = cluster.wait_for_end()
    assert cluster.calls.count("validate") == len(answers) + 1
    assert words in "".join(wait.message for wait in outcome.waits)
    assert cluster.changes == []


def test_a_member_that_runs_the_newer_release_is_no_end():
    cluster = ended(Lowering())
    cluster.version = "3.7.3"
    cause = cause_of(cluster.wait_for_end)
    assert "m1 (3.7.3), m2 (3.7.3), m3 (3.7.3) does not run 3.6" in str(cause)


def test_an_end_that_nobody_may_ask_for_is_an_error():
    cause = cause_of(ended(Lowering(validate=[errors.PERMISSION_DENIED])).wait_for_end)
    assert isinstance(cause, EtcdError)
