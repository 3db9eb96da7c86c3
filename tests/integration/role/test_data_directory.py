# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the data directory of a stopped member, against what the cluster said before, and what etcd's own
tools read.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Member as Listed
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_data_dir_info import describe_data_dir
from ansible_collections.quorum.etcd.plugins.module_utils._operations.offline import read_data_directory

from tests.integration.differences import STORED_PROMOTION, oldest_and_newest, one_of_each_minor, releases_of
from tests.testbed import Cluster, Member, releases

EACH_ANSWER = sorted({*one_of_each_minor("3.4"), *releases_of([STORED_PROMOTION])} - {"3.5.1"})
OFTEN, SELDOM = 5, 10_000
"""Entries from one snapshot to the next. Without a snapshot the log alone says who the members are."""


def listed(records) -> tuple[Listed, ...]:
    return tuple(
        Listed(one["ID"], one["name"], tuple(one["peerURLs"]), tuple(one["clientURLs"]), one["isLearner"])
        for one in sorted(records, key=lambda one: one["ID"])
    )


def status_of_snapshot(version: str, member: Member) -> dict[str, int]:
    """What etcd's tool of this release says of a database."""
    tool = "etcdctl" if version.startswith("3.4.") else "etcdutl"
    done = subprocess.run(
        [
            releases.find(version).etcd.with_name(tool),
            "snapshot",
            "status",
            member.data_dir / "member/snap/db",
            "-w",
            "json",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "ETCDCTL_API": "3"},
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def grow_and_shrink(cluster: Cluster) -> int:
    """Keys that are written, deleted and compacted, a member that joins and one that is removed; returns the id of the
    latter.
    """
    for number in range(30):
        cluster.put(f"key{number % 7}", "x" * 500)
    learner, gateway = cluster.learners[0], cluster.leader.gateway
    gateway.call("/kv/deleterange", {"key": base64.b64encode(b"key3").decode()})
    gateway.call("/kv/compaction", {"revision": str(cluster.revision() - 5)})
    gateway.member_promote(learner.member_id or 0)
    away = next(member for member in cluster.followers if member is not learner)
    removed = away.member_id or 0
    gateway.member_remove(removed)
    gateway.call("/maintenance/alarm", {"action": "ACTIVATE", "memberID": "7", "alarm": "NOSPACE"})
    gateway.member_add(["http://127.0.0.1:9"], learner=True)
    away.kill()
    cluster.enable_auth()
    return removed


@pytest.mark.parametrize(
    ("version", "count"),
    [*((version, OFTEN) for version in EACH_ANSWER), *((version, SELDOM) for version in oldest_and_newest("3.4"))],
)
def test_a_data_directory_says_what_its_cluster_said(version, count):
    with Cluster(3, learners=1, strict=False, version=version, flags={"snapshot_count": count}) as cluster:
        removed = grow_and_shrink(cluster)
        revision, members = cluster.revision(), listed(cluster.member_list())
        leader, other = cluster.leader, cluster.followers[0]
        said = {member: member.status() for member in (leader, other)}
        other.stop()
        leader.kill()
        for member, status in said.items():
            found = read_data_directory(str(member.data_dir), counts_keys=True)
            assert (found.damaged, found.torn, found.in_use) == ((), "", False)
            assert (found.member_id, found.cluster_id) == (status["member_id"], status["cluster_id"])
            assert found.last_index >= status["index"]
            assert found.last_index >= found.known_commit >= found.consistent_index
            assert found.members_at_last_index == members
            assert removed in found.removed
            assert (found.snapshot_index > 0) == (count == OFTEN)
            told = status_of_snapshot(version, member)
            assert found.revision == told["revision"]
            # From 3.6 on the tool counts the keys that are not deleted, each once.
            assert version >= "3.6" or found.database_keys == told["totalKey"]
            assert found.database_size == told["totalSize"]
            assert (found.storage_version or "") == told.get("version", "")
            assert 0 < found.database_in_use <= found.database_size
        # One that was told to stop has written all it knew to its database.
        found = read_data_directory(str(other.data_dir))
        assert found.members == members
        assert (found.revision, found.compacted_revision) == (revision, revision - 5)
        assert found.stored_removed == (removed,)
        assert (found.auth_enabled, found.users, found.roles) == (True, ("root",), ())
        assert found.alarms == ((7, "NOSPACE"),)
        assert found.cluster_version == f"{cluster.minor}.0"
        is_stored = STORED_PROMOTION.answer(version) == "voter"
        assert (found.stored_members == members) == is_stored


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The data directory of a member with snapshots, keys and a log apart from it."""
    wal_dir = tmp_path_factory.mktemp("log") / "wal"
    with Cluster(1, flags={"snapshot_count": 10, "wal_dir": str(wal_dir)}) as cluster:
        for number in range(40):
            cluster.put(f"key{number}", "x" * 2000)
        member = cluster.members[0]
        live = read_data_directory(str(member.data_dir), str(wal_dir))
        member.kill()
        copy = tmp_path_factory.mktemp("stopped") / "data"
        shutil.copytree(member.data_dir, copy)
    segment = max(wal_dir.glob("*.wal"))
    os.truncate(segment, len(segment.read_bytes().rstrip(b"\0")) + 4096)
    return copy, wal_dir, live


def test_a_member_that_runs_is_said_to_run_and_its_answer_is_that_of_a_moment(stopped):
    _data_dir, _wal_dir, live = stopped
    assert live.in_use
    assert live.damaged == ()
    assert live.revision
    assert [member.name for member in live.members] == ["etcd1"]


def test_the_module_returns_ids_as_etcd_writes_them(stopped):
    data_dir, wal_dir, _live = stopped
    found = describe_data_dir({"data_dir": str(data_dir), "wal_dir": str(wal_dir), "count_keys": True})["directory"]
    assert found["damaged"] == []
    assert found["members"][0]["id"] == found["member_id"] == f"{int(found['member_id'], 16):x}"
    assert found["database_keys"] > 40
    json.dumps(found)


def test_without_its_log_the_rest_is_told(stopped):
    data_dir, wal_dir, _live = stopped
    found = read_data_directory(str(data_dir), str(wal_dir / "nowhere"))
    assert found.revision
    assert found.members is None
    assert found.last_index is None
    assert len(found.damaged) == 2


def test_without_its_database_the_log_is_told(stopped, tmp_path):
    data_dir, wal_dir, _live = stopped
    shutil.copytree(data_dir, tmp_path / "data")
    (tmp_path / "data/member/snap/db").unlink()
    found = read_data_directory(str(tmp_path / "data"), str(wal_dir))
    assert [member.name for member in found.members] == ["etcd1"]
    assert found.revision is None
    assert found.damaged


def test_where_there_is_nothing_nothing_is_known(tmp_path):
    found = read_data_directory(str(tmp_path))
    assert found.members is None
    assert len(found.damaged) == 2


@pytest.mark.parametrize("what", ["db", "log", "snapshot"])
def test_damage_never_ends_in_an_error_nor_in_another_member_or_index(stopped, tmp_path, what):
    """Bytes that are not what etcd wrote, and files that end too early."""
    data_dir, wal_dir, _live = stopped
    shutil.copytree(data_dir, tmp_path / "data")
    shutil.copytree(wal_dir, tmp_path / "wal")
    whole = read_data_directory(str(data_dir), str(wal_dir))
    places = {"db": "data/member/snap/db", "log": "wal/*.wal", "snapshot": "data/member/snap/*.snap"}
    path = sorted(tmp_path.glob(places[what]))[-1]
    content = path.read_bytes()
    written = len(content.rstrip(b"\0"))
    dice = random.Random(1)
    for turn in range(30):
        at = dice.randrange(written)
        damaged = (
            content[:at] if turn % 3 == 0 else content[:at] + bytes([content[at] ^ 1 << turn % 8]) + content[at + 1 :]
        )
        path.write_bytes(damaged)
        found = read_data_directory(str(tmp_path / "data"), str(tmp_path / "wal"), counts_keys=True)
        if not found.torn:
            read = (found.members, found.last_index, found.commit_index)
            expected = (whole.members, whole.last_index, whole.commit_index)
            assert all(one in (None, right) for one, right in zip(read, expected, strict=True)), (turn, at)
            assert found.damaged or read == expected, (turn, at)
