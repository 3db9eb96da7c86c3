# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers give the answers that the table of differences says, each release its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.testbed import Cluster, waiting
from tests.testbed.gateway import Gateway, GatewayError
from tests.testbed.member import MemberExited

from . import differences
from .differences import Difference

READER = ("reader", "only-reads")
WRITES = 150
KEPT = 10
CATCH_UP = {"3.4": "experimental_snapshot_catchup_entries", "3.5": "experimental_snapshot_catchup_entries"}
"""The setting of older minors for what is `snapshot_catchup_entries` now."""


def as_nobody(cluster: Cluster) -> Gateway:
    return Gateway(cluster.leader.client_url, cluster.minor)


def as_reader(cluster: Cluster) -> Gateway:
    """A user without any role."""
    gateway = cluster.leader.gateway
    if READER[0] not in gateway.call("/auth/user/list").get("users", []):
        gateway.call("/auth/user/add", {"name": READER[0], "password": READER[1]})
    asking = as_nobody(cluster)
    token = asking.authenticate(*READER)
    return Gateway(cluster.leader.client_url, cluster.minor, login=lambda: token)


def told_to(cluster: Cluster, path: str) -> str:
    """Who gets an answer there: anyone, any user, or root."""
    for who, gateway in (("anyone", as_nobody(cluster)), ("any user", as_reader(cluster))):
        try:
            gateway.call(path)
        except GatewayError:
            continue
        return who
    cluster.leader.gateway.call(path)
    return "root"


def _gateway(cluster: Cluster) -> str:
    for path in ("/v3", "/v3beta"):
        status, _text = cluster.leader.gateway._request("POST", f"{path}/maintenance/status", "{}", {}, 1.0)
        if status == 200:
            return path
    return "none"


def _learner(cluster: Cluster) -> str:
    cluster.leader.gateway.call("/cluster/member/add", {"peerURLs": [cluster.spare().peer_url], "isLearner": True})
    (added,) = (record for record in cluster.leader.gateway.member_list(linearizable=False) if not record["name"])
    return "learner" if added.get("isLearner") else "voter"


def _list_through_the_quorum(cluster: Cluster) -> str:
    (survivor,) = cluster.live
    try:
        survivor.gateway.call("/cluster/member/list", {"linearizable": True}, timeout=1.0)
    except (OSError, GatewayError):
        return "refused"
    return "told"


def _http_status_of_a_failed_precondition(cluster: Cluster) -> str:
    member = cluster.leader
    with pytest.raises(GatewayError, match="can only promote a learner") as caught:
        member.gateway.member_promote(member.member_id or 0)
    assert caught.value.code == 9
    return str(caught.value.http_status)


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


def _update_of_a_learner(cluster: Cluster) -> str:
    (learner,) = (record for record in cluster.member_list() if record["isLearner"])
    cluster.leader.gateway.member_update(learner["ID"], ["http://127.0.0.1:9"])
    (after,) = (record for record in cluster.member_list() if record["ID"] == learner["ID"])
    assert after["peerURLs"] == ["http://127.0.0.1:9"]
    return "learner" if after["isLearner"] else "voter"


def _code_of_a_call_that_a_learner_refuses(cluster: Cluster) -> str:
    (learner,) = cluster.learners
    with pytest.raises(GatewayError, match="rpc not supported for learner") as caught:
        learner.gateway.member_list(linearizable=False)
    return str(caught.value.code)


def _readiness_of_a_learner(cluster: Cluster) -> str:
    (learner,) = cluster.learners
    status, text = learner.gateway.get("/readyz?verbose", 1.0)
    if status == 404:
        return "missing"
    return "ready" if status == 200 else "not ready" if "[-]non_learner" in text else text


def _joiner_of(release: str, cluster: Cluster) -> str:
    joiner = cluster.spare()
    cluster.leader.gateway.member_add([joiner.peer_url], learner=True)
    to_apply = cluster.leader.status()["applied"]
    joiner.install(release)
    joiner.start(wait=False)

    def look() -> str | None:
        try:
            applied = joiner.status()["applied"]
        except (OSError, GatewayError) as problem:
            return str(problem) if joiner.is_running else None
        return None if applied >= to_apply else f"{applied} of {to_apply} applied"

    waiting.until("the joiner to live or to end", look, 10)
    return "lives" if joiner.is_running else "ends"


