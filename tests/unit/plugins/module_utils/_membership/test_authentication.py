# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When authentication is enabled, by which steps, and who has to consent."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.authentication import (
    ADD_ROOT,
    ENABLE,
    GRANT_ROLE_ROOT,
    MARK_UNFINISHED,
    SET_ROOT_PASSWORD,
    UNFINISHED_ROLE,
    UNMARK,
    Authentication,
    AuthenticationPlan,
    enabled,
    picture,
    plan_authentication,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

LOCKS_OUT = "would_lock_out_clients"
UNKNOWN = "root_password_unknown"
BOTH = {LOCKS_OUT, UNKNOWN}
FROM_NOTHING = (MARK_UNFINISHED, ADD_ROOT, GRANT_ROLE_ROOT, ENABLE, UNMARK)
ROOT = {"users": ("root",)}
ROOT_WITH_ROLE = {"users": ("root",), "root_roles": ("root",)}
BEGUN = {"roles": (UNFINISHED_ROLE,)}
OWN_ROLES = {"roles": ("reader",)}
WRITTEN = {"revision": 2}

CASES = {
    "an empty cluster": ({}, (), FROM_NOTHING),
    "users and roles are prepared, and nothing was written": ({"users": ("app",), **OWN_ROLES}, (), FROM_NOTHING),
    "it was written to": (WRITTEN, (), LOCKS_OUT),
    "it was written to, and that is accepted": (WRITTEN, {LOCKS_OUT}, FROM_NOTHING),
    "it was written to, and something else is accepted": (WRITTEN, {UNKNOWN, "would_lose_quorum"}, LOCKS_OUT),
    "there is a root": (ROOT, (), UNKNOWN),
    "there is a root that has the role": (ROOT_WITH_ROLE, {LOCKS_OUT}, UNKNOWN),
    "root's password may be replaced": (
        ROOT,
        {UNKNOWN},
        (MARK_UNFINISHED, SET_ROOT_PASSWORD, GRANT_ROLE_ROOT, ENABLE, UNMARK),
    ),
    "root has the role": (ROOT_WITH_ROLE, {UNKNOWN}, (MARK_UNFINISHED, SET_ROOT_PASSWORD, ENABLE, UNMARK)),
    "there is a root, and it was written to": ({**ROOT, **WRITTEN}, {UNKNOWN}, LOCKS_OUT),
    "both are accepted": (
        {**ROOT_WITH_ROLE, **WRITTEN},
        BOTH,
        (MARK_UNFINISHED, SET_ROOT_PASSWORD, ENABLE, UNMARK),
    ),
    "a run has begun": (BEGUN, (), (ADD_ROOT, GRANT_ROLE_ROOT, ENABLE, UNMARK)),
    "a run has created root": ({**ROOT, **BEGUN}, (), (SET_ROOT_PASSWORD, GRANT_ROLE_ROOT, ENABLE, UNMARK)),
    "a run has granted the role": ({**ROOT_WITH_ROLE, **BEGUN}, (), (SET_ROOT_PASSWORD, ENABLE, UNMARK)),
    "a client came before the run was finished": ({**ROOT, **BEGUN, **WRITTEN}, (), LOCKS_OUT),
    "a run has enabled it": ({"is_enabled": True, **ROOT_WITH_ROLE, **BEGUN}, (), (UNMARK,)),
    "it is on, whatever was written": ({"is_enabled": True, **ROOT_WITH_ROLE, **WRITTEN}, (), ()),
}


@pytest.mark.parametrize("case", CASES)
def test_the_steps_or_the_refusal(case):
    seen, accept, expected = CASES[case]
    verdict = plan_authentication(Authentication(**{"is_enabled": False, **seen}), accept)
    assert (verdict.code if isinstance(verdict, Refusal) else verdict.steps) == expected


def test_what_was_accepted_is_a_warning():
    verdict = plan_authentication(Authentication(False, ("root",), revision=2), BOTH)
    assert isinstance(verdict, AuthenticationPlan)
    assert [warning.split(":")[0] for warning in verdict.warnings] == [f"Accepted {LOCKS_OUT}", f"Accepted {UNKNOWN}"]


@pytest.mark.parametrize(
    ("users", "words"), [((), "it has no users for them"), (("app", "backup", "root"), "its users are app, backup")]
)
def test_the_refusal_names_the_users_that_clients_could_be(users, words):
    verdict = plan_authentication(Authentication(False, users, revision=9), {UNKNOWN})
    assert isinstance(verdict, Refusal)
    assert verdict.message.endswith(words)
    assert "revision is 9" in verdict.message


def test_the_difference_that_a_run_makes():
    before = Authentication(False, ("zoe",))
    assert picture(before) == "authentication: disabled\nusers: zoe\n"
    assert picture(enabled(before)) == "authentication: enabled\nusers: root, zoe\n"
    assert enabled(enabled(before)) == enabled(before)
    assert picture(Authentication(False)) == "authentication: disabled\nusers: none\n"
