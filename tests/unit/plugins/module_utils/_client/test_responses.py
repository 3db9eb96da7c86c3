# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in JSON, as the gateway gives them, and what is no answer of etcd's."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import responses
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import KeyspaceHash
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm, Member, MemberList, Status
from hypothesis import given, settings
from hypothesis import strategies as st

HEADER = {"cluster_id": "14841639068965178418", "member_id": "10276657743932975437", "revision": "5", "raft_term": "2"}
READERS = [
    responses.status,
    responses.member_list,
    responses.added_member,
    responses.alarms,
    responses.keyspace_hash,
    responses.lease_id,
    responses.token,
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cluster_id", "members", "ID", "peerURLs", "alarm", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_64_bit_numbers_are_text_and_zeros_are_left_out():
    assert responses.status({"header": HEADER, "version": "3.5.30", "raftIndex": "18446744073709551615"}) == Status(
        cluster_id=14841639068965178418,
        member_id=10276657743932975437,
        version="3.5.30",
        raft_index=18446744073709551615,
        revision=5,
    )


def test_a_status_of_3_6():
    fields = {
        "leader": "1",
        "dbSize": "8",
        "dbSizeInUse": "4",
        "dbSizeQuota": "9",
        "isLearner": True,
        "errors": ["NOSPACE"],
        "storageVersion": "3.6.0",
        "downgradeInfo": {"enabled": True, "targetVersion": "3.5.0"},
    }
    status = responses.status({"header": HEADER, **fields, "raftTerm": "2", "raftAppliedIndex": "3"})
    assert (status.leader_id, status.db_size, status.db_size_in_use, status.db_size_quota) == (1, 8, 4, 9)
    assert (status.is_learner, status.errors, status.raft_term, status.raft_applied_index) == (True, ("NOSPACE",), 2, 3)
    assert (status.storage_version, status.downgrade_target) == ("3.6.0", "3.5.0")


def test_an_unstarted_learner_has_neither_name_nor_client_urls():
    answer = {
        "header": HEADER,
        "member": {"ID": "7"},
        "members": [{"ID": "7", "peerURLs": ["http://a:1", "http://b:1"], "isLearner": True}],
    }
    member = Member(7, peer_urls=("http://a:1", "http://b:1"), is_learner=True)
    assert responses.added_member(answer) == (7, MemberList(14841639068965178418, 10276657743932975437, (member,), 2))


def test_alarms():
    answer = {"alarms": [{"memberID": "7", "alarm": "NOSPACE"}, {"memberID": "8", "alarm": "CORRUPT"}]}
    assert responses.alarms(answer) == (Alarm(7, "NOSPACE"), Alarm(8, "CORRUPT"))
    assert responses.alarms({"header": HEADER}) == ()


def test_a_hash_has_the_revision_of_the_store_unless_it_names_its_own():
    assert responses.keyspace_hash({"header": HEADER, "hash": 3, "compact_revision": "-1"}) == KeyspaceHash(
        10276657743932975437, 3, 5, -1
    )
    assert responses.keyspace_hash({"header": HEADER, "hash": 3, "hash_revision": "4"}).revision == 4


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("3.5.30", (3, 5)),
        ("3.6.0-rc.1", (3, 6)),
        ("3.10.0", (3, 10)),
        ("", None),
        ("3", None),
        ("v3.5.1", None),
        ("not_decided", None),
    ],
)
def test_the_release_of_a_version(text, release):
    assert responses.release(text) == release


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["header", "members", "member", "alarms", "errors", "version", "hash", "ID", "token"]), JSON
    )
)
def test_any_json_is_an_answer_or_of_another_shape(answer):
    for read in READERS:
        with contextlib.suppress(*responses.OTHER_SHAPE):
            read(answer)
