# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd_cluster_info: what it sees of clusters in every condition, in bounded time, and that it changes nothing."""

from __future__ import annotations

import base64
import contextlib
import datetime
import socket
from typing import Any

import pytest

from tests.testbed import Cluster, Member, waiting

from ..differences import HASH_OVER_THE_GATEWAY, STATUS_WITH_AUTHENTICATION, on_releases
from .driver import Run, ensure, listed, run_main, untouched, voters
from .recorded import recorded


def look_at(cluster: Cluster, check_mode: bool = False, **options: Any) -> Run:
    return run_main("etcd_cluster_info", {**cluster.connection, **options}, check_mode)


def concerns(run: Run) -> list[str]:
    return [concern["code"] for concern in run["concerns"]]


def of(run: Run, member: Member | str) -> dict[str, Any]:
    name = member if isinstance(member, str) else member.name
    return next(record for record in run["members"] if record["name"] == name)


def test_certificates_that_expire_are_a_concern():
    """What a member serves, and what the task connects with; the CA of the test bed does not expire."""
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9, hours=1)
    with Cluster(1, tls=True) as cluster:
        files = cluster.client_certificates
        assert files
        leaf = cluster.ca.issue_cert("127.0.0.1", "::1", "localhost", not_after=soon)
        leaf.private_key_pem.write_to_path(files.server_key)
        leaf.cert_chain_pems[0].write_to_path(files.server)
        url = cluster.members[0].client_url
        run = look_at(cluster, client_cert=str(files.server), client_key=str(files.server_key))
        assert run.ok, run
        served, ours = f"served at {url} on {cluster.members[0].name}", f"{files.server.name} on this host"
        assert sorted(concern["message"] for concern in run["concerns"]) == sorted(
            f"The certificate {words} expires in 9 days." for words in (served, ours)
        )
        assert set(concerns(run)) == {"certificate_expires"}
        assert run["healthy"]
        assert concerns(look_at(cluster, expires_within_days=8)) == []
        assert concerns(look_at(cluster, expires_within_days=0)) == []


# -- the picture -------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3)
def test_a_healthy_cluster_is_described_as_etcd_describes_it(cluster: Cluster, version: str):
    cluster.put("key", "value")
    leader = cluster.leader

    run = look_at(cluster)

    assert run.changed is False
    assert run["healthy"] is True
    assert run["has_quorum"] is True
    assert run["quorum"] == {"voters": 3, "size": 2, "healthy": 3, "fault_tolerance": 1}
    assert run["leader"]["name"] == leader.name
    assert concerns(run) == []
    records = {record["ID"]: record for record in cluster.member_list()}
    for seen in run["members"]:
        record, status = records[int(seen["id"], 16)], cluster[seen["name"]].status()
        assert (seen["name"], seen["peer_urls"], seen["client_urls"]) == (
            record["name"],
            record["peerURLs"],
            record["clientURLs"],
        )
        assert seen["version"] == version
        assert seen["revision"] == status["revision"]
        assert int(seen["leader"], 16) == leader.member_id
        assert seen["db_size"] > 0
        assert seen["reachable"]
        assert seen["error"] is None
        assert seen["role"] == ("leader" if seen["name"] == leader.name else "voter")
    assert run["cluster_id"] == f"{cluster.leader.status()['cluster_id']:x}"


@pytest.mark.etcd(size=3, learners=1, auth=True, tls=True)
def test_one_endpoint_shows_all_members_the_learner_too(cluster: Cluster):
    """With TLS and authentication, where a learner gives out no token of its own."""
    (learner,) = cluster.learners

    run = look_at(cluster, endpoints=[cluster.followers[0].client_url])

    assert [member["reachable"] for member in run["members"]] == [True] * 4, run["members"]
    assert of(run, learner)["role"] == "learner"
    assert of(run, learner)["progress"] == 100
    assert "learner_waiting" in concerns(run)


