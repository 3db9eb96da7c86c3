# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role does with the hosts of a group: what was found on them and who answers → the moves, or a refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import (
    Deployment,
    deploy,
    serve_both,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment_text import DueCertificate, plan_text
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import (
    ABSENT,
    DATA,
    EMPTY,
    UNREADABLE,
    Consents,
    DataDir,
    FirstStart,
    Host,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    cluster,
    dead,
    dead_learner,
    healthy,
    id_of,
    learner,
    unstarted,
    url,
    voters,
)

ANOTHER_CLUSTER = 0xC2
A_BEGINNING = FirstStart("m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380", "new")
NONE = Consents()


def fresh(name: str, state: str = ABSENT, **facts) -> Host:
    """A host without data, and without a running etcd."""
    return replace(Host(name, (url(name),), DataDir(state)), **facts)


def running(name: str, **facts) -> Host:
    """A host whose etcd runs with its member's data."""
    return replace(Host(name, (url(name),), DataDir(DATA, id_of(name), CLUSTER_ID), is_running=True), **facts)


def stopped(name: str, **facts) -> Host:
    return running(name, is_running=False, **facts)


def with_data_of(name: str, member: str = "", cluster_id: int = CLUSTER_ID, **facts) -> Host:
    """A host that has not its own member's data."""
    return stopped(name, data_dir=DataDir(DATA, id_of(member or name), cluster_id), **facts)


def verdict(observed: Cluster | None, *hosts: Host, consents: Consents = NONE) -> str:
    """The moves as text, or the code of the refusal."""
    found = deploy(observed, hosts, consents)
    if isinstance(found, Refusal):
        return found.code
    return ", ".join(f"{move.action} {move.name}" for move in found.moves) or "nothing to do"


def deployment(observed: Cluster | None, *hosts: Host, consents: Consents = NONE) -> Deployment:
    found = deploy(observed, hosts, consents)
    assert isinstance(found, Deployment), found
    return found


def refusal(observed: Cluster | None, *hosts: Host, consents: Consents = NONE) -> Refusal:
    found = deploy(observed, hosts, consents)
    assert isinstance(found, Refusal), found
    return found


# A new cluster


def test_no_data_and_no_answer_begins_a_cluster():
    assert verdict(None, fresh("m1"), fresh("m2", EMPTY), fresh("m3")) == "bootstrap m1, bootstrap m2, bootstrap m3"


def test_data_on_one_host_never_begins_a_cluster():
    found = deployment(None, fresh("m1"), fresh("m2"), stopped("m3"))
    assert [(move.action, move.name) for move in found.moves] == [("start", "m3")]
    assert not found.is_complete


def test_an_etcd_that_runs_with_other_data_is_in_the_way():
    assert verdict(None, fresh("m1", is_running=True), fresh("m2")) == "stale_data"


def test_a_beginning_that_was_told_and_not_started_is_told_again():
    assert verdict(None, fresh("m1", first_start=A_BEGINNING), fresh("m2")) == "bootstrap m1, bootstrap m2"


def test_a_beginning_that_was_interrupted_goes_on():
    """One host had begun and waits for the others, who were told but not started."""
    begun = running("m1", first_start=A_BEGINNING)
    told = (fresh("m2", first_start=A_BEGINNING), fresh("m3", first_start=A_BEGINNING))
    assert verdict(None, begun, *told) == "start m2, start m3"


def test_a_beginning_is_not_resumed_beside_a_member_that_was_ready():
    """The one with data has been a member: the others have lost theirs, and must not begin anew."""
    assert (
        verdict(None, stopped("m1"), fresh("m2", first_start=A_BEGINNING), fresh("m3", first_start=A_BEGINNING))
        == "start m1"
    )


def test_only_who_was_told_the_same_beginning_takes_part_in_it():
    another = FirstStart("m4=http://10.0.0.4:2380", "new")
    assert (
        verdict(
            None,
            running("m1", first_start=A_BEGINNING),
            fresh("m2", first_start=A_BEGINNING),
            fresh("m4", first_start=another),
        )
        == "start m2"
    )


# A stopped cluster


