# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling upgrade: the releases that run and the one that is wanted → who is upgraded in which order, or why nobody
is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import versions
from ansible_collections.quorum.etcd.plugins.module_utils._membership.check_table import (
    IN_THE_WAY,
    Finding,
    checks_text,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment_text import plan_text
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import DATA, DataDir, RaftFiles
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import Host as FoundHost
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import is_healthy, quorum_of
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import CODES, FINAL, WAIT, Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.upgrade import UPGRADE, upgrade
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership.anything import clusters
from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    Host,
    alarmed,
    cluster,
    dead,
    downgrading,
    healthy,
    id_of,
    lagging,
    leaderless,
    learner,
    unstarted,
    unstarted_learner,
    url,
    voters,
)


def host(name: str, **facts) -> FoundHost:
    """A host whose etcd runs with its member's data."""
    return FoundHost(
        **{
            "name": name,
            "peer_urls": (url(name),),
            "data_dir": DataDir(DATA, id_of(name), CLUSTER_ID),
            "is_running": True,
            "raft_files": RaftFiles(last_index=9),
            **facts,
        }
    )


def hosts_of(observed: Cluster) -> list[FoundHost]:
    return [
        FoundHost(
            member.name,
            member.peer_urls,
            DataDir(DATA, member.member_id, observed.cluster_id),
            is_running=True,
            raft_files=RaftFiles(last_index=9),
        )
        for member in observed.members
        if member.name
    ]


def of(*releases: str, leader: str = "m1", **facts) -> Cluster:
    """Healthy voters m1, m2 ... of these releases."""
    names = [f"m{number}" for number in range(1, len(releases) + 1)]
    observed = cluster(*map(healthy, names), versions=dict(zip(names, releases, strict=True)), leader=leader, **facts)
    return with_storage(observed, min((numbers for numbers in map(versions.parse, releases) if numbers), default=None))


def with_storage(observed: Cluster, release: versions.Version | None) -> Cluster:
    """All members' data are of the minor of this release; before 3.6 they do not say so."""
    told = f"{release[0]}.{release[1]}.0" if release and release >= (3, 6) else ""
    return replace(observed, statuses=tuple(replace(status, storage_version=told) for status in observed.statuses))


def judged(
    observed: Cluster | None, release: str, hosts: Sequence[FoundHost] | None = None, accept: tuple[str, ...] = ()
) -> Deployment | Refusal:
    return upgrade(observed, hosts if hosts is not None else hosts_of(observed) if observed else [], release, accept)


def verdict(
    observed: Cluster | None, release: str, hosts: Sequence[FoundHost] | None = None, accept: tuple[str, ...] = ()
) -> str:
    """Who is upgraded, in order, or the code of the refusal."""
    found = judged(observed, release, hosts, accept)
    if isinstance(found, Refusal):
        return found.code
    assert {move.action for move in found.moves} <= {UPGRADE}
    return " ".join(move.name for move in found.moves) or "nothing to do"


def refusal(observed: Cluster | None, release: str, hosts: Sequence[FoundHost] | None = None) -> Refusal:
    found = judged(observed, release, hosts)
    assert isinstance(found, Refusal), found
    return found


def permitted(observed: Cluster, release: str, accept: tuple[str, ...] = ()) -> Deployment:
    found = judged(observed, release, accept=accept)
    assert isinstance(found, Deployment), found
    return found


# Who, and in which order


