# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible masks in a result, and which members would be told to start with asterisks."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.quorum.etcd.plugins.module_utils._membership import refusal as codes
from ansible_collections.quorum.etcd.plugins.module_utils._membership.decision import plan
from ansible_collections.quorum.etcd.plugins.module_utils._membership.masking import is_masked
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import Plan
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal
from hypothesis import given
from hypothesis import strategies as st

from .clusters import absent, cluster, present, unstarted_learner, url, voters

LETTERS = st.text(alphabet='ab"\\ 1', max_size=4)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), LETTERS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(LETTERS, inner, max_size=3)),
    max_leaves=8,
)


@given(VALUES, LETTERS)
def test_a_value_is_masked_exactly_where_ansible_does_it(value, secret):
    assert is_masked(value, secret) == (remove_values(value, {secret} if secret else set()) != value)


MASKED = [
    (present("m4", [url(4)], password="m4"), "m4"),  # its name
    (present("m4", [url(4)], password="m"), "m"),  # a part of every name
    (present("m4", [url(4)], password="http"), "http"),
    (present("m4", [url(4)], password="0.0.2"), "0.0.2"),  # another member's address
    (present("m4", [url(4)], password="existing"), "existing"),
    (present("", [url(4)], password="beef"), "beef"),  # an id that is not known yet
]


@pytest.mark.parametrize("goal", [goal for goal, _secret in MASKED], ids=[secret for _goal, secret in MASKED])
def test_a_member_that_would_start_with_asterisks_is_not_added(goal):
    found = plan(cluster(*voters(3)), goal)
    assert isinstance(found, Refusal)
    assert found.code == codes.MASKED_RESULT


@pytest.mark.parametrize(
    "goal",
    [
        present("m4", [url(4)], password=""),
        present("m4", [url(4)], password="m44"),
        present("m4", [url(4)], password="M4"),
        present("m4", [url(4)], password="beef"),
        present("", [url(4)], password="beer"),
        present("m3", [url(3)], password="m3"),  # runs already
        absent("m3"),
    ],
    ids=["none", "longer", "other case", "no id", "no digits of an id", "started", "removal"],
)
def test_any_other_password_is_no_hindrance(goal):
    assert isinstance(plan(cluster(*voters(3)), goal), Plan)


def test_a_registered_member_that_was_not_started_yet_is_told_the_same():
    observed = cluster(*voters(3), unstarted_learner(4))
    found = plan(observed, present("m4", [url(4)], password="m4"))
    assert isinstance(found, Refusal)
    assert found.code == codes.MASKED_RESULT
    assert isinstance(plan(observed, present("m4", [url(4)], password="other")), Plan)


def test_a_password_is_not_shown_with_the_goal():
    assert "hunter2" not in repr(present("m4", [url(4)], password="hunter2"))