@pytest.mark.etcd(size=3)
def test_looking_asks_for_no_change_in_either_mode(cluster: Cluster):
    with recorded(cluster) as recording, untouched(cluster):
        host = cluster.spare()
        desired = [{"name": member.name, "peer_urls": [member.peer_url]} for member in [*cluster.members[1:3], host]]
        for check_mode in (True, False):
            run = look_at(
                cluster, check_mode, **recording.connection, hash=cluster.minor != "3.4", desired_members=desired
            )
            assert run.ok, run
        assert recording.mutating == []


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, dead=1)
def test_a_dead_member_is_shown_with_the_reason(cluster: Cluster):
    (dead,) = (member for member in cluster.members if not member.is_running)

    run = look_at(cluster)

    assert run["healthy"] is False
    assert run["has_quorum"] is True
    assert run["quorum"] == {"voters": 3, "size": 2, "healthy": 2, "fault_tolerance": 0}
    seen = of(run, dead)
    assert (seen["reachable"], seen["healthy"], seen["version"], seen["raft_index"]) == (False, False, None, None)
    assert seen["error"]["code"] == "connection_refused"
    assert {"no_fault_tolerance", "member_unhealthy"} <= set(concerns(run))
    assert dead.name in run.warnings


@pytest.mark.parametrize("fault", ["kill", "pause"])
@pytest.mark.etcd(size=3)
def test_a_cluster_without_a_quorum_is_described_in_bounded_time(cluster: Cluster, fault: str):
    for follower in cluster.followers:
        getattr(follower, fault)()

    run = look_at(cluster, request_timeout=3)

    assert run.ok, run
    assert run["has_quorum"] is False
    assert run["healthy"] is False
    assert run["leader"] is None
    assert len(run["members"]) == 3
    assert "no_quorum" in concerns(run)
    assert run.seconds < 15


@pytest.mark.measures_time
@pytest.mark.etcd(size=3)
def test_hanging_endpoints_cost_one_time_out_together(cluster: Cluster):
    with contextlib.ExitStack() as stack:
        hanging = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        endpoints = [f"http://127.0.0.1:{server.getsockname()[1]}" for server in hanging]
        run = look_at(cluster, endpoints=[*endpoints, *cluster.endpoints], request_timeout=3)
    assert run["healthy"] is True, run
    assert run.seconds < 6


def test_no_endpoint_that_answers_is_an_error():
    run = run_main("etcd_cluster_info", {"endpoints": ["http://127.0.0.1:1", "http://127.0.0.1:2"]})
    assert run.error == "connection_refused"
    assert "127.0.0.1:1" in run.message
    assert "127.0.0.1:2" in run.message


@pytest.mark.etcd(size=3, unstarted_learners=1)
def test_a_member_that_never_started_is_a_concern(cluster: Cluster):
    run = look_at(cluster)
    unstarted = of(run, "")
    assert (unstarted["started"], unstarted["role"], unstarted["healthy"]) == (False, "learner", False)
    assert {"member_unstarted", "learner_waiting"} & set(concerns(run))
    assert run["healthy"] is False


@pytest.mark.etcd(size=4)
def test_an_even_number_of_voters_is_a_concern(cluster: Cluster):
    run = look_at(cluster)
    assert run["healthy"] is True
    assert concerns(run) == ["even_size"]


@pytest.mark.etcd(size=1, learners=1)
def test_two_members_of_one_name_are_a_concern(cluster: Cluster):
    (learner,) = cluster.learners
    learner.restart(name="etcd1")
    run = look_at(cluster)
    assert "duplicate_name" in concerns(run)


@pytest.mark.parametrize("kind", ["NOSPACE", "CORRUPT"])
@pytest.mark.etcd(size=3)
def test_an_alarm_is_shown_at_the_member_that_raised_it(cluster: Cluster, kind: str):
    ill = cluster.followers[0]
    cluster.leader.gateway.call(
        "/maintenance/alarm", {"action": "ACTIVATE", "memberID": str(ill.member_id), "alarm": kind}
    )
    run = look_at(cluster)
    assert of(run, ill)["alarms"] == [kind]
    assert of(run, ill)["healthy"] is False
    assert "alarm" in concerns(run)


@pytest.mark.etcd(size=1)
def test_endpoints_of_two_clusters_are_a_concern(cluster: Cluster, version: str):
    with Cluster(size=1, version=version) as other:
        run = look_at(cluster, endpoints=cluster.endpoints + other.endpoints)
    assert "cluster_id_mismatch" in concerns(run), run.json