@pytest.mark.parametrize(
    ("observed", "release", "expected"),
    [
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.30", "m2 m3 m1"),
        (of("3.4.23", "3.4.23", "3.4.23", leader="m2"), "3.5.30", "m1 m3 m2"),
        (of("3.5.16", "3.5.16", "3.5.16"), "3.5.30", "m2 m3 m1"),
        (of("3.4.23", "3.4.23", "3.4.23", "3.4.23", leader="m4"), "3.5.30", "m1 m2 m3 m4"),
        (of("3.4.23"), "3.5.30", "m1"),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.4.45", "m2 m3 m1"),
        (of("3.5.32", "3.5.32", "3.5.32"), "3.6.14", "m2 m3 m1"),
        (of("3.6.11", "3.6.11", "3.6.11"), "3.7.1", "m2 m3 m1"),
        # Broken off, and gone on with.
        (of("3.5.30", "3.4.23", "3.4.23"), "3.5.30", "m2 m3"),
        (of("3.4.23", "3.5.30", "3.5.30"), "3.5.30", "m1"),
        (of("3.5.16", "3.4.23", "3.4.23"), "3.5.30", "m2 m3 m1"),
        (of("3.5.30", "3.5.30", "3.5.30"), "3.5.30", "nothing to do"),
        (of("3.5.30", "3.5.30"), "3.5.30", "nothing to do"),
    ],
)
def test_every_member_of_another_release_is_upgraded_the_leader_last(observed, release, expected):
    assert verdict(observed, release) == expected


# Releases


@pytest.mark.parametrize(
    ("observed", "release", "code", "words"),
    [
        (of("3.4.23", "3.4.23", "3.4.23"), "3.6.14", "version_unsupported", "skip a minor"),
        (of("3.5.30", "3.4.23", "3.5.30"), "3.6.14", "version_unsupported", "m2 (3.4.23) would skip"),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.5.30", "version_unsupported", "skip a minor"),
        (of("3.6.14", "3.6.14", "3.6.14"), "4.0.0", "version_unsupported", "skip a minor"),
        (of("3.5.30", "3.5.30", "3.5.30"), "3.4.45", "version_unsupported", "go down"),
        (of("3.5.30", "3.5.30", "3.5.30"), "3.5.29", "version_unsupported", "go down"),
        (of("3.4.23", "3.5.30", "3.4.23"), "3.4.45", "version_unsupported", "m2 (3.5.30) would go down"),
        (of("3.4.23", "3.4.23", "3.5.30"), "3.4.23", "version_unsupported", "m3 (3.5.30) would go down"),
        (of("3.4.45", "3.4.45", "3.4.45", authenticated=True), "3.5.30", "version_unsupported", "authentication is on"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5", "version_unsupported", "not a release"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.0-rc.1", "version_unsupported", "not a release"),
        (of("3.4.23", "3.4.23", "3.4.23"), "latest", "version_unsupported", "not a release"),
        (of("3.4.23", "", "3.4.23"), "3.5.30", "version_unsupported", "cannot tell which release m2"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.0", "version_bug", "crashed under load"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.2", "version_bug", "crashed under load"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.5", "version_bug", "defragmentation"),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.4.21", "version_bug", "authentication"),
        (of("3.5.16", "3.5.16", "3.5.16"), "3.6.14", "version_bug", "a promotion is not stored"),
        (of("3.5.20", "3.5.20", "3.5.20"), "3.6.14", "version_bug", "a promotion is lost"),
        (of("3.5.32", "3.5.25", "3.5.32"), "3.6.14", "version_bug", "m2 (3.5.25)"),
        (of("3.6.10", "3.6.11", "3.6.11"), "3.7.1", "version_bug", "m1 (3.6.10)"),
        (of("3.5.34", "3.5.34", "3.5.34"), "3.6.3", "version_bug", "may panic when it starts and replays"),
        (of("3.5.34", "3.5.34", "3.5.34"), "3.7.3", "version_unsupported", "skip a minor"),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.7.0", "version_bug", "GHSA-6vch and GHSA-xg4h"),
    ],
)
def test_a_release_that_etcd_cannot_or_should_not_go_to_is_refused(observed, release, code, words):
    found = refusal(observed, release)
    assert found.code == code
    assert words in found.message


