# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a database as bbolt writes it (db.go init, internal/common/meta.go)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

PAGE_SIZES = (4096, 16384, 65536)

_MAGIC, _VERSION = 0xED0CDAED, 2
_META_PAGE, _LEAF_PAGE = 0x04, 0x02
_ROOT = 4
EMPTY_PAGE = 3


def database(
    page_size: int,
    buckets: Sequence[str],
    *,
    root_flags: int = _LEAF_PAGE,
    transactions: tuple[int, int] = (2, 1),
    second_root: int | None = None,
) -> bytes:
    """Two meta pages, the free list, an empty page, and the page of the buckets, which is the root.

    The second meta page may name another root.
    """
    root = _leaf(buckets, root_flags, page_size)
    roots = (_ROOT, _ROOT if second_root is None else second_root)
    metas = [meta_page(number, page_size, roots[number], _ROOT + 1, transactions[number]) for number in (0, 1)]
    return b"".join(page.ljust(page_size, b"\0") for page in [*metas, b"", _leaf([], _LEAF_PAGE, page_size), root])


def meta_page(number: int, page_size: int, root: int, pages: int, transaction: int) -> bytes:
    meta = struct.pack("<IIIIQQQQQ", _MAGIC, _VERSION, page_size, 0, root, 0, 2, pages, transaction)
    checksum = 0xCBF29CE484222325
    for byte in meta:
        checksum = (checksum ^ byte) * 0x100000001B3 % 2**64
    return struct.pack("<QHHI", number, _META_PAGE, 0, 0) + meta + struct.pack("<Q", checksum)


def _leaf(buckets: Sequence[str], flags: int, page_size: int) -> bytes:
    header, element = 16, 16
    elements, content = b"", b""
    for number, name in enumerate(buckets):
        start = (len(buckets) - number) * element + len(content)
        elements += struct.pack("<IIII", 1, start, len(name), 16)
        content += name.encode() + bytes(16)
    overflow = (header + len(elements) + len(content) - 1) // page_size
    return struct.pack("<QHHI", _ROOT, flags, len(buckets), overflow) + elements + content