def test_members_that_are_all_stopped_are_started_together():
    found = deployment(None, stopped("m1"), stopped("m2"), stopped("m3"))
    assert found.starts == ("m1", "m2", "m3")
    assert not found.is_complete


def test_members_that_run_and_do_not_answer_are_no_new_cluster():
    found = refusal(None, running("m1"), fresh("m2"), fresh("m3"))
    assert found.code == "no_quorum"
    assert "m1" in found.message


def test_hosts_of_two_clusters_are_refused():
    others = (with_data_of("m3", cluster_id=ANOTHER_CLUSTER), fresh("m4"))
    found = refusal(None, stopped("m1"), stopped("m2"), *others)
    assert found.code == "cluster_id_mismatch"
    assert "c1: m1, m2; c2: m3" in found.message


@pytest.mark.parametrize("consents", [NONE, Consents(wipe_stale_data=True)])
def test_nothing_is_wiped_while_no_member_answers(consents):
    odd = fresh("m3", UNREADABLE, data_dir=DataDir(UNREADABLE, reason="/var/lib/etcd holds a database"))
    assert verdict(None, fresh("m1"), fresh("m2"), odd, consents=consents) == "stale_data"
    assert (
        verdict(None, stopped("m1"), with_data_of("m2", cluster_id=ANOTHER_CLUSTER), consents=consents)
        == "cluster_id_mismatch"
    )


def test_a_copied_disk_is_refused():
    assert verdict(None, stopped("m1"), with_data_of("m2", "m1")) == "ambiguous_identity"
    assert verdict(cluster(*voters(3)), running("m1"), running("m2"), with_data_of("m3", "m1")) == "ambiguous_identity"


# A cluster that answers

THREE = (running("m1"), running("m2"), running("m3"))


def test_a_cluster_as_it_should_be_is_left_alone():
    assert verdict(cluster(*voters(3)), *THREE) == "nothing to do"


def test_a_new_host_joins():
    assert verdict(cluster(healthy("m1")), running("m1"), fresh("m2")) == "add_learner m2, start m2, promote m2"


def test_a_stopped_member_is_started():
    found = deployment(cluster(*voters(3, dead_ones=1)), running("m1"), running("m2"), stopped("m3"))
    assert found.starts == ("m3",)
    assert [move.action for move in found.moves] == ["start"]


def test_a_stopped_member_is_started_although_the_quorum_is_lost():
    assert (
        verdict(cluster(*voters(3, dead_ones=2)), running("m1"), stopped("m2"), stopped("m3")) == "start m2, start m3"
    )


def test_a_host_that_lost_its_disk_is_replaced_by_itself():
    moves = "remove m3, add_learner m3, start m3, promote m3"
    assert verdict(cluster(*voters(3, dead_ones=1)), running("m1"), running("m2"), fresh("m3")) == moves


def test_a_dead_host_is_replaced_by_another():
    observed = cluster(*voters(3, dead_ones=1))
    hosts = (running("m1"), running("m2"), fresh("m4"))
    assert verdict(observed, *hosts) == "would_lose_quorum"
    assert (
        verdict(observed, *hosts, consents=Consents(remove_unlisted=True))
        == "remove m3, add_learner m4, start m4, promote m4"
    )


def test_members_without_a_host_stay_and_are_reported():
    found = deployment(cluster(*voters(3)), running("m1"), running("m2"))
    assert found.moves == ()
    assert [member.name for member in found.unlisted] == ["m3"]


def test_a_join_that_was_interrupted_is_finished():
    assert verdict(cluster(healthy("m1"), learner("m2")), running("m1"), running("m2")) == "promote m2"
    never = replace(unstarted("m2"), record=replace(unstarted("m2").record, is_learner=True))
    assert verdict(cluster(healthy("m1"), never), running("m1"), fresh("m2")) == "start m2, promote m2"


def test_a_member_with_another_members_data_is_refused():
    assert (
        verdict(cluster(*voters(3, dead_ones=1)), running("m1"), running("m2"), with_data_of("m4", "m3"))
        == "ambiguous_identity"
    )


# One run