@pytest.mark.parametrize(
    ("observed", "release", "next_step"),
    [
        (of("3.4.23", "3.4.23", "3.4.23"), "3.6.14", "Upgrade every member to the newest 3.5 first."),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.4", "Upgrade to 3.5.6 or newer."),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.4.9", "Upgrade to 3.4.22 or newer."),
        (of("3.5.16", "3.5.16", "3.5.16"), "3.6.14", "Upgrade every member to 3.5.32 first, and then to 3.6.14."),
        (of("3.6.2", "3.6.2", "3.6.2"), "3.7.1", "Upgrade every member to 3.6.11 first, and then to 3.7.1."),
        (of("3.5.34", "3.5.34", "3.5.34"), "3.6.2", "Upgrade to 3.6.4 or newer."),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.7.0", "Upgrade to 3.7.1 or newer."),
    ],
)
def test_the_way_there_is_named(observed, release, next_step):
    assert refusal(observed, release).next_step == next_step


@pytest.mark.parametrize(
    ("running", "release"),
    [
        ("3.4.23", "3.5.6"),
        ("3.4.21", "3.4.22"),
        ("3.5.26", "3.6.4"),
        ("3.6.0", "3.6.14"),
        ("3.6.11", "3.7.1"),
        ("3.5.5", "3.5.6"),
        ("3.4.23", "3.5.16"),
        ("3.5.0", "3.5.30"),
    ],
)
def test_the_first_release_with_the_fixes_is_permitted(running, release):
    assert verdict(of(running, running, running), release) == "m2 m3 m1"


def test_authentication_stands_in_the_way_only_where_its_log_changes():
    assert verdict(of("3.4.23", "3.4.23", "3.4.23", authenticated=True), "3.4.45") == "m2 m3 m1"
    assert verdict(of("3.5.16", "3.5.16", "3.5.16", authenticated=True), "3.5.30") == "m2 m3 m1"


@pytest.mark.parametrize(("running", "release"), [("3.4.23", "3.5.4"), ("3.5.16", "3.6.14")])
def test_a_version_bug_can_be_accepted_and_is_then_a_warning(running, release):
    found = permitted(of(running, running, running), release, accept=("version_bug",))
    assert found.warnings[0].startswith("Accepted version_bug: cannot upgrade")


def test_what_etcd_cannot_do_can_not_be_accepted():
    everything = tuple(CODES)
    assert verdict(of("3.4.23", "3.4.23", "3.4.23"), "3.6.14", accept=everything) == "version_unsupported"
    assert verdict(of("3.5.30", "3.5.30", "3.5.30"), "3.4.45", accept=everything) == "version_unsupported"


def test_a_release_that_does_not_store_promotions_is_warned_of():
    warning, advice = permitted(of("3.4.23", "3.4.23", "3.4.23"), "3.5.16").warnings
    assert "On etcd 3.5.16 a promotion is not stored" in warning
    assert advice.startswith("Rather go to 3.5.33 or newer than to 3.5.16: ")
    assert permitted(of("3.4.23", "3.4.23", "3.4.23"), "3.5.33").warnings == ()


def test_going_to_3_6_from_less_than_is_advised_is_warned_of():
    (warning,) = permitted(of("3.5.32", "3.5.26", "3.5.32"), "3.6.14").warnings
    assert warning == "etcd advises upgrading to 3.5.32 before 3.6.14: m2 (3.5.26)."
    assert permitted(of("3.5.32", "3.5.32", "3.5.32"), "3.6.14").warnings == ()


def test_a_better_release_of_the_same_minor_is_advised():
    (warning,) = permitted(of("3.6.16", "3.6.16", "3.6.16"), "3.7.1").warnings
    assert warning.startswith("Rather go to 3.7.2 or newer than to 3.7.1: ")
    assert permitted(of("3.6.16", "3.6.16", "3.6.16"), "3.7.2").warnings == ()


