# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling upgrades on real clusters, member by member with the modules that the role uses; and those that are refused
(cases 50 to 52 and 54), and joiners whose release does not fit.
"""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.integration.modules.driver import Run, run_main, untouched, writable
from tests.integration.role.test_deployment import found, gate, plan
from tests.testbed import Cluster, Member, releases, waiting
from tests.testbed.writer import ATTEMPT_SECONDS, Writer
from tests.verification.writes import ELECTION_TIMEOUT

OLD = "3.4"
NEW = "3.5"


def plan_upgrade(cluster: Cluster, release: str, *members: Member, **options) -> Run:
    """The plan for the hosts of these members; of all, if none is named."""
    hosts = [found(member, {"raft_files": True}) for member in members or cluster.members]
    return plan(cluster, *hosts, upgrade_to=release, **options)


def newest(minor: str) -> str:
    return releases.find(minor).version


def upgraded(cluster: Cluster, member: Member, version: str) -> None:
    """What the role does for one member."""
    assert gate(cluster, "stoppable", member).ok
    member.stop()
    member.install(version)
    member.restart()
    assert gate(cluster, "running", member)["version"] == version


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


# From 3.5 to 3.7


def rolled(cluster: Cluster, version: str) -> None:
    """Every member on that release, the quick way: what a test begins with."""
    for member in (*cluster.followers, cluster.leader):
        member.stop()
        member.install(version)
        member.restart()


def outcomes(run: Run, check: str) -> set[str]:
    return {one["outcome"] for one in run["checks"] if one["check"] == check}


def wait_for_due_snapshots(cluster: Cluster, expected: set[str], release: str = "3.7.3") -> None:
    """A member takes its snapshot as soon as it has applied its log, which may be a moment after it is healthy."""

    def look() -> str | None:
        due = {one["name"] for one in plan_upgrade(cluster, release, take_snapshots=True)["snapshots"]}
        return None if due == expected else f"due are {due}"

    waiting.until(f"only {expected} to be due", look, 10)


@pytest.mark.etcd(size=3, version="3.5.34", timing="default")
def test_a_quiet_cluster_that_began_with_3_5_takes_snapshots_before_3_7_and_then_starts(etcd_cluster):
    """etcd 3.7.3 panics at the entries that 3.5 has written; a member of 3.6 that was started once with the
    snapshot-count of the plan has a snapshot behind them, without anybody writing.
    """
    rolled(etcd_cluster, "3.6.16")
    with untouched(etcd_cluster):
        # Storage version 3.6 is waited for.
        refused = plan_upgrade(etcd_cluster, "3.7.3", wait_timeout=15)
        run = plan_upgrade(etcd_cluster, "3.7.3", take_snapshots=True)
    assert refused.refusal == "v2_requests_in_log"
    assert outcomes(refused, "3.7 can read its log") == {"stands in the way"}
    assert outcomes(run, "3.7 can read its log") == {"would be put right"}
    assert outcomes(run, "storage version is 3.6") == {"passes"}
    counts = {one["name"]: one["snapshot_count"] for one in run["snapshots"]}
    assert set(counts) == {member.name for member in etcd_cluster.members}
    for done, (name, count) in enumerate(counts.items(), 1):
        assert gate(etcd_cluster, "stoppable", etcd_cluster[name]).ok
        etcd_cluster[name].restart(snapshot_count=count)
        assert gate(etcd_cluster, "running", etcd_cluster[name]).ok
        # What was killed after this member goes on with the others.
        wait_for_due_snapshots(etcd_cluster, set([*counts][done:]))
    assert outcomes(plan_upgrade(etcd_cluster, "3.7.3"), "3.7 can read its log") == {"passes"}
    rolled(etcd_cluster, "3.7.3")
    assert writable(etcd_cluster)
    assert plan_upgrade(etcd_cluster, "3.7.3")["plan"] == []


def climbed(cluster: Cluster, release: str) -> list[str]:
    """The moves of the plan, each planned anew as by a run that was killed after the one before."""
    done: list[str] = []
    while True:
        run = plan_upgrade(cluster, release, take_snapshots=True, wait_timeout=15)
        assert run.ok, run.message
        if not run["plan"]:
            return done
        if run["snapshots"]:
            due = run["snapshots"][0]
            member = cluster[due["name"]]
            assert gate(cluster, "stoppable", member).ok
            member.restart(snapshot_count=due["snapshot_count"])
            assert gate(cluster, "running", member).ok
            wait_for_due_snapshots(cluster, {one["name"] for one in run["snapshots"][1:]}, release)
            done.append("snapshot")
        else:
            upgraded(cluster, cluster[run["plan"][0]["member"]["name"]], release)
            done.append("upgrade")


@pytest.mark.measures_time
def test_from_3_4_to_3_7_through_all_minors_under_load_no_write_is_lost():
    with Cluster(3, version="3.4.23", timing="default") as cluster:
        cluster.put("before", "the upgrades")
        cluster.leader.gateway.get("/health", 1.0)
        with Writer(cluster) as writer:
            moves = []
            for release in ("3.5.34", "3.6.16", "3.7.3"):
                moves.append(climbed(cluster, release))
                wait_for_cluster_version(cluster.leader, release.rpartition(".")[0] + ".0")
            report = writer.stop()
        # Looks at /health of 3.4 are in the way of 3.6. The snapshots behind them, one after the other under load, may
        # be behind what 3.5 writes of its own as well.
        assert moves[:2] == [["upgrade"] * 3, ["snapshot"] * 3 + ["upgrade"] * 3]
        assert moves[2][-3:] == ["upgrade"] * 3
        assert (report.lost, report.failed, report.violations) == (0, 0, ())
        assert report.longest_gap <= ELECTION_TIMEOUT + ATTEMPT_SECONDS, report
        assert cluster.get("before") == "the upgrades"


@pytest.mark.etcd(size=1, version="3.5.34", timing="default", flags={"enable_v2": True})
def test_a_key_of_version_2_stands_in_the_way_of_3_6(etcd_cluster):
    (member,) = etcd_cluster.members
    request = urllib.request.Request(f"{member.client_url}/v2/keys/foo", b"value=1", method="PUT")
    urllib.request.urlopen(request, timeout=3).close()
    with untouched(etcd_cluster):
        run = plan_upgrade(etcd_cluster, "3.6.16")
    assert run.refusal == "v2_keys"
    assert f"the files of {member.name} (" in run.message
    assert "/foo" in run.message


# Joiners


def add(cluster: Cluster, release: str, **options) -> Run:
    spare = cluster.spare()
    return run_main(
        "etcd_member",
        {**cluster.connection, "name": spare.name, "peer_urls": [spare.peer_url], "release": release, **options},
    )


@pytest.mark.etcd(size=1, version="3.6.16")
def test_a_joiner_of_a_wrong_release_is_refused_and_leaves_no_learner_behind(etcd_cluster):
    spare = etcd_cluster.spare()
    with untouched(etcd_cluster):
        assert add(etcd_cluster, "3.5.34").refusal == "version_unsupported"
        assert add(etcd_cluster, "3.8.0").refusal == "version_unsupported"
        assert add(etcd_cluster, "3.6.2").refusal == "version_bug"
        assert add(etcd_cluster, "3.7.3").refusal == "raft_files_unread"
        hosts = [found(etcd_cluster.members[0], {"raft_files": True}), found(spare, release="3.5.34")]
        assert plan(etcd_cluster, *hosts).refusal == "version_unsupported"
        # It began with 3.6, and its files say so.
        hosts[1]["release"] = "3.7.3"
        assert plan(etcd_cluster, *hosts)["checks"] == [
            {"host": spare.name, "check": "joins with etcd 3.7.3", "outcome": "passes", "code": None}
        ]


@pytest.mark.etcd(size=1, version="3.6.16")
@pytest.mark.parametrize("release", ["3.6.16", "3.5.34", None])
def test_nobody_joins_while_a_downgrade_is_on(etcd_cluster, release):
    (member,) = etcd_cluster.members
    wait_for_cluster_version(member, "3.6.0")
    member.gateway.call("/maintenance/downgrade", {"action": "ENABLE", "version": "3.5"})
    with untouched(etcd_cluster):
        assert add(etcd_cluster, release).refusal == "downgrade_in_progress"
    assert plan_upgrade(etcd_cluster, "3.6.17").refusal == "downgrade_in_progress"


@pytest.mark.etcd(size=3, version="3.6.16")
def test_neither_deploy_nor_replace_adds_a_member_while_a_downgrade_is_on(etcd_cluster):
    wait_for_cluster_version(etcd_cluster.leader, "3.6.0")
    hosts = [found(member, release="3.6.16") for member in etcd_cluster.members]
    joiner = found(etcd_cluster.spare(), release="3.6.16")
    follower = etcd_cluster.followers[0].name
    etcd_cluster.leader.gateway.call("/maintenance/downgrade", {"action": "ENABLE", "version": "3.5"})
    with untouched(etcd_cluster):
        assert plan(etcd_cluster, *hosts, joiner).refusal == "downgrade_in_progress"
        assert plan(etcd_cluster, *hosts, rebuild=follower).refusal == "downgrade_in_progress"
        # With nothing to do there is nothing to refuse.
        assert plan(etcd_cluster, *hosts)["plan"] == []
