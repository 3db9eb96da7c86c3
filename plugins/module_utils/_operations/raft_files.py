# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What the snapshots and the write-ahead log of a member hold, while its etcd runs or not. Changes nothing.

A log of 64 MB with small entries takes about a second.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from .._formats.raft_log import Damaged, RaftLog, read_log
from .._formats.snapshot_file import SnapshotFile, named, read_snapshot
from .._formats.v2_store import NoStore, custom_keys, is_custom, key_of, only_reads
from .._formats.wire_format import Malformed
from .._membership.hosts import RaftFiles
from .data_dir import log_directory

_SEGMENT_NAME = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.wal")
_PIECE_BYTES = 1 << 20
# Etcd deletes old files while this reads, and a page that it writes may be half there.
_ATTEMPTS = 3
_KEYS_NAMED = 5

T = t.TypeVar("T")


@dataclass(frozen=True)
class _Segment:
    """A file of the log; its name says its place in the row of files, and the index of the first entry in it."""

    path: str
    sequence: int
    first_index: int

    def pieces(self) -> t.Iterator[bytes]:
        with open(self.path, "rb") as file:
            yield from iter(lambda: file.read(_PIECE_BYTES), b"")


class Raft(t.NamedTuple):
    """A log, and the newest snapshot that it knows and whose file can be read, if there is one. `is_whole` says that
    the log goes back to its first entry.
    """

    log: RaftLog
    snapshot: SnapshotFile | None
    is_whole: bool


class Unreadable(Exception):
    """The log or the snapshots cannot be read; the text says why."""


def read_raft(data_dir: str, wal_dir: str = "") -> Raft:
    """What log and snapshots of a data directory hold. Raises Unreadable."""
    return _attempted(data_dir, wal_dir, lambda raft, _first: raft)


def examine_raft_files(data_dir: str, wal_dir: str = "") -> RaftFiles:
    """What they hold; `wal_dir` is where the write-ahead log is kept apart from the data directory, if it is."""
    try:
        return _attempted(data_dir, wal_dir, _files)
    except Unreadable as error:
        return RaftFiles(reason=str(error))


def _attempted(data_dir: str, wal_dir: str, judge: t.Callable[[Raft, str], T]) -> T:
    log = log_directory(data_dir, wal_dir)
    problem = ""
    for _attempt in range(_ATTEMPTS):
        try:
            segments = _segments(log)
            if not segments:
                raise Unreadable(f"there is no write-ahead log in {log}")
            return judge(_found(segments, os.path.join(data_dir, "member", "snap")), segments[0].path)
        except (Damaged, NoStore) as error:
            problem = str(error)
        except OSError as error:
            problem = f"{error.filename or log} cannot be read: {error.strerror}"
    raise Unreadable(problem)


def _found(segments: list[_Segment], snap: str) -> Raft:
    """Raises OSError and Damaged."""
    is_whole = not segments[0].first_index
    # Up to 3.6 etcd starts from the newest file of a snapshot that its log knows; without one it reads all of its log
    # (etcd 3.6.16 server/etcdserver/bootstrap.go recoverSnapshot).
    for name, term, index in _snapshot_names(snap):
        found = _read(segments, index)
        snapshot = _snapshot(os.path.join(snap, name)) if (term, index) in found.snapshots else None
        if snapshot:
            return Raft(found, snapshot, is_whole)
    return Raft(_read(segments, 0), None, is_whole)


def _files(raft: Raft, first: str) -> RaftFiles:
    """Raises Damaged and NoStore."""
    if raft.snapshot is None and not raft.is_whole:
        raise Damaged(f"there is no snapshot of what was before {first}")
    log, snapshot = raft.log, raft.snapshot or SnapshotFile(0, 0, b"")
    # From 3.7 on the log alone says which snapshot is the newest; the file is not looked at (etcd 3.7.3
    # server/etcdserver/bootstrap.go recoverSnapshot).
    newest = log.snapshots[-1][1] if log.snapshots else 0
    custom = [one for one in log.v2_requests if one.index > snapshot.index and is_custom(one.method, one.path)]
    keys = [
        *custom_keys(snapshot.v2_store),
        *(key_of(one.path) or one.method for one in custom if not only_reads(one.method)),
    ]
    return RaftFiles(
        snapshot_index=newest,
        last_v2_request_index=max((one.index for one in log.v2_requests if one.index > newest), default=0),
        last_v2_read_index=max((one.index for one in custom if only_reads(one.method)), default=0),
        v2_keys=tuple(dict.fromkeys(keys))[:_KEYS_NAMED],
        last_index=log.last_index,
    )


def _read(segments: list[_Segment], index: int) -> RaftLog:
    """The log from the entry after this index on. Raises OSError and Damaged."""
    before = [segment for segment in segments if segment.first_index <= index]
    wanted = segments[max(0, len(before) - 1) :]
    for segment, following in zip(wanted, wanted[1:]):
        if following.sequence != segment.sequence + 1:
            raise Damaged(f"the file between {segment.path} and {following.path} is missing")
    return read_log((segment.path, segment.pieces()) for segment in wanted)


def _segments(log: str) -> list[_Segment]:
    names = [match for match in map(_SEGMENT_NAME.fullmatch, sorted(os.listdir(log))) if match]
    return [_Segment(os.path.join(log, name.group()), int(name.group(1), 16), int(name.group(2), 16)) for name in names]


def _snapshot_names(snap: str) -> list[tuple[str, int, int]]:
    """Name, term and index of each file of a snapshot, the newest first. Raises OSError."""
    found = [(name, named(name)) for name in sorted(os.listdir(snap), reverse=True)]
    return [(name, *parts) for name, parts in found if parts]


def _snapshot(path: str) -> SnapshotFile | None:
    """The snapshot in a file; None where etcd would pass over it. Raises OSError."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        return read_snapshot(content)
    except Malformed:
        return None