def test_a_minor_that_is_not_known_yet_is_named_as_untested_and_asks_for_the_storage_version():
    (warning,) = permitted(of("3.7.3", "3.7.3", "3.7.3"), "3.8.0").warnings
    assert "etcd 3.8.0 is untested with this collection, which knows the releases up to 3.7" in warning
    assert refusal(with_storage(of("3.7.3", "3.7.3", "3.7.3"), (3, 6, 0)), "3.8.0").code == "cluster_unsettled"


def test_a_pre_release_is_older_than_its_release_and_the_build_of_a_vendor_is_not():
    assert verdict(of("3.6.4-rc.1", "3.6.4", "3.6.4+vendor"), "3.6.4") == "m1"
    assert "m1 (3.5.9-eks)" in refusal(of("3.5.9-eks", "3.5.32", "3.5.32"), "3.6.14").message


# Downgrades


def test_nobody_is_upgraded_while_a_downgrade_is_on():
    observed = downgrading(of("3.7.1", "3.7.1", "3.7.1"))
    assert refusal(observed, "3.7.3").code == "downgrade_in_progress"
    assert refusal(observed, "3.7.3").findings[0] == Finding(
        "", "no downgrade is on", IN_THE_WAY, "downgrade_in_progress"
    )
    assert verdict(observed, "3.7.1") == "nothing to do"


# What the members' data and files say


def test_from_3_6_to_3_7_the_storage_version_of_every_member_is_waited_for():
    observed = of("3.6.16", "3.6.16", "3.6.16")
    late = replace(observed.statuses[1], storage_version="3.5.0")
    found = refusal(replace(observed, statuses=(observed.statuses[0], late, observed.statuses[2])), "3.7.3")
    assert (found.code, found.patience) == ("cluster_unsettled", WAIT)
    assert "the storage version of m2 (3.5.0) is not 3.6 yet" in found.message
    assert "m1 (not told)" in refusal(with_storage(observed, None), "3.7.3").message
    assert verdict(with_storage(observed, None), "3.6.17") == "m2 m3 m1"


def test_who_is_on_3_7_already_is_asked_for_its_storage_version_as_well():
    observed = of("3.6.16", "3.7.3", "3.6.16")
    late = replace(observed.statuses[1], storage_version="3.5.0")
    found = refusal(replace(observed, statuses=(observed.statuses[0], late, observed.statuses[2])), "3.7.3")
    assert "m2 (3.5.0)" in found.message


SIX = of("3.6.16", "3.6.16", "3.6.16")
OF_3_5 = RaftFiles(last_v2_request_index=8, last_index=13)


def files(*found: RaftFiles | None) -> list[FoundHost]:
    return [host(f"m{number}", raft_files=one) for number, one in enumerate(found, 1)]


def test_entries_that_3_7_cannot_read_are_refused_with_their_index():
    found = refusal(SIX, "3.7.3", files(OF_3_5, RaftFiles(snapshot_index=13), OF_3_5))
    assert (found.code, found.patience) == ("v2_requests_in_log", FINAL)
    assert "m1 (entry 8, snapshot none), m3 (entry 8, snapshot none)" in found.message
    assert "etcd_cluster_upgrade_take_snapshots" in found.next_step


def test_who_cannot_be_replayed_takes_a_snapshot_before_anybody_is_upgraded_the_leader_last():
    found = upgrade(SIX, files(OF_3_5, RaftFiles(snapshot_index=13), OF_3_5), "3.7.3", takes_snapshots=True)
    assert isinstance(found, Deployment), found
    assert [f"{move.action} {move.name}" for move in found.moves] == [
        "take_snapshot m3",
        "take_snapshot m1",
        "upgrade m2",
        "upgrade m3",
        "upgrade m1",
    ]
    assert [(one.member.name, one.snapshot_count) for one in found.snapshots] == [("m3", 5), ("m1", 5)]
    assert found.sequence == found.moves


