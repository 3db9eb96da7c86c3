# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's own tables, replayed through etcd_member: what etcd refuses we refuse, and what we grant etcd grants.

The rows are those of etcd's unit tests (server/etcdserver/api/membership/cluster_test.go TestIsReadyToAddVotingMember,
TestIsReadyToRemoveVotingMember, TestIsReadyToPromoteMember) and of its rule on connections (server/etcdserver/server.go
mayAddMember, mayRemoveMember), as far as a real cluster can be made to show them: a cluster of no started member
cannot. We are stricter than etcd: while a member has not arrived, no other change begins.
"""

from __future__ import annotations

import pytest

from tests.testbed import Cluster, Member
from tests.testbed.gateway import GatewayError

from ..differences import ADDITION_BESIDE_A_DEAD_VOTER, rows_on_releases
from .driver import ensure, listed, untouched

OK = None
E_STARTED = "re-configuration failed due to not enough started members"
E_UNHEALTHY = "unhealthy cluster"


def needs_every_voter(version: str) -> bool:
    """Whether the release allows no addition while any voter is not connected."""
    return ADDITION_BESIDE_A_DEAD_VOTER.answer(version) == "refused"


def etcds_own_verdict(cluster: Cluster, operation: str) -> str | None:
    """etcd's answer to the same request, asked of a strict member directly; None where it accepts."""
    asked = cluster.leader
    if not cluster.state.strict:
        asked = cluster.followers[0]
        asked.restart(strict_reconfig_check=True)
        cluster.wait_settled()
    target = target_of(cluster, operation, asked)
    try:
        if operation == "add a voter":
            asked.gateway.member_add(target["peer_urls"], learner=False)
        elif operation == "promote the learner":
            asked.gateway.member_promote(int(target["member_id"], 16))
        else:
            asked.gateway.member_remove(int(target["member_id"], 16), timeout=3)
    except GatewayError as refusal:
        return refusal.message.removeprefix("etcdserver: ")
    return None


def target_of(cluster: Cluster, operation: str, asked: Member | None = None) -> dict:
    """The goal for the operation; whoever is asked for it is not removed itself, since it may stop before it
    answers.
    """
    if operation == "add a voter":
        host = cluster.spare()
        return {"name": host.name, "peer_urls": [host.peer_url], "learner": False}
    state = "promoted" if operation == "promote the learner" else "absent"
    fitting = {
        "remove a started voter": lambda record: record["name"] and not record["isLearner"],
        "remove an unstarted voter": lambda record: not record["name"] and not record["isLearner"],
        "promote the learner": lambda record: record["isLearner"],
    }[operation]
    leader, last = cluster.leader.member_id, asked.member_id if asked else 0
    record = min(
        (record for record in cluster.member_list() if fitting(record)),
        key=lambda record: (record["ID"] == last, record["ID"] == leader),
    )
    return {"member_id": f"{record['ID']:x}", "state": state}


# -- the arithmetic of started members ---------------------------------------------------------------------------------


def row(number: str, operation: str, verdict: str | None, ours: str | None, **state: object):
    return pytest.param(operation, verdict, ours, id=number, marks=pytest.mark.etcd(**state))


STARTED = [
    row("A4", "add a voter", OK, "would_lose_quorum", size=1),
    row("A5", "add a voter", E_STARTED, "member_unstarted", size=2, unstarted=1, strict=False),
    row("A6", "add a voter", OK, OK, size=3, strict=False),
    row("A7", "add a voter", OK, "member_unstarted", size=3, unstarted=1, strict=False),
    row("R1", "remove a started voter", E_STARTED, "last_member", size=1),
    row("R4", "remove a started voter", E_STARTED, "member_unstarted", size=2, unstarted=1, strict=False),
    row("R5", "remove a started voter", OK, OK, size=3, strict=False),
    row("R6", "remove a started voter", OK, "member_unstarted", size=3, unstarted=1, strict=False),
    row("R7", "remove an unstarted voter", OK, OK, size=3, unstarted=1),
    row("R8", "remove a started voter", E_STARTED, "last_member", size=1, learners=1),
    row("P1", "promote the learner", OK, OK, size=1, learners=1),
    row("P3", "promote the learner", OK, OK, size=2, learners=1),
    row("P6", "promote the learner", OK, "member_unstarted", size=2, unstarted=1, learners=1, strict=False),
]


@pytest.mark.parametrize(("operation", "verdict", "ours"), STARTED)
def test_what_started_members_allow(cluster: Cluster, operation: str, verdict: str | None, ours: str | None):
    goal = target_of(cluster, operation)
    if ours is None:
        run = ensure(cluster, **goal)
        assert run.changed, run
        return
    with untouched(cluster):
        run = ensure(cluster, wait_timeout=1, **goal)
    assert run.refusal == ours, run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "operation", "verdict", "ours"),
    rows_on_releases(STARTED, ADDITION_BESIDE_A_DEAD_VOTER, among=["A5", "A7"]),
)
def test_etcd_itself_answers_what_its_table_says(
    cluster: Cluster, version: str, operation: str, verdict: str | None, ours: str | None
):
    """So that the rows above are about the etcd that is here, and not about a table."""
    answer = etcds_own_verdict(cluster, operation)
    if verdict is None and answer == E_UNHEALTHY:
        # The other table's verdict: an unstarted voter is not connected either, and no release forgives that but the
        # newest for an addition.
        assert cluster.state.unstarted
        assert operation != "add a voter" or needs_every_voter(version)
    else:
        assert answer == verdict


