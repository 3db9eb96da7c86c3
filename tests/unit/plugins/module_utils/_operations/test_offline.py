# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a data directory is known when parts of it are missing, damaged or moving. What etcd itself leaves is in the
integration tests.
"""

from __future__ import annotations

import fcntl
import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats.wire_format import encode
from ansible_collections.quorum.etcd.plugins.module_utils._membership.data_directory import DataDirectory
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Member
from ansible_collections.quorum.etcd.plugins.module_utils._operations import offline
from ansible_collections.quorum.etcd.plugins.module_utils._operations.offline import read_data_directory

from tests.unit.plugins.module_utils._formats.database_tree import DatabaseTree
from tests.unit.plugins.module_utils._formats.log_bytes import LogBytes, snapshot_file

CONFIGURATION_CHANGE = 1
FIRST, SECOND, THIRD = (
    Member(number, f"n{number}", (f"https://n{number}:2380",), (f"https://n{number}:2379",)) for number in (1, 2, 3)
)


def described(member: Member) -> dict[str, object]:
    return {
        "id": member.member_id,
        "name": member.name,
        "peerURLs": list(member.peer_urls),
        "clientURLs": list(member.client_urls),
    }


def addition(member: Member) -> bytes:
    context = json.dumps(described(member)).encode()
    return encode("ConfChange", {"id": 7, "type": 0, "node_id": member.member_id, "context": context})


def removal(member: Member) -> bytes:
    return encode("ConfChange", {"id": 7, "type": 1, "node_id": member.member_id})


def store(*members: Member) -> bytes:
    """What a file of a snapshot holds of members."""
    members_by_id = {}
    for member in members:
        value = {"Value": json.dumps(described(member))}
        members_by_id[f"{member.member_id:x}"] = {"Children": {"raftAttributes": value, "attributes": value}}
    of_etcd = {"Path": "/0", "Children": {"members": {"Path": "/0/members", "Children": members_by_id}}}
    return json.dumps({"Root": {"Path": "/", "Children": {"0": of_etcd}}}).encode()


class Disk:
    """The data directory of the first member. Its log adds the second one at 3 and the third one at 4, which only the
    log knows, and removes the second one at 6, which is not committed.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.wal, self.snap = data_dir / "member" / "wal", data_dir / "member" / "snap"
        self.wal.mkdir(parents=True)
        self.snap.mkdir()
        self.log = LogBytes()
        for index, data in enumerate(
            [addition(FIRST), b"", addition(SECOND), addition(THIRD), b"", removal(SECOND)], 1
        ):
            self.log.entry(index, data, kind=CONFIGURATION_CHANGE if data else 0)
        self.log.state(5)
        self.database({3: [FIRST, SECOND]})

    def database(self, members: dict[int, list[Member]]) -> DatabaseTree:
        ((index, stored),) = members.items()
        tree = DatabaseTree(
            {
                "members": [(f"{one.member_id:x}".encode(), json.dumps(described(one)).encode()) for one in stored],
                "members_removed": [],
                "meta": [(b"consistent_index", struct.pack(">Q", index))],
                "key": [(struct.pack(">Q", at) + b"_" + bytes(8), b"v" * 100) for at in range(2, 200)],
            }
        )
        (self.snap / "db").write_bytes(tree.content)
        return tree

    def snapshot(self, index: int, content: bytes) -> None:
        self.log.snapshot(index)
        (self.snap / f"{1:016x}-{index:016x}.snap").write_bytes(snapshot_file(index, store=content))

    def read(self, first: int = 0, counts_keys: bool = False) -> DataDirectory:
        (self.wal / f"{0:016x}-{first:016x}.wal").write_bytes(b"".join(self.log.segments) + bytes(4096))
        return read_data_directory(str(self.data_dir), counts_keys=counts_keys)


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def test_the_log_alone_says_who_the_members_are(disk):
    assert disk.read(counts_keys=True) == DataDirectory(
        cluster_id=2,
        member_id=1,
        term=1,
        vote=1,
        commit_index=5,
        last_index=6,
        last_term=1,
        snapshot_index=0,
        members=(FIRST, SECOND, THIRD),
        removed=(),
        members_at_last_index=(FIRST, THIRD),
        consistent_index=3,
        revision=199,
        compacted_revision=0,
        stored_members=(FIRST, SECOND),
        stored_removed=(),
        auth_enabled=False,
        users=(),
        roles=(),
        alarms=(),
        database_size=disk.database({3: [FIRST, SECOND]}).used * 4096,
        database_in_use=disk.database({3: [FIRST, SECOND]}).used * 4096,
        database_keys=201,
    )


