# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Looking into a data directory, while its etcd runs or not. Reads a few kilobytes and changes nothing."""

from __future__ import annotations

import os

from .._formats.database import NoDatabase, has_held_keys
from .._formats.write_ahead_log import HEAD_BYTES, NoIdentity, identity_of
from .._membership.hosts import ABSENT, DATA, EMPTY, INCOMPLETE, UNREADABLE, DataDir

# A join that failed leaves a new database behind, and nothing is lost with it. One that was not even written to its end
# takes a few pages on the disk, whatever its length.
_FRESH_DATABASE_PAGES = 16
_BLOCK_BYTES = 512


def examine(data_dir: str, wal_dir: str = "") -> DataDir:
    """What a data directory holds; `wal_dir` is where the write-ahead log is kept apart from it, if it is."""
    log = log_directory(data_dir, wal_dir)
    try:
        segments = _names(log, ".wal")
        snap = os.path.join(data_dir, "member", "snap")
        # Etcd creates the database first (server/etcdserver/bootstrap.go): only another disk has one without the other.
        if segments and wal_dir and not os.path.exists(os.path.join(snap, "db")):
            return DataDir(
                INCOMPLETE, reason=f"the write-ahead log is in {log}, but there is no database in {data_dir}"
            )
        if segments:
            return _identified(log, segments)
        leftover = _leftover(snap)
        if leftover:
            return DataDir(INCOMPLETE, reason=f"{data_dir} holds {leftover}, but there is no write-ahead log in {log}")
        return DataDir(EMPTY if os.path.isdir(data_dir) else ABSENT)
    except OSError as error:
        return DataDir(UNREADABLE, reason=f"{error.filename or data_dir} cannot be read: {error.strerror}")


def holds_log(wal_dir: str) -> bool:
    """Whether there is a write-ahead log in a directory."""
    return bool(_names(wal_dir, ".wal"))


def log_directory(data_dir: str, wal_dir: str = "") -> str:
    """Where etcd keeps its write-ahead log, by its flags `--data-dir` and `--wal-dir`."""
    return os.path.normpath(wal_dir or os.path.join(data_dir, "member", "wal"))


def _identified(log: str, segments: list[str]) -> DataDir:
    # Each segment says the same; the newest may just be written.
    problem = ""
    for name in segments:
        try:
            with open(os.path.join(log, name), "rb") as segment:
                member_id, cluster_id = identity_of(segment.read(HEAD_BYTES))
            return DataDir(DATA, member_id, cluster_id)
        except NoIdentity as error:
            problem = problem or f"{os.path.join(log, name)} is not a segment of a write-ahead log: {error}"
    return DataDir(UNREADABLE, reason=problem)


def _leftover(snap: str) -> str:
    """What is worth keeping in a directory of snapshots without a log: its first name, or nothing."""
    database = os.path.join(snap, "db")
    if os.path.exists(database) and _is_in_use(database):
        return "a database"
    snapshots = _names(snap, ".snap")
    return f"the snapshot {snapshots[0]}" if snapshots else ""


def _is_in_use(database: str) -> bool:
    """Whether a database is more than what a join that failed leaves behind."""
    with open(database, "rb") as file:

        def read_at(position: int, size: int) -> bytes:
            file.seek(position)
            return file.read(size)

        try:
            return has_held_keys(read_at)
        except NoDatabase:
            taken = os.fstat(file.fileno()).st_blocks * _BLOCK_BYTES
            return taken > _FRESH_DATABASE_PAGES * os.sysconf("SC_PAGE_SIZE")


def _names(directory: str, suffix: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(directory) if name.endswith(suffix))
    except (FileNotFoundError, NotADirectoryError):
        return []