@pytest.mark.slow
@pytest.mark.etcd(size=2, unstarted=1)
def test_etcds_own_refusal_is_final_and_told_in_its_words(cluster: Cluster):
    """Also who overrides our judgement gets etcd's."""
    with untouched(cluster):
        run = ensure(
            cluster,
            accept=["member_unstarted", "would_lose_quorum", "remove_unhealthy_first"],
            **target_of(cluster, "add a voter"),
        )
    assert run.refusal == "would_lose_quorum", run
    assert E_STARTED in run.message


# -- the arithmetic of connections -------------------------------------------------------------------------------------

CONNECTED = [
    # voters, dead, add on the old rule, add on the new one, remove a healthy one, remove a dead one
    (1, 0, OK, OK, "last_member", None),
    (2, 0, OK, OK, OK, None),
    (3, 1, "would_lose_quorum", "would_lose_quorum", "would_lose_quorum", OK),
    (3, 0, OK, OK, OK, None),
    (4, 1, "remove_unhealthy_first", OK, OK, OK),
    (4, 0, OK, OK, OK, None),
    (5, 2, "would_lose_quorum", "would_lose_quorum", "would_lose_quorum", OK),
    (5, 1, "remove_unhealthy_first", OK, OK, OK),
    (5, 0, OK, OK, OK, None),
    (6, 2, "remove_unhealthy_first", OK, OK, OK),
    (6, 1, "remove_unhealthy_first", OK, OK, OK),
    (6, 0, OK, OK, OK, None),
    (7, 3, "would_lose_quorum", "would_lose_quorum", "would_lose_quorum", OK),
    (7, 2, "remove_unhealthy_first", OK, OK, OK),
    (7, 1, "remove_unhealthy_first", OK, OK, OK),
    (7, 0, OK, OK, OK, None),
]
DIFFERING = [f"{size - dead} of {size}" for size, dead, add_old, add_new, *_ in CONNECTED if add_old != add_new]
EVERY_ROW = [
    pytest.param(*verdicts, id=f"{size - dead} of {size}", marks=pytest.mark.etcd(size=size, dead=dead))
    for size, dead, *verdicts in CONNECTED
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "add_old", "add_new", "remove_healthy", "remove_dead"),
    rows_on_releases(EVERY_ROW, ADDITION_BESIDE_A_DEAD_VOTER, among=DIFFERING),
)
def test_what_connections_allow(
    cluster: Cluster,
    version: str,
    add_old: str | None,
    add_new: str | None,
    remove_healthy: str | None,
    remove_dead: str | None,
):
    """A whole row on one cluster: nothing but its state decides, so the refusals come first, then what changes it."""
    dead = [member for member in cluster.members if not member.is_running]
    follower = cluster.followers[0] if cluster.followers else cluster.leader
    host = cluster.spare()
    add = add_old if needs_every_voter(version) else add_new
    for options, expected in (({"host": host}, add), ({"host": follower, "state": "absent"}, remove_healthy)):
        with untouched(cluster):
            foreseen = ensure(cluster, check_mode=True, **options)
        assert foreseen.refusal == expected, (options, foreseen)
        assert foreseen.ok is (expected is None)
    if add is None:
        _added_and_taken_back(cluster, host)
    if dead:
        assert remove_dead is None
        assert ensure(cluster, dead[0], state="absent").done == ["remove"]
    elif remove_healthy is None:
        assert ensure(cluster, follower, state="absent").done == ["remove"]


def _added_and_taken_back(cluster: Cluster, host: Member) -> None:
    added = ensure(cluster, host)
    assert added.done == ["add_learner"], added
    assert listed(cluster)[host.name] == "unstarted learner"
    assert ensure(cluster, host, state="absent").done == ["remove"]


# -- the validation of the change itself -------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, strict=False)
def test_add_remove_and_add_again_in_one_second_ends_with_a_member(cluster: Cluster):
    """C2: an id is made of the URLs and the second, and one that was removed cannot come back; etcd says "member not
    found".
    """
    host = cluster.spare()
    for _ in range(2):
        assert ensure(cluster, host).done == ["add_learner"]
        assert ensure(cluster, host, state="absent").done == ["remove"]

    run = ensure(cluster, host)

    assert run.done == ["add_learner"], run
    assert listed(cluster)[host.name] == "unstarted learner"


@pytest.mark.etcd(size=3, strict=False)
def test_a_removed_member_is_gone_for_every_operation(cluster: Cluster):
    """C3, C14, C17."""
    follower = cluster.followers[0]
    gone = f"{follower.member_id:x}"
    address = cluster.spare().peer_url
    assert ensure(cluster, follower, state="absent").changed

    with untouched(cluster):
        assert ensure(cluster, member_id=gone, state="absent").changed is False
        assert ensure(cluster, member_id=gone, state="promoted").refusal == "member_not_found"
        assert ensure(cluster, member_id=gone, peer_urls=[address]).refusal == "member_not_found"


