# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whose data a write-ahead log holds, as the head of each of its segments says.

A segment begins with a checksum record, then the metadata record with the ids of the member and of its cluster
(etcd server/storage/wal/wal.go Create and cut, encoder.go encode; the same from 3.3 to 3.7).
"""

from __future__ import annotations

from .wire_format import Malformed, decode

# More than the two records need, whatever their padding.
HEAD_BYTES = 4096

_METADATA = 1
_LENGTH_BYTES = 8
# The upper byte of a frame's length says how many bytes of padding follow the record.
_LENGTH_MASK = (1 << 56) - 1
_RECORDS_BEFORE_METADATA = 2


class NoIdentity(ValueError):
    """The bytes are not the head of a segment of a write-ahead log."""


def identity_of(head: bytes) -> tuple[int, int]:
    """Member id and cluster id from the first HEAD_BYTES of a segment. Raises NoIdentity."""
    position = 0
    for _number in range(_RECORDS_BEFORE_METADATA):
        content, position = _frame(head, position)
        try:
            record = decode("Record", content)
            if record.get("type") == _METADATA:
                metadata = decode("Metadata", record.get("data", b""))
                return metadata["NodeID"], metadata["ClusterID"]
        except (Malformed, KeyError) as error:
            raise NoIdentity(f"a record of it cannot be read ({error})") from error
    raise NoIdentity("it has no metadata record at its head")


def _frame(head: bytes, position: int) -> tuple[bytes, int]:
    """The record at a position, and where the next one begins."""
    length = int.from_bytes(head[position : position + _LENGTH_BYTES], "little")
    size = length & _LENGTH_MASK
    padding = (length >> 56) & 0x7 if length >> 63 else 0
    start = position + _LENGTH_BYTES
    if not size or start + size > len(head):
        raise NoIdentity("it ends, or is empty, before its metadata record")
    return head[start : start + size], start + size + padding
