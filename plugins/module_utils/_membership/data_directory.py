# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What the data directory of a member says of its cluster, while its etcd is stopped."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Member


@dataclass(frozen=True)
class DataDirectory:
    """Of all that is None nothing is known; `damaged` says what cannot be read, and why.

    From the write-ahead log and the newest snapshot in it: `term`, `vote` and `commit_index` are raft's state,
    `last_index` and `last_term` those of the last entry, `torn` says of the last record that it was being written when
    the host stopped. `members` and `removed` are those that the member knows; `members_at_last_index` those that it
    knows if all of its log is committed.

    From the database: `consistent_index` is that of the last entry that is in it, `stored_members` and `stored_removed`
    are its buckets, which etcd before 3.6 only writes and does not read. Sizes are in bytes. `database_keys` and
    `database_in_use` are None unless they were asked for. `alarms` are ids of members, each with its alarm.

    `in_use` says that an etcd has the database open: then all of this is true of a moment.
    """

    in_use: bool = False
    cluster_id: int | None = None
    member_id: int | None = None
    term: int | None = None
    vote: int | None = None
    commit_index: int | None = None
    last_index: int | None = None
    last_term: int | None = None
    snapshot_index: int | None = None
    torn: str = ""
    members: tuple[Member, ...] | None = None
    removed: tuple[int, ...] | None = None
    members_at_last_index: tuple[Member, ...] | None = None
    consistent_index: int | None = None
    database_term: int | None = None
    revision: int | None = None
    compacted_revision: int | None = None
    stored_members: tuple[Member, ...] | None = None
    stored_removed: tuple[int, ...] | None = None
    storage_version: str | None = None
    cluster_version: str | None = None
    downgrade_target: str | None = None
    auth_enabled: bool | None = None
    users: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None
    alarms: tuple[tuple[int, str], ...] | None = None
    database_size: int | None = None
    database_in_use: int | None = None
    database_keys: int | None = None
    damaged: tuple[str, ...] = ()

    @property
    def known_commit(self) -> int | None:
        """The highest index of which this member says that it is committed.

        The log may say less than the database: etcd writes down what is committed only with the next entry.
        """
        return known_commit(self.commit_index, self.consistent_index)


def known_commit(*indexes: int | None) -> int | None:
    """The highest of those indexes that are known."""
    return max((index for index in indexes if index is not None), default=None)
