# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a write-ahead log holds, whatever state its end is in. Real logs are in the integration tests."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats.crc32c import crc32c
from ansible_collections.quorum.etcd.plugins.module_utils._formats.raft_log import Damaged, RaftLog, V2Request, read_log
from ansible_collections.quorum.etcd.plugins.module_utils._formats.wire_format import encode
from hypothesis import given
from hypothesis import strategies as st

from .log_bytes import ATTRIBUTES, PUT, VERSION, LogBytes, named, v2

CONFIGURATION_CHANGE = 1
REMOVAL = encode("ConfChange", {"id": 9, "type": 1, "node_id": 5})
VERSION_AT_4 = V2Request(4, "PUT", "/0/version")
ATTRIBUTES_KEY = "/0/members/8211f1d0f64f3269/attributes"
V2_DATA = {VERSION: "/0/version", ATTRIBUTES: ATTRIBUTES_KEY, v2("/1/a"): "/1/a"}


def read(log: LogBytes, size: int = 1 << 20) -> RaftLog:
    return read_log(named(log.segments, size))


def summary(found: RaftLog) -> tuple[object, ...]:
    return found.snapshots, found.v2_requests, found.last_index


def torn(log: LogBytes, last: int) -> RaftLog:
    """What is read when of the last record only so many bytes are written."""
    segment = log.segments[-1]
    start = log.starts[-1]
    segment[start + last :] = bytes(len(segment) - start - last)
    segment += bytes(4096)
    return read(log)


@pytest.fixture
def log() -> LogBytes:
    """Three entries of today, committed, and the version of the cluster as 3.5 wrote it."""
    log = LogBytes()
    for index in (1, 2, 3):
        log.entry(index)
    log.entry(4, VERSION)
    log.state(4)
    return log


def test_the_checksum_is_that_of_rfc_3720():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"6789", crc32c(b"12345")) == 0xE3069283


def test_a_request_of_version_2_is_found_and_what_today_writes_is_not(log):
    assert read(log) == RaftLog(((0, 0),), (VERSION_AT_4,), last_index=4, last_term=1, term=1, vote=1, commit=4)


def test_a_request_of_version_2_that_a_request_of_today_wraps_is_found(log):
    log.entry(5, encode("InternalRaftRequest", {"ID": 9, "v2": {"ID": 9, "Method": "DELETE", "Path": "/1/a"}}))
    assert read(log).v2_requests == (VERSION_AT_4, V2Request(5, "DELETE", "/1/a"))


def test_a_change_of_members_and_an_entry_without_data_are_no_requests(log):
    log.entry(5, REMOVAL, kind=CONFIGURATION_CHANGE)
    log.entry(6, b"")
    log.entry(7, b"\x12\x00" + PUT)
    assert read(log).v2_requests == (VERSION_AT_4, V2Request(7, "", ""))
    assert read(log).last_index == 7


def test_an_entry_of_a_later_term_takes_the_place_of_what_was_not_committed(log):
    log.entry(5, ATTRIBUTES)
    log.entry(6, ATTRIBUTES)
    log.entry(5, PUT, term=2)
    assert summary(read(log)) == (((0, 0),), (VERSION_AT_4,), 5)
    assert read(log).last_term == 2


def test_it_does_so_from_the_next_segment_on(log):
    log.entry(5, ATTRIBUTES)
    log.cut()
    log.entry(5, ATTRIBUTES, term=2)
    log.entry(6, PUT, term=2)
    assert [request.index for request in read(log).v2_requests] == [4, 5]


def test_only_snapshots_that_are_committed_count(log):
    log.snapshot(3)
    log.snapshot(5)
    assert read(log).snapshots == ((0, 0), (1, 3))
    log.state(5)
    assert read(log).snapshots == ((0, 0), (1, 3), (1, 5))


def test_a_snapshot_of_the_leader_is_further_than_the_last_entry(log):
    log.snapshot(90, term=3)
    log.state(90, term=3)
    assert (read(log).last_index, read(log).last_term) == (90, 3)


def test_a_log_can_be_read_from_any_of_its_segments_on(log):
    log.cut()
    log.entry(5, ATTRIBUTES)
    log.state(5)
    log.snapshot(4)
    found = read_log(named(log.segments[1:]))
    assert summary(found) == (((1, 4),), (V2Request(5, "PUT", ATTRIBUTES_KEY),), 5)


def test_a_segment_that_has_only_been_begun_holds_nothing_yet(log):
    log.cut()
    begun = log.segments[1][: log.starts[1]] + bytes(4096)
    assert read_log(named([begun])) == RaftLog((), (), 0)


@pytest.mark.parametrize("written", [0, 8, 20, 1000])
def test_a_record_that_is_only_half_there_is_not_read(log, written):
    log.entry(5, v2("/1/a", value="x" * 2000))
    found = torn(log, written)
    assert summary(found) == (((0, 0),), (VERSION_AT_4,), 4)
    assert bool(found.torn) == bool(written), "a record of which not even the length is written was not begun"


def test_a_segment_may_end_in_the_middle_of_a_record(log):
    log.entry(5, ATTRIBUTES)
    for size in range(log.starts[-1], len(log.segments[-1])):
        assert summary(read_log(named([log.segments[-1][:size]]))) == (((0, 0),), (VERSION_AT_4,), 4)


def test_nothing_may_be_missing_between_two_segments(log):
    log.entry(5, v2("/1/a", value="x" * 2000))
    whole = len(log.segments[0])
    log.cut()
    for damaged in (log.segments[0][: whole - 1], log.segments[0][: whole - 1000] + bytes(1000)):
        with pytest.raises(Damaged, match=r"0\.wal cannot be read: (it ends|its record) .*byte \d+"):
            read_log(named([damaged, log.segments[1]]))