def _joiner_by_snapshot(cluster: Cluster) -> str:
    voter = cluster.leader
    keeps: dict[str, Any] = {CATCH_UP.get(cluster.minor, "snapshot_catchup_entries"): KEPT}
    voter.restart(**keeps)
    asking = cluster.gateway_of(voter.client_url, keeps_alive=True)
    for number in range(WRITES):
        asking.put("key", str(number))
    asking.close()
    token = asking._token
    joiner = cluster.spare()
    voter.gateway.member_add([joiner.peer_url], learner=True)
    joiner.start(wait=False)
    stranger = Gateway(joiner.client_url, cluster.minor, login=lambda: None)
    stranger._token = token
    answer = ""

    def look() -> str | None:
        nonlocal answer
        try:
            # Until it has applied the log, it knows neither users nor tokens.
            answer = "knows" if stranger.status()["applied"] > WRITES else ""
        except GatewayError as refusal:
            answer = "does not know" if "invalid auth token" in refusal.message else ""
        except OSError as problem:
            return str(problem)
        return None if answer else "it has not caught up"

    waiting.until("the joiner to answer", look, 10)
    by_snapshot = any(joiner.data_dir.joinpath("member", "snap").glob("*.snap"))
    assert by_snapshot == (answer == "does not know")
    return answer


def _promotion_at_a_follower(cluster: Cluster) -> str:
    (learner,) = cluster.learners
    assert learner.member_id is not None
    try:
        cluster.followers[0].gateway.member_promote(learner.member_id)
    except (OSError, GatewayError):
        return "refused"
    return "promoted"


def _status_with_authentication(cluster: Cluster) -> str:
    return told_to(cluster, "/maintenance/status")


def _list_with_authentication(cluster: Cluster) -> str:
    return told_to(cluster, "/cluster/member/list")


def _hash_over_the_gateway(cluster: Cluster) -> str:
    try:
        cluster.leader.gateway.call("/maintenance/hashkv", {"revision": 0})
    except GatewayError as refusal:
        return "missing" if "Not Found" in refusal.message else refusal.message
    return "offered"


def _hash_names_its_revision(cluster: Cluster) -> str:
    return "yes" if "hash_revision" in cluster.leader.gateway.call("/maintenance/hashkv", {"revision": 0}) else "no"


def _status_tells_the_storage_version(cluster: Cluster) -> str:
    if cluster.minor < "3.6":
        return "yes" if "storageVersion" in cluster.leader.gateway.call("/maintenance/status") else "no"

    # It follows the version of the cluster some time after the start.
    def look() -> str | None:
        return None if cluster.leader.gateway.call("/maintenance/status").get("storageVersion") else "no version yet"

    waiting.until("the version of the storage", look, 10)
    return "yes"


def _status_tells_the_quota(cluster: Cluster) -> str:
    return "yes" if int(cluster.leader.gateway.call("/maintenance/status").get("dbSizeQuota", 0)) else "no"


def _removed_variables(cluster: Cluster) -> str:
    member = cluster.leader
    try:
        member.restart(experimental_initial_corrupt_check="neither yes nor no")
    except MemberExited as ended:
        return "read" if "neither yes nor no" in str(ended) else str(ended)
    return "passed over"


@dataclass(frozen=True)
class Look:
    """How a row is asked of a cluster in some state. `changes`: nothing else is asked of that cluster afterwards."""

    difference: Difference
    state: Mapping[str, object]
    ask: Callable[[Cluster], str]
    changes: bool = False


