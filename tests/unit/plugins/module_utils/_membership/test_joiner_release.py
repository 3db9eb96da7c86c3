# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release of a member that is to join: judged before it is added, since etcd itself judges it afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.check_table import IN_THE_WAY, PASSES, Finding
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment, deploy
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import (
    DATA,
    Consents,
    DataDir,
    Host,
    RaftFiles,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    cluster,
    dead,
    downgrading,
    healthy,
    id_of,
    learner,
    present,
    promoted,
    refusal,
    unstarted,
    unstarted_learner,
    url,
    verdict,
    voters,
    warnings,
)


def of(version: str, *, size: int = 3) -> Cluster:
    return cluster(*voters(size), version=version)


@pytest.mark.parametrize(
    ("running", "release", "words"),
    [
        ("3.6.16", "3.5.34", "its etcd 3.5.34 is older than 3.6"),
        ("3.5.34", "3.4.45", "is older than 3.5"),
        ("3.5.34", "3.7.3", "more than one minor release above 3.5"),
        ("3.4.45", "3.6.16", "more than one minor release above 3.4"),
        ("3.7.3", "4.0.0", "more than one minor release above 3.7"),
        ("3.6.16", "three", "is not a release of etcd"),
        ("", "3.6.16", "no member tells its release"),
    ],
)
def test_a_joiner_whose_release_does_not_fit_is_refused_before_it_is_added(running, release, words):
    found = refusal(of(running), present("m4", [url(4)], release=release))
    assert found.code == "version_unsupported"
    assert words in found.message


@pytest.mark.parametrize(
    ("running", "release"),
    [
        ("3.6.16", "3.6.16"),
        ("3.6.16", "3.6.12"),
        ("3.4.23", "3.5.34"),
        ("3.5.34", "3.5.21+vendor"),
        ("3.7.3", "3.8.0"),
        ("3.6.16", ""),
    ],
)
def test_a_joiner_of_the_same_minor_or_the_next_is_added(running, release):
    assert verdict(of(running), present("m4", [url(4)], release=release)) == "add_learner m4"


def test_in_a_mixed_cluster_the_oldest_member_counts():
    mixed = cluster(*voters(3), versions={"m1": "3.6.16", "m2": "3.5.34", "m3": "3.6.16"})
    assert verdict(mixed, present("m4", [url(4)], release="3.5.34")) == "add_learner m4"
    assert refusal(mixed, present("m4", [url(4)], release="3.7.3")).code == "version_unsupported"


@pytest.mark.parametrize(
    ("is_log_clean", "expected"),
    [(None, "raft_files_unread"), (False, "v2_requests_in_log"), (True, "add_learner m4")],
)
def test_3_7_joins_3_6_only_where_the_logs_are_known_to_be_clean(is_log_clean, expected):
    assert verdict(of("3.6.16"), present("m4", [url(4)], release="3.7.3", is_log_clean=is_log_clean)) == expected


@pytest.mark.parametrize(
    ("is_log_clean", "expected"),
    [(None, "raft_files_unread"), (False, "v2_requests_in_log"), (True, "add_learner m4")],
)
def test_3_6_joins_3_5_only_where_the_logs_are_known_to_be_clean(is_log_clean, expected):
    assert verdict(of("3.5.34"), present("m4", [url(4)], release="3.6.16", is_log_clean=is_log_clean)) == expected


def test_a_joiner_with_a_bad_release_is_refused_unless_a_member_runs_it_too():
    assert refusal(of("3.6.16"), present("m4", [url(4)], release="3.6.2")).code == "version_bug"
    accepted = present("m4", [url(4)], release="3.6.2", accept=("version_bug",))
    assert verdict(of("3.6.16"), accepted) == "add_learner m4"
    assert verdict(of("3.6.2"), present("m4", [url(4)], release="3.6.2")) == "add_learner m4"


def test_a_minor_release_that_is_not_known_yet_is_named():
    (warning,) = warnings(of("3.7.3"), present("m4", [url(4)], release="3.8.0"))
    assert "etcd 3.8.0 is untested" in warning
    assert "etcd 3.8.1 is untested" in warnings(of("3.8.1"), present("m4", [url(4)]))[0]


def test_while_a_joiner_gets_a_snapshot_some_releases_must_not_be_defragmented():
    (warning,) = warnings(of("3.5.16"), present("m4", [url(4)]))
    assert "defragment no member until the new one is a voter" in warning


@pytest.mark.parametrize("release", ["", "3.6.16", "3.5.34", "3.7.3"])
def test_nobody_joins_while_a_downgrade_is_on(release):
    found = refusal(downgrading(of("3.6.16")), present("m4", [url(4)], release=release))
    assert found.code == "downgrade_in_progress"
    assert "a downgrade to 3.5.0 is on" in found.message


def test_who_has_joined_already_may_get_its_vote_while_a_downgrade_is_on():
    observed = downgrading(cluster(*voters(3), learner("m4"), version="3.6.16"))
    assert verdict(observed, promoted("m4")) == "promote m4"


# Hosts of a group


