# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What was found on the hosts that are to be an etcd cluster: their data, their process, what they were told to start
with.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# What a data directory can be.
ABSENT = "absent"
EMPTY = "empty"
DATA = "data"
INCOMPLETE = "incomplete"
UNREADABLE = "unreadable"

NEW = "new"


@dataclass(frozen=True)
class DataDir:
    """What a data directory holds. The ids are those of its write-ahead log.

    It is INCOMPLETE where the log is there without the database, or the database without the log; `reason` says so, and
    why it is UNREADABLE. `path` is the directory, and `wal_dir` the one of the log, below it or apart from it.
    """

    state: str
    member_id: int = 0
    cluster_id: int = 0
    reason: str = ""
    path: str = ""
    wal_dir: str = ""

    @property
    def is_vacant(self) -> bool:
        """Whether etcd would start in it as a member that has no past."""
        return self.state in (ABSENT, EMPTY)


@dataclass(frozen=True)
class RaftFiles:
    """What a member's snapshots and write-ahead log on disk hold.

    They are read while the member runs, so this is true of a moment. All indexes are those of raft's log; 0 says that
    there is none. `snapshot_index` is that of the newest snapshot that etcd would start from, `last_index` that of the
    last entry. `last_v2_request_index` is that of the last entry after the snapshot that etcd 3.7 cannot read
    (etcd 3.7.3 server/etcdserver/server.go applyEntryNormal), `last_v2_read_index` that of the last one with a read of
    etcd's version 2, at which 3.6 panics. `v2_keys` are the first few keys of version 2, in snapshot or log, with which
    3.6 does not start. `reason` says why the files cannot be read.
    """

    snapshot_index: int = 0
    last_v2_request_index: int = 0
    last_v2_read_index: int = 0
    v2_keys: tuple[str, ...] = ()
    last_index: int = 0
    reason: str = ""


@dataclass(frozen=True)
class FirstStart:
    """What a member was told to start with for the first time, and has not used up yet: it never got ready since."""

    initial_cluster: str
    state: str


@dataclass(frozen=True)
class Past:
    """What shows that a host was configured as a member before.

    `files` are those of a member that exist: settings, unit, certificates. `data_dir` is the data directory that the
    settings name, `process_data_dir` the one that the running process was started with; empty where unknown. So are
    `wal_dir` and `process_wal_dir` of the write-ahead log. `holds_data` says whether there is anything in `data_dir`,
    and `holds_log` whether there is a log in `wal_dir`. While a host `is_unfinished` it has yet to become a member, for
    the first time or again, so no data is missing.
    """

    files: tuple[str, ...] = ()
    data_dir: str = ""
    process_data_dir: str = ""
    holds_data: bool = False
    wal_dir: str = ""
    process_wal_dir: str = ""
    holds_log: bool = False
    is_unfinished: bool = False


@dataclass(frozen=True)
class Host:
    """A host as it was found, and the member that it is to be. Peer URLs are normalised.

    `is_running` says whether its service has a process, `outdated` names the settings that this process was started
    without and that a restart would bring. `raft_files` is None where they were not read. `release` is
    that of the program on the host, such as 3.6.16, which may be another than the one that runs; empty where there is
    none.
    """

    name: str
    peer_urls: tuple[str, ...]
    data_dir: DataDir = field(default_factory=lambda: DataDir(ABSENT))
    is_running: bool = False
    outdated: tuple[str, ...] = ()
    first_start: FirstStart | None = None
    past: Past = field(default_factory=Past)
    raft_files: RaftFiles | None = None
    release: str = ""

    @property
    def has_lost_data(self) -> bool:
        """Whether it was a member, and its data, or a part of them, are not there: a disk that is gone, or not
        mounted.
        """
        if self.past.is_unfinished or self.first_start is not None:
            return False
        return self.data_dir.state == INCOMPLETE or (self.data_dir.is_vacant and bool(self.past.files))


@dataclass(frozen=True)
class Consents:
    """What the user agrees to beforehand. `accept` holds refusal codes to override.

    `rebuild` names the host whose member is to be removed, healthy or not, and to join again without its data.
    `forget` names the cluster whose data may be gone: it has to be the `cluster_name`.
    """

    remove_unlisted: bool = False
    wipe_stale_data: bool = False
    accept: frozenset[str] = field(default_factory=frozenset)
    rebuild: str = ""
    forget: str = ""
    cluster_name: str = ""

    def may_wipe(self, host: Host) -> bool:
        return self.wipe_stale_data or host.name == self.rebuild
