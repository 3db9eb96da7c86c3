# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling upgrades on real clusters, member by member with the modules that the role uses; and those that are refused
(cases 50 to 52 and 54).
"""

from __future__ import annotations

import json

import pytest

from tests.integration.modules.driver import Run, untouched, writable
from tests.integration.role.test_deployment import found, gate, plan
from tests.testbed import Cluster, Member, releases, waiting

OLD = "3.4"
NEW = "3.5"


def plan_upgrade(cluster: Cluster, release: str, *members: Member, **options) -> Run:
    """The plan for the hosts of these members; of all, if none is named."""
    return plan(cluster, *map(found, members or cluster.members), upgrade_to=release, **options)


def newest(minor: str) -> str:
    return releases.find(minor).version


def upgraded(cluster: Cluster, member: Member, version: str) -> None:
    """What the role does for one member."""
    assert gate(cluster, "stoppable", member).ok
    member.stop()
    member.install(version)
    member.restart()
    assert gate(cluster, "running", member).ok


def cluster_version(member: Member) -> str:
    _code, text = member.gateway.get("/version", 1.0)
    return json.loads(text)["etcdcluster"]


def wait_for_cluster_version(member: Member, version: str) -> None:
    """The leader looks at everybody's release every few seconds (etcd server/etcdserver/server.go monitorVersions)."""
    waiting.until(
        f"the cluster to be {version}",
        lambda: None if cluster_version(member) == version else cluster_version(member),
        15,
    )


# Case 50: releases


@pytest.mark.etcd(size=3, version="3.5.16")
@pytest.mark.parametrize(
    ("release", "code", "words"),
    [
        ("3.6.14", "version_bug", "Upgrade every member to 3.5.32 first"),
        ("3.7.1", "version_unsupported", "skip a minor release"),
        ("3.4.45", "version_unsupported", "go down"),
        ("3.5.15", "version_unsupported", "go down"),
        ("three", "version_unsupported", "not a release"),
    ],
)
def test_case_50_what_3_5_16_cannot_go_to_is_refused_and_nothing_is_touched(etcd_cluster, release, code, words):
    with untouched(etcd_cluster):
        for check_mode in (True, False):
            run = plan_upgrade(etcd_cluster, release, check_mode=check_mode)
            assert run.refusal == code
            assert words in run.message


@pytest.mark.etcd(size=3, version=OLD)
def test_case_50_a_minor_is_never_skipped_and_a_broken_release_is_accepted_only_knowingly(etcd_cluster):
    with untouched(etcd_cluster):
        assert plan_upgrade(etcd_cluster, "3.6.14", accept=["version_bug"]).refusal == "version_unsupported"
        assert plan_upgrade(etcd_cluster, "3.5.2").refusal == "version_bug"
        run = plan_upgrade(etcd_cluster, "3.5.2", accept=["version_bug"])
    assert len(run["upgrade"]) == 3
    assert "Accepted version_bug" in run.warnings


@pytest.mark.etcd(size=1, version=OLD, auth=True)
def test_case_50_authentication_stands_in_the_way_from_3_4_to_3_5(etcd_cluster):
    """etcd's own guide says that this is not supported."""
    run = plan_upgrade(etcd_cluster, newest(NEW))
    assert run.refusal == "version_unsupported"
    assert "while authentication is on" in run.message


# Case 51: members


@pytest.mark.etcd(size=2, version=OLD)
def test_case_51_a_cluster_of_two_is_upgraded_only_with_consent(etcd_cluster):
    run = plan_upgrade(etcd_cluster, newest(NEW))
    assert (run.refusal, run.arithmetic) == ("would_lose_quorum", ((2, 2), (1, 2)))
    assert len(plan_upgrade(etcd_cluster, newest(NEW), accept=["would_lose_quorum"])["upgrade"]) == 2