def member(name: str, **facts: Any) -> Host:
    return Host(name, (url(name),), DataDir(DATA, id_of(name), CLUSTER_ID), is_running=True, **facts)


def newcomer(release: str) -> Host:
    return Host("m4", (url(4),), release=release)


def judged(observed: Cluster, *hosts: Host, **consents: Any) -> Deployment | Refusal:
    return deploy(observed, hosts, Consents(**consents))


def moves(observed: Cluster, *hosts: Host, **consents: Any) -> str:
    """The moves, or the code of the refusal."""
    found = judged(observed, *hosts, **consents)
    return found.code if isinstance(found, Refusal) else ", ".join(f"{one.action} {one.name}" for one in found.moves)


CLEAN, DIRTY = RaftFiles(last_index=9), RaftFiles(last_v2_request_index=8, last_index=9)
JOINS = "add_learner m4, start m4, promote m4"


def three(*files: RaftFiles | None) -> list[Host]:
    return [member(f"m{number}", raft_files=one) for number, one in enumerate(files or (None,) * 3, 1)]


def test_a_host_whose_program_is_too_old_stops_the_plan_and_is_named_in_the_table():
    found = judged(of("3.6.16"), *three(), newcomer("3.5.34"))
    assert isinstance(found, Refusal)
    assert found.findings == (Finding("m4", "joins with etcd 3.5.34", IN_THE_WAY, "version_unsupported"),)


def test_a_host_whose_program_fits_is_named_in_the_table_as_well():
    found = judged(of("3.6.16"), *three(), newcomer("3.6.16"))
    assert isinstance(found, Deployment)
    assert found.findings == (Finding("m4", "joins with etcd 3.6.16", PASSES),)


def test_a_dead_member_is_not_removed_for_a_host_that_could_not_take_its_place():
    observed = cluster(healthy("m1"), healthy("m2"), dead("m3"), version="3.6.16")
    hosts = [*three()[:2], Host("m3", (url(3),), release="3.5.34")]
    assert moves(observed, *hosts) == "version_unsupported"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((CLEAN, CLEAN, CLEAN), JOINS),
        ((CLEAN, RaftFiles(snapshot_index=9), CLEAN), JOINS),
        ((CLEAN, DIRTY, CLEAN), "v2_requests_in_log"),
        ((CLEAN, DIRTY, None), "v2_requests_in_log"),
        ((CLEAN, CLEAN, None), "raft_files_unread"),
        ((CLEAN, CLEAN, RaftFiles(reason="the log is torn")), "raft_files_unread"),
    ],
)
def test_what_the_hosts_files_say_decides_whether_3_7_joins_3_6(files, expected):
    assert moves(of("3.6.16"), *three(*files), newcomer("3.7.3")) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        # What 3.5 writes of its own is nothing to 3.6.
        (DIRTY, JOINS),
        (RaftFiles(last_v2_request_index=8, last_v2_read_index=8, last_index=9), "v2_requests_in_log"),
        (RaftFiles(v2_keys=("/foo",), last_index=9), "v2_requests_in_log"),
    ],
)
def test_what_the_hosts_files_say_decides_whether_3_6_joins_3_5(second, expected):
    assert moves(of("3.5.34"), *three(CLEAN, second, CLEAN), newcomer("3.6.16")) == expected


def test_what_is_not_known_of_the_files_can_be_accepted():
    assert moves(of("3.6.16"), *three(), newcomer("3.7.3"), accept=frozenset(("raft_files_unread",))) == JOINS


def test_a_member_that_was_registered_and_never_ran_has_to_fit_before_it_is_started():
    observed = cluster(*voters(3), unstarted_learner(4), version="3.6.16")
    assert moves(observed, *three(), newcomer("3.6.16")) == "start m4, promote m4"
    assert moves(observed, *three(), newcomer("3.5.34")) == "version_unsupported"
    voter = cluster(*voters(3), unstarted(4), version="3.6.16")
    assert moves(downgrading(voter), *three(), newcomer("3.6.16")) == "downgrade_in_progress"


def test_a_restart_with_a_program_of_the_next_minor_is_pointed_to_the_upgrade():
    hosts = [member("m1"), member("m2", outdated=("ETCD_NAME",), release="3.7.3+vendor"), member("m3")]
    found = judged(of("3.6.16"), *hosts)
    assert isinstance(found, Refusal)
    assert found.code == "version_unsupported"
    assert "it runs etcd 3.6.16, and its program is etcd 3.7.3+vendor" in found.message
    # As the variable takes it.
    assert "quorum.etcd.upgrade with etcd_cluster_upgrade_to: 3.7.3)" in found.next_step


@pytest.mark.parametrize("release", ["3.6.16", "3.6.12", ""])
def test_a_restart_with_the_same_minor_is_made(release):
    hosts = [member("m1"), member("m2", outdated=("ETCD_NAME",), release=release), member("m3")]
    assert moves(of("3.6.16"), *hosts) == "restart m2"


def test_a_plan_for_an_etcd_that_is_newer_than_all_that_is_known_says_so():
    found = judged(of("3.8.0"), *three())
    assert isinstance(found, Deployment)
    assert "etcd 3.8.0 is untested" in found.warnings[0]
