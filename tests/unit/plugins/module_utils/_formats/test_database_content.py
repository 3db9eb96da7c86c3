# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of any shape, whole and damaged. What etcd itself writes is in the integration tests."""

from __future__ import annotations

import dataclasses
import json
import struct

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats.database import NoDatabase
from ansible_collections.quorum.etcd.plugins.module_utils._formats.database_content import (
    DatabaseContent,
    count_keys,
    read_content,
)
from ansible_collections.quorum.etcd.plugins.module_utils._formats.database_pages import DamagedPage, Database
from ansible_collections.quorum.etcd.plugins.module_utils._formats.stored_members import StoredMember
from ansible_collections.quorum.etcd.plugins.module_utils._formats.wire_format import encode
from hypothesis import given
from hypothesis import strategies as st

from .database_bytes import PAGE_SIZES
from .database_tree import DatabaseTree

MEMBER = {"id": 0xA1, "peerURLs": ["https://10.0.0.1:2380"], "name": "n1", "clientURLs": ["https://10.0.0.1:2379"]}
LEARNER = {"id": 0xB2, "peerURLs": ["https://10.0.0.2:2380"], "isLearner": True}


def number(value: int) -> bytes:
    return struct.pack(">Q", value)


def revision(main: int, sub: int = 0, mark: bytes = b"") -> bytes:
    return number(main) + b"_" + number(sub) + mark


def keys(count: int, size: int = 10) -> list[tuple[bytes, bytes]]:
    return [(revision(at), b"v" * size) for at in range(2, 2 + count)]


def buckets(**others: list[tuple[bytes, bytes]]) -> dict[str, list[tuple[bytes, bytes]]]:
    return {
        "alarm": [(encode("AlarmMember", {"memberID": 0xA1, "alarm": "NOSPACE"}), b"")],
        "auth": [(b"authEnabled", b"\x01")],
        "authRoles": [(b"root", b"role")],
        "authUsers": [(b"ann", b"$2a$10$hash"), (b"root", b"$2a$10$hash")],
        "cluster": [(b"clusterVersion", b"3.6.0"), (b"downgrade", b'{"target-version":"3.5.0","enabled":true}')],
        "key": keys(50),
        "members": [(b"a1", json.dumps(MEMBER).encode()), (b"b2", json.dumps(LEARNER).encode())],
        "members_removed": [(b"c3", b"removed")],
        "meta": [
            (b"consistent_index", number(70)),
            (b"finishedCompactRev", revision(20)),
            (b"scheduledCompactRev", revision(21)),
            (b"storageVersion", b"3.6.0"),
            (b"term", number(4)),
        ],
        **others,
    }


def read(content: bytes) -> DatabaseContent:
    return read_content(lambda position, size: content[position : position + size])


def counted(content: bytes) -> tuple[int, ...]:
    return tuple(count_keys(lambda position, size: content[position : position + size]))


WHOLE = DatabaseTree(buckets())


@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_all_that_etcd_keeps_is_read_and_no_password(page_size):
    tree = DatabaseTree(buckets(), page_size)
    assert read(tree.content) == DatabaseContent(
        transaction=3,
        page_size=page_size,
        size=len(tree.content),
        consistent_index=70,
        term=4,
        storage_version="3.6.0",
        cluster_version="3.6.0",
        downgrade_target="3.5.0",
        revision=51,
        compacted_revision=21,
        members=(
            StoredMember(0xA1, "n1", ("https://10.0.0.1:2380",), ("https://10.0.0.1:2379",)),
            StoredMember(0xB2, "", ("https://10.0.0.2:2380",), (), is_learner=True),
        ),
        removed=(0xC3,),
        auth_enabled=True,
        users=("ann", "root"),
        roles=("root",),
        alarms=((0xA1, "NOSPACE"),),
    )


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 64, 65, 700])
def test_a_bucket_of_any_size_is_read_to_its_last_key_and_counted(count):
    tree = DatabaseTree(buckets(key=keys(count)))
    assert read(tree.content).revision == max(21, 1 + count)
    assert counted(tree.content) == (15 + count, tree.used)


def test_a_value_may_take_many_pages():
    tree = DatabaseTree(buckets(key=keys(20, 10_000)))
    assert read(tree.content).revision == 21
    assert counted(tree.content) == (35, tree.used)
    assert tree.used > 50


def test_the_last_revision_may_be_that_of_a_deletion_and_may_be_compacted_away():
    assert read(DatabaseTree(buckets(key=[(revision(30, 1, b"t"), b"")])).content).revision == 30
    assert read(DatabaseTree(buckets(key=[])).content).revision == 21
    assert read(DatabaseTree(buckets(key=[], meta=[])).content).revision == 1


