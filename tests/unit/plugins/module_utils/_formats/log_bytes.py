# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a write-ahead log and of a snapshot as etcd writes them (server/storage/wal/encoder.go,
server/etcdserver/api/snap/snapshotter.go).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ansible_collections.quorum.etcd.plugins.module_utils._formats.crc32c import crc32c
from ansible_collections.quorum.etcd.plugins.module_utils._formats.wire_format import encode

METADATA, ENTRY, STATE, CHECKSUM, SNAPSHOT = 1, 2, 3, 4, 5
HEADER = b"\xa2\x06\x02\x08\x07"
"""The header of a request of today: field 100, with an id."""
PUT = b"\x22\x06\x0a\x01k\x12\x01v" + HEADER


def v2(path: str, method: str = "PUT", value: str = "{}") -> bytes:
    """A request of version 2: 3.5 writes every field of it."""
    return encode("V2Request", {"ID": 7, "Method": method, "Path": path, "Val": value, "Dir": False}) + b"\x32\0\x38\0"


VERSION = v2("/0/version", value="3.5.0")
ATTRIBUTES = v2("/0/members/8211f1d0f64f3269/attributes")


class LogBytes:
    """A log that grows record by record; `segments` are its files."""

    def __init__(self) -> None:
        self.segments: list[bytearray] = []
        self.starts: list[int] = []
        """Where the last record of the last segment begins, one after the other."""
        self._checksum = 0
        self.cut()
        self.snapshot(0, 0)

    def cut(self) -> None:
        """Goes on in a new file."""
        self.segments.append(bytearray())
        self.starts = []
        self._frame(encode("Record", {"type": CHECKSUM, "crc": self._checksum}))
        self._record(METADATA, encode("Metadata", {"NodeID": 1, "ClusterID": 2}))

    def entry(self, index: int, data: bytes = PUT, term: int = 1, kind: int = 0) -> None:
        fields = {"Type": kind, "Term": term, "Index": index}
        self._record(ENTRY, encode("Entry", {**fields, "Data": data} if data else fields))

    def state(self, commit: int, term: int = 1) -> None:
        self._record(STATE, encode("HardState", {"term": term, "vote": 1, "commit": commit}))

    def snapshot(self, index: int, term: int = 1) -> None:
        self._record(SNAPSHOT, encode("SnapshotRecord", {"index": index, "term": term}))

    def _record(self, kind: int, data: bytes) -> None:
        self._checksum = crc32c(data, self._checksum)
        self._frame(encode("Record", {"type": kind, "crc": self._checksum, "data": data}))

    def _frame(self, record: bytes) -> None:
        self.starts.append(len(self.segments[-1]))
        padding = -len(record) % 8
        length = len(record) | (0x80 | padding) << 56 if padding else len(record)
        self.segments[-1] += struct.pack("<Q", length) + record + bytes(padding)


def snapshot_file(index: int, term: int = 1, store: bytes = b"") -> bytes:
    data = encode("Snapshot", {"data": store, "metadata": {"index": index, "term": term}})
    return encode("SnapshotFile", {"crc": crc32c(data), "data": data})


def named(segments: Iterable[bytes | bytearray], size: int = 1 << 20) -> list[tuple[str, list[bytes]]]:
    """Segments as they are read: each with its name, in pieces of so many bytes."""
    return [
        (f"{number}.wal", [bytes(segment[at : at + size]) for at in range(0, len(segment), size)])
        for number, segment in enumerate(segments)
    ]
