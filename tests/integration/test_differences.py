# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers give the answers that the table of differences says, each release its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.testbed import Cluster
from tests.testbed.gateway import Gateway, GatewayError

from . import differences
from .differences import Difference, on_releases


def _learner(cluster: Cluster) -> str:
    cluster.leader.gateway.call("/cluster/member/add", {"peerURLs": [cluster.spare().peer_url], "isLearner": True})
    (added,) = (record for record in cluster.leader.gateway.member_list(linearizable=False) if not record["name"])
    return "learner" if added.get("isLearner") else "voter"


def _addition_beside_a_dead_voter(cluster: Cluster) -> str:
    try:
        cluster.leader.gateway.member_add([cluster.spare().peer_url], learner=False)
    except GatewayError as refusal:
        return "refused" if "unhealthy cluster" in refusal.message else refusal.message
    return "accepted"


def _stored_promotion(cluster: Cluster) -> str:
    (learner,) = cluster.learners
    assert learner.member_id is not None
    cluster.leader.gateway.member_promote(learner.member_id)
    leader = cluster.leader
    # Only what is still valid is in a file that was just written anew.
    leader.gateway.call("/maintenance/defragment", {})
    leader.kill()
    return "learner" if b'"isLearner":true' in Path(leader.data_dir, "member", "snap", "db").read_bytes() else "voter"


def _promotion_at_a_follower(cluster: Cluster) -> str:
    (learner,) = cluster.learners
    assert learner.member_id is not None
    try:
        cluster.followers[0].gateway.member_promote(learner.member_id)
    except (OSError, GatewayError):
        return "refused"
    return "promoted"


def _hash_over_the_gateway(cluster: Cluster) -> str:
    try:
        cluster.leader.gateway.call("/maintenance/hashkv", {"revision": 0})
    except GatewayError as refusal:
        return "missing" if "Not Found" in refusal.message else refusal.message
    return "offered"


def _status_without_a_token(cluster: Cluster) -> str:
    try:
        Gateway(cluster.leader.client_url, cluster.minor).call("/maintenance/status", {})
    except GatewayError:
        return "refused"
    return "told"


LOOKS: list[tuple[Difference, dict[str, object], Callable[[Cluster], str]]] = [
    (differences.LEARNERS, {"size": 1}, _learner),
    (differences.ADDITION_BESIDE_A_DEAD_VOTER, {"size": 4, "dead": 1}, _addition_beside_a_dead_voter),
    (differences.STORED_PROMOTION, {"size": 1, "learners": 1}, _stored_promotion),
    (
        differences.PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION,
        {"size": 3, "learners": 1, "auth": True},
        _promotion_at_a_follower,
    ),
    (differences.HASH_OVER_THE_GATEWAY, {"size": 1}, _hash_over_the_gateway),
    (differences.STATUS_WITHOUT_A_TOKEN, {"size": 1, "auth": True}, _status_without_a_token),
]


def every_answer() -> list:
    return [
        pytest.param(
            look,
            answer,
            marks=[*release.marks, pytest.mark.etcd(**state)],
            id=f"{difference.question}, {release.values[0]}",
        )
        for difference, state, look in LOOKS
        for release, answer in zip(on_releases(difference.answers), difference.answers.values(), strict=True)
    ]


@pytest.mark.parametrize(("look", "answer"), every_answer())
def test_a_release_answers_what_the_table_says(etcd_cluster: Cluster, look: Callable[[Cluster], str], answer: str):
    if etcd_cluster.state.killed:
        etcd_cluster.wait_settled()
    assert look(etcd_cluster) == answer


def test_every_row_of_the_table_is_asked_of_real_servers():
    assert [difference for difference, _, _ in LOOKS] == list(differences.ALL)


ADDITION, HASH, LEARNERS = (
    differences.ADDITION_BESIDE_A_DEAD_VOTER,
    differences.HASH_OVER_THE_GATEWAY,
    differences.LEARNERS,
)


@pytest.mark.parametrize(
    ("newest", "depends_on", "tested"),
    [
        ("3.5.30", [], ("3.5.30",)),
        ("3.5.30", [ADDITION], ("3.5.16", "3.5.30")),
        ("3.5.30", [LEARNERS, HASH], ("3.3.25", "3.5.1", "3.5.30")),
        ("3.5.1", [], ("3.5.1",)),
        ("3.5.1", [ADDITION], ("3.5.1", "3.5.30")),
        ("3.7.3", [ADDITION], ("3.5.16", "3.7.3")),
    ],
)
def test_a_test_runs_once_for_each_answer_and_on_the_newest_release_here(
    monkeypatch: pytest.MonkeyPatch, newest: str, depends_on: list, tested: tuple
):
    monkeypatch.delenv(differences.CHOICE, raising=False)
    monkeypatch.setattr(differences, "newest_here", lambda: newest)
    assert differences.releases_of(depends_on) == tested


@pytest.mark.parametrize(
    ("release", "answer"),
    [("3.4.45", "refused"), ("3.5.29", "refused"), ("3.5.34", "accepted"), ("3.7.3", "accepted"), ("3.3.1", "refused")],
)
def test_a_release_that_the_table_does_not_list_answers_like_the_next_older_one(release: str, answer: str):
    assert ADDITION.answer(release) == answer


def test_one_release_can_be_chosen_for_everything(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(differences.CHOICE, "3.4.23")
    assert differences.releases_of([differences.LEARNERS]) == ("3.4.23",)
