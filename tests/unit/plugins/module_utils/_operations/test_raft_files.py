# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of snapshots and of the log that are read, and what is said where they cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import RaftFiles
from ansible_collections.quorum.etcd.plugins.module_utils._operations import raft_files
from ansible_collections.quorum.etcd.plugins.module_utils._operations.raft_files import examine_raft_files

from tests.unit.plugins.module_utils._formats.log_bytes import ATTRIBUTES, VERSION, LogBytes, snapshot_file, v2

STORE = json.dumps(
    {"Root": {"Path": "/", "Children": {"1": {"Path": "/1", "Children": {"a": {"Path": "/1/a", "Children": None}}}}}}
).encode()


class Disk:
    """A data directory with three segments: entries 1 to 3 in the first, 4 and 5 in the second, 6 in the third."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.wal, self.snap = data_dir / "member" / "wal", data_dir / "member" / "snap"
        self.wal.mkdir(parents=True)
        self.snap.mkdir()
        self.log = LogBytes()
        for index, data in enumerate([ATTRIBUTES, v2("/1/a", "DELETE"), v2("/1/b"), VERSION, VERSION, ATTRIBUTES], 1):
            if index in (4, 6):
                self.log.cut()
            self.log.entry(index, data)
            self.log.state(index)

    def write(self) -> None:
        for number, (segment, first) in enumerate(zip(self.log.segments, (0, 4, 6), strict=True)):
            self.segment(number, first).write_bytes(segment)

    def segment(self, number: int, first: int) -> Path:
        return self.wal / f"{number:016x}-{first:016x}.wal"

    def take_snapshot(self, index: int, store: bytes = b"", content: bytes | None = None) -> None:
        self.log.snapshot(index)
        path = self.snap / f"{1:016x}-{index:016x}.snap"
        path.write_bytes(snapshot_file(index, store=store) if content is None else content)

    def found(self) -> RaftFiles:
        self.write()
        return examine_raft_files(str(self.data_dir))


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def test_without_a_snapshot_all_of_the_log_counts(disk):
    assert disk.found() == RaftFiles(0, last_v2_request_index=6, v2_keys=("/a", "/b"), last_index=6)


def test_with_a_snapshot_what_is_before_it_does_not_count(disk):
    disk.take_snapshot(2)
    assert disk.found() == RaftFiles(2, last_v2_request_index=6, v2_keys=("/b",), last_index=6)


def test_with_a_snapshot_of_everything_nothing_is_left(disk):
    disk.take_snapshot(6)
    assert disk.found() == RaftFiles(6, last_v2_request_index=0, v2_keys=(), last_index=6)


def test_keys_in_a_snapshot_and_after_it_are_named_once_and_not_all_of_them(disk):
    disk.take_snapshot(1, STORE)
    for index in range(7, 12):
        disk.log.entry(index, v2(f"/1/{index}"))
    assert disk.found().v2_keys == ("/a", "/b", "/7", "/8", "/9")


def test_a_request_without_a_key_is_named_by_its_method(disk):
    disk.log.entry(7, v2("", "SYNC"))
    disk.take_snapshot(6)
    assert disk.found().v2_keys == ("SYNC",)


def test_a_read_of_version_2_is_no_key(disk):
    disk.log.entry(7, v2("", "QGET"))
    disk.take_snapshot(6)
    assert disk.found() == RaftFiles(6, last_v2_request_index=7, last_v2_read_index=7, last_index=7)


def test_segments_before_the_snapshot_are_not_read(disk):
    disk.take_snapshot(5)
    disk.write()
    disk.segment(0, 0).write_bytes(b"x" * 100)
    assert examine_raft_files(str(disk.data_dir)) == RaftFiles(5, last_v2_request_index=6, last_index=6)


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, snapshot_file(6)[:-1], snapshot_file(6).replace(b"\x06", b"\x05")]
)
def test_a_broken_file_of_a_snapshot_is_passed_over(disk, content):
    """As etcd does, and 3.7 does not even look at it."""
    disk.take_snapshot(2, STORE)
    disk.take_snapshot(6, content=content)
    assert disk.found() == RaftFiles(6, last_v2_request_index=0, v2_keys=("/a", "/b"), last_index=6)


def test_a_file_that_the_log_does_not_know_and_one_that_was_set_aside_do_not_count(disk):
    disk.take_snapshot(2)
    (disk.snap / f"{1:016x}-{5:016x}.snap").write_bytes(snapshot_file(5))
    (disk.snap / f"{1:016x}-{6:016x}.snap.broken").write_bytes(snapshot_file(6))
    assert disk.found() == RaftFiles(2, last_v2_request_index=6, v2_keys=("/b",), last_index=6)


def test_the_log_may_be_apart_from_the_data(disk, tmp_path):
    disk.write()
    disk.wal.rename(tmp_path / "log")
    assert examine_raft_files(str(tmp_path), str(tmp_path / "log")).last_index == 6


def test_no_log_and_no_directory_are_the_reason(tmp_path):
    wal = tmp_path / "member" / "wal"
    assert examine_raft_files(str(tmp_path)) == RaftFiles(reason=f"{wal} cannot be read: No such file or directory")
    wal.mkdir(parents=True)
    assert examine_raft_files(str(tmp_path)) == RaftFiles(reason=f"there is no write-ahead log in {wal}")


def test_damage_is_the_reason(disk):
    disk.write()
    disk.segment(1, 4).write_bytes(disk.log.segments[1].replace(b"/0/version", b"/0/versiom"))
    assert examine_raft_files(str(disk.data_dir)).reason.startswith(f"{disk.segment(1, 4)} cannot be read: its record")


def test_a_missing_segment_is_the_reason(disk):
    disk.write()
    disk.segment(1, 4).unlink()
    reason = f"the file between {disk.segment(0, 0)} and {disk.segment(2, 6)} is missing"
    assert examine_raft_files(str(disk.data_dir)) == RaftFiles(reason=reason)


def test_a_log_whose_beginning_is_missing_needs_a_snapshot(disk):
    disk.write()
    disk.segment(0, 0).unlink()
    reason = f"there is no snapshot of what was before {disk.segment(1, 4)}"
    assert examine_raft_files(str(disk.data_dir)) == RaftFiles(reason=reason)


def test_a_snapshot_that_is_no_store_is_the_reason(disk):
    disk.take_snapshot(2, b"{")
    assert disk.found() == RaftFiles(reason="the content of version 2 cannot be read (JSONDecodeError)")


def test_a_file_that_etcd_deletes_meanwhile_is_not_missed(disk, monkeypatch):
    """Etcd purges what is older than its last snapshots."""
    disk.take_snapshot(2, STORE)
    disk.take_snapshot(6)
    disk.write()
    names = iter([["none.snap", f"{1:016x}-{2:016x}.snap"], [f"{1:016x}-{6:016x}.snap"]])
    (disk.snap / f"{1:016x}-{2:016x}.snap").unlink()
    listed = raft_files.os.listdir
    monkeypatch.setattr(raft_files.os, "listdir", lambda path: next(names) if path == str(disk.snap) else listed(path))
    assert examine_raft_files(str(disk.data_dir)) == RaftFiles(6, last_index=6)
