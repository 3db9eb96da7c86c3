# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a data directory is said to hold, against what the etcd that wrote it says of itself."""

from __future__ import annotations

import shutil

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import (
    ABSENT,
    DATA,
    EMPTY,
    INCOMPLETE,
    UNREADABLE,
    DataDir,
)
from ansible_collections.quorum.etcd.plugins.module_utils._operations.data_dir import examine
from ansible_collections.quorum.etcd.plugins.module_utils._operations.raft_files import examine_raft_files

from tests.integration.differences import one_of_each_minor
from tests.testbed import Cluster
from tests.testbed.member import MemberExited

EACH_MINOR = one_of_each_minor("3.4")


@pytest.mark.parametrize("version", EACH_MINOR)
def test_a_directory_names_its_member_and_cluster_whether_etcd_runs_or_not(version):
    with Cluster(2, learners=1, version=version) as cluster:
        for member in cluster.members:
            status = member.status()
            expected = DataDir(DATA, status["member_id"], status["cluster_id"])
            assert examine(str(member.data_dir)) == expected
            member.kill()
            assert examine(str(member.data_dir)) == expected


@pytest.mark.slow
def test_a_log_that_was_cut_into_segments_and_purged_says_the_same():
    """Every segment repeats whose it is, also when the first one is gone."""
    with Cluster(1, flags={"snapshot_count": 10}) as cluster:
        member = cluster.members[0]
        for number in range(70):
            cluster.put(f"key{number}", "x" * 1_000_000)
        segments = sorted((member.data_dir / "member" / "wal").glob("*.wal"))
        assert len(segments) > 1
        found = examine_raft_files(str(member.data_dir))
        assert (found.reason, found.last_index) == ("", member.status()["index"])
        assert 0 < found.snapshot_index <= found.last_index
        segments[0].unlink()
        assert examine(str(member.data_dir)).member_id == member.member_id
        assert "no snapshot of what was before" in examine_raft_files(str(member.data_dir)).reason


def test_a_log_apart_from_the_directory_is_found(tmp_path):
    with Cluster(1, flags={"wal_dir": str(tmp_path / "wal")}) as cluster:
        member = cluster.members[0]
        assert examine(str(member.data_dir), str(tmp_path / "wal")) == DataDir(
            DATA, member.status()["member_id"], member.status()["cluster_id"]
        )


@pytest.mark.parametrize("version", EACH_MINOR)
def test_etcd_creates_its_log_in_a_directory_on_its_disk_with_its_database(version, tmp_path):
    """Never one of them without the other, whatever else is on the disks."""
    disk = tmp_path / "disk"
    (disk / "lost+found").mkdir(parents=True)
    with Cluster(1, version=version, flags={"wal_dir": str(disk / "wal")}) as cluster:
        member = cluster.members[0]
        assert examine(str(member.data_dir), str(disk / "wal")).state == DATA
        assert {path.name for path in disk.iterdir()} == {"wal", "lost+found"}
        member.stop()
        (disk / "wal").rename(disk / "unmounted")
        cluster_id = examine(str(member.data_dir), str(disk / "unmounted")).cluster_id
        assert examine(str(member.data_dir), str(disk / "wal")).state != DATA
        shutil.rmtree(member.data_dir / "member")
        assert examine(str(member.data_dir), str(disk / "unmounted")).state == INCOMPLETE
        assert cluster_id


def test_no_directory_and_an_empty_one_hold_nothing(tmp_path):
    assert examine(str(tmp_path / "nowhere")) == DataDir(ABSENT)
    assert examine(str(tmp_path)) == DataDir(EMPTY)


def test_a_join_that_failed_leaves_nothing_worth_keeping():
    """A member that nobody registered gives up before it has a log."""
    with Cluster(1) as cluster:
        stranger = cluster.spare("stranger")
        others = f"etcd1={cluster.members[0].peer_url}"
        with pytest.raises(MemberExited):
            stranger.start(
                environment={
                    "ETCD_NAME": "stranger",
                    "ETCD_INITIAL_ADVERTISE_PEER_URLS": stranger.peer_url,
                    "ETCD_INITIAL_CLUSTER": f"{others},stranger={stranger.peer_url}",
                    "ETCD_INITIAL_CLUSTER_STATE": "existing",
                }
            )
        assert examine(str(stranger.data_dir)).state in (EMPTY, ABSENT)


def test_a_database_without_its_log_is_not_taken_for_nothing():
    with Cluster(1) as cluster:
        member = cluster.members[0]
        for number in range(20):
            cluster.put(f"key{number}", "x" * 10_000)
        member.stop()
        shutil.rmtree(member.data_dir / "member" / "wal")
        found = examine(str(member.data_dir))
        assert found.state == INCOMPLETE
        assert "a database" in found.reason


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"not a log", b"\x04\0\0\0\0\0\0\x84\xff\xff\xff\xff" + b"\0" * 64, b"\xff" * 4096]
)
def test_a_log_that_cannot_be_read_is_said_to_be_so(tmp_path, content):
    log = tmp_path / "member" / "wal"
    log.mkdir(parents=True)
    (log / "0000000000000000-0000000000000000.wal").write_bytes(content)
    found = examine(str(tmp_path))
    assert found.state == UNREADABLE
    assert "0000000000000000-0000000000000000.wal" in found.reason