@pytest.mark.parametrize("of_the_end", [1, 2])
def test_a_request_that_is_not_what_was_written_is_damage(log, of_the_end):
    log.state(4)
    del log.starts[-1]
    position = log.segments[-1].index(b"/0/version")
    log.segments[-1][position + of_the_end] ^= 1
    with pytest.raises(Damaged, match=r"0\.wal cannot be read: its record at byte \d+ does not have the checksum"):
        read(log)


def test_a_record_that_is_no_message_is_damage(log):
    log.segments[-1][log.starts[-1] + 8] = 0xFF
    with pytest.raises(Damaged, match="makes no sense"):
        read(log)


def test_a_state_of_raft_that_is_no_message_is_damage(log):
    end = len(log.segments[-1].rstrip(b"\0"))
    assert log.segments[-1][end - 2 : end] == b"\x18\x04"
    log.segments[-1][end - 2] = 0x1F
    log.entry(5)
    with pytest.raises(Damaged, match=r"0\.wal cannot be read: the record of raft's last state does not have"):
        read(log)


def test_an_entry_that_no_release_of_etcd_can_read_is_damage(log):
    log.entry(5, b"\x12\x01\xff\x0a")
    log.state(5)
    with pytest.raises(Damaged, match="makes no sense"):
        read(log)


def test_a_log_without_records_holds_nothing():
    assert read_log([]) == RaftLog((), (), 0)
    assert read_log([("0.wal", [bytes(4096)])]) == RaftLog((), (), 0)


DATA = st.sampled_from([PUT, b"", PUT + bytes(600), *V2_DATA])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("entry"), st.integers(0, 3), DATA),
        st.tuples(st.just("cut")),
        st.tuples(st.just("state")),
        st.tuples(st.just("snapshot"), st.integers(0, 3)),
    ),
    max_size=25,
)


@given(STEPS, st.integers(1, 5000))
def test_whatever_was_written_is_read(steps, piece):
    """Against a list of entries, from which a later one cuts off all that it takes the place of."""
    log, entries, commit, snapshots = LogBytes(), [], 0, [(0, 0)]
    for term, (what, *given_) in enumerate(steps, start=1):
        if what == "entry":
            back, data = given_
            index = max(commit, len(entries) - back) + 1
            entries[index - 1 :] = [data]
            log.entry(index, data, term)
        elif what == "state":
            commit = len(entries)
            log.state(commit, term)
        elif what == "snapshot":
            snapshots.append((term, max(0, len(entries) - given_[0])))
            log.snapshot(snapshots[-1][1], term)
        else:
            log.cut()
    log.segments[-1] += bytes(4096)
    valid = tuple(one for one in snapshots if one[1] <= commit)
    found = read(log, piece)
    assert found.snapshots == valid
    assert found.last_index == max(len(entries), valid[-1][1])
    assert found.commit == commit
    assert found.v2_requests == tuple(
        V2Request(index, "PUT", V2_DATA[data]) for index, data in enumerate(entries, start=1) if data in V2_DATA
    )


@pytest.mark.parametrize("ago", [0, 1, 5])
@pytest.mark.parametrize("what", ["entry", "state"])
def test_the_last_entry_and_the_last_state_are_what_was_written_or_damage(log, what, ago):
    """Also where other records follow, whose own checksums are not looked at."""
    log.entry(5, PUT, term=1)
    log.state(5, term=9)
    position = log.starts[-1 if what == "state" else -2]
    segment = log.segments[-1]
    for record in range(ago):
        if what == "entry":
            log.state(5, term=9)
        else:
            log.entry(6 + record)
    end = segment.index(b"\x18\x05", position)
    segment[end + 1] ^= 0x03
    with pytest.raises(Damaged, match=r"checksum|those between them are missing"):
        read(log)


def test_a_change_of_members_is_not_taken_for_another_entry(log):
    """The records between others are not checked, but those that count are known by what they hold."""
    log.entry(5, REMOVAL, kind=CONFIGURATION_CHANGE)
    log.state(5)
    log.entry(6)
    assert [change.index for change in read(log).changes] == [5]
    segment = log.segments[-1]
    at = segment.index(b"\x08\x01\x10\x01\x18\x05")
    segment[at + 1] = 0
    with pytest.raises(Damaged, match="does not have the checksum"):
        read(log)


def test_a_segment_that_ends_too_early_is_damage(log):
    """A length of zero is the end of a segment, but the next one begins with the checksum of its last record."""
    whole_until = log.starts[-1]
    log.cut()
    log.entry(5)
    log.segments[0][whole_until:] = bytes(8)
    with pytest.raises(Damaged, match=r"1\.wal cannot be read: its record .* does not continue the checksum"):
        read(log)


def test_what_follows_the_zeros_at_the_end_is_told(log):
    """The last writes may reach the disk in another order, and etcd stops at the zeros as well."""
    log.entry(5)
    start = log.starts[-1]
    log.entry(6)
    log.segments[0][start : start + 8] = bytes(8)
    log.segments[0] += bytes(4096)
    for size in (10, 1 << 20):
        found = read(log, size)
        assert (found.last_index, found.torn) == (4, f"it goes on after the zeros at byte {start}")


def test_entries_that_are_missing_are_damage(log):
    log.entry(7)
    with pytest.raises(Damaged, match="entry 7 follows entry 4"):
        read(log)


def test_an_entry_of_an_unknown_kind_is_damage(log):
    log.entry(5, PUT, kind=2)
    log.state(5)
    with pytest.raises(Damaged, match="kind 2"):
        read(log)
