# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs at once on one cluster: one changes it, the others wait or get a clean refusal."""

from __future__ import annotations

import time

import pytest

from tests.testbed import Cluster

from .driver import Run, arguments_of, ensure, listed, voters, writable
from .module_process import ModuleProcess


def at_once(*arguments: dict) -> list[Run]:
    """Runs of the module in processes of their own, all begun before any has ended."""
    processes = [ModuleProcess("etcd_member", one) for one in arguments]
    runs = [process.wait() for process in processes]
    return [run for run in runs if run is not None]


def leases(cluster: Cluster) -> list:
    return cluster.leader.gateway.call("/kv/lease/leases").get("leases", [])


@pytest.mark.etcd(size=3, strict=False)
def test_the_same_goal_twice_at_once_is_reached_once(cluster: Cluster):
    host = cluster.spare()

    runs = at_once(*[arguments_of(cluster, host)] * 3)

    assert all(run.ok for run in runs), runs
    assert sorted(run.changed for run in runs) == [False, False, True]
    assert {tuple(run["environment"].items()) for run in runs} == {tuple(runs[0]["environment"].items())}
    assert listed(cluster) == {**voters("etcd1", "etcd2", "etcd3"), host.name: "unstarted learner"}
    assert leases(cluster) == []


@pytest.mark.etcd(size=1, strict=False)
def test_of_three_hosts_that_join_at_once_one_is_registered_and_the_others_are_refused_in_time(cluster: Cluster):
    hosts = [cluster.spare() for _ in range(3)]

    runs = at_once(*[arguments_of(cluster, host, wait_timeout=2) for host in hosts])

    assert sorted(run.ok for run in runs) == [False, False, True], runs
    assert {run.refusal for run in runs if not run.ok} == {"another_learner"}
    assert sorted(listed(cluster).values()) == ["unstarted learner", "voter"]
    assert writable(cluster)
    assert leases(cluster) == []


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.etcd(size=1, strict=False)
def test_three_hosts_that_join_at_once_all_become_voters_one_after_the_other(cluster: Cluster):
    """As Ansible's forks do it: each host registers, starts and promotes by itself."""
    hosts = [cluster.spare() for _ in range(3)]
    waiting = {host.name: ModuleProcess("etcd_member", arguments_of(cluster, host, wait_timeout=60)) for host in hosts}
    joining: dict[str, ModuleProcess] = {}
    most_unstarted = 0

    while waiting or joining:
        most_unstarted = max(most_unstarted, sum("unstarted" in role for role in listed(cluster).values()))
        for host in hosts:
            registering, promoting = waiting.get(host.name), joining.get(host.name)
            if registering and not registering.is_running:
                run = waiting.pop(host.name).wait()
                assert run
                assert run.ok, run
                host.start(environment=run["environment"])
                joining[host.name] = ModuleProcess(
                    "etcd_member", arguments_of(cluster, host, state="promoted", wait_timeout=60)
                )
            if promoting and not promoting.is_running:
                run = joining.pop(host.name).wait()
                assert run
                assert run.done == ["promote"], run
        time.sleep(0.05)

    assert most_unstarted <= 1
    assert listed(cluster) == voters("etcd1", *hosts)
    assert leases(cluster) == []


@pytest.mark.etcd(size=3, strict=False)
def test_two_different_additions_at_once_never_leave_two_members_unstarted(cluster: Cluster):
    hosts = [cluster.spare() for _ in range(2)]

    runs = at_once(*[arguments_of(cluster, host, learner=False, wait_timeout=2) for host in hosts])

    assert sorted(run.ok for run in runs) == [False, True], runs
    assert next(run for run in runs if not run.ok).refusal == "member_unstarted"
    assert sorted(listed(cluster).values()).count("unstarted voter") == 1


@pytest.mark.etcd(size=3, strict=False)
def test_two_removals_at_once_are_made_one_after_the_other_and_each_is_judged_anew(cluster: Cluster):
    first, second = cluster.followers

    runs = at_once(*[arguments_of(cluster, host, state="absent") for host in (first, second)])

    assert all(run.ok for run in runs), runs
    assert len(cluster.member_list()) == 1
    assert writable(cluster)


@pytest.mark.etcd(size=1, learners=1)
def test_the_same_removal_twice_at_once_is_made_once(cluster: Cluster):
    """I34: etcd answers the second one "member not found", or lets it hang."""
    (learner,) = cluster.learners

    runs = at_once(*[arguments_of(cluster, learner, state="absent")] * 2)

    assert all(run.ok for run in runs), runs
    assert sorted(run.changed for run in runs) == [False, True]
    assert listed(cluster) == voters("etcd1")


@pytest.mark.etcd(size=3, strict=False)
def test_two_removals_at_once_that_only_one_of_is_allowed(cluster: Cluster):
    """Each alone keeps one voter to spare of four; together they do not."""
    fourth = cluster.spare()
    registered = ensure(cluster, fourth)
    fourth.start(environment=registered["environment"])
    assert ensure(cluster, fourth, state="promoted").ok

    runs = at_once(
        *[arguments_of(cluster, host, state="absent", min_fault_tolerance=1) for host in cluster.followers[:2]]
    )

    assert sorted(run.ok for run in runs) == [False, True], runs
    assert next(run for run in runs if not run.ok).refusal == "below_min_fault_tolerance"
    assert len(cluster.member_list()) == 3


@pytest.mark.etcd(size=3, learners=1, strict=False)
def test_a_promotion_and_a_removal_of_the_same_learner_at_once_end_in_one_of_both(cluster: Cluster):
    (learner,) = cluster.learners

    promoted, removed = at_once(
        arguments_of(cluster, learner, state="promoted", wait_timeout=5),
        arguments_of(cluster, learner, state="absent", wait_timeout=5),
    )

    assert removed.ok, removed
    assert promoted.ok or promoted.refusal == "member_not_found", promoted
    assert listed(cluster) == voters("etcd1", "etcd2", "etcd3")
    assert writable(cluster)
