# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling downgrades on real clusters, member by member with the modules that the role uses; those that are refused;
and those that are cancelled half-way.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.modules.driver import Run, run_main, untouched, writable
from tests.integration.role.test_deployment import found, moves, plan
from tests.integration.role.test_upgrade import cluster_version, upgraded, wait_for_cluster_version
from tests.testbed import Cluster, Member, waiting
from tests.testbed.member import MemberExited
from tests.testbed.writer import ATTEMPT_SECONDS, Writer
from tests.verification.writes import ELECTION_TIMEOUT

NEWEST, MIDDLE, OLDEST = "3.7.3", "3.6.16", "3.5.34"


def plan_downgrade(cluster: Cluster, release: str, *members: Member, **options: Any) -> Run:
    return plan(cluster, *map(found, members or cluster.members), downgrade_to=release, **options)


def downgrade(cluster: Cluster, state: str = "enabled", release: str | None = MIDDLE, **options: Any) -> Run:
    given = {"wait_timeout": 30, **cluster.connection, "state": state, "release": release, **options}
    check_mode = given.pop("check_mode", False)
    return run_main("etcd_downgrade", {name: one for name, one in given.items() if one is not None}, check_mode)


def storage_versions(cluster: Cluster) -> set[str]:
    return {member.gateway.call("/maintenance/status").get("storageVersion", "") for member in cluster.live}


def targets(cluster: Cluster) -> set[str]:
    infos = [member.gateway.call("/maintenance/status").get("downgradeInfo") or {} for member in cluster.live]
    return {info.get("targetVersion", "") if info.get("enabled") else "" for info in infos}


def risen(cluster: Cluster) -> Cluster:
    """A new cluster whose members all have the storage version of their release."""
    minor = ".".join(cluster.version.split(".")[:2])
    waiting.until(
        "the storage version",
        lambda: None if storage_versions(cluster) == {f"{minor}.0"} else str(storage_versions(cluster)),
        15,
    )
    return cluster


def rolled(cluster: Cluster, release: str) -> None:
    """Every move of the plan, each planned anew as by a run that was killed after the one before."""
    while moves := plan_downgrade(cluster, release)["plan"]:
        if moves[0]["action"] == "enable_downgrade":
            assert downgrade(cluster, release=release).changed
        else:
            upgraded(cluster, cluster[moves[0]["member"]["name"]], release)


# The whole way, and back


@pytest.mark.measures_time
def test_from_3_7_to_3_5_and_up_again_under_load_ids_and_data_are_kept():
    with Cluster(3, version=NEWEST, timing="default", flags={"snapshot_count": 10}) as cluster:
        cluster.put("before", "the downgrade")
        ids = {record["name"]: record["ID"] for record in cluster.member_list()}
        with Writer(cluster) as writer:
            for release in (MIDDLE, OLDEST):
                rolled(cluster, release)
                assert downgrade(cluster, "finished", release).ok
                assert cluster_version(cluster.live[0]) == release.rpartition(".")[0] + ".0"
                assert targets(cluster) == {""}
            for release in (MIDDLE, NEWEST):
                for member in [*cluster.followers, cluster.leader]:
                    upgraded(cluster, member, release)
                wait_for_cluster_version(cluster.leader, release.rpartition(".")[0] + ".0")
            report = writer.stop()
        assert (report.lost, report.failed, report.violations) == (0, 0, ())
        assert report.longest_gap <= ELECTION_TIMEOUT + ATTEMPT_SECONDS, report
        assert {record["name"]: record["ID"] for record in cluster.member_list()} == ids
        assert cluster.get("before") == "the downgrade"


@pytest.mark.etcd(size=3, version=NEWEST, auth=True, tls=True)
@pytest.mark.parametrize("transport", ["gateway", "grpc"])
def test_it_is_enabled_over_both_transports_and_by_root(etcd_cluster, transport):
    run = downgrade(etcd_cluster, transport=transport)
    assert run.done == ["enable_downgrade"]
    assert run["target"] == "3.6.0"
    again = downgrade(etcd_cluster, transport=transport)
    assert (again.changed, again["waits"]) == (False, [])
    cancelled = downgrade(etcd_cluster, "cancelled", None, transport=transport)
    assert cancelled.done == ["cancel_downgrade"]
    assert not downgrade(etcd_cluster, "cancelled", None, transport=transport).changed


@pytest.mark.etcd(size=1, version=NEWEST, auth=True)
def test_who_is_not_root_may_not(etcd_cluster):
    etcd_cluster.leader.gateway.call("/auth/user/add", {"name": "app", "password": "of-the-app"})
    run = downgrade(risen(etcd_cluster), username="app", password="of-the-app")
    assert run.error == "permission_denied", run


@pytest.mark.etcd(size=3, version=NEWEST)
def test_check_mode_and_validation_change_nothing(etcd_cluster):
    risen(etcd_cluster)
    with untouched(etcd_cluster):
        foretold = downgrade(etcd_cluster, check_mode=True)
        validated = downgrade(etcd_cluster, "validated")
        planned = plan_downgrade(etcd_cluster, MIDDLE)
    assert (foretold.planned, foretold.changed) == (["enable_downgrade"], True)
    assert (validated.planned, validated.changed) == ([], False)
    assert [move["action"] for move in planned["plan"]] == ["enable_downgrade", *["downgrade"] * 3]
    assert planned["downgrade"][-1] == etcd_cluster.leader.name
    assert targets(etcd_cluster) == {""}
    assert storage_versions(etcd_cluster) == {"3.7.0"}


# Refused


