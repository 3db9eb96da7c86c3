# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What the write-ahead log of a member holds: snapshots, and requests of the form that etcd had before 3.6.

Reads what etcd reads at its start (etcd 3.7.3 server/storage/wal/wal.go ReadAll and ValidSnapshotEntries, decoder.go;
the same from 3.4 to 3.7), but checks only the checksums of what the answer depends on, and that of the last record,
which may be half written.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .crc32c import crc32c
from .wire_format import Fields, Malformed, decode, read_varint
from .write_ahead_log import Torn, frames

_ENTRY, _STATE, _CHECKSUM, _SNAPSHOT = 2, 3, 4, 5
_NORMAL_ENTRY = 0
_SECTOR_BYTES = 512

_VARINT = rb"[\x80-\xff]{0,9}[\x00-\x7f]"
# Nearly all records are of these two kinds, and there may be a million of them. The groups: checksum, index, and the
# second field of what the entry holds, which only requests of the old form have.
_ENTRY_RECORD = re.compile(
    rb"\x08\x02\x10(V)\x1aV(?:\x08V)?\x10V\x18(V)(?:\x22V(?:\x08V)?(\x12)?)?".replace(b"V", _VARINT), re.DOTALL
)
_STATE_RECORD = re.compile(rb"\x08\x03\x10(V)\x1a".replace(b"V", _VARINT), re.DOTALL)


class Damaged(ValueError):
    """A segment cannot be read."""


class _HalfWritten(Damaged):
    """A record is not whole: some of its sectors are still zero (decoder.go isTornEntry)."""


@dataclass(frozen=True)
class V2Request:
    """A request of etcd's version 2, or of its own bookkeeping until 3.5, and the index of the entry that holds it."""

    index: int
    method: str
    path: str


@dataclass(frozen=True)
class RaftLog:
    """What a log holds. `snapshots` are term and index of those that are committed, in the order of the log;
    `v2_requests` are in the order of their indexes, and none of them was overwritten by a later term.
    """

    snapshots: tuple[tuple[int, int], ...]
    v2_requests: tuple[V2Request, ...]
    last_index: int


def read_log(segments: t.Iterable[tuple[str, t.Iterable[bytes]]]) -> RaftLog:
    """What successive segments hold, each with its name and read piece by piece. The last one may end in the middle of
    a record, as etcd writes it, or did when its host stopped. Raises Damaged.
    """
    reading = _Reading()
    name = problem = ""
    try:
        for following, pieces in segments:
            if problem:
                raise Damaged(problem)
            name = following
            problem = reading.read(pieces)
        return reading.result()
    except (Damaged, Malformed) as error:
        raise Damaged(f"{name} cannot be read: {error}") from error


class _Reading:
    """What was read of a log so far. `_checksum` is that of everything up to the last record."""

    def __init__(self) -> None:
        self._snapshots: list[tuple[int, int]] = []
        self._requests: list[V2Request] = []
        self._state = b""
        self._last_entry = 0
        self._checksum = 0

    def result(self) -> RaftLog:
        """Raises Malformed."""
        commit = decode("HardState", _data_of(self._state)).get("commit", 0)
        snapshots = tuple((term, index) for term, index in self._snapshots if index <= commit)
        newest = snapshots[-1][1] if snapshots else 0
        return RaftLog(snapshots, tuple(self._requests), max(self._last_entry, newest))

    def read(self, pieces: t.Iterable[bytes]) -> str:
        """Takes up a segment. Returns what is wrong with it where only its end is missing. Raises Damaged."""
        held: tuple[int, bytes] | None = None
        problem = ""
        try:
            try:
                for following in frames(pieces):
                    if held:
                        self._take(*held)
                    held = following
            except Torn as error:
                problem = str(error)
            if held:
                self._take(*held, is_last=True)
        except _HalfWritten as error:
            return str(error)
        return problem

    def _take(self, position: int, content: bytes, is_last: bool = False) -> None:
        if not is_last and (self._is_plain_entry(content) or self._is_state(content)):
            return
        try:
            self._take_whole(position, content, is_last)
        except Malformed as error:
            raise _damage(position, content, f"makes no sense ({error})") from error

    def _is_plain_entry(self, content: bytes) -> bool:
        """Whether it is the record of an entry that needs no closer look; it is then taken."""
        found = _ENTRY_RECORD.match(content)
        if not found or found.group(3):
            return False
        self._checksum = read_varint(found.group(1), 0)[0]
        self._append(read_varint(found.group(2), 0)[0])
        return True

    def _is_state(self, content: bytes) -> bool:
        """Whether it is a record of raft's state, of which only the last one counts; it is then taken."""
        found = _STATE_RECORD.match(content)
        if not found:
            return False
        self._checksum = read_varint(found.group(1), 0)[0]
        self._state = content
        return True

    def _take_whole(self, position: int, content: bytes, is_last: bool) -> None:
        record = decode("Record", content)
        kind, checksum, data = record.get("type"), record.get("crc", 0), record.get("data", b"")
        # The first record of a segment continues the checksum of the one before, which may not have been read.
        if kind != _CHECKSUM and (is_last or kind in (_ENTRY, _SNAPSHOT)) and crc32c(data, self._checksum) != checksum:
            raise _damage(position, content, "does not have the checksum that it should")
        self._checksum = checksum
        if kind == _SNAPSHOT:
            snapshot = decode("SnapshotRecord", data)
            self._snapshots.append((snapshot.get("term", 0), snapshot.get("index", 0)))
        elif kind == _STATE:
            self._state = content
        elif kind == _ENTRY:
            self._take_entry(data)

    def _take_entry(self, content: bytes) -> None:
        entry = decode("Entry", content)
        index = entry.get("Index", 0)
        self._append(index)
        data = entry.get("Data", b"")
        if data and entry.get("Type", _NORMAL_ENTRY) == _NORMAL_ENTRY:
            request = v2_request(data)
            if request is not None:
                self._requests.append(V2Request(index, request.get("Method", ""), request.get("Path", "")))

    def _append(self, index: int) -> None:
        # An entry of a later term takes the place of one that was never committed, and of all after it.
        if index <= self._last_entry:
            self._requests = [request for request in self._requests if request.index < index]
        self._last_entry = index


def v2_request(data: bytes) -> Fields | None:
    """The request of version 2 in an entry; None where it holds one that every release since 3.0 can read.

    Since every field of it is always written, and the fifth is a number, it never passes for the other (etcd 3.5.34
    server/etcdserver/server.go applyEntryNormal). Raises Malformed where it is neither.
    """
    try:
        return decode("InternalRaftRequest", data).get("v2")
    except Malformed:
        return decode("V2Request", data)


def _data_of(content: bytes) -> bytes:
    return decode("Record", content).get("data", b"")  # type: ignore[no-any-return]


def _damage(position: int, content: bytes, problem: str) -> Damaged:
    """What is wrong with the record at a position of its segment."""
    sectors = _sectors(position, content)
    kind = _HalfWritten if any(not any(sector) for sector in sectors) else Damaged
    return kind(f"its record at byte {position} {problem}")


def _sectors(position: int, content: bytes) -> t.Iterator[bytes]:
    at = 0
    while at < len(content):
        end = at + _SECTOR_BYTES - (position + at) % _SECTOR_BYTES
        yield content[at:end]
        at = end
