# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a database with buckets of any size, as bbolt writes them: small ones inside of the page of the buckets,
large ones on pages of their own, with branches above them, and values that go on over several pages.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from .database_bytes import meta_page

_BRANCH_PAGE, _LEAF_PAGE = 0x01, 0x02
_HEAD = 16
_IS_BUCKET = 0x01

Items = Sequence[tuple[bytes, bytes]]


class DatabaseTree:
    """Pages from the third one on; `content` is the whole file. `per_page` elements are on each page."""

    def __init__(self, buckets: Mapping[str, Items], page_size: int = 4096, per_page: int = 8) -> None:
        self.page_size, self.per_page = page_size, per_page
        self.pages: list[bytes] = []
        roots = [(name.encode(), self._bucket(sorted(items))) for name, items in sorted(buckets.items())]
        self.root = self._tree([(key, value, _IS_BUCKET) for key, value in roots])
        self.used = 2 + len(self.pages)
        metas = [meta_page(number, page_size, self.root, self.used, 2 + number) for number in (0, 1)]
        self.content = b"".join(page.ljust(page_size, b"\0") for page in [*metas, *self.pages])

    def _bucket(self, items: Items) -> bytes:
        elements = [(key, value, 0) for key, value in items]
        inline = _leaf(0, elements, 0)
        if len(inline) <= self.page_size // 4:
            return struct.pack("<QQ", 0, 0) + inline
        return struct.pack("<QQ", self._tree(elements), 0)

    def _tree(self, elements: Sequence[tuple[bytes, bytes, int]]) -> int:
        """The page at the top of these elements."""
        groups = [elements[at : at + self.per_page] for at in range(0, len(elements), self.per_page)] or [[]]
        children = [(group[0][0] if group else b"", self._page(_leaf, group)) for group in groups]
        while len(children) > 1:
            parts = [children[at : at + self.per_page] for at in range(0, len(children), self.per_page)]
            children = [(part[0][0], self._page(_branch, part)) for part in parts]
        return children[0][1]

    def _page(self, write, elements) -> int:  # type: ignore[no-untyped-def]
        number = 2 + len(self.pages)
        following = (len(write(number, elements, 0)) - 1) // self.page_size
        content = write(number, elements, following).ljust((1 + following) * self.page_size, b"\0")
        self.pages += [content[at : at + self.page_size] for at in range(0, len(content), self.page_size)]
        return number


def _leaf(number: int, elements: Sequence[tuple[bytes, bytes, int]], following: int) -> bytes:
    heads, content = b"", b""
    for position, (key, value, flags) in enumerate(elements):
        start = (len(elements) - position) * _HEAD + len(content)
        heads += struct.pack("<IIII", flags, start, len(key), len(value))
        content += key + value
    return struct.pack("<QHHI", number, _LEAF_PAGE, len(elements), following) + heads + content


def _branch(number: int, children: Sequence[tuple[bytes, int]], following: int) -> bytes:
    heads, content = b"", b""
    for position, (key, child) in enumerate(children):
        start = (len(children) - position) * _HEAD + len(content)
        heads += struct.pack("<IIQ", start, len(key), child)
        content += key
    return struct.pack("<QHHI", number, _BRANCH_PAGE, len(children), following) + heads + content
