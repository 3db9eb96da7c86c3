# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that somebody put on a host by hand, and that is older than the data it would be started with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.check_table import IN_THE_WAY, Finding
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment, deploy
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import DATA, Consents, DataDir, Host
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    cluster,
    downgrading,
    id_of,
    url,
    voters,
)


def on_data_of(storage: str, *versions: str, dead_ones: int = 0) -> Cluster:
    """Three members of these releases, whose data are all of one."""
    names = ("m1", "m2", "m3")
    observed = cluster(*voters(3, dead_ones), versions=dict(zip(names, versions, strict=True)))
    return replace(observed, statuses=tuple(replace(each, storage_version=storage) for each in observed.statuses))


def host(name: str, release: str = "", **facts: Any) -> Host:
    found = Host(name, (url(name),), DataDir(DATA, id_of(name), CLUSTER_ID), is_running=True, release=release)
    return replace(found, **facts)


def restarted(observed: Cluster, release: str) -> str:
    """What becomes of a restart of m3, whose program is of this release."""
    return outcome(deploy(observed, [host("m1"), host("m2"), host("m3", release, outdated=("etcd",))], Consents()))


def started(observed: Cluster, release: str) -> str:
    """What becomes of m3, which is down and has its data."""
    return outcome(deploy(observed, [host("m1"), host("m2"), host("m3", release, is_running=False)], Consents()))


def outcome(found: Deployment | Refusal) -> str:
    if isinstance(found, Refusal):
        return f"{found.code}: {found.message}. {found.next_step}"
    return ", ".join(f"{move.action} {move.name}" for move in found.moves)


ALL_3_7 = on_data_of("3.7.0", "3.7.3", "3.7.3", "3.7.3")
LOWERED = downgrading(on_data_of("3.6.0", "3.7.3", "3.7.3", "3.7.3"), "3.6.0")


def test_a_member_is_not_restarted_with_a_program_that_is_older_than_its_data():
    assert restarted(ALL_3_7, "3.6.16+vendor") == (
        "version_unsupported: cannot restart m3: its program is etcd 3.6.16+vendor, and the data of the cluster need "
        "etcd 3.7; an older etcd does not start with them. Put a program of etcd 3.7 back on m3, or let etcd lower its "
        "data first (quorum.etcd.downgrade with etcd_cluster_downgrade_to: 3.6.16)."
    )


@pytest.mark.parametrize(
    ("observed", "release", "needed"),
    [
        # A downgrade goes down by one minor release.
        (ALL_3_7, "3.5.34", "3.7"),
        # Data of 3.5 cannot be lowered.
        (on_data_of("", "3.5.34", "3.5.34", "3.5.34"), "3.4.23", "3.5"),
    ],
)
def test_where_the_data_cannot_be_lowered_so_far_only_the_program_helps(observed, release, needed):
    assert restarted(observed, release).endswith(
        f"need etcd {needed}; an older etcd does not start with them. Put a program of etcd {needed} back on m3."
    )


def test_half_way_up_nothing_older_than_the_data_still_are_is_started():
    assert "need etcd 3.6;" in restarted(on_data_of("3.6.0", "3.7.3", "3.6.16", "3.7.3"), "3.5.34")


def test_nor_while_a_downgrade_is_on_and_the_data_are_not_lowered_yet():
    assert restarted(downgrading(ALL_3_7, "3.6.0"), "3.6.16").startswith("version_unsupported")


def test_nor_right_after_an_upgrade_when_the_data_are_about_to_be_raised():
    found = restarted(on_data_of("3.6.0", "3.7.3", "3.7.3", "3.7.3"), "3.6.16")
    assert "need etcd 3.7;" in found
    assert "etcd_cluster_downgrade_to: 3.6.16" in found


def test_on_data_that_a_downgrade_has_lowered_it_is_restarted():
    assert restarted(LOWERED, "3.6.16") == "restart m3"
    assert restarted(LOWERED, "3.5.34").startswith("version_unsupported")


@pytest.mark.parametrize(
    ("observed", "release"),
    [
        (on_data_of("3.6.0", "3.7.3", "3.6.16", "3.7.3"), "3.6.16"),
        (on_data_of("3.5.0", "3.6.16", "3.5.34", "3.6.16"), "3.5.34"),
        # Members before 3.6 do not tell of which release their data are.
        (on_data_of("", "3.5.34", "3.4.23", "3.5.34"), "3.4.23"),
        (ALL_3_7, "3.7.0"),
        (ALL_3_7, ""),
    ],
)
def test_half_way_up_it_may_go_back_and_the_patch_release_does_not_matter(observed, release):
    assert restarted(observed, release) == "restart m3"


def test_a_member_that_is_down_is_not_started_with_it_either():
    down = on_data_of("3.7.0", "3.7.3", "3.7.3", "3.7.3", dead_ones=1)
    assert started(down, "3.6.16").startswith("version_unsupported: cannot start m3: its program is etcd 3.6.16, and")
    assert started(down, "3.7.3") == "start m3"


@pytest.mark.parametrize(
    ("observed", "release"),
    [
        # Its silence alone keeps the version of the cluster from rising.
        (on_data_of("3.6.0", "3.7.3", "3.7.3", "", dead_ones=1), "3.6.16"),
        (on_data_of("", "3.5.34", "3.5.34", "", dead_ones=1), "3.4.23"),
    ],
)
def test_one_that_is_down_while_the_others_went_up_is_started(observed, release):
    assert started(observed, release) == "start m3"


def test_the_table_of_what_was_checked_names_the_program():
    found = deploy(ALL_3_7, [host("m1"), host("m2"), host("m3", "3.6.16", outdated=("etcd",))], Consents())
    assert isinstance(found, Refusal)
    assert found.findings == (
        Finding("m3", "starts with the program of etcd 3.6.16", IN_THE_WAY, "version_unsupported"),
    )
