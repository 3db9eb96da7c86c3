# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The checksum of etcd's files: CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4), which zlib has not."""

from __future__ import annotations

from functools import lru_cache

_POLYNOMIAL = 0x82F63B78
_ALL_ONES = 0xFFFFFFFF


def crc32c(content: bytes, crc: int = 0) -> int:
    """The checksum of what `crc` is the checksum of, with `content` after it. Takes 0.1 s for a megabyte."""
    table = _table()
    crc ^= _ALL_ONES
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ _ALL_ONES


@lru_cache(maxsize=1)
def _table() -> tuple[int, ...]:
    return tuple(map(_of_byte, range(256)))


def _of_byte(crc: int) -> int:
    for _bit in range(8):
        crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc
