# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What the write-ahead log of a member holds: raft's state, snapshots, changes of members, and requests of the form
that etcd had before 3.6.

Reads what etcd reads at its start (etcd 3.7.3 server/storage/wal/wal.go ReadAll and ValidSnapshotEntries, decoder.go;
the same from 3.4 to 3.7), but checks only the checksums of what the answer depends on, and that of the last record,
which may be half written.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .crc32c import crc32c
from .stored_members import MemberChange, NoMember, attributes_set, attributes_set_in_v2, configuration_change
from .wire_format import Fields, Malformed, decode, read_varint
from .write_ahead_log import Torn, frames

_ENTRY, _STATE, _CHECKSUM, _SNAPSHOT = 2, 3, 4, 5
_NORMAL_ENTRY, _CONFIGURATION_ENTRY = 0, 1
_SECTOR_BYTES = 512

_VARINT = rb"[\x80-\xff]{0,9}[\x00-\x7f]"
# Nearly all records are of these two kinds, and there may be a million of them. The groups: checksum, index, and the
# field after the id of what the entry holds, where it is one of a change of members (0x10), of a request of the old
# form (0x12), or the header before a request of etcd's own bookkeeping (0xa2).
_ENTRY_RECORD = re.compile(
    rb"\x08\x02\x10(V)\x1aV(?:\x08\x00)?\x10V\x18(V)(?:\x22V(?:\x08V)?([\x10\x12\xa2])?)?".replace(b"V", _VARINT),
    re.DOTALL,
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
    `v2_requests` and `changes` are in the order of their indexes, and none of them was overwritten by a later term.
    `term`, `vote` and `commit` are those of raft's state. `last_index` and `last_term` are those of the last entry, or
    of the newest snapshot where no entry is after it. `torn` says of the last record that it is half written, which is
    what a host leaves that stops meanwhile, and what etcd cuts off at its start.
    """

    snapshots: tuple[tuple[int, int], ...]
    v2_requests: tuple[V2Request, ...]
    last_index: int
    last_term: int = 0
    term: int = 0
    vote: int = 0
    commit: int = 0
    changes: tuple[MemberChange, ...] = ()
    torn: str = ""


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
        return reading.result(problem)
    except (Damaged, Malformed, NoMember) as error:
        raise Damaged(f"{name} cannot be read: {error}") from error


class _Reading:
    """What was read of a log so far. `_checksum` is that of everything up to the last record. `_state` and `_entry` are
    the last records of their kinds, each with the checksum of everything before it.
    """

    def __init__(self) -> None:
        self._snapshots: list[tuple[int, int]] = []
        self._requests: list[V2Request] = []
        self._changes: list[MemberChange] = []
        self._state = self._entry = (0, b"")
        self._last_entry = 0
        self._checksum = 0

    def result(self, torn: str = "") -> RaftLog:
        """Raises Damaged and Malformed."""
        state = decode("HardState", _checked(*self._state, "of raft's last state"))
        entry = decode("Entry", _checked(*self._entry, "of its last entry"))
        commit = state.get("commit", 0)
        snapshots = tuple((term, index) for term, index in self._snapshots if index <= commit)
        last = (entry.get("Index", 0), entry.get("Term", 0))
        if snapshots and snapshots[-1][1] > last[0]:
            last = (snapshots[-1][1], snapshots[-1][0])
        return RaftLog(
            snapshots=snapshots,
            v2_requests=tuple(self._requests),
            last_index=last[0],
            last_term=last[1],
            term=state.get("term", 0),
            vote=state.get("vote", 0),
            commit=commit,
            changes=tuple(self._changes),
            torn=torn,
        )

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
        self._append(read_varint(found.group(2), 0)[0], content)
        self._checksum = read_varint(found.group(1), 0)[0]
        return True

    def _is_state(self, content: bytes) -> bool:
        """Whether it is a record of raft's state, of which only the last one counts; it is then taken."""
        found = _STATE_RECORD.match(content)
        if not found:
            return False
        self._state = (self._checksum, content)
        self._checksum = read_varint(found.group(1), 0)[0]
        return True

    def _take_whole(self, position: int, content: bytes, is_last: bool) -> None:
        record = decode("Record", content)
        kind, checksum, data = record.get("type"), record.get("crc", 0), record.get("data", b"")
        # The first record of a segment continues the checksum of the one before, which may not have been read.
        if kind != _CHECKSUM and (is_last or kind in (_ENTRY, _SNAPSHOT)) and crc32c(data, self._checksum) != checksum:
            raise _damage(position, content, "does not have the checksum that it should")
        if kind == _CHECKSUM and self._checksum not in (0, checksum):
            raise _damage(position, content, "does not continue the checksum of the segment before")
        if kind == _SNAPSHOT:
            snapshot = decode("SnapshotRecord", data)
            self._snapshots.append((snapshot.get("term", 0), snapshot.get("index", 0)))
        elif kind == _STATE:
            self._state = (self._checksum, content)
        elif kind == _ENTRY:
            self._take_entry(data, content)
        self._checksum = checksum

    def _take_entry(self, data: bytes, record: bytes) -> None:
        entry = decode("Entry", data)
        index = entry.get("Index", 0)
        self._append(index, record)
        kind = entry.get("Type", _NORMAL_ENTRY)
        if kind == _NORMAL_ENTRY:
            self._take_request(index, entry.get("Data", b""))
        elif kind == _CONFIGURATION_ENTRY:
            self._changes.extend(configuration_change(index, entry.get("Data", b"")))
        else:
            raise Damaged(f"entry {index} is of kind {kind}, which no release of etcd writes")

    def _take_request(self, index: int, data: bytes) -> None:
        if not data:
            return
        request = v2_request(data)
        if request is not None:
            method, path = request.get("Method", ""), request.get("Path", "")
            self._requests.append(V2Request(index, method, path))
            self._changes.extend(attributes_set_in_v2(index, method, path, request.get("Val", "")))
        else:
            self._changes.extend(attributes_set(index, data))

    def _append(self, index: int, record: bytes) -> None:
        last = self._last_entry
        # An entry of a later term takes the place of one that was never committed, and of all after it.
        if index <= last:
            self._requests = [request for request in self._requests if request.index < index]
            self._changes = [change for change in self._changes if change.index < index]
        elif last and index > last + 1 and index > 1 + max((one for _term, one in self._snapshots), default=0):
            raise Damaged(f"entry {index} follows entry {last}, and those between them are missing")
        self._last_entry = index
        self._entry = (self._checksum, record)


def v2_request(data: bytes) -> Fields | None:
    """The request of version 2 in an entry; None where it holds one that every release since 3.0 can read.

    Since every field of it is always written, and the fifth is a number, it never passes for the other (etcd 3.5.34
    server/etcdserver/server.go applyEntryNormal). Raises Malformed where it is neither.
    """
    try:
        return decode("InternalRaftRequest", data).get("v2")
    except Malformed:
        return decode("V2Request", data)


def _checked(before: int, content: bytes, what: str) -> bytes:
    """The data of a record that is counted on, by the checksum of everything before it. Raises Damaged."""
    record = decode("Record", content)
    data: bytes = record.get("data", b"")
    if content and crc32c(data, before) != record.get("crc", 0):
        raise Damaged(f"the record {what} does not have the checksum that it should")
    return data


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
