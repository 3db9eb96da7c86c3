# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release does what: each rule around its fixed patch releases."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import versions
from ansible_collections.quorum.etcd.plugins.module_utils._membership.versions import affected, parse


@pytest.mark.parametrize(
    ("text", "numbers"),
    {
        "3.5.30": (3, 5, 30),
        "3.5.30+git": (3, 5, 30),
        "v3.6.0-rc.1": (3, 6, 0),
        "3.4": (3, 4, 0),
        "3.10.2": (3, 10, 2),
        "": None,
        "not_decided": None,
        "three": None,
    }.items(),
)
def test_reading_a_version(text, numbers):
    assert parse(text) == numbers


# rule: what it still applies to, what it does not
TABLE = {
    "LEARNERS_UNKNOWN": ("2.3.8 3.0.17 3.2.32 3.3.0 3.3.27", "3.4.0 3.4.45 3.5.0 3.6.0 3.7.0 4.0.0"),
    "ADD_NEEDS_EVERY_VOTER": (
        "3.3.27 3.4.0 3.4.23 3.4.45 3.5.0 3.5.16 3.5.29 3.6.0 3.6.10",
        "3.5.30 3.5.33 3.6.11 3.6.14 3.7.0 3.10.0 4.0.0",
    ),
    "UPDATE_TURNS_LEARNER_INTO_VOTER": (
        "3.4.23 3.4.45 3.5.0 3.5.16 3.5.30 3.6.0 3.6.11",
        "3.5.31 3.5.33 3.6.12 3.7.0 3.10.0",
    ),
    "PROMOTION_NOT_STORED": ("3.5.1 3.5.16 3.5.19", "3.4.23 3.4.45 3.5.0 3.5.20 3.5.33 3.6.0 3.7.0"),
    "PROMOTE_NEEDS_LEADER_WITH_AUTH": ("3.4.0 3.4.45 3.5.0 3.5.16 3.5.27 3.6.0 3.6.5", "3.5.28 3.6.6 3.7.0"),
    "PROMOTION_LOST_IN_SNAPSHOT": ("3.5.0 3.5.20 3.5.23", "3.4.45 3.5.24 3.5.33 3.6.0 3.7.0"),
    "ZOMBIE_MEMBERS": ("3.5.0 3.5.16 3.5.25", "3.4.45 3.5.26 3.5.33 3.6.0 3.7.0"),
    "NOT_BESIDE_3_7": ("3.6.0 3.6.10", "3.5.33 3.6.11 3.6.14 3.7.0"),
    "DATA_DIFFER_AFTER_CRASH": ("3.5.0 3.5.2", "3.4.0 3.4.45 3.5.3 3.5.33 3.6.0"),
    "REVISION_DIFFERS_AFTER_DEFRAG": ("3.5.0 3.5.2 3.5.5", "3.4.0 3.4.45 3.5.6 3.5.33 3.6.0"),
    "PANICS_AT_PROMOTIONS": ("3.6.0 3.6.3", "3.5.34 3.6.4 3.6.16 3.7.0"),
    "OPEN_TO_ATTACKS": ("3.7.0", "3.6.16 3.7.1 3.7.3 3.8.0"),
    "LOOKS_AT_OLD_SNAPSHOT": ("3.7.0 3.7.1", "3.5.34 3.6.16 3.7.2 3.7.3 3.8.0"),
    "SNAPSHOT_MEETS_DEFRAG": ("3.4.0 3.4.37 3.5.0 3.5.22 3.6.0 3.6.4", "3.3.27 3.4.38 3.5.23 3.6.5 3.7.0"),
    "MAY_SERVE_TLS_ALONE": ("3.4.23 3.4.45 3.5.0 3.5.7", "3.5.8 3.5.34 3.6.0 3.7.3"),
    "AUTH_NOT_IN_SNAPSHOT": ("3.4.0 3.4.21 3.5.0 3.5.5", "3.3.27 3.4.22 3.4.45 3.5.6 3.5.33 3.6.0"),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_a_rule_applies_to(name):
    rule = getattr(versions, name)
    old, new = (text.split() for text in TABLE[name])
    assert [text for text in old + new if affected(rule, [text])] == old


def test_every_rule_is_in_the_table():
    assert set(TABLE) == {name for name, value in vars(versions).items() if isinstance(value, versions.ReleaseRule)}


def test_the_affected_of_several_are_named_once_and_in_order():
    assert affected(versions.ADD_NEEDS_EVERY_VOTER, ["3.5.9", "3.5.30", "3.4.23", "3.5.9", "", "3.5.16"]) == (
        "3.4.23",
        "3.5.9",
        "3.5.16",
    )


def test_a_release_that_is_not_known_is_not_taken_for_an_old_one():
    assert affected(versions.ADD_NEEDS_EVERY_VOTER, ["", "not_decided"]) == ()


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "LEARNERS_UNKNOWN": "3.4.0",
        "ADD_NEEDS_EVERY_VOTER": "3.5.30 and 3.6.11",
        "UPDATE_TURNS_LEARNER_INTO_VOTER": "3.5.31 and 3.6.12",
        "PROMOTION_NOT_STORED": "3.5.20",
        "PROMOTE_NEEDS_LEADER_WITH_AUTH": "3.5.28 and 3.6.6",
    }.items(),
)
def test_the_fixed_releases_in_words(name, words):
    assert getattr(versions, name).fixed_releases == words


@pytest.mark.parametrize(
    ("text", "is_before"),
    {"3.6.0-rc.1": True, "v3.7.0-alpha.0": True, "3.6.0": False, "3.5.21+vendor": False, "3.5.9-eks": False}.items(),
)
def test_a_pre_release_is_told_from_a_vendors_build(text, is_before):
    assert versions.is_pre_release(text) is is_before


@pytest.mark.parametrize(
    ("text", "release", "is_same"),
    [
        ("3.5.21", "3.5.21", True),
        ("3.5.21+vendor", "3.5.21", True),
        ("v3.5.21-eks.1", "3.5.21", True),
        ("3.5.2", "3.5.21", False),
        ("3.5.21", "3.5.2", False),
        ("3.6.0-rc.1", "3.6.0", False),
        ("3.6.0-rc.1", "3.6.0-rc.1", True),
        ("3.6.0-rc.1", "3.6.0-rc.2", False),
        ("", "3.5.21", False),
        ("", "", False),
    ],
)
def test_who_built_a_release_makes_no_other_release_of_it(text, release, is_same):
    assert versions.same_release(text, release) is is_same


def test_a_release_is_asked_for_by_its_numbers():
    assert [versions.plain(text) for text in ("3.5.21+vendor", "v3.6.16", "three")] == ["3.5.21", "3.6.16", "three"]


def test_releases_are_told_as_they_are():
    assert affected(versions.ZOMBIE_MEMBERS, ["3.5.21+vendor", "3.5.9-eks"]) == ("3.5.9-eks", "3.5.21+vendor")


def test_a_minor_release_above_all_that_are_known_is_untested():
    assert versions.untested(["3.8.1", "3.7.3", "", "3.8.0", "4.0.0"]) == ("3.8.0", "3.8.1", "4.0.0")


def test_a_minor_below_all_that_are_known_asks_for_nothing():
    assert versions.crossing_to((3, 3)) == versions.Crossing()


def test_every_release_that_is_advised_is_sound():
    assert not [one for one in versions.ADVISED.values() for rule in versions.UNSOUND if affected(rule, [one.release])]