def test_what_the_database_has_is_committed(disk):
    disk.database({6: [FIRST, THIRD]})
    found = disk.read()
    assert (found.commit_index, found.known_commit) == (5, 6)
    assert (found.members, found.removed) == ((FIRST, THIRD), (2,))


def test_a_snapshot_counts_more_than_the_database_and_what_follows_it_is_applied(disk):
    """Until 3.5 the database may be behind, and only 3.6 and later ones read the members from it."""
    disk.database({3: [SECOND]})
    disk.snapshot(3, store(FIRST, SECOND))
    found = disk.read()
    assert (found.members, found.members_at_last_index) == ((FIRST, SECOND, THIRD), (FIRST, THIRD))
    assert found.stored_members == (SECOND,)


@pytest.mark.parametrize("content", [None, b""], ids=["no file", "a file without members"])
def test_without_a_snapshot_of_members_the_database_counts(disk, content):
    """As 3.7 starts."""
    disk.log.snapshot(2)
    if content is not None:
        disk.snapshot(2, content)
    assert disk.read(first=2).members == (FIRST, SECOND, THIRD)
    disk.database({4: [FIRST, THIRD]})
    assert disk.read(first=2).members == (FIRST, THIRD)


def test_without_both_the_members_are_not_known_but_the_rest_is(disk):
    disk.log.snapshot(2)
    (disk.snap / "db").write_bytes(bytes(20_000))
    found = disk.read(first=2)
    assert (found.members, found.last_index, found.revision) == (None, 6, None)
    assert "no meta page" in found.damaged[0]
    assert "the members cannot be read" in found.damaged[1]


def test_a_log_that_cannot_be_read_leaves_what_the_database_says(disk):
    disk.log.segments[0][disk.log.starts[2] + 12] ^= 1
    found = disk.read()
    assert (found.members, found.last_index) == (None, None)
    assert (found.stored_members, found.revision) == ((FIRST, SECOND), 199)
    assert len(found.damaged) == 1


def test_a_database_that_was_cut_off_is_told(disk):
    tree = disk.database({3: [FIRST, SECOND]})
    (disk.snap / "db").write_bytes(tree.content[:-4096])
    found = disk.read(counts_keys=True)
    assert any("its pages take" in problem for problem in found.damaged)
    assert any("cannot be counted" in problem for problem in found.damaged)
    assert found.database_keys is None
    assert found.members == (FIRST, SECOND, THIRD)


def test_a_database_that_an_etcd_has_open_is_said_to_be_so(disk):
    stopped = disk.read()
    with (disk.snap / "db").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert disk.read(counts_keys=True) == replace(stopped, in_use=True)


def test_a_database_that_changes_all_the_time_is_not_guessed_at(disk, monkeypatch):
    newest = offline.newest_meta
    monkeypatch.setattr(offline, "newest_meta", lambda read_at: newest(read_at)._replace(transaction=99))
    assert disk.read().revision == 199
    with (disk.snap / "db").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = disk.read()
    assert (found.in_use, found.revision) == (True, None)
    assert "writes to it all the time" in found.damaged[0]


def test_a_database_that_may_not_be_read_is_told(disk):
    (disk.snap / "db").unlink()
    (disk.snap / "db").mkdir()
    assert f"{disk.snap / 'db'} cannot be read: Is a directory" in disk.read().damaged
