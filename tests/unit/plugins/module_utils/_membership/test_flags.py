# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release knows which flag. That the table is right is tried with real programs in tests/integration."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import flags
from ansible_collections.quorum.etcd.plugins.module_utils._membership.flags import (
    CHANGED_DEFAULTS,
    FLAGS,
    FORMER_CHOICES,
    flag_name,
    judged,
    known_to,
    name_for,
    vocabulary_of,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.nearest import nearest


@pytest.mark.parametrize(
    ("name", "releases", "others"),
    [
        ("name", "3.4.0 3.5.0 3.6.0 3.7.3", ""),
        ("debug", "3.4.0 3.4.45", "3.5.0 3.7.0"),
        ("enable-v2", "3.4.0 3.5.34", "3.6.0 3.7.0"),
        ("discovery", "3.4.0 3.5.34 3.6.16", "3.7.0"),
        ("auth-token-ttl", "3.4.10 3.5.0 3.7.0", "3.4.9"),
        ("max-concurrent-streams", "3.4.20 3.4.45 3.5.5 3.6.0 3.7.0", "3.4.19 3.5.0 3.5.4"),
        ("tls-min-version", "3.5.8 3.6.0", "3.4.23 3.5.7"),
        ("feature-gates", "3.6.0 3.7.0", "3.4.45 3.5.34"),
        ("experimental-warning-unary-request-duration", "3.6.0 3.6.16", "3.5.34 3.7.0"),
    ],
)
def test_who_knows_a_flag(name, releases, others):
    assert [text for text in (releases + " " + others).split() if name in known_to(judged(text))] == releases.split()


@pytest.mark.parametrize(
    ("release", "version"),
    [("", None), ("3.3.25", None), ("3.4.23", (3, 4, 23)), ("3.7.3", (3, 7, 3)), ("3.8.0-rc.1", (3, 7, 0))],
)
def test_a_release_that_is_newer_than_the_table_reads_the_names_of_the_newest(release, version):
    assert vocabulary_of(release) == version


@pytest.mark.parametrize("release", ["", "three", "3.3.25", "3.8.0", "4.0.0"])
def test_other_releases_are_not_judged(release):
    assert judged(release) is None
    assert set(known_to(judged(release))) == set(FLAGS)


def test_types_and_features_are_those_of_flags():
    assert set(FLAGS) > flags.BOOLEAN | flags.NUMBER | flags.SIGNED_NUMBER | flags.DURATION
    assert set(flags.BECAME_FEATURE) < flags.BOOLEAN
    assert set(flags.BECAME_FEATURE.values()) < set(flags.FEATURES)


def test_every_experimental_flag_that_is_gone_has_a_successor():
    gone = [name for name in FLAGS if name.startswith("experimental-")]
    assert [name for name in gone if not flags.successor(name)] == ["experimental-enable-v2v3"]


def test_what_took_the_place_of_a_flag_is_known_to_the_releases_after_it():
    for name in filter(flags.successor, FLAGS):
        last = FLAGS[name].last
        assert last
        assert FLAGS[flags.successor(name)].is_known_to((last[0], last[1] + 1, 0))


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("memory-mlock", {"3.5.34": "experimental-memory-mlock", "3.6.0": "memory-mlock", "3.7.3": "memory-mlock"}),
        ("experimental-memory-mlock", {"3.5.0": "experimental-memory-mlock", "3.6.0": "memory-mlock"}),
        ("snapshot-catchup-entries", {"3.5.13": "", "3.5.14": "experimental-snapshot-catchup-entries"}),
        ("experimental-backend-bbolt-freelist-type", {"3.5.0": "backend-bbolt-freelist-type"}),
        ("experimental-initial-corrupt-check", {"3.6.0": "experimental-initial-corrupt-check", "3.7.0": ""}),
        ("name", {"3.4.0": "name", "3.7.3": "name"}),
        ("enable-v2", {"3.5.34": "enable-v2", "3.6.0": ""}),
        ("nonsense", {"3.7.3": ""}),
    ],
)
def test_a_flag_has_a_name_in_each_release(name, names):
    assert {release: name_for(name, judged(release)) for release in names} == names


def test_names_are_written_in_many_ways():
    assert {flag_name(key) for key in ("snapshot-count", "--snapshot_count", " Snapshot-Count")} == {"snapshot-count"}


def test_a_default_or_a_value_that_changed_is_that_of_a_flag():
    assert set(CHANGED_DEFAULTS) | set(FORMER_CHOICES) < set(FLAGS)
    for name, (last, _values) in FORMER_CHOICES.items():
        assert FLAGS[name].is_known_to((*last, 99))


def test_the_nearest_word_is_found_whatever_its_case():
    assert nearest("compacthashcheck", flags.FEATURES) == "CompactHashCheck"
    assert nearest("xyz", flags.FEATURES) == ""