def sequence(observed: Cluster, *hosts: Host, consents: Consents = NONE) -> tuple[tuple[str, ...], str]:
    """Who is started first and all at once, and the moves that follow one by one."""
    found = deployment(observed, *hosts, consents=consents)
    return found.starts, ", ".join(f"{move.action} {move.name}" for move in found.sequence)


def readdressed(name: str, place: int, **facts) -> Host:
    """A stopped host whose member is to be reached at another address from now on."""
    return stopped(name, peer_urls=(url(place),), **facts)


@pytest.mark.parametrize(
    ("observed", "hosts", "starts", "moves"),
    [
        pytest.param(
            cluster(*voters(2), dead_learner("m3")),
            (running("m1"), running("m2"), stopped("m3")),
            ("m3",),
            "promote m3",
            id="a learner that was stopped is started and promoted",
        ),
        pytest.param(
            cluster(*voters(3, dead_ones=1)),
            (running("m1"), running("m2"), readdressed("m3", 33)),
            ("m3",),
            "update_peer_urls m3",
            id="a stopped member with a new address is started and made known there",
        ),
        pytest.param(
            cluster(*voters(3, dead_ones=2)),
            (running("m1"), readdressed("m2", 22), readdressed("m3", 33)),
            ("m2", "m3"),
            "update_peer_urls m3, update_peer_urls m2",
            id="also where the quorum was lost",
        ),
        pytest.param(
            cluster(healthy("m1"), dead("m2"), dead_learner("m3")),
            (running("m1"), stopped("m2"), stopped("m3")),
            ("m2", "m3"),
            "promote m3",
            id="a voter that brings the quorum back is started before a learner is promoted",
        ),
        pytest.param(
            cluster(*voters(3, dead_ones=1), dead_learner("m4")),
            (running("m1", outdated=("ETCD_DEBUG",)), running("m2"), readdressed("m3", 33), stopped("m4")),
            ("m4", "m3"),
            "promote m4, update_peer_urls m3, restart m1",
            id="all of it at once",
        ),
        pytest.param(
            cluster(*voters(3), leader="m3"),
            (running("m1"), running("m2"), fresh("m4")),
            (),
            "start m4, promote m4, remove m3",
            id="what is part of another move is left out",
        ),
    ],
)
def test_one_run_makes_all_moves(observed, hosts, starts, moves):
    consents = Consents(remove_unlisted=True)
    assert sequence(observed, *hosts, consents=consents) == (starts, moves)


# Stale data

STALE = [
    with_data_of("m4", "somebody removed"),
    fresh("m4", data_dir=DataDir(UNREADABLE, reason="it holds a database and no log")),
]


@pytest.mark.parametrize("host", STALE)
def test_stale_data_is_wiped_with_consent_only(host):
    assert verdict(cluster(*voters(3)), *THREE, host) == "stale_data"
    assert (
        verdict(cluster(*voters(3)), *THREE, host, consents=Consents(wipe_stale_data=True))
        == "wipe m4, add_learner m4, start m4, promote m4"
    )


def test_data_of_another_cluster_is_wiped_with_consent_unless_its_etcd_runs():
    foreign = with_data_of("m4", cluster_id=ANOTHER_CLUSTER)
    consents = Consents(wipe_stale_data=True)
    assert verdict(cluster(*voters(3)), *THREE, foreign) == "cluster_id_mismatch"
    assert verdict(cluster(*voters(3)), *THREE, foreign, consents=consents).startswith("wipe m4")
    assert (
        verdict(cluster(*voters(3)), *THREE, replace(foreign, is_running=True), consents=consents)
        == "cluster_id_mismatch"
    )


def test_a_wipe_comes_after_what_has_to_go_before_it():
    """The data of a member that was removed, on a host whose successor is dead too."""
    host = with_data_of("m3", "an earlier m3")
    consents = Consents(wipe_stale_data=True)
    moves = "remove m3, wipe m3, add_learner m3, start m3, promote m3"
    assert (
        verdict(
            cluster(healthy("m1"), healthy("m2"), dead("m3")), running("m1"), running("m2"), host, consents=consents
        )
        == moves
    )