def test_a_log_that_ends_with_such_an_entry_needs_a_snapshot_at_once():
    found = upgrade(SIX, files(*[RaftFiles(last_v2_request_index=8, last_index=8)] * 3), "3.7.3", takes_snapshots=True)
    assert isinstance(found, Deployment), found
    assert {one.snapshot_count for one in found.snapshots} == {1}


@pytest.mark.parametrize(("observed", "release"), [(SIX, "3.7.3"), (of("3.5.34", "3.5.34", "3.5.34"), "3.6.16")])
def test_files_that_nobody_could_read_are_never_taken_for_clean(observed, release):
    unread = files(RaftFiles(), RaftFiles(reason="the log is torn"), None)
    found = refusal(observed, release, unread)
    assert found.code == "raft_files_unread"
    assert "m2 (the log is torn); m3 (they were not read)" in found.message
    assert verdict(observed, release, unread, accept=("raft_files_unread",)) == "m2 m3 m1"


@pytest.mark.parametrize("release", ["3.6.17", "3.7.3"])
def test_files_are_asked_for_only_where_they_matter(release):
    observed, unread = of("3.6.16", "3.7.3", "3.7.3"), files(RaftFiles(), None, None)
    assert verdict(SIX, "3.6.17", files(None, None, None)) == "m2 m3 m1"
    assert verdict(observed, "3.7.3", unread) == "m1"


def test_keys_of_version_2_on_any_host_are_refused_before_the_first_is_touched():
    observed = of("3.5.34", "3.5.34", "3.5.34")
    found = refusal(observed, "3.6.16", files(RaftFiles(), RaftFiles(v2_keys=("/foo", "/bar")), None))
    assert found.code == "v2_keys"
    assert "m2 (/foo, /bar)" in found.message
    assert verdict(observed, "3.5.35", files(None, RaftFiles(v2_keys=("/foo",)), None)) == "m2 m3 m1"


def test_all_that_was_checked_is_a_table_of_at_most_80_columns():
    observed, hosts = SIX, files(OF_3_5, RaftFiles(), RaftFiles())
    found = upgrade(observed, hosts, "3.7.3", takes_snapshots=True)
    assert isinstance(found, Deployment), found
    text = plan_text(observed, hosts, found)
    assert "\nWhat was checked:\n    cluster  no downgrade is on" in text
    assert re.search(r"\n    m1 +3.7 can read its log +would be put right\n", text)
    assert re.search(r"\n    m2 +storage version is 3.6 +passes\n", text)
    assert "\n    ~ m1  restart, to take a snapshot\n" in text
    assert max(map(len, text.splitlines())) <= 80
    refused = refusal(observed, "3.7.3", hosts)
    assert re.search(r"\n    m1 +3.7 can read its log +stands in the way", checks_text(refused.findings))
    assert checks_text(()) == ""


# Health


def old(*hosts: Host, **facts) -> Cluster:
    return cluster(*hosts, version="3.4.23", **facts)


@pytest.mark.parametrize(
    ("observed", "code"),
    [
        (old(*voters(3, 1)), "would_lose_quorum"),
        (old(*voters(5, 1)), "cluster_unsettled"),
        (old(*voters(3, 2)), "no_quorum"),
        (old(*voters(2)), "would_lose_quorum"),
        (old(*voters(2, 1)), "no_quorum"),
        (old(*voters(4), alarmed("m5")), "cluster_unsettled"),
        (old(*voters(4), alarmed("m5", "CORRUPT")), "cluster_unsettled"),
        (old(*voters(4), lagging("m5")), "cluster_unsettled"),
        (old(*voters(4), leaderless("m5")), "cluster_unsettled"),
        (old(*voters(2), alarmed("m3")), "would_lose_quorum"),
        (old(*voters(3), unstarted(4)), "member_unstarted"),
        (old(*voters(3), learner("m4")), "another_learner"),
        (old(*voters(3), unstarted_learner(4)), "another_learner"),
        (old(*voters(3), rival_leader_ids=(1, 2)), "split_brain"),
        (old(*voters(3), foreign_cluster_ids=(0xC2,)), "cluster_id_mismatch"),
        (None, "no_quorum"),
    ],
)
def test_a_cluster_that_is_not_whole_and_healthy_is_refused(observed, code):
    assert verdict(observed, "3.5.30") == code