@pytest.mark.etcd(size=3, version=NEWEST)
@pytest.mark.parametrize(
    ("release", "words"), [(OLDEST, "would skip a minor release"), ("3.7.4", "would go up"), ("3.6", "not a release")]
)
def test_a_release_that_etcd_cannot_go_down_to_is_refused(etcd_cluster, release, words):
    with untouched(etcd_cluster):
        run = plan_downgrade(etcd_cluster, release)
    assert run.refusal == "version_unsupported"
    assert words in run.message


@pytest.mark.parametrize(
    ("state", "code"),
    [
        pytest.param({"size": 3, "dead": 1}, "cluster_unsettled", id="one of three is dead"),
        pytest.param({"size": 5, "dead": 1}, "cluster_unsettled", id="one of five is dead"),
        pytest.param({"size": 3, "unstarted_learners": 1}, "another_learner", id="a learner never started"),
        pytest.param({"size": 1, "learners": 1}, "another_learner", id="a learner waits for its vote"),
    ],
)
def test_nothing_is_enabled_while_anybody_is_missing(state, code):
    """etcd itself would enable it, and keep it on for ever."""
    with Cluster(version=NEWEST, timing="default", **state) as cluster:
        for run in (plan_downgrade(cluster, MIDDLE, wait_timeout=0.5), downgrade(cluster, wait_timeout=0.5)):
            assert run.refusal == code, run
        assert targets(cluster) == {""}


@pytest.mark.etcd(size=1, learners=1, version=NEWEST)
def test_a_learner_that_died_stands_in_the_way(etcd_cluster):
    (learner,) = etcd_cluster.learners
    learner.kill()
    run = downgrade(etcd_cluster, wait_timeout=0.5)
    assert run.refusal == "another_learner"
    assert "learners too" in run.message
    assert targets(etcd_cluster) == {""}


# Cancelled, and killed


@pytest.mark.etcd(size=3, version=NEWEST, timing="default")
def test_half_way_it_can_be_cancelled_and_goes_on_in_either_direction(etcd_cluster):
    cluster = etcd_cluster
    downgrade(cluster)
    first, second = cluster.followers
    upgraded(cluster, first, MIDDLE)

    cancelled = downgrade(cluster, "cancelled", None)
    assert cancelled.done == ["cancel_downgrade"]
    assert "Members run 3.6 and 3.7" in cancelled["text"]
    assert targets(cluster) == {""}

    # down: the member of 3.6 keeps the version of the cluster, and nothing has to be enabled
    assert [move["action"] for move in plan_downgrade(cluster, MIDDLE)["plan"]] == ["downgrade"] * 2
    upgraded(cluster, second, MIDDLE)
    # up
    for member in (first, second):
        upgraded(cluster, member, NEWEST)
        assert writable(cluster)
    wait_for_cluster_version(cluster.leader, "3.7.0")
    assert plan_downgrade(cluster, NEWEST)["plan"] == []


@pytest.mark.etcd(size=3, version=NEWEST, timing="default")
def test_a_dead_member_on_the_way_is_told_and_the_downgrade_can_be_cancelled(etcd_cluster):
    downgrade(etcd_cluster)
    victim, _other = etcd_cluster.followers
    victim.kill()
    run = plan_downgrade(etcd_cluster, MIDDLE, wait_timeout=0.5)
    assert run.refusal == "cluster_unsettled"
    assert "etcd_cluster_downgrade_cancel" in run.message
    assert downgrade(etcd_cluster, "cancelled", None).changed
    assert targets(etcd_cluster) == {""}


@pytest.mark.etcd(size=1, version=MIDDLE)
def test_a_downgrade_that_is_on_is_seen_and_cancelled_on_members_that_do_not_tell(etcd_cluster):
    (member,) = etcd_cluster.members
    assert downgrade(etcd_cluster, release="3.5").changed
    member.stop()
    member.install(OLDEST)
    member.restart()
    # its leader ends it within five seconds, so nobody can say which of both came first
    assert downgrade(etcd_cluster, "cancelled", None).ok
    ended = downgrade(etcd_cluster, "finished", "3.5")
    assert ended.ok
    assert cluster_version(member) == "3.5.0"


@pytest.mark.etcd(size=1, version=NEWEST)
def test_a_downgrade_to_another_release_is_in_the_way(etcd_cluster):
    downgrade(etcd_cluster)
    run = plan_downgrade(etcd_cluster, "3.7.2")
    assert run.refusal == "downgrade_in_progress"
    assert "a downgrade to 3.6.0 is on" in run.message


# A program that somebody put back by hand


@pytest.mark.etcd(size=3, version=NEWEST)
def test_a_program_that_is_older_than_the_data_is_started_only_once_these_were_lowered(etcd_cluster):
    follower = risen(etcd_cluster).followers[0]
    hosts = [found(member, release=MIDDLE if member is follower else NEWEST) for member in etcd_cluster.members]
    with untouched(etcd_cluster):
        restart = plan(etcd_cluster, *[{**host, "outdated": ["etcd"]} for host in hosts])
    assert restart.refusal == "version_unsupported", restart
    follower.stop()
    hosts = [found(member, release=MIDDLE if member is follower else NEWEST) for member in etcd_cluster.members]
    assert plan(etcd_cluster, *hosts).refusal == "version_unsupported"
    follower.install(MIDDLE)
    with pytest.raises(MemberExited):
        follower.restart()
    assert 'version \\"3.7.0\\" is not supported' in follower.log_tail()
    follower.install(NEWEST)
    follower.restart()
    assert downgrade(etcd_cluster).changed
    follower.stop()
    assert moves(plan(etcd_cluster, *hosts)) == [f"start {follower.name}"]
    follower.install(MIDDLE)
    follower.restart()
