# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whether etcd has just created a database, or kept keys in it.

Its pages are as large as those of the system that created it, mostly 4, 16 or 64 KiB; each of its two meta pages says
how large (bbolt 1.5.0 db.go init and getPageSize, internal/common/meta.go, page.go and types.go; the same since 1.2).
"""

from __future__ import annotations

import struct
import typing as t

ReadAt = t.Callable[[int, int], bytes]
"""Reads so many bytes at a position, or fewer where the file ends."""

_PAGE = struct.Struct("<QHHI")
_LEAF_PAGE = 0x02
_META = struct.Struct("<IIIIQQQQQ")
_MAGIC, _VERSION = 0xED0CDAED, 2
_CHECKSUM = struct.Struct("<Q")
_ELEMENT = struct.Struct("<IIII")
_PAGE_SIZES = tuple(1 << power for power in range(10, 25))
# Etcd makes this bucket when it has its log, and those of the cluster before (server/storage/mvcc/kvstore.go NewStore).
_BUCKET_OF_KEYS = b"key"


class NoDatabase(ValueError):
    """The bytes are not those of a database, or of one of another byte order."""


class Meta(t.NamedTuple):
    """What a transaction left. `root` is the page of the buckets, and all pages are below the number `pages`."""

    page_size: int
    root: int
    pages: int
    transaction: int


def has_held_keys(read_at: ReadAt) -> bool:
    """Whether the member whose database it is ever came as far as to have a log. Raises NoDatabase."""
    meta = newest_meta(read_at)
    start = meta.root * meta.page_size
    try:
        _number, flags, count, following = _PAGE.unpack(read_at(start, _PAGE.size))
        # The few buckets of a new database fit into one page.
        if flags != _LEAF_PAGE:
            return True
        return _BUCKET_OF_KEYS in _keys(read_at(start, meta.page_size * (1 + following)), count)
    except struct.error as error:
        raise NoDatabase("it ends before the page of its buckets") from error


def _keys(page: bytes, count: int) -> t.Iterator[bytes]:
    for start in range(_PAGE.size, _PAGE.size + count * _ELEMENT.size, _ELEMENT.size):
        _flags, position, size, _value_size = _ELEMENT.unpack_from(page, start)
        yield page[start + position : start + position + size]


def newest_meta(read_at: ReadAt) -> Meta:
    """What the last whole transaction left. Each one writes one of the two meta pages, so one may be half written.
    Raises NoDatabase.
    """
    found = [_meta_at(read_at, 0), *(_meta_at(read_at, size) for size in _PAGE_SIZES)]
    metas = [meta for meta in found if meta]
    if not metas:
        raise NoDatabase("it has no meta page")
    return max(metas, key=lambda meta: meta.transaction)


def _meta_at(read_at: ReadAt, position: int) -> Meta | None:
    """The meta page at a position, which is that of the first or of the second page; None where there is none."""
    content = read_at(position + _PAGE.size, _META.size + _CHECKSUM.size)
    if len(content) < _META.size + _CHECKSUM.size:
        return None
    magic, version, page_size, _flags, root, _sequence, _free, pages, transaction = _META.unpack_from(content)
    is_meta = (magic, version) == (_MAGIC, _VERSION) and _CHECKSUM.unpack_from(content, _META.size)[0] == _fnv1a(
        content[: _META.size]
    )
    if not is_meta or page_size not in _PAGE_SIZES or position not in (0, page_size):
        return None
    return Meta(page_size, root, pages, transaction)


def _fnv1a(content: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
