# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts are one healthy etcd cluster, and nobody else is in it. Each of them is asked for itself.

Every scenario is verified by this; so can any cluster be:

    pytest tests/verification --hosts='ansible://etcd' --ansible-inventory=inventory.yml
"""

from __future__ import annotations

import json

from tests.verification.node import Node


def test_etcd_runs_on_this_host(node: Node) -> None:
    assert node.is_running


def test_this_member_lists_exactly_the_hosts_as_started_voters(node: Node, nodes: list[Node]) -> None:
    members = node.members()
    assert len(members) == len(nodes)
    assert [member["name"] for member in members if member.get("isLearner")] == []
    assert [member["peerURLs"] for member in members if not member.get("name")] == []
    if all(other.name for other in nodes):
        assert sorted(member["name"] for member in members) == sorted(str(other.name) for other in nodes)


def test_this_member_is_healthy(node: Node) -> None:
    assert json.loads(node.etcdctl("endpoint", "health", "-w", "json"))[0]["health"] is True


def test_this_member_has_what_was_there_before(node: Node) -> None:
    expected = node.variables.get("etcd_data", {})
    if expected:
        assert node.data("before/") == expected


def test_all_members_are_of_one_cluster_and_follow_one_leader(nodes: list[Node]) -> None:
    answers = [node.status() for node in nodes]
    assert len({answer["header"]["cluster_id"] for answer in answers}) == 1
    assert len({answer["header"]["member_id"] for answer in answers}) == len(nodes)
    leaders = {answer["leader"] for answer in answers}
    assert len(leaders) == 1
    assert leaders <= {answer["header"]["member_id"] for answer in answers}
    assert [answer["errors"] for answer in answers if answer.get("errors")] == []


def test_all_members_hold_the_same_data(nodes: list[Node]) -> None:
    revision = min(node.status()["header"]["revision"] for node in nodes)
    hashes = [
        json.loads(node.etcdctl("endpoint", "hashkv", "--rev", str(revision), "-w", "json"))[0]["HashKV"]["hash"]
        for node in nodes
    ]
    assert len(hashes) == len(nodes)
    assert len(set(hashes)) == 1
