# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The frames of a write-ahead log, and whose data it holds.

A segment is a row of frames: eight bytes of length, a record, padding. It begins with a checksum record, then the
metadata record with the ids of the member and of its cluster; space for it is reserved, so zeros follow its last frame
(etcd server/storage/wal/wal.go Create and cut, encoder.go, decoder.go; the same from 3.3 to 3.7).
"""

from __future__ import annotations

import itertools
import struct
import typing as t

from .wire_format import Malformed, decode

# More than the two records at the head need, whatever their padding.
HEAD_BYTES = 4096

LENGTH_BYTES = 8
_LENGTH = struct.Struct("<Q")
# The upper byte of a frame's length says how many bytes of padding follow the record.
_LENGTH_MASK = (1 << 56) - 1
_METADATA = 1
_RECORDS_BEFORE_METADATA = 2


class NoIdentity(ValueError):
    """The bytes are not the head of a segment of a write-ahead log."""


class Torn(ValueError):
    """A segment does not end with a whole frame: it is being written, or was when its host stopped."""


def identity_of(head: bytes) -> tuple[int, int]:
    """Member id and cluster id from the first HEAD_BYTES of a segment. Raises NoIdentity."""
    try:
        for _number, (_position, content) in zip(range(_RECORDS_BEFORE_METADATA), frames((head,))):
            record = decode("Record", content)
            if record.get("type") == _METADATA:
                metadata = decode("Metadata", record.get("data", b""))
                return metadata["NodeID"], metadata["ClusterID"]
    except (Malformed, KeyError) as error:
        raise NoIdentity(f"a record of it cannot be read ({error})") from error
    except Torn as error:
        raise NoIdentity("it ends before its metadata record") from error
    raise NoIdentity("it has no metadata record at its head")


def frames(pieces: t.Iterable[bytes]) -> t.Iterator[tuple[int, bytes]]:
    """Position and content of each record of a segment that is read piece by piece, until its end or the zeros that
    are reserved for more. Holds no more than a piece and a frame of it at a time. Raises Torn, also where the zeros are
    not the end: of what a host wrote at last, a later part can be on the disk without an earlier one.
    """
    rest, position = b"", 0
    pieces = iter(pieces)
    for piece in pieces:
        rest += piece
        at = 0
        while len(rest) - at >= LENGTH_BYTES:
            (length,) = _LENGTH.unpack_from(rest, at)
            if not length:
                if all(not one.strip(b"\0") for one in itertools.chain((rest[at:],), pieces)):
                    return
                raise Torn(f"it goes on after the zeros at byte {position + at}")
            start = at + LENGTH_BYTES
            end = start + (length & _LENGTH_MASK)
            following = end + ((length >> 56) & 0x7 if length >> 63 else 0)
            if following > len(rest):
                break
            yield position + start, rest[start:end]
            at = following
        rest, position = rest[at:], position + at
    if rest:
        raise Torn(f"it ends in the middle of the frame at byte {position}")
