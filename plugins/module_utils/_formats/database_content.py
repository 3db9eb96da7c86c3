# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What etcd keeps in its database beside the values of keys (etcd 3.7.3 server/storage/schema, server/storage/mvcc;
3.4 and 3.5 keep the same, as far as they have it).

Hashes of passwords are in the same database. They are never read.
"""

from __future__ import annotations

import json
import struct
import typing as t
from dataclasses import dataclass

from .database import ReadAt
from .database_pages import Count, DamagedPage, Database
from .stored_members import Members, NoMember, StoredMember, id_of, member_of
from .wire_format import Malformed, decode

_NUMBER = struct.Struct(">Q")
# A revision: its number, a line, its place among those of one transaction, and a mark where the key was deleted
# (server/storage/mvcc/revision.go).
_REVISION_SIZES = (17, 18)
_REVISION_LINE = ord("_")
_FIRST_REVISION = 1

T = t.TypeVar("T")
Values = t.Dict[bytes, bytes]


@dataclass(frozen=True)
class DatabaseContent:
    """What a database holds. What it does not hold, or what cannot be read, is None; `problems` says what cannot be
    read, and why. `alarms` are ids of members, each with its alarm. `size` is that of all pages, `transaction` the
    number of the last one.
    """

    transaction: int
    page_size: int
    size: int
    consistent_index: int | None
    term: int | None
    storage_version: str | None
    cluster_version: str | None
    downgrade_target: str | None
    revision: int | None
    compacted_revision: int | None
    members: tuple[StoredMember, ...] | None
    removed: tuple[int, ...] | None
    auth_enabled: bool | None
    users: tuple[str, ...] | None
    roles: tuple[str, ...] | None
    alarms: tuple[tuple[int, str], ...] | None
    problems: tuple[str, ...] = ()

    @property
    def known_members(self) -> Members | None:
        """None where they cannot be read."""
        if self.members is None or self.removed is None:
            return None
        return Members({member.member_id: member for member in self.members}, frozenset(self.removed))


class _Reading:
    """Reads part by part. What is wrong with one part is noted, and the others are read all the same."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.problems: list[str] = []

    def part(self, name: str, read: t.Callable[[], T]) -> T | None:
        try:
            return read()
        except (DamagedPage, NoMember, Malformed, _Unknown) as error:
            self.problems.append(f"the {name} in the database cannot be read: {error}")
            return None

    def values(self, bucket: str) -> Values | None:
        """All of a bucket that is never large."""
        return self.part(f"bucket {bucket}", lambda: dict(self.database.items(bucket.encode())))

    def value(self, name: str, values: Values | None, key: bytes, read: t.Callable[[bytes], T | None]) -> T | None:
        """The value of a key; None where there is none, or where its bucket cannot be read."""
        kept = (values or {}).get(key)
        return None if kept is None else self.part(name, lambda: read(kept))


class _Unknown(ValueError):
    """A value is not of the kind that it should be."""


def read_content(read_at: ReadAt) -> DatabaseContent:
    """What a database holds. Raises NoDatabase."""
    database = Database(read_at)
    reading = _Reading(database)
    meta, cluster, auth = map(reading.values, ("meta", "cluster", "auth"))
    compacted = None if meta is None else reading.part("compacted revision", lambda: _compacted(meta))
    return DatabaseContent(
        transaction=database.meta.transaction,
        page_size=database.meta.page_size,
        size=database.meta.page_size * database.meta.pages,
        consistent_index=reading.value("consistent index", meta, b"consistent_index", _number),
        term=reading.value("term", meta, b"term", _number),
        storage_version=reading.value("storage version", meta, b"storageVersion", _text),
        cluster_version=reading.value("cluster version", cluster, b"clusterVersion", _text),
        downgrade_target=reading.value("downgrade", cluster, b"downgrade", _downgrade_target),
        revision=None if compacted is None else reading.part("revision", lambda: _current(database, compacted)),
        compacted_revision=compacted,
        members=reading.part("bucket members", lambda: tuple(_members(database))),
        removed=reading.part(
            "bucket members_removed",
            lambda: tuple(id_of(_name(key)) for key, _value in database.items(b"members_removed")),
        ),
        auth_enabled=None if auth is None else auth.get(b"authEnabled") == b"\x01",
        users=reading.part("bucket authUsers", lambda: _names(database, b"authUsers")),
        roles=reading.part("bucket authRoles", lambda: _names(database, b"authRoles")),
        alarms=reading.part("bucket alarm", lambda: tuple(_alarms(database))),
        problems=tuple(reading.problems),
    )


def count_keys(read_at: ReadAt) -> Count:
    """Keys and pages of all buckets; every revision counts, as it does for `etcdutl snapshot status` of 3.5. Raises
    NoDatabase and DamagedPage.
    """
    return Database(read_at).count()


def _number(value: bytes) -> int:
    if len(value) != _NUMBER.size:
        raise _Unknown("it is no number")
    number: int = _NUMBER.unpack(value)[0]
    return number


def _text(value: bytes) -> str:
    if not value.isascii() or not value.decode().isprintable():
        raise _Unknown("it is no text")
    return value.decode()


def _name(key: bytes) -> str:
    return key.decode("utf-8", "replace")


def _names(database: Database, bucket: bytes) -> tuple[str, ...]:
    return tuple(_name(key) for key, _value in database.items(bucket))


def _revision(key: bytes) -> int:
    if len(key) not in _REVISION_SIZES or key[_NUMBER.size] != _REVISION_LINE:
        raise _Unknown("it is no revision")
    revision: int = _NUMBER.unpack_from(key)[0]
    return revision


def _compacted(meta: t.Mapping[bytes, bytes]) -> int:
    """A compaction that has begun ends at the next start (server/storage/mvcc/kvstore.go restore)."""
    kept = [meta.get(key) for key in (b"scheduledCompactRev", b"finishedCompactRev")]
    return max((_revision(value) for value in kept if value), default=0)


def _current(database: Database, compacted: int) -> int:
    # A compaction may take away the last revision of all, if a key was deleted with it (kvstore.go restore).
    last = database.last_key(b"key")
    return max(_FIRST_REVISION, compacted, _revision(last) if last else 0)


def _downgrade_target(value: bytes) -> str | None:
    try:
        fields = json.loads(value)
        return str(fields["target-version"]) if fields["enabled"] else None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _Unknown("it is no downgrade") from error


def _members(database: Database) -> t.Iterator[StoredMember]:
    for key, value in database.items(b"members"):
        yield member_of(value, id_of(_name(key)))


def _alarms(database: Database) -> t.Iterator[tuple[int, str]]:
    for key, _value in database.items(b"alarm"):
        alarm = decode("AlarmMember", key)
        yield alarm.get("memberID", 0), alarm.get("alarm", "NONE")