# Rebuilding

REBUILD_M3 = Consents(rebuild="m3")
REBUILT = "remove m3, wipe m3, add_learner m3, start m3, promote m3"


def test_a_healthy_member_is_rebuilt_on_its_own_host():
    assert verdict(cluster(*voters(3)), *THREE, consents=REBUILD_M3) == REBUILT
    assert verdict(cluster(*voters(3), leader="m3"), *THREE, consents=REBUILD_M3) == REBUILT
    assert (
        verdict(cluster(*voters(3), leader="m3", version="3.5.16", authenticated=True), *THREE, consents=REBUILD_M3)
        == REBUILT
    )


@pytest.mark.parametrize(
    ("observed", "host", "expected"),
    [
        (cluster(*voters(2)), running("m3"), "wipe m3, add_learner m3, start m3, promote m3"),
        (cluster(*voters(2)), fresh("m3"), "add_learner m3, start m3, promote m3"),
        (cluster(*voters(2), learner("m3")), running("m3"), "promote m3"),
    ],
)
def test_a_rebuild_that_was_interrupted_goes_on(observed, host, expected):
    assert verdict(observed, running("m1"), running("m2"), host, consents=REBUILD_M3) == expected


def test_the_rebuild_of_one_host_is_no_consent_for_another():
    stale = with_data_of("m4", "somebody removed")
    assert verdict(cluster(*voters(3)), *THREE, stale, consents=REBUILD_M3) == "stale_data"


def test_a_rebuild_never_costs_the_quorum():
    hosts = (running("m1"), stopped("m2"), running("m3"))
    observed = cluster(healthy("m1"), dead("m2"), healthy("m3"))
    assert verdict(observed, *hosts, consents=REBUILD_M3).startswith("start m2, remove m3")
    assert verdict(cluster(healthy("m1")), running("m1"), consents=Consents(rebuild="m1")) == "last_member"


# Restarts


def test_who_runs_with_outdated_settings_is_restarted_the_leader_last():
    hosts = [replace(host, outdated=("ETCD_QUOTA_BACKEND_BYTES",)) for host in THREE]
    assert verdict(cluster(*voters(3), leader="m2"), *hosts) == "restart m1, restart m3, restart m2"


def moved(name: str, **facts) -> Host:
    """A host whose member is to be reached by TLS from now on."""
    return running(name, peer_urls=(url(name).replace("http:", "https:"),), **facts)


def test_who_is_to_listen_elsewhere_is_restarted_there_before_the_others_are_told_and_one_after_the_other():
    hosts = [moved(name, outdated=("ETCD_LISTEN_PEER_URLS",)) for name in ("m1", "m2", "m3")]
    expected = "restart m2, update_peer_urls m2, restart m3, update_peer_urls m3, restart m1, update_peer_urls m1"
    assert verdict(cluster(*voters(3)), *hosts) == expected


def test_who_was_restarted_at_a_new_address_before_the_run_was_killed_is_made_known_before_anybody_else_is_restarted():
    hosts = (moved("m1", outdated=("ETCD_LISTEN_PEER_URLS",)), moved("m2"), running("m3", outdated=("ETCD_DEBUG",)))
    assert verdict(cluster(*voters(3)), *hosts) == "update_peer_urls m2, restart m3, restart m1, update_peer_urls m1"


def test_who_is_started_anyway_is_not_restarted():
    observed = cluster(*voters(3, dead_ones=1))
    assert verdict(observed, running("m1"), running("m2"), stopped("m3", outdated=("ETCD_NAME",))) == "start m3"


def test_one_of_two_is_not_restarted_without_consent():
    hosts = (running("m1", outdated=("ETCD_DEBUG",)), running("m2"))
    observed = cluster(*voters(2))
    assert verdict(observed, *hosts) == "would_lose_quorum"
    assert verdict(observed, *hosts, consents=Consents(accept=frozenset({"would_lose_quorum"}))) == "restart m1"


def test_a_single_member_is_restarted():
    assert verdict(cluster(healthy("m1")), running("m1", outdated=("ETCD_DEBUG",))) == "restart m1"