def test_a_member_that_comes_back_is_waited_for_and_a_wrong_release_is_not():
    assert refusal(old(*voters(3, 1)), "3.5.30").patience == WAIT
    assert refusal(old(*voters(5, 1)), "3.5.30").patience == WAIT
    assert refusal(old(*voters(2)), "3.5.30").patience == FINAL
    assert refusal(old(*voters(3, 1)), "3.6.14").patience == FINAL


def test_the_arithmetic_of_a_stop_is_told():
    found = refusal(old(*voters(2)), "3.5.30")
    assert (found.before.healthy, found.after.healthy, found.after.size) == (2, 1, 2)


def test_the_interruption_of_a_cluster_of_two_can_be_accepted_and_nothing_else_of_its_health():
    assert verdict(old(*voters(2)), "3.5.30", accept=("would_lose_quorum",)) == "m2 m1"
    assert verdict(old(*voters(3, 1)), "3.5.30", accept=("would_lose_quorum",)) == "cluster_unsettled"
    assert verdict(old(*voters(3), learner("m4")), "3.5.30", accept=("another_learner",)) == "cluster_unsettled"
    assert verdict(old(*voters(4), unstarted(5)), "3.5.30", accept=("member_unstarted",)) == "cluster_unsettled"


# Hosts


@pytest.mark.parametrize(
    ("hosts", "code", "words"),
    [
        ([host("m1"), host("m2")], "member_not_found", "no host in the group for m3"),
        (
            [host("m1"), host("m2"), host("m3"), host("m4", data_dir=DataDir("absent"), is_running=False)],
            "member_not_found",
            "m4 is not a member",
        ),
        ([host("m1"), host("m2"), host("m3", peer_urls=(url(33),))], "member_not_found", "m3 has other peer URLs"),
        ([host("m1"), host("m2"), host("m3", is_running=False)], "member_not_found", "the service of m3 does not run"),
        (
            [host("m1"), host("m2"), host("m3", data_dir=DataDir("absent"))],
            "member_not_found",
            "the service of m3 does not run",
        ),
        ([host("m1"), host("m2"), host("m3", data_dir=DataDir(DATA, id_of("m3"), 0xC2))], "cluster_id_mismatch", "m3"),
        (
            [host("m1"), host("m2"), host("m3", data_dir=DataDir(DATA, id_of("m2"), CLUSTER_ID))],
            "ambiguous_identity",
            "m2 and m3",
        ),
    ],
)
def test_hosts_that_are_not_exactly_the_members_are_refused(hosts, code, words):
    found = refusal(old(*voters(3)), "3.5.30", hosts)
    assert found.code == code
    assert words in found.message


def test_settings_that_a_restart_would_bring_are_no_matter_of_an_upgrade():
    assert (
        verdict(old(*voters(3)), "3.5.30", [host("m1"), host("m2", outdated=("ETCD_NAME",)), host("m3")]) == "m2 m3 m1"
    )
    assert (
        verdict(
            of("3.5.30", "3.5.30", "3.5.30"), "3.5.30", [host("m1"), host("m2", outdated=("ETCD_NAME",)), host("m3")]
        )
        == "nothing to do"
    )


# Any cluster

RELEASES = ("3.3.27", "3.4.21", "3.4.45", "3.5.5", "3.5.16", "3.5.25", "3.5.30", "3.5.32", "3.6.10", "3.6.14", "3.7.1")


# From one release to one of the next, or of anything to anything.
WAYS = [(running, wanted) for place, running in enumerate(RELEASES) for wanted in RELEASES[place : place + 5]]
ANY_WAY = st.one_of(
    st.sampled_from(WAYS), st.sampled_from(WAYS), st.tuples(st.sampled_from(RELEASES), st.sampled_from(RELEASES))
)


