# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Reading a data directory while its etcd is stopped. Changes nothing, and asks nobody.

It also reads that of a member that runs, whose log and database change meanwhile; what it says is then true of a
moment.
"""

from __future__ import annotations

import fcntl
import os
import typing as t
from contextlib import contextmanager
from dataclasses import replace

from .._formats.database import NoDatabase, ReadAt, newest_meta
from .._formats.database_content import DatabaseContent, count_keys, read_content
from .._formats.database_pages import DamagedPage
from .._formats.stored_members import Members, NoMember, StoredMember, applied, members_in_v2
from .._membership.data_directory import DataDirectory, known_commit
from .._membership.model import Member
from .data_dir import examine
from .raft_files import Raft, Unreadable, read_raft

# A member that runs commits to its database ten times in a second at most, and only if something changed.
_ATTEMPTS = 5


def read_data_directory(data_dir: str, wal_dir: str = "", counts_keys: bool = False) -> DataDirectory:
    """What it holds; `wal_dir` is where the write-ahead log is kept apart from it, if it is.

    `counts_keys` reads the head of each page of the database, and fills in `database_keys` and `database_in_use`.
    """
    found = examine(data_dir, wal_dir)
    directory = replace(
        DataDirectory(),
        cluster_id=found.cluster_id or None,
        member_id=found.member_id or None,
        damaged=(found.reason,) if found.reason else (),
    )
    content, directory = _with_database(directory, os.path.join(data_dir, "member", "snap", "db"), counts_keys)
    try:
        return _with_log(directory, read_raft(data_dir, wal_dir), content)
    except Unreadable as error:
        return directory if str(error) in directory.damaged else _damaged(directory, str(error))


def _with_database(
    directory: DataDirectory, path: str, counts_keys: bool
) -> tuple[DatabaseContent | None, DataDirectory]:
    try:
        with _opened(path) as (read_at, size, in_use):
            directory = replace(directory, in_use=in_use)
            content = _stable_content(read_at, in_use)
            directory = _of_database(directory, content)
            if content.size > size:
                directory = _damaged(directory, f"{path} has {size} bytes, and its pages take {content.size}")
            if counts_keys and not in_use:
                count = count_keys(read_at)
                directory = replace(
                    directory, database_keys=count.keys, database_in_use=count.pages * content.page_size
                )
            return content, directory
    except OSError as error:
        return None, _damaged(directory, f"{path} cannot be read: {error.strerror}")
    except NoDatabase as error:
        return None, _damaged(directory, f"{path} is no database: {error}")
    except DamagedPage as error:
        return content, _damaged(directory, f"the keys in {path} cannot be counted: {error}")


@contextmanager
def _opened(path: str) -> t.Iterator[tuple[ReadAt, int, bool]]:
    """How to read a database, its size, and whether an etcd has it open.

    Etcd waits to open it meanwhile: bbolt takes the same lock on it (bbolt 1.5.0 bolt_unix.go flock).
    """
    with open(path, "rb") as file:
        descriptor = file.fileno()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            in_use = False
        except BlockingIOError:
            in_use = True
        yield lambda position, size: os.pread(descriptor, size, position), os.fstat(descriptor).st_size, in_use


def _stable_content(read_at: ReadAt, in_use: bool) -> DatabaseContent:
    """The content after one transaction. The pages of the last one are not written again before the next one ends
    (bbolt 1.5.0 tx.go Commit).
    """
    for _attempt in range(_ATTEMPTS if in_use else 1):
        content = read_content(read_at)
        if not in_use or newest_meta(read_at).transaction == content.transaction:
            return content
    raise NoDatabase("its etcd writes to it all the time")


def _of_database(directory: DataDirectory, content: DatabaseContent) -> DataDirectory:
    return replace(
        directory,
        consistent_index=content.consistent_index,
        database_term=content.term,
        revision=content.revision,
        compacted_revision=content.compacted_revision,
        stored_members=_listed(content.members),
        stored_removed=content.removed,
        storage_version=content.storage_version,
        cluster_version=content.cluster_version,
        downgrade_target=content.downgrade_target,
        auth_enabled=content.auth_enabled,
        users=content.users,
        roles=content.roles,
        alarms=content.alarms,
        database_size=content.size,
        damaged=(*directory.damaged, *content.problems),
    )


def _with_log(directory: DataDirectory, raft: Raft, content: DatabaseContent | None) -> DataDirectory:
    log = raft.log
    directory = replace(
        directory,
        term=log.term,
        vote=log.vote,
        commit_index=log.commit,
        last_index=log.last_index,
        last_term=log.last_term,
        snapshot_index=log.snapshots[-1][1] if log.snapshots else 0,
        torn=log.torn,
    )
    try:
        start, before = _members_before(raft, content)
    except NoMember as error:
        return _damaged(directory, f"the members cannot be read: {error}")
    changes = [change for change in log.changes if change.index > start]
    commit = known_commit(log.commit, directory.consistent_index) or 0
    known = applied(before, (change for change in changes if change.index <= commit))
    return replace(
        directory,
        members=_listed(known.present.values()),
        removed=tuple(sorted(known.removed)),
        members_at_last_index=_listed(applied(before, changes).present.values()),
    )


def _members_before(raft: Raft, content: DatabaseContent | None) -> tuple[int, Members]:
    """The members to which the changes after an index have to be applied, and this index. Raises NoMember."""
    kept = members_in_v2(raft.snapshot.v2_store) if raft.snapshot else None
    if raft.snapshot and kept:
        return raft.snapshot.index, kept
    if raft.is_whole and not raft.log.snapshots[1:]:
        return 0, Members({}, frozenset())
    # Only 3.7 starts without the file of its newest snapshot; its members are those of its database.
    if content is None or content.consistent_index is None or content.known_members is None:
        raise NoMember("there is no snapshot of what was before the log, and the database does not say it either")
    return content.consistent_index, content.known_members


def _listed(members: t.Iterable[StoredMember] | None) -> tuple[Member, ...] | None:
    if members is None:
        return None
    ordered = sorted(members, key=lambda member: member.member_id)
    return tuple(
        Member(member.member_id, member.name, member.peer_urls, member.client_urls, member.is_learner)
        for member in ordered
    )


def _damaged(directory: DataDirectory, problem: str) -> DataDirectory:
    return replace(directory, damaged=(*directory.damaged, problem))