@pytest.mark.parametrize(
    ("state", "code"),
    [
        pytest.param({"size": 3, "dead": 1}, "would_lose_quorum", id="one of three is dead"),
        pytest.param({"size": 5, "dead": 1}, "cluster_unsettled", id="one of five is dead"),
        pytest.param({"size": 3, "dead": 2}, "no_quorum", id="no quorum"),
        pytest.param({"size": 3, "unstarted": 1}, "member_unstarted", id="one never started"),
        pytest.param({"size": 2, "learners": 1}, "another_learner", id="a learner waits for its vote"),
    ],
)
def test_case_51_nobody_is_upgraded_while_a_member_is_missing(state, code):
    # With etcd's own timings: on a busy machine, those of the test bed have a leader lose its office now and then.
    with Cluster(version=OLD, timing="default", **state) as cluster:
        run = plan_upgrade(cluster, newest(NEW), wait_timeout=0.5)
    assert run.refusal == code


@pytest.mark.etcd(size=1, version=OLD)
def test_case_51_nobody_is_upgraded_while_an_alarm_is_on(etcd_cluster):
    (member,) = etcd_cluster.members
    member.gateway.call(
        "/maintenance/alarm", {"action": "ACTIVATE", "alarm": "NOSPACE", "memberID": str(member.member_id)}
    )
    run = plan_upgrade(etcd_cluster, newest(NEW), wait_timeout=0.5)
    assert run.refusal == "cluster_unsettled"
    assert "NOSPACE" in run.message


@pytest.mark.etcd(size=3, version=OLD)
def test_case_51_hosts_that_are_not_exactly_the_members_are_pointed_to_deploy(etcd_cluster):
    *some, _last = etcd_cluster.members
    fewer = plan_upgrade(etcd_cluster, newest(NEW), *some)
    more = plan_upgrade(etcd_cluster, newest(NEW), *etcd_cluster.members, etcd_cluster.spare())
    assert {fewer.refusal, more.refusal} == {"member_not_found"}
    assert "quorum.etcd.deploy" in fewer.message
    assert "is not a member" in more.message


# Cases 52 and 54: the order


@pytest.mark.parametrize("size", [1, 3, 4])
def test_case_52_members_go_one_by_one_the_leader_last_and_what_was_broken_off_goes_on(size):
    """A new plan before each member, as a run makes it that was killed after each.

    With etcd's own timings, in which nobody loses the lead by chance.
    """
    release = newest(NEW)
    with Cluster(size, version=OLD, timing="default") as cluster:
        leader = cluster.leader
        order = plan_upgrade(cluster, release)["upgrade"]
        assert order[-1] == leader.name
        for done, name in enumerate(order):
            run = plan_upgrade(cluster, release)
            assert run["upgrade"] == order[done:]
            assert f"~ {name}  upgrade {newest(OLD)} -> {release}\n" in run["text"]
            assert cluster_version(cluster.live[0]) == "3.4.0"
            upgraded(cluster, cluster[name], release)
            assert writable(cluster)
        with untouched(cluster):
            rest = plan_upgrade(cluster, release)
        assert (rest["plan"], rest.changed) == ([], False)
        assert f"Every member runs etcd {release}" in rest["text"]
        wait_for_cluster_version(leader, "3.5.0")


@pytest.mark.etcd(size=3, version=OLD, timing="default")
def test_until_the_last_one_is_upgraded_a_member_can_be_put_back(etcd_cluster):
    """As etcd's own guides say, and docs/guide-upgrade.md with them."""
    before = newest(OLD)
    first, second = etcd_cluster.followers
    for member in (first, second):
        upgraded(etcd_cluster, member, newest(NEW))
    assert plan_upgrade(etcd_cluster, before).refusal == "version_unsupported"
    for member in (second, first):
        upgraded(etcd_cluster, member, before)
        assert writable(etcd_cluster)
    assert plan_upgrade(etcd_cluster, before)["plan"] == []