@pytest.mark.etcd(size=3, partitionable=True, timing="default", strict=False)
def test_a_removed_member_that_still_answers_is_a_concern(cluster: Cluster):
    removed = cluster.followers[0]
    removed.cut_off()
    assert ensure(cluster, removed, state="absent", request_timeout=2).changed

    run = look_at(cluster, request_timeout=2)

    assert "removed_member_answers" in concerns(run), run.json
    assert removed.name not in [member["name"] for member in run["members"]]


@pytest.mark.parametrize("version", on_releases(["3.5.34", "3.7.3"]))
# Over gRPC the name in a client certificate is a user, who needs no token.
@pytest.mark.parametrize("transport", [pytest.param("gateway", marks=pytest.mark.etcd(tls=True)), "grpc"])
@pytest.mark.etcd(size=3, auth=True, strict=False)
def test_without_a_quorum_to_log_in_the_endpoints_say_what_they_tell_anyone(
    cluster: Cluster, version: str, transport: str
):
    survivor, *others = cluster.members
    for other in others:
        other.kill()

    run = look_at(cluster, transport=transport, request_timeout=3)

    assert run.refusal == "no_quorum", run
    assert f"{survivor.client_url} answers (etcd {version}, " in run.message
    told = {found["endpoint"]: found for found in run["endpoints"]}
    assert {url: found["answers"] for url, found in told.items()} == {
        survivor.client_url: True,
        **{other.client_url: False for other in others},
    }
    assert told[survivor.client_url]["version"] == version
    before = run["refusal"]["arithmetic"]["before"]
    assert (before["voters"], before["size"], before["healthy"]) == (3, 2, 0)
    assert run.seconds < 8


@pytest.mark.parametrize("version", on_releases(["3.7.3"]))
@pytest.mark.etcd(size=3, dead=2, auth=True, strict=False)
def test_every_refusal_says_who_answers_where_nobody_can_log_in(cluster: Cluster):
    run = ensure(cluster, cluster.spare(), request_timeout=2)
    assert run.refusal == "no_quorum", run
    assert f"{cluster.live[0].client_url} answers (etcd 3.7.3, RAFT NO LEADER)" in run.message


def storage_other_than(version: str, cluster: Cluster) -> str | None:
    """The storage versions of the members, where they are not this one yet; None where they are, or have none."""
    found = {member["storage_version"] for member in look_at(cluster)["members"]}
    return None if found <= {None, version} else str(found)


@pytest.mark.parametrize("version", on_releases(["3.5.34", "3.7.3"]))
@pytest.mark.etcd(size=3, flags={"quota_backend_bytes": 100_000_000})
def test_versions_quota_and_feature_gates_are_told(cluster: Cluster, version: str):
    minor = f"{cluster.minor}.0"
    waiting.until("the storage versions to follow", lambda: storage_other_than(minor, cluster), 10)
    run = look_at(cluster)
    assert (run["cluster_version"], run["versions"]) == (minor, {version: 3})
    assert run["downgrade"] == {"enabled": False, "target_version": None}
    for member in run["members"]:
        assert (member["db_size_quota"], member["db_quota_used"]) == (100_000_000, 0)
        if cluster.minor == "3.5":
            assert (member["storage_version"], member["feature_gates"]) == (None, None)
        else:
            assert member["storage_version"] == minor
            assert member["feature_gates"] == ["FastLeaseKeepAlive", "TxnModeWriteWithSharedBuffer"]


# -- hashes ------------------------------------------------------------------------------------------------------------


@pytest.mark.differs(HASH_OVER_THE_GATEWAY)
@pytest.mark.etcd(size=3)
def test_the_keyspaces_of_a_healthy_cluster_are_equal(cluster: Cluster, version: str):
    cluster.put("key", "value")
    run = look_at(cluster, hash=True, transport="gateway")
    assert run.ok, run
    if HASH_OVER_THE_GATEWAY.answer(version) == "missing":
        assert run["hash"]["consistent"] is None
        assert len(run["hash"]["errors"]) == 3
        run = look_at(cluster, hash=True, transport="grpc")
    assert run.ok, run
    assert run["hash"]["consistent"] is True, run["hash"]
    assert len(run["hash"]["hashes"]) == 3
    # The newest that all have: a follower may be a moment behind.
    assert 1 <= run["hash"]["revision"] <= cluster.revision()


# -- the way to another membership -------------------------------------------------------------------------------------


