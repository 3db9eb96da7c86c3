# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The buckets of a database as its pages hold them (bbolt 1.5.0 internal/common/page.go, inode.go and bucket.go; the
same since 1.2).

The pages have no checksums. What a damaged page says is checked as far as it can be: pages point at no others in a
circle, nothing lies outside of its page, and keys are in their order.
"""

from __future__ import annotations

import struct
import typing as t
from dataclasses import dataclass

from .database import ReadAt, newest_meta

_PAGE = struct.Struct("<QHHI")
_BRANCH_PAGE, _LEAF_PAGE = 0x01, 0x02
_BRANCH, _LEAF = struct.Struct("<IIQ"), struct.Struct("<IIII")
_BUCKET = struct.Struct("<QQ")
_IS_BUCKET = 0x01
_META_PAGES = 2
# The values of a page are in it, and none is larger than a request to etcd; what is damaged must not fill the memory.
_LARGEST_BYTES = 1 << 27
# Each page has two others below it at least, so no tree of 2^64 pages is deeper.
_DEEPEST = 64


class DamagedPage(ValueError):
    """A page is not what it should be."""


class Count(t.NamedTuple):
    """How many keys all buckets hold, and how many pages they take."""

    keys: int
    pages: int


@dataclass(frozen=True)
class _Page:
    """`start` is where it begins in `content`; a page inside of another one has the number 0."""

    number: int
    is_leaf: bool
    count: int
    content: bytes


class Database:
    """The buckets after the last transaction. Reads a page at a time, and only those that it needs. Raises NoDatabase
    when it is made, DamagedPage later.
    """

    def __init__(self, read_at: ReadAt) -> None:
        self.meta = newest_meta(read_at)
        self._read_at = read_at

    def items(self, bucket: bytes) -> t.Iterator[tuple[bytes, bytes]]:
        """Keys and values of a bucket in the order of the keys; none where there is no such bucket."""
        root = self._root_of(bucket)
        before = None
        for leaf in self._leaves(root) if root else ():
            for position in range(leaf.count):
                _flags, key, value = _leaf_item(leaf, position)
                if before is not None and key <= before:
                    raise DamagedPage(f"the keys of page {leaf.number} are not in their order")
                yield key, value
                before = key

    def last_key(self, bucket: bytes) -> bytes | None:
        """The last key of a bucket; None where it has none."""
        page = self._root_of(bucket)
        for _depth in range(_DEEPEST):
            if page is None or not page.count:
                return None
            if page.is_leaf:
                return _leaf_item(page, page.count - 1)[1]
            page = self._page(_branch_child(page, page.count - 1))
        raise DamagedPage(_IN_A_CIRCLE)

    def count(self) -> Count:
        """Looks at the head of every page that is in use."""
        keys = 0
        _buckets, taken = self._count_below(self.meta.root, _META_PAGES)
        for value in self._buckets().values():
            root = _bucket_root(value)
            below, taken = self._count_below(root, taken) if root else (_inline_page(value).count, taken)
            keys += below
        return Count(keys, taken)

    def _count_below(self, root: int, taken: int) -> tuple[int, int]:
        """Keys below a page, and `taken` with the pages of it. The content of leaves is not read."""
        keys, waiting = 0, [root]
        while waiting:
            number = waiting.pop()
            is_leaf, count, following = self._head(number)
            taken += 1 + following
            if taken > self.meta.pages:
                raise DamagedPage(_IN_A_CIRCLE)
            if is_leaf:
                keys += count
            else:
                page = self._page(number)
                waiting += [_branch_child(page, position) for position in range(count)]
        return keys, taken

    def _root_of(self, bucket: bytes) -> _Page | None:
        value = self._buckets().get(bucket)
        if value is None:
            return None
        root = _bucket_root(value)
        return self._page(root) if root else _inline_page(value)

    def _buckets(self) -> dict[bytes, bytes]:
        """What is kept of each bucket, by its name."""
        return {
            key: value
            for leaf in self._leaves(self._page(self.meta.root))
            for flags, key, value in (_leaf_item(leaf, position) for position in range(leaf.count))
            if flags & _IS_BUCKET
        }

    def _leaves(self, root: _Page) -> t.Iterator[_Page]:
        waiting: list[_Page | int] = [root]
        read = 0
        while waiting:
            following = waiting.pop()
            page = self._page(following) if isinstance(following, int) else following
            read += 1
            if read > self.meta.pages:
                raise DamagedPage(_IN_A_CIRCLE)
            if page.is_leaf:
                yield page
            else:
                waiting += [_branch_child(page, position) for position in reversed(range(page.count))]

    def _page(self, number: int) -> _Page:
        is_leaf, count, following = self._head(number)
        size = self.meta.page_size * (1 + following)
        if size > _LARGEST_BYTES:
            raise DamagedPage(f"page {number} is larger than etcd writes any")
        content = self._read_at(number * self.meta.page_size, size)
        if len(content) < size:
            raise DamagedPage(f"page {number} lies beyond the end of the file")
        return _Page(number, is_leaf, count, content)

    def _head(self, number: int) -> tuple[bool, int, int]:
        """Whether it is a leaf, how many elements it has, and how many pages follow that belong to it."""
        if not _META_PAGES <= number < self.meta.pages:
            raise DamagedPage(f"page {number} is named, but there is none")
        head = self._read_at(number * self.meta.page_size, _PAGE.size)
        if len(head) < _PAGE.size:
            raise DamagedPage(f"page {number} lies beyond the end of the file")
        itself, flags, count, following = _PAGE.unpack(head)
        if itself != number or flags not in (_BRANCH_PAGE, _LEAF_PAGE) or number + following >= self.meta.pages:
            raise DamagedPage(f"page {number} is not the page of keys that it should be")
        if not count and flags == _BRANCH_PAGE:
            raise DamagedPage(f"page {number} has no pages below it")
        return flags == _LEAF_PAGE, count, following


_IN_A_CIRCLE = "pages point at each other in a circle"


def _bucket_root(value: bytes) -> int:
    """The page of a bucket; 0 where its only page is in its value."""
    if len(value) < _BUCKET.size:
        raise DamagedPage("a bucket names no page")
    root: int = _BUCKET.unpack_from(value)[0]
    return root


def _inline_page(value: bytes) -> _Page:
    content = value[_BUCKET.size :]
    if len(content) < _PAGE.size:
        raise DamagedPage("a bucket names no page")
    _itself, flags, count, _following = _PAGE.unpack_from(content)
    if flags != _LEAF_PAGE:
        raise DamagedPage("the page inside of a bucket is no page of keys")
    return _Page(0, True, count, content)


def _leaf_item(page: _Page, position: int) -> tuple[int, bytes, bytes]:
    """Flags, key and value of an element."""
    element = _PAGE.size + position * _LEAF.size
    try:
        flags, offset, key_size, value_size = _LEAF.unpack_from(page.content, element)
    except struct.error as error:
        raise _outside(page) from error
    key = element + offset
    value = key + key_size
    if value + value_size > len(page.content):
        raise _outside(page)
    return flags, page.content[key:value], page.content[value : value + value_size]


def _branch_child(page: _Page, position: int) -> int:
    try:
        _offset, _size, number = _BRANCH.unpack_from(page.content, _PAGE.size + position * _BRANCH.size)
    except struct.error as error:
        raise _outside(page) from error
    return number  # type: ignore[no-any-return]


def _outside(page: _Page) -> DamagedPage:
    return DamagedPage(f"page {page.number} names what is outside of it")