def test_what_is_not_there_is_not_known_and_no_damage():
    found = read(DatabaseTree({}).content)
    assert (found.consistent_index, found.storage_version, found.downgrade_target) == (None, None, None)
    assert (found.members, found.removed, found.auth_enabled, found.problems) == ((), (), False, ())


@pytest.mark.parametrize(
    ("bucket", "items", "field", "problem"),
    [
        ("members", [(b"a1", b"{")], "members", "bucket members"),
        ("members", [(b"a1", b"[]")], "members", "bucket members"),
        ("members", [(b"a1", json.dumps(LEARNER).encode())], "members", "not a member of this id"),
        ("members", [(b"a1", b'{"id":161,"peerURLs":[1]}')], "members", "is not a member"),
        ("members", [(b"xy", b"{}")], "members", "not the id of a member"),
        ("members_removed", [(b"", b"")], "removed", "bucket members_removed"),
        ("meta", [(b"consistent_index", b"1")], "consistent_index", "no number"),
        ("meta", [(b"finishedCompactRev", b"1")], "revision", "compacted revision"),
        ("meta", [(b"storageVersion", b"\xff")], "storage_version", "no text"),
        ("key", [(b"1", b"")], "revision", "no revision"),
        ("cluster", [(b"downgrade", b"{}")], "downgrade_target", "no downgrade"),
        ("alarm", [(b"\xff", b"")], "alarms", "bucket alarm"),
    ],
)
def test_what_is_not_what_it_should_be_is_told_and_the_rest_is_read(bucket, items, field, problem):
    found = read(DatabaseTree(buckets(**{bucket: items})).content)
    assert getattr(found, field) is None
    assert [problem in told for told in found.problems] == [True]
    assert found.auth_enabled is True


def page(number: int, *replaced: tuple[int, bytes]) -> bytes:
    """The whole database with other bytes at places of a page."""
    content = bytearray(WHOLE.content)
    for at, new in replaced:
        content[number * WHOLE.page_size + at : number * WHOLE.page_size + at + len(new)] = new
    return bytes(content)


def branch() -> int:
    """The page at the top of the keys: the first branch."""
    return next(at for at in range(2, WHOLE.used) if WHOLE.content[at * WHOLE.page_size + 8] == 1)


@pytest.mark.parametrize(
    ("at", "new", "problem"),
    [
        (0, b"\x07", "not the page of keys"),
        (8, b"\x04", "not the page of keys"),
        (10, b"\0\0", "has no pages below it"),
        (10, b"\xff\xff", "outside of it|lies beyond|circle|there is none"),
        (12, b"\xff\0\0\0", "not the page of keys"),
    ],
)
def test_a_page_that_is_not_what_it_should_be_is_told(at, new, problem):
    content = page(branch(), (at, new))
    found = read(content)
    assert found.revision is None
    assert found.members
    with pytest.raises(DamagedPage, match=problem):
        counted(content)


def test_pages_in_a_circle_are_told():
    top = branch()
    last = page(top, *((16 + 16 * at + 8, struct.pack("<Q", top)) for at in range(7)))
    assert "in a circle" in read(last).problems[0]
    with pytest.raises(DamagedPage, match="in a circle"):
        counted(last)
    with pytest.raises(DamagedPage, match="in a circle"):
        list(Database(lambda position, size: last[position : position + size]).items(b"key"))


def test_keys_that_are_not_in_their_order_are_told():
    content = DatabaseTree(buckets(meta=keys(2))).content.replace(revision(2), revision(9))
    assert "not in their order" in " ".join(read(content).problems)


@given(st.integers(0, len(WHOLE.content)))
def test_a_database_that_was_cut_off_is_told_or_right(size):
    try:
        found = read(WHOLE.content[:size])
    except NoDatabase:
        return
    whole = read(WHOLE.content)
    known = {key: value for key, value in dataclasses.asdict(found).items() if value is not None}
    differs = {key for key, value in known.items() if value != dataclasses.asdict(whole)[key]}
    assert differs <= {"problems", "transaction"}
    assert found.problems or found.revision == whole.revision


@given(st.lists(st.tuples(st.integers(0, len(WHOLE.content) - 1), st.integers(1, 255)), min_size=1, max_size=3))
def test_damaged_bytes_never_end_in_another_exception(damage):
    content = bytearray(WHOLE.content)
    for at, bits in damage:
        content[at] ^= bits
    try:
        read(bytes(content))
        counted(bytes(content))
    except (NoDatabase, DamagedPage):
        pass
