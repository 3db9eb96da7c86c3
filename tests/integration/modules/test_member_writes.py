# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes never stop while the membership changes: at etcd's own timings, with a writer that waits for nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.testbed import Cluster, waiting
from tests.testbed.writer import Report, Writer

from .driver import ensure, join, listed, run_main, voters

ELECTION_TIMEOUT = 1.0
"""Seconds, etcd's default: a longer gap means that the cluster was without a leader."""
RATE = 50
pytestmark = pytest.mark.measures_time
Judge = Callable[[Report], None]


@pytest.fixture
def unharmed(etcd_cluster: Cluster) -> Judge:
    """Judges a writer's report: nothing failed, nothing was lost, and nobody had to elect a leader.

    A busy machine has gaps of its own; those that the writer meets before anything changes are forgiven.
    """
    with Writer(etcd_cluster, rate=RATE) as before:
        before.wait_acknowledged(RATE)
    usual = before.stop().longest_gap

    def judge(report: Report) -> None:
        assert report.failed == 0, report
        assert report.lost == 0, report
        assert report.violations == (), report
        assert report.longest_gap < ELECTION_TIMEOUT + usual, (report, usual)
        assert report.acknowledged > RATE / 2

    return judge


@pytest.mark.etcd(size=1, timing="default")
def test_growing_from_one_voter_to_two_stops_no_write(cluster: Cluster, unharmed: Judge):
    """As a voter it would stop them for eight to nine seconds on 3.5."""
    with Writer(cluster, rate=RATE) as writer:
        writer.wait_acknowledged(20)
        host = join(cluster)
        writer.wait_acknowledged(20)
        unharmed(writer.stop())
    assert listed(cluster) == voters("etcd1", host)


@pytest.mark.slow
@pytest.mark.etcd(size=1, timing="default")
def test_growing_from_one_voter_to_three_stops_no_write(cluster: Cluster, unharmed: Judge):
    with Writer(cluster, rate=RATE) as writer:
        hosts = [join(cluster), join(cluster)]
        writer.wait_acknowledged(20)
        unharmed(writer.stop())
    assert listed(cluster) == voters("etcd1", *hosts)


@pytest.mark.slow
@pytest.mark.etcd(size=3, timing="default")
def test_removing_the_leader_stops_no_write(cluster: Cluster, unharmed: Judge):
    """Removed as it is, it would take an election of one to two seconds."""
    leader = cluster.leader
    with Writer(cluster, rate=RATE) as writer:
        writer.wait_acknowledged(20)
        assert ensure(cluster, leader, state="absent").done == ["move_leader", "remove"]
        writer.wait_acknowledged(20)
        unharmed(writer.stop())
    assert leader.name not in listed(cluster)


@pytest.mark.slow
@pytest.mark.etcd(size=3, timing="default")
def test_removing_a_follower_stops_no_write(cluster: Cluster, unharmed: Judge):
    with Writer(cluster, rate=RATE) as writer:
        assert ensure(cluster, cluster.followers[0], state="absent").done == ["remove"]
        writer.wait_acknowledged(20)
        unharmed(writer.stop())


@pytest.mark.slow
@pytest.mark.etcd(size=3, dead=1, timing="default")
def test_replacing_a_dead_member_stops_no_write(cluster: Cluster, unharmed: Judge):
    (dead,) = (member for member in cluster.members if not member.is_running)
    with Writer(cluster, rate=RATE) as writer:
        assert ensure(cluster, dead, state="absent").done == ["remove"]
        host = join(cluster)
        writer.wait_acknowledged(20)
        unharmed(writer.stop())
    assert host.name in listed(cluster)
    assert dead.name not in listed(cluster)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.etcd(size=1, timing="default")
def test_growing_to_five_and_shrinking_to_one_stops_no_write(etcd_cluster: Cluster, unharmed: Judge):
    cluster = etcd_cluster
    with Writer(cluster, rate=RATE) as writer:
        for _ in range(4):
            join(cluster)
        assert len(listed(cluster)) == 5
        seen = run_main("etcd_cluster_info", {**cluster.connection, "hash": True})
        assert seen["hash"]["consistent"] is True, seen["hash"]
        while len(listed(cluster)) > 1:
            # The writer knows the first member only, so that one stays.
            victim = next(member for member in reversed(cluster.members) if member.name in listed(cluster))
            assert ensure(cluster, victim, state="absent").ok
        writer.wait_acknowledged(20)
        unharmed(writer.stop())
    assert listed(cluster) == voters("etcd1")


@pytest.mark.etcd(size=1, timing="default")
def test_the_writer_sees_an_addition_that_does_stop_writes(etcd_cluster: Cluster):
    """The same measurement convicts what our default avoids: a voter that is added and never starts."""
    host = etcd_cluster.spare()
    with Writer(etcd_cluster, rate=RATE) as writer:
        writer.wait_acknowledged(20)
        run = ensure(etcd_cluster, host, learner=False, accept=["would_lose_quorum"], request_timeout=1)
        assert run.done == ["add_voter"], run
        written = writer.acknowledged
        with pytest.raises(waiting.NotInTime):
            writer.wait_acknowledged(20, timeout=1.5)
        assert writer.acknowledged - written < 20