@pytest.mark.etcd(size=1)
def test_an_unknown_id_is_a_member_for_no_operation(cluster: Cluster):
    """C6, C8, C13, I19, I22."""
    address = cluster.spare().peer_url
    with untouched(cluster):
        assert ensure(cluster, member_id="1", state="absent").changed is False
        assert ensure(cluster, member_id="1", state="promoted").refusal == "member_not_found"
        assert ensure(cluster, member_id="1", peer_urls=[address]).refusal == "member_not_found"
    cluster.members[0].restart()
    assert listed(cluster) == {"etcd1": "voter"}


# -- whole clusters ----------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1)
def test_a_single_voter_takes_a_learner_at_once(cluster: Cluster):
    """I3: nobody's connection is too young."""
    run = ensure(cluster, cluster.spare())
    assert run.done == ["add_learner"]
    assert run.waited_for == []


@pytest.mark.slow
@pytest.mark.etcd(size=3)
def test_a_member_is_replaced_on_its_own_host_as_a_voter_and_then_as_a_learner(cluster: Cluster):
    """I23, I24: etcd's TestMemberReplace and TestMemberReplaceWithLearner, one after the other."""
    host = cluster.followers[0]
    for learner in (False, True):
        assert ensure(cluster, host, state="absent").ok
        host.kill()
        host.wipe()
        registered = ensure(cluster, host, learner=learner)
        assert registered.ok, registered
        host.start(environment=registered["environment"])
        assert ensure(cluster, host, state="promoted").ok
        assert sorted(listed(cluster).values()) == ["voter"] * 3


@pytest.mark.slow
@pytest.mark.etcd(size=3, dead=1)
def test_an_addition_is_refused_until_the_dead_member_is_back_and_settled(cluster: Cluster):
    """I28: etcd's TestRejectUnhealthyAdd."""
    (dead,) = (member for member in cluster.members if not member.is_running)
    host = cluster.spare()
    for endpoint in cluster.live_endpoints:
        assert ensure(cluster, host, endpoints=[endpoint]).refusal == "would_lose_quorum"

    dead.restart()

    assert ensure(cluster, host).done == ["add_learner"]


@pytest.mark.slow
@pytest.mark.etcd(size=5, dead=2)
def test_dead_members_can_be_removed_and_live_ones_only_then(cluster: Cluster):
    """I29, I30, I31: etcd's TestRejectUnhealthyRemove."""
    follower = cluster.followers[0]
    assert ensure(cluster, follower, state="absent").refusal == "would_lose_quorum"
    for member in [member for member in cluster.members if not member.is_running]:
        assert ensure(cluster, member, state="absent").done == ["remove"]
    assert ensure(cluster, follower, state="absent").done == ["remove"]
    assert len(listed(cluster)) == 2


@pytest.mark.parametrize("alarm", ["NOSPACE", "CORRUPT"])
@pytest.mark.etcd(size=3, strict=False)
def test_an_alarm_does_not_keep_a_member_from_being_removed(cluster: Cluster, alarm: str):
    """I59: etcd changes its membership under alarms, and so the one who raised it can go."""
    ill = cluster.followers[0]
    cluster.leader.gateway.call(
        "/maintenance/alarm", {"action": "ACTIVATE", "memberID": str(ill.member_id), "alarm": alarm}
    )

    assert ensure(cluster, cluster.spare()).refusal == "would_lose_quorum"
    assert ensure(cluster, cluster.followers[1], state="absent").refusal == "would_lose_quorum"
    run = ensure(cluster, ill, state="absent")

    assert run.done == ["remove"], run


@pytest.mark.etcd(size=1)
def test_the_requests_of_etcds_curl_test(cluster: Cluster):
    """I61: add a learner, update its URL where the release can, promote it too early, remove it."""
    host = cluster.spare()
    assert ensure(cluster, host).changed
    assert ensure(cluster, host, state="promoted", wait_timeout=0).refusal == "learner_not_started"
    assert ensure(cluster, host, state="absent").changed
    assert listed(cluster) == {"etcd1": "voter"}


@pytest.mark.slow
@pytest.mark.etcd(size=3, dead=2)
def test_a_survivor_that_was_forced_to_be_a_cluster_grows_again(cluster: Cluster):
    """I62, and the way back from a lost quorum."""
    (survivor,) = cluster.live
    assert ensure(cluster, cluster.spare(), request_timeout=3).refusal == "no_quorum"
    survivor.restart(force_new_cluster=True)
    host = cluster.spare()

    run = ensure(cluster, host, endpoints=[survivor.client_url])

    assert run.done == ["add_learner"], run
    host.start(environment=run["environment"])
    assert ensure(cluster, host, state="promoted", endpoints=[survivor.client_url]).done == ["promote"]
    assert listed(cluster) == {survivor.name: "voter", host.name: "voter"}
