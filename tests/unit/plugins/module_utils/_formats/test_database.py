# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases as systems with pages of any size create them. What etcd itself leaves is in the integration tests."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats.database import NoDatabase, has_held_keys

from .database_bytes import EMPTY_PAGE, PAGE_SIZES, database


def held(content: bytes) -> bool:
    return has_held_keys(lambda position, size: content[position : position + size])


@pytest.mark.parametrize("page_size", PAGE_SIZES)
@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        ([], False),
        (["meta"], False),
        (["cluster", "members", "members_removed", "meta"], False),
        (["alarm", "auth", "key", "lease", "meta"], True),
    ],
)
def test_a_database_has_held_keys_once_it_has_a_bucket_for_them(page_size, buckets, expected):
    assert held(database(page_size, buckets)) is expected


def test_buckets_may_take_more_than_a_page():
    names = [f"bucket{number}".ljust(500, "-") for number in range(10)]
    assert held(database(4096, [*names, "key"]))
    assert not held(database(4096, names))


def test_buckets_on_several_pages_are_those_of_a_database_in_use():
    assert held(database(4096, ["meta"], root_flags=0x01))


@pytest.mark.parametrize("page_size", PAGE_SIZES)
@pytest.mark.parametrize("damaged", [0, 1])
def test_one_of_the_meta_pages_may_be_half_written(page_size, damaged):
    content = bytearray(database(page_size, ["key"], transactions=(3, 2) if damaged else (2, 3)))
    content[damaged * page_size + 30] ^= 0xFF
    assert held(bytes(content))


def test_the_newer_of_two_meta_pages_counts():
    assert not held(database(4096, ["key"], transactions=(4, 5), second_root=EMPTY_PAGE))
    assert held(database(4096, ["key"], transactions=(5, 4), second_root=EMPTY_PAGE))


@pytest.mark.parametrize("content", [b"", bytes(20_000), b"x" * 20_000])
def test_what_is_no_database_is_said_to_be_none(content):
    with pytest.raises(NoDatabase, match="no meta page"):
        held(content)


def test_a_database_that_ends_early_is_none():
    with pytest.raises(NoDatabase, match="ends before"):
        held(database(4096, ["key"])[: 2 * 4096])
