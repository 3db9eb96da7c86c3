# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The file that etcd writes for a snapshot of its raft log (server/etcdserver/api/snap/snapshotter.go; the same from
3.4 to 3.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .crc32c import crc32c
from .wire_format import Malformed, decode

_NAME = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.snap")


@dataclass(frozen=True)
class SnapshotFile:
    """A snapshot: the entry that it stands for, and what etcd's version 2 held then, as JSON."""

    term: int
    index: int
    v2_store: bytes


def named(name: str) -> tuple[int, int] | None:
    """Term and index by the name of a file; None where it is not that of a snapshot."""
    parts = _NAME.fullmatch(name)
    return (int(parts.group(1), 16), int(parts.group(2), 16)) if parts else None


def read_snapshot(content: bytes) -> SnapshotFile:
    """The snapshot in a file. Raises Malformed, and etcd then passes over the file."""
    file = decode("SnapshotFile", content)
    data = file.get("data", b"")
    if not data or crc32c(data) != file.get("crc"):
        raise Malformed("it does not have the checksum that it should")
    snapshot = decode("Snapshot", data)
    metadata = snapshot.get("metadata", {})
    return SnapshotFile(metadata.get("term", 0), metadata.get("index", 0), snapshot.get("data", b""))