def desired(*members: Member) -> list[dict[str, Any]]:
    return [{"name": member.name, "peer_urls": [member.peer_url]} for member in members]


@pytest.mark.etcd(size=1, learners=1)
def test_a_learner_that_answers_first_does_not_hide_the_quorum(cluster: Cluster):
    """Who answers first is up to chance: one look in ten went wrong when whoever answered meanwhile was not asked for
    the list.
    """
    looks = [look_at(cluster) for _ in range(60)]
    assert [look["quorum"] for look in looks if not look["has_quorum"]] == []


@pytest.mark.etcd(size=1, strict=False)
def test_the_way_to_three_members_is_walked_as_it_was_shown(cluster: Cluster):
    hosts = [cluster["etcd1"], cluster.spare(), cluster.spare()]
    way = look_at(cluster, desired_members=desired(*hosts))
    assert [(move["action"], move["member"]["name"]) for move in way["plan"]] == [
        *((action, hosts[1].name) for action in ("add_learner", "start", "promote")),
        *((action, hosts[2].name) for action in ("add_learner", "start", "promote")),
    ]
    assert way["refusal"] is None

    walked = [move["action"] for move in _walked(cluster, hosts)]

    assert walked == ["add_learner", "start", "promote"] * 2
    assert listed(cluster) == voters(*hosts)


@pytest.mark.etcd(size=3, dead=1, strict=False)
def test_the_way_to_a_replacement_begins_with_the_dead_member(cluster: Cluster):
    (dead,) = (member for member in cluster.members if not member.is_running)
    host = cluster.spare()
    hosts = [*cluster.live, host]

    walked = [(move["action"], move["member"]["name"]) for move in _walked(cluster, hosts)]

    assert walked == [("remove", dead.name), ("add_learner", host.name), ("start", host.name), ("promote", host.name)]
    assert listed(cluster) == voters(*hosts)


def _walked(cluster: Cluster, hosts: list[Member]) -> list[dict[str, Any]]:
    """Makes the first move of the way and asks anew, until there is none left; returns the moves."""
    walked = []
    while plan := (way := look_at(cluster, desired_members=desired(*hosts)))["plan"]:
        _walk(cluster, plan[0])
        walked.append(plan[0])
    assert way["refusal"] is None, (walked, way["refusal"])
    return walked


def _walk(cluster: Cluster, move: dict[str, Any]) -> None:
    """One move, made by etcd_member or by starting etcd."""
    host = cluster[move["member"]["name"]]
    if move["action"] == "start":
        host.start(environment=ensure(cluster, host)["environment"])
        return
    run = ensure(
        cluster, host, state={"add_learner": "present", "promote": "promoted", "remove": "absent"}[move["action"]]
    )
    assert run.done == [move["action"]], run


@pytest.mark.etcd(size=3)
def test_there_is_nothing_to_do_where_the_membership_is_the_desired_one(cluster: Cluster):
    run = look_at(cluster, desired_members=desired(*cluster.members))
    assert run["plan"] == []
    assert run["refusal"] is None


@pytest.mark.etcd(size=2, dead=1)
def test_without_a_quorum_there_is_no_way(cluster: Cluster):
    run = look_at(cluster, desired_members=desired(*cluster.live), request_timeout=3)
    assert run["plan"] == []
    assert run["refusal"]["code"] == "no_quorum"


@pytest.mark.etcd(size=1)
def test_a_desired_member_with_a_malformed_peer_url_is_refused(cluster: Cluster):
    run = look_at(cluster, desired_members=[{"name": "n1", "peer_urls": ["http://n1"]}])
    assert run.refusal == "invalid_peer_url"


# -- authentication ----------------------------------------------------------------------------------------------------


@pytest.mark.differs(STATUS_WITH_AUTHENTICATION)
@pytest.mark.etcd(size=1, auth=True)
def test_a_wrong_password_is_an_authentication_error(cluster: Cluster, version: str):
    secret = base64.b64encode(b"wrong").decode()
    run = look_at(cluster, password=secret, hash=True)
    assert run.error == "auth_failed" or (
        STATUS_WITH_AUTHENTICATION.answer(version) == "anyone" and run["hash"]["errors"]
    ), run
    assert secret not in str(run.json["msg"] if not run.ok else "")