# http and https at one address


@pytest.mark.parametrize(
    ("release", "accept", "outcome"),
    [
        ("3.4.23", (), "version_bug"),
        ("3.5.7", (), "version_bug"),
        ("3.5.8", (), "restart m1"),
        ("3.7.3", (), "restart m1"),
        ("3.5.7", ("version_bug",), "restart m1"),
    ],
)
def test_members_serve_both_only_on_a_release_that_can(release, accept, outcome):
    observed = cluster(*voters(3), version=release)
    hosts = (running("m1", outdated=("ETCD_LISTEN_CLIENT_URLS",)), running("m2"), running("m3"))
    found = serve_both(observed, hosts, Consents(accept=frozenset(accept)))
    if isinstance(found, Refusal):
        assert found.code == outcome
        assert "on etcd " + release + " a member that serves http and https" in found.message
        assert found.next_step == "Upgrade to 3.5.8 or newer first (quorum.etcd.upgrade)."
    else:
        assert [f"{move.action} {move.name}" for move in found.moves] == [outcome]
        assert ["Accepted version_bug" in warning for warning in found.warnings[:1]] == [True] * len(accept)


def test_whether_they_can_is_not_known_before_they_answer():
    hosts = (stopped("m1"), stopped("m2"), stopped("m3"))
    assert serve_both(None, hosts, NONE) == deploy(None, hosts, NONE)


# The text


def text(observed: Cluster | None, *hosts: Host, consents: Consents = NONE) -> str:
    return plan_text(observed, hosts, deployment(observed, *hosts, consents=consents))


def test_a_plan_reads_well_in_80_columns():
    observed = cluster(*voters(3, dead_ones=1))
    found = text(
        observed,
        running("m1", outdated=("ETCD_A", "ETCD_B", "ETCD_C")),
        running("m2"),
        fresh("m4"),
        consents=Consents(remove_unlisted=True),
    )
    assert found == (
        "The etcd cluster c1:\n"
        "    m1: leader, healthy, http://10.0.0.1:2380\n"
        "    m2: voter, healthy, http://10.0.0.2:2380\n"
        "    m3: voter, unhealthy, http://10.0.0.3:2380\n"
        "    quorum: 2 of 3 voters healthy, quorum 2, tolerates 0\n"
        "\n"
        "The plan has 5 moves:\n"
        "    - m3  remove\n"
        "    + m4  add as a learner      http://10.0.0.4:2380\n"
        "    + m4  start etcd\n"
        "    + m4  promote to a voter\n"
        "    ~ m1  restart etcd          (ETCD_A, ETCD_B and 1 more)\n"
        "\n"
        "Afterwards: 3 voters, quorum 2, tolerates 1\n"
    )
    assert max(map(len, found.splitlines())) <= 80


def test_certificates_that_are_due_stand_in_the_plan_and_then_there_is_something_to_do():
    observed, due = cluster(*voters(3)), [DueCertificate("m10", "ca.crt", "x"), DueCertificate("m1", "server.crt", "y")]
    found = plan_text(observed, THREE, deployment(observed, *THREE), due)
    assert found.endswith(
        "tolerates 1\n\nCertificates to renew, without a restart:\n"
        "    ~ m10  ca.crt      x\n    ~ m1   server.crt  y\n\nAfterwards: 3 voters, quorum 2, tolerates 1\n"
    )
    assert "nothing to do" not in found


@pytest.mark.parametrize(
    ("observed", "hosts", "line"),
    [
        (None, [fresh("m1")], "    + m1  bootstrap             http://10.0.0.1:2380"),
        (None, [stopped("m1"), fresh("m2")], "Further moves are planned once they answer."),
        (None, [stopped("m1"), fresh("m2")], "No etcd answers. Data of the cluster c1: m1"),
        (cluster(*voters(3)), THREE, "There is nothing to do."),
        (cluster(*voters(3)), THREE[:2], "Not in the group, and left alone: m3 (http://10.0.0.3:2380)"),
    ],
)
def test_a_plan_says(observed, hosts, line):
    assert line in text(observed, *hosts).splitlines()
