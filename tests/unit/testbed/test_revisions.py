# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The revision checker convicts each kind of wrong answer, and nothing else."""

from __future__ import annotations

import pytest

from tests.testbed.revisions import Observation, violations


def write(key, revision, called, answered, attempts=1):
    return Observation(key, revision, called, answered, revision, attempts=attempts)


def read(key, revision, header, called, answered):
    return Observation(key, revision, called, answered, header, kind="read")


def rules(observed, store, asked=None):
    return [violation.rule for violation in violations(observed, store, asked)]


def test_a_clean_history_has_no_violation():
    history = [
        write("a", 2, 0, 1),
        write("b", 3, 0.5, 1.5),
        read("a", 2, 3, 2, 3),
        read("c", None, 3, 2, 3),
        write("c", 4, 2.5, 4),
    ]
    assert rules(history, {"a": 2, "b": 3, "c": 4, "unknown outcome": 5}) == []


@pytest.mark.parametrize(
    ("history", "store", "rule"),
    [
        ([write("a", 2, 0, 1)], {}, "lost"),
        ([write("a", 2, 0, 1)], {"a": 7}, "lost"),
        ([write("a", 5, 0, 1, attempts=2)], {"a": 4}, "lost"),
        ([write("a", 2, 0, 1), write("b", 2, 0, 1)], {"a": 2, "b": 2}, "same revision twice"),
        ([write("a", 5, 0, 1), read("b", None, 4, 2, 3)], {"a": 5}, "stale"),
        ([write("a", 5, 0, 1), write("b", 5, 2, 3)], {"a": 5, "b": 5}, "stale"),
        ([read("a", None, 6, 0, 1)], {"a": 5}, "missed"),
    ],
)
def test_each_wrong_answer_is_convicted(history, store, rule):
    assert rule in rules(history, store)


def test_concurrent_answers_may_come_in_any_order():
    assert rules([write("a", 5, 0, 2), read("b", None, 4, 1, 3)], {"a": 5}) == []


def test_an_earlier_attempt_may_be_carried_out_after_the_acknowledged_one():
    assert rules([write("a", 5, 0, 1, attempts=2)], {"a": 7}) == []


def test_a_key_that_nobody_wrote_is_a_phantom():
    assert rules([], {"a": 2}, asked=["b"]) == ["phantom"]
    assert rules([], {"a": 2}, asked=["a"]) == []
