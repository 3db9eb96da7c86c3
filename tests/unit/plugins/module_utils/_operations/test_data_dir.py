# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data and log on two disks, of which one may be missing. What etcd itself leaves there is in the integration tests."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import EMPTY, INCOMPLETE
from ansible_collections.quorum.etcd.plugins.module_utils._operations.data_dir import examine, holds_log, log_directory

from tests.unit.plugins.module_utils._formats.database_bytes import PAGE_SIZES, database

SEGMENT = "0000000000000000-0000000000000000.wal"


@pytest.fixture
def disks(tmp_path):
    """The data directory and the directory of the log, both empty."""
    (tmp_path / "data" / "member" / "snap").mkdir(parents=True)
    (tmp_path / "log").mkdir()
    return tmp_path / "data", tmp_path / "log"


def test_a_database_without_its_log_is_incomplete(disks):
    data, log = disks
    (data / "member" / "snap" / "db").write_bytes(b"x" * 100_000)
    found = examine(str(data), str(log))
    assert (found.state, found.reason) == (
        INCOMPLETE,
        f"{data} holds a database, but there is no write-ahead log in {log}",
    )
    assert not holds_log(str(log))


def test_a_snapshot_without_its_log_is_incomplete(disks):
    data, _log = disks
    (data / "member" / "snap" / "1.snap").touch()
    assert examine(str(data)).state == INCOMPLETE


def test_a_log_without_its_database_is_incomplete(disks):
    data, log = disks
    (log / SEGMENT).write_bytes(b"x")
    found = examine(str(data), str(log))
    assert (found.state, found.reason) == (
        INCOMPLETE,
        f"the write-ahead log is in {log}, but there is no database in {data}",
    )
    assert holds_log(str(log))


@pytest.mark.parametrize("page_size", PAGE_SIZES)
@pytest.mark.parametrize(("buckets", "state"), [(["meta"], EMPTY), (["key", "meta"], INCOMPLETE)])
def test_a_database_that_etcd_has_just_created_is_nothing_to_keep(disks, page_size, buckets, state):
    data, log = disks
    (data / "member" / "snap" / "db").write_bytes(database(page_size, buckets))
    assert examine(str(data), str(log)).state == state


def test_a_database_that_was_not_written_to_its_end_is_nothing_to_keep(disks):
    data, log = disks
    with (data / "member" / "snap" / "db").open("wb") as file:
        file.truncate(16 << 20)
    assert examine(str(data), str(log)).state == EMPTY


def test_a_log_is_below_the_data_directory_or_where_it_is_told_to_be():
    assert log_directory("/var/lib/etcd/") == "/var/lib/etcd/member/wal"
    assert log_directory("/var/lib/etcd", "/srv/log/") == "/srv/log"
    assert not holds_log("/nowhere")
