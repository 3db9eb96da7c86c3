# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of members in a log, one by one. That whole logs end with the members of a real cluster is in the integration
tests.
"""

from __future__ import annotations

import json

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats.stored_members import (
    ADD,
    ATTRIBUTES,
    PROMOTE,
    REMOVE,
    UPDATE,
    MemberChange,
    Members,
    NoMember,
    StoredMember,
    applied,
    attributes_set,
    attributes_set_in_v2,
    configuration_change,
    members_in_v2,
)
from ansible_collections.quorum.etcd.plugins.module_utils._formats.wire_format import Malformed, encode

VOTER = StoredMember(1, "n1", ("https://a:2380",), ("https://a:2379",))
LEARNER = StoredMember(2, "", ("https://b:2380",), is_learner=True)
BEFORE = Members({1: VOTER, 2: LEARNER}, frozenset({9}))


def configuration(kind: int, node: int, **context: object) -> list[MemberChange]:
    fields = {"id": 7, "type": kind, "node_id": node, "context": json.dumps({"id": node, **context}).encode()}
    return list(configuration_change(5, encode("ConfChange", fields)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            configuration(0, 3, peerURLs=["https://c:2380"]),
            MemberChange(5, ADD, StoredMember(3, "", ("https://c:2380",))),
        ),
        (configuration(3, 3, isLearner=True), MemberChange(5, ADD, StoredMember(3, is_learner=True))),
        (configuration(0, 2, isPromote=True), MemberChange(5, PROMOTE, StoredMember(2))),
        (configuration(1, 2), MemberChange(5, REMOVE, StoredMember(2))),
        (
            configuration(2, 1, peerURLs=["https://d:2380"]),
            MemberChange(5, UPDATE, StoredMember(1, "", ("https://d:2380",))),
        ),
    ],
)
def test_a_change_of_the_configuration_is_read(changes, expected):
    assert changes == [expected]


def test_what_is_no_change_is_told():
    with pytest.raises(Malformed, match="entry 5"):
        configuration(4, 1)
    with pytest.raises(NoMember, match="no JSON"):
        list(configuration_change(5, encode("ConfChange", {"node_id": 1, "context": b"{"})))


def test_name_and_client_urls_are_published_in_two_ways():
    expected = [MemberChange(5, ATTRIBUTES, StoredMember(2, "n2", client_urls=("https://b:2379",)))]
    attributes = {"name": "n2", "client_urls": ["https://b:2379"]}
    request = {"ID": 7, "cluster_member_attr_set": {"member_ID": 2, "member_attributes": attributes}}
    assert list(attributes_set(5, encode("InternalRaftRequest", request))) == expected
    value = '{"name":"n2","clientURLs":["https://b:2379"]}'
    assert list(attributes_set_in_v2(5, "PUT", "/0/members/2/attributes", value)) == expected
    assert not list(attributes_set_in_v2(5, "PUT", "/0/version", "3.5.0"))
    assert not list(attributes_set(5, encode("InternalRaftRequest", {"ID": 7, "put": b""})))


@pytest.mark.parametrize(
    ("kind", "member", "expected"),
    [
        (
            ADD,
            StoredMember(3, "", ("https://c:2380",)),
            {1: VOTER, 2: LEARNER, 3: StoredMember(3, "", ("https://c:2380",))},
        ),
        (PROMOTE, StoredMember(2), {1: VOTER, 2: StoredMember(2, "", ("https://b:2380",))}),
        (REMOVE, StoredMember(2), {1: VOTER}),
        (
            UPDATE,
            StoredMember(1, "", ("https://d:2380",)),
            {1: StoredMember(1, "n1", ("https://d:2380",), ("https://a:2379",)), 2: LEARNER},
        ),
        (
            ATTRIBUTES,
            StoredMember(2, "n2", client_urls=("https://b:2379",)),
            {1: VOTER, 2: StoredMember(2, "n2", ("https://b:2380",), ("https://b:2379",), is_learner=True)},
        ),
    ],
)
def test_a_change_is_applied(kind, member, expected):
    after = applied(BEFORE, [MemberChange(5, kind, member)])
    assert after.present == expected
    assert after.removed == ({9, member.member_id} if kind == REMOVE else {9})


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        (ADD, VOTER),
        (ADD, StoredMember(9, "", ("https://c:2380",))),
        (ADD, StoredMember(3, "", ("https://a:2380",))),
        (PROMOTE, StoredMember(1)),
        (PROMOTE, StoredMember(3)),
        (REMOVE, StoredMember(3)),
        (UPDATE, StoredMember(3, "", ("https://c:2380",))),
        (UPDATE, StoredMember(2, "", ("https://a:2380",))),
        (ATTRIBUTES, StoredMember(9, "n9")),
    ],
)
def test_a_change_that_etcd_passes_over_is_passed_over(kind, member):
    assert applied(BEFORE, [MemberChange(5, kind, member)]) == BEFORE


def node(**children: object) -> dict[str, object]:
    return {"Children": children}


def store(members: dict[str, object], **others: object) -> bytes:
    return json.dumps({"Root": node(**{"0": node(members=node(**members), **others)})}).encode()


def test_the_members_of_a_snapshot_are_read():
    urls = {"Value": '{"peerURLs":["https://b:2380"],"isLearner":true}'}
    named = {"Value": '{"name":"n2","clientURLs":["https://b:2379"]}'}
    members = {"2": node(raftAttributes=urls), "3": node(raftAttributes=urls, attributes=named)}
    assert members_in_v2(store(members, removed_members=node(**{"9": {}}))) == Members(
        {
            2: LEARNER,
            3: StoredMember(3, "n2", ("https://b:2380",), ("https://b:2379",), is_learner=True),
        },
        frozenset({9}),
    )
    assert members_in_v2(b"") is None


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"{}", store({"2": None}), store({"2": node()}), store({"x": node()}), b"[" * 100_000],
)
def test_a_snapshot_that_holds_no_members_is_told(content):
    with pytest.raises(NoMember):
        members_in_v2(content)
