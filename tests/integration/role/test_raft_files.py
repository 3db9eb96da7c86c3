# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the snapshots and the log of a member say, against what etcd does when it is started on them: 3.7 after releases
up to 3.5, and 3.6 after keys of version 2.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import RaftFiles
from ansible_collections.quorum.etcd.plugins.module_utils._operations.raft_files import examine_raft_files

from tests.integration.role.test_deployment import found
from tests.testbed import Cluster, Member, releases, waiting
from tests.testbed.member import MemberExited

OLD, BETWEEN, NEW = "3.5.34", "3.6.16", "3.7.3"
PANIC = "unmarshal should never fail"
DISALLOWED = "detected disallowed"
OFTEN, SELDOM = 1, 10_000
"""Entries from one snapshot to the next."""
SNAPSHOT_SECONDS = 10

# One member is enough: each has files of its own.
alone = pytest.mark.etcd(size=1, version=OLD)


def raft_files(member: Member) -> RaftFiles:
    return examine_raft_files(str(member.data_dir))


def upgrade(member: Member, version: str) -> None:
    member.stop()
    member.install(version)
    member.restart()


def newest_snapshot(member: Member) -> str:
    return max((path.name for path in (member.data_dir / "member" / "snap").glob("*.snap")), default="")


def take_snapshot(cluster: Cluster, member: Member) -> None:
    """The way out of the release notes: seldom becomes often, a key is written, and seldom again."""
    before = newest_snapshot(member)
    member.stop()
    member.restart(snapshot_count=OFTEN)
    for number in range(3):
        cluster.put("key", str(number))
    waiting.until(
        "a new snapshot", lambda: None if newest_snapshot(member) > before else before or "none", SNAPSHOT_SECONDS
    )
    member.stop()
    member.restart(snapshot_count=SELDOM)


@contextmanager
def copied(member: Member, tmp_path: Path) -> Iterator[None]:
    """The member is stopped, and has afterwards the data that it has now."""
    member.stop()
    shutil.copytree(member.data_dir, tmp_path / "copy")
    try:
        yield
    finally:
        member.kill()
        shutil.rmtree(member.data_dir)
        shutil.move(tmp_path / "copy", member.data_dir)


def complaint_of(member: Member, version: str, before: str, tmp_path: Path) -> str:
    """What a release says for which it does not start on the data of a member; nothing where it starts. The member
    runs the release that it had `before`, afterwards.
    """
    with copied(member, tmp_path):
        member.install(version)
        try:
            member.restart()
            complaint = ""
        except MemberExited:
            complaint = member.log_tail(80)
    member.install(before)
    member.restart()
    return complaint


@alone
def test_a_quiet_member_from_3_5_is_in_the_way_of_3_7_until_it_has_a_snapshot(etcd_cluster, tmp_path):
    member = etcd_cluster.members[0]
    upgrade(member, BETWEEN)
    at_first = raft_files(member)
    assert at_first.snapshot_index == 0 < at_first.last_v2_request_index <= at_first.last_index
    assert PANIC in complaint_of(member, NEW, BETWEEN, tmp_path)
    take_snapshot(etcd_cluster, member)
    then = raft_files(member)
    assert then.snapshot_index > at_first.last_v2_request_index
    assert then.last_v2_request_index == 0
    assert not complaint_of(member, NEW, BETWEEN, tmp_path)
    assert found(member, {"raft_files": True})["raft_files"] == {
        "snapshot_index": raft_files(member).snapshot_index,
        "last_v2_request_index": 0,
        "last_v2_read_index": 0,
        "v2_keys": [],
        "last_index": raft_files(member).last_index,
        "reason": None,
    }
    assert found(member)["raft_files"] is None


@alone
@pytest.mark.parametrize("seed", range(2))
def test_after_any_history_3_7_starts_just_where_nothing_is_in_its_way(etcd_cluster, tmp_path, seed):
    member, chance = etcd_cluster.members[0], random.Random(seed)
    happenings = [
        lambda: etcd_cluster.put("key", "x" * chance.randrange(5000)),
        lambda: upgrade(member, version),
        lambda: take_snapshot(etcd_cluster, member),
    ]
    for version in (OLD, BETWEEN):
        upgrade(member, version)
        for happen in chance.sample(happenings, 2):
            happen()
            running = raft_files(member)
            complaint = complaint_of(member, NEW, version, tmp_path)
            assert bool(running.last_v2_request_index) == (PANIC in complaint) == bool(complaint), (running, complaint)


@contextmanager
def version_2(member: Member) -> Iterator[None]:
    """The member serves version 2 meanwhile, and its own check of its health asks it."""
    member.restart(enable_v2=True)
    yield
    member.restart(enable_v2=False)


def ask_v2(member: Member, method: str, key: str, body: bytes | None = None) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(f"{member.client_url}/v2/keys{key}", body, headers, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status in (200, 201)


def is_clean(member: Member) -> bool:
    """What `etcdutl check v2store` says."""
    etcdutl = releases.find(OLD).etcd.with_name("etcdutl")
    command = [str(etcdutl), "check", "v2store", "--data-dir", str(member.data_dir)]
    check = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ("detected custom" in check.stderr) == bool(check.returncode), check.stderr
    return check.returncode == 0


@alone
def test_keys_of_version_2_are_found_where_etcds_own_check_finds_them(etcd_cluster, tmp_path):
    member = etcd_cluster.members[0]

    def keys() -> set[str]:
        found = raft_files(member)
        in_the_way = {*found.v2_keys, *(["QGET"] if found.last_v2_read_index else [])}
        assert is_clean(member) == (not in_the_way)
        return in_the_way

    assert keys() == set()
    with version_2(member):
        ask_v2(member, "PUT", "/_hidden", b"value=x")
        ask_v2(member, "PUT", "/dir/a", b"value=x")
    assert keys() == {"QGET", "/_hidden", "/dir/a"}
    assert DISALLOWED in complaint_of(member, BETWEEN, OLD, tmp_path)
    take_snapshot(etcd_cluster, member)
    assert keys() == {"/dir/a"}
    assert DISALLOWED in complaint_of(member, BETWEEN, OLD, tmp_path)
    with version_2(member):
        ask_v2(member, "DELETE", "/dir?recursive=true")
    assert keys() == {"/dir/a", "QGET", "/dir"}
    take_snapshot(etcd_cluster, member)
    assert keys() == set()
    assert not complaint_of(member, BETWEEN, OLD, tmp_path)
