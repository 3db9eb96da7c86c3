# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cluster stands between two releases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.concerns import concerns
from ansible_collections.quorum.etcd.plugins.module_utils._membership.releases import (
    minor_text,
    releases_of,
    where_it_stands,
)

from .clusters import cluster, dead, healthy, id_of, voters

MIXED = cluster(*voters(3), version="3.7.3", versions={"m2": "3.6.16"})


def stored(observed, downgrade="", **storage_versions):
    versions = {id_of(name): version for name, version in storage_versions.items()}
    return replace(
        observed,
        statuses=tuple(
            replace(status, downgrade_target=downgrade, storage_version=versions.get(status.member_id, ""))
            for status in observed.statuses
        ),
    )


def test_a_cluster_of_one_release_stands_nowhere_between():
    assert where_it_stands(cluster(*voters(3))) == ""
    assert releases_of(cluster(*voters(3), version="3.7.3")) == (("3.7.3", 3),)


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (MIXED, "2 of 3 members run 3.7.3, 1 runs 3.6.16"),
        (
            replace(MIXED, cluster_version="3.6.0"),
            "2 of 3 members run 3.7.3, 1 runs 3.6.16, the cluster version is 3.6",
        ),
        (
            cluster(*voters(2), dead("m3"), versions={"m1": "3.10.0", "m2": "3.9.1"}),
            "1 of 3 members runs 3.10.0, 1 runs 3.9.1",
        ),
    ],
)
def test_a_mixed_cluster_tells_how_far_it_has_come(observed, words):
    assert where_it_stands(observed) == words


@pytest.mark.parametrize(("version", "minor"), [("3.6.16", "3.6"), ("3.7", "3.7"), ("no version", "no version")])
def test_the_minor_text_a_release(version, minor):
    assert minor_text(version) == minor


@pytest.mark.parametrize(
    ("observed", "codes"),
    [
        (stored(cluster(*voters(3), version="3.6.16"), m1="3.6.0", m2="3.5.0", m3="3.6.0"), []),
        (stored(cluster(*voters(3), version="3.6.16"), m1="3.6.0", m2="3.6.0", m3="3.6.0"), []),
        (stored(cluster(*voters(3), version="3.5.34")), []),
        (stored(MIXED, m1="3.6.0", m2="3.6.0", m3="3.6.0"), ["version_skew"]),
        (stored(cluster(*voters(4), dead("m5"), version="3.6.16"), m1="3.5.0"), ["member_unhealthy"]),
        (stored(cluster(*voters(3), version="3.7.3"), "3.6.0", m1="3.6.0", m2="3.6.0", m3="3.6.0"), ["downgrade"]),
    ],
)
def test_mixed_releases_and_downgrades_are_concerns(observed, codes):
    """Storage that is behind is none: it follows within seconds, also in a new cluster, and an upgrade waits for it."""
    assert [concern.code for concern in concerns(observed)] == codes


def test_the_words_of_a_downgrade():
    going_down = stored(cluster(healthy("m1"), version="3.7.3"), "3.6.0", m1="3.7.0")
    assert concerns(going_down)[0].message == "A downgrade to 3.6 is on. No member can join until it has ended."
