# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writer tells what a client of the cluster would notice: nothing where nothing happens, and a gap where one is."""

from __future__ import annotations

import pytest

from tests.testbed import Cluster, waiting
from tests.testbed.writer import DEADLINE_SECONDS, Writer

pytestmark = pytest.mark.measures_time
NEWEST = pytest.mark.parametrize("version", [None], ids=["newest"])
"""What a state or a fault is does not differ by release."""


@NEWEST
def test_an_undisturbed_cluster_acknowledges_every_put_of_the_schedule(version):
    with Cluster(3, version=version) as cluster, Writer(cluster, rate=100) as writer:
        writer.wait_acknowledged(100)
        report = writer.stop()
    assert (report.failed, report.lost, report.violations) == (0, 0, ())
    assert report.acknowledged == pytest.approx(report.duration * report.rate, abs=3)
    assert 0 < report.p50 <= report.p99 <= report.longest_gap + DEADLINE_SECONDS
    assert writer.stop() is report


@NEWEST
def test_a_killed_leader_shows_as_one_gap_and_no_lost_write(version):
    with Cluster(3, version=version, timing="default") as cluster, Writer(cluster, rate=100) as writer:
        writer.wait_acknowledged(50)
        cluster.leader.kill()
        writer.wait_acknowledged(100)
        report = writer.stop()
    assert (report.failed, report.lost, report.violations) == (0, 0, ())
    # An election time-out of 1 s is drawn between 1 and 2 s; the heartbeat before it counts.
    assert 0.5 < report.longest_gap < 4
    assert report.longest_gap == max(gap.seconds for gap in report.gaps)
    assert report.p99 > 0.5
    assert report.refusals["ConnectionRefusedError"]


def test_puts_without_quorum_fail_at_their_deadline():
    with Cluster(3) as cluster, Writer(cluster, rate=20) as writer:
        writer.wait_acknowledged(10)
        first, second = cluster.followers
        first.pause()
        second.pause()
        waiting.until(
            "a put to fail",
            lambda: None if any(seen.failed_at for seen in writer._seen) else "none yet",
            DEADLINE_SECONDS * 2,
        )
        first.resume()
        second.resume()
        report = writer.stop()
    assert report.failed == len(report.failed_at) > 0
    assert (report.lost, report.violations) == (0, ())
    assert report.longest_gap > DEADLINE_SECONDS - 1


def test_a_write_that_was_taken_away_is_lost():
    with Cluster(1) as cluster, Writer(cluster, rate=100) as writer:
        writer.wait_acknowledged(20)
        cluster.etcdctl("del", f"{writer._prefix}3")
        report = writer.stop()
    assert report.lost == 1
    assert [violation.rule for violation in report.violations] == ["lost"]
    assert "1 lost" in str(report)


def test_a_voter_that_cannot_be_read_is_told():
    with Cluster(3) as cluster, Writer(cluster) as writer:
        writer.wait_acknowledged(5)
        for follower in cluster.followers:
            follower.kill()
        with pytest.raises((waiting.NotInTime, ConnectionError, TimeoutError)):
            writer.stop()


def test_writing_goes_on_over_tls_with_a_user():
    with Cluster(3, tls=True, auth=True) as cluster, Writer(cluster) as writer:
        writer.wait_acknowledged(50)
        report = writer.stop()
    assert (report.failed, report.lost, report.violations) == (0, 0, ())