@st.composite
def upgrades(draw: st.DrawFn) -> tuple[Cluster, str]:
    """Healthy voters, some of them upgraded already, with anybody leading; and the release that is asked for."""
    running, wanted = draw(ANY_WAY)
    releases = draw(st.lists(st.sampled_from((running, running, wanted)), min_size=1, max_size=7))
    return of(*releases, leader=f"m{draw(st.integers(1, len(releases)))}", authenticated=draw(st.booleans())), wanted


def release_of(observed: Cluster, member_id: int) -> str:
    status = observed.status_of(member_id)
    assert status is not None
    return status.version


def numbers(release: str) -> versions.Version:
    found = versions.parse(release)
    assert found is not None
    return found


@settings(max_examples=4 * settings().max_examples)
@given(st.one_of(upgrades(), upgrades(), st.tuples(clusters(), st.sampled_from(RELEASES))), st.booleans())
def test_a_permitted_upgrade_never_skips_a_minor_never_goes_down_and_ends_with_the_leader(asked, accepting):
    observed, release = asked
    found = judged(observed, release, accept=("version_bug", "would_lose_quorum") if accepting else ())
    if isinstance(found, Refusal):
        event(found.code)
        return
    event("permitted" if found.moves else "nothing to do")
    target = numbers(release)
    for move in found.moves:
        running = numbers(release_of(observed, move.member_id))
        assert running < target
        assert target[:2] in (running[:2], (running[0], running[1] + 1))
    upgraded = [move.member_id for move in found.moves]
    assert len(upgraded) == len(set(upgraded))
    assert observed.leader_id not in upgraded[:-1]
    if upgraded:
        assert all(is_healthy(observed, member) and member.is_voter for member in observed.members)
        assert accepting or quorum_of(observed).voters != 2
    others = [member for member in observed.members if member.member_id not in upgraded]
    assert {release_of(observed, member.member_id) for member in others} <= {release}


@given(upgrades(), st.integers(0, 7))
def test_an_upgrade_that_was_broken_off_anywhere_goes_on_with_the_rest_in_the_same_order(asked, done):
    observed, release = asked
    found = judged(observed, release, accept=("version_bug", "would_lose_quorum"))
    if isinstance(found, Refusal):
        return
    upgraded = {move.name for move in found.moves[:done]}
    names = [member.name for member in observed.members]
    running = {member.name: release_of(observed, member.member_id) for member in observed.members}
    later = of(
        *(release if name in upgraded else running[name] for name in names),
        leader=observed.leader.name,
        authenticated=observed.authenticated,
    )
    rest = " ".join(move.name for move in found.moves[done:]) or "nothing to do"
    assert verdict(later, release, accept=("version_bug", "would_lose_quorum")) == rest


# Words


def test_the_plan_says_who_goes_from_where_to_where():
    observed = of("3.4.23", "3.5.16", "3.4.23")
    text = plan_text(observed, hosts_of(observed), permitted(observed, "3.5.16"))
    assert "The plan has 2 moves:\n    ~ m3  upgrade 3.4.23 -> 3.5.16\n    ~ m1  upgrade 3.4.23 -> 3.5.16\n" in text
    assert text.endswith("\nAfterwards: every member runs etcd 3.5.16\n")


def test_that_nothing_is_left_to_do_is_said_with_the_release():
    observed = of("3.5.16", "3.5.16", "3.5.16")
    text = plan_text(observed, hosts_of(observed), permitted(observed, "3.5.16"))
    assert text.endswith("\nThere is nothing to do.\n\nEvery member runs etcd 3.5.16\n")


def test_a_dead_member_is_named():
    assert "m3 refuses connections" in refusal(old(healthy("m1"), healthy("m2"), dead("m3")), "3.5.30").message