ONE: Mapping[str, object] = {"size": 1}
ONE_WITH_USERS: Mapping[str, object] = {"size": 1, "auth": True}
WITH_A_LEARNER: Mapping[str, object] = {"size": 1, "learners": 1}
LOOKS = (
    Look(differences.GATEWAY, ONE, _gateway),
    Look(differences.LEARNERS, ONE, _learner, changes=True),
    Look(differences.LIST_THROUGH_THE_QUORUM, {"size": 2, "dead": 1}, _list_through_the_quorum),
    Look(differences.HTTP_STATUS_OF_A_FAILED_PRECONDITION, ONE, _http_status_of_a_failed_precondition),
    Look(differences.ADDITION_BESIDE_A_DEAD_VOTER, {"size": 4, "dead": 1}, _addition_beside_a_dead_voter, changes=True),
    Look(differences.STORED_PROMOTION, WITH_A_LEARNER, _stored_promotion, changes=True),
    Look(differences.UPDATE_OF_A_LEARNER, {"size": 1, "unstarted_learners": 1}, _update_of_a_learner, changes=True),
    Look(differences.CODE_OF_A_CALL_THAT_A_LEARNER_REFUSES, WITH_A_LEARNER, _code_of_a_call_that_a_learner_refuses),
    Look(differences.READINESS_OF_A_LEARNER, WITH_A_LEARNER, _readiness_of_a_learner),
    Look(differences.JOINER_OF_3_5, ONE, functools.partial(_joiner_of, "3.5.34"), changes=True),
    Look(differences.JOINER_OF_3_7, ONE, functools.partial(_joiner_of, "3.7.3"), changes=True),
    Look(differences.JOINER_BY_SNAPSHOT, ONE_WITH_USERS, _joiner_by_snapshot, changes=True),
    Look(
        differences.PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION,
        {"size": 2, "learners": 1, "auth": True},
        _promotion_at_a_follower,
        changes=True,
    ),
    Look(differences.STATUS_WITH_AUTHENTICATION, ONE_WITH_USERS, _status_with_authentication),
    Look(differences.LIST_WITH_AUTHENTICATION, ONE_WITH_USERS, _list_with_authentication),
    Look(differences.HASH_OVER_THE_GATEWAY, ONE, _hash_over_the_gateway),
    Look(differences.HASH_NAMES_ITS_REVISION, ONE, _hash_names_its_revision),
    Look(differences.STATUS_TELLS_THE_STORAGE_VERSION, ONE, _status_tells_the_storage_version),
    Look(differences.STATUS_TELLS_THE_QUOTA, ONE, _status_tells_the_quota),
    Look(differences.REMOVED_VARIABLES, ONE, _removed_variables, changes=True),
)


def every_question() -> list:
    """The looks by release and state: those that leave a cluster as it was share it, and one that changes it is the
    last.
    """
    groups: dict[tuple[str, str], list[list[Look]]] = {}
    for look in sorted(LOOKS, key=lambda look: look.changes):
        for release in look.difference.answers:
            same = groups.setdefault((release, str(look.state)), [[]])
            if same[-1] and same[-1][-1].changes:
                same.append([])
            same[-1].append(look)
    return [
        pytest.param(
            release,
            looks,
            marks=pytest.mark.etcd(version=release, **looks[0].state),
            id=f"{release}, {looks[-1].difference.question}",
        )
        for (release, _state), shared in groups.items()
        for looks in shared
    ]


@pytest.mark.parametrize(("release", "looks"), every_question())
def test_a_release_answers_what_the_table_says(etcd_cluster: Cluster, release: str, looks: list[Look]):
    if etcd_cluster.state.killed and etcd_cluster.state.size > 2:
        etcd_cluster.wait_settled()
    expected = {look.difference.question: look.difference.answers[release] for look in looks}
    assert {look.difference.question: look.ask(etcd_cluster) for look in looks} == expected


def test_every_row_of_the_table_is_asked_of_real_servers():
    assert [look.difference for look in LOOKS] == list(differences.ALL)


def test_every_row_has_the_newest_release_of_the_tests():
    """Else a release that is new to the table would pass with the answers of the one before it."""
    assert [row.question for row in differences.ALL if differences.RELEASES[-1] not in row.answers] == []


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
        ("3.7.3", [LEARNERS, HASH], ("3.3.25", "3.4.23", "3.7.3")),
        ("3.5.1", [], ("3.5.1",)),
        ("3.5.1", [ADDITION], ("3.5.1", "3.7.3")),
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
    [("3.4.45", "refused"), ("3.5.29", "refused"), ("3.6.1", "refused"), ("3.8.0", "accepted"), ("3.3.1", "refused")],
)
def test_a_release_that_the_table_does_not_list_answers_like_the_next_older_one(release: str, answer: str):
    assert ADDITION.answer(release) == answer


def test_one_release_can_be_chosen_for_everything(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(differences.CHOICE, "3.4.23")
    assert differences.releases_of([differences.LEARNERS]) == ("3.4.23",)
