# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health and arithmetic: who counts, how many are needed, how many may fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import (
    Quorum,
    alarms_of,
    is_healthy_cluster,
    is_settled,
    lag_of,
    most_caught_up,
    quorum_of,
    raft_index_of_leader,
    unhealthy_reason,
)

from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    NEWEST_INDEX,
    alarmed,
    cluster,
    dead,
    dead_learner,
    healthy,
    id_of,
    lagging,
    leaderless,
    learner,
    unstarted,
    unstarted_learner,
    voters,
)


# voters, healthy: quorum, fault tolerance, holds (etcd's own table of cluster sizes, and below it)
@pytest.mark.parametrize(
    ("count", "healthy_ones", "size", "tolerance", "holds"),
    [
        (1, 1, 1, 0, True),
        (1, 0, 1, 0, False),
        (2, 2, 2, 0, True),
        (2, 1, 2, 0, False),
        (3, 3, 2, 1, True),
        (3, 2, 2, 0, True),
        (3, 1, 2, 0, False),
        (4, 4, 3, 1, True),
        (4, 2, 3, 0, False),
        (5, 5, 3, 2, True),
        (5, 4, 3, 1, True),
        (6, 6, 4, 2, True),
        (7, 7, 4, 3, True),
        (7, 4, 4, 0, True),
        (7, 3, 4, 0, False),
        (8, 8, 5, 3, True),
        (9, 9, 5, 4, True),
    ],
)
def test_the_arithmetic(count, healthy_ones, size, tolerance, holds):
    quorum = Quorum(count, healthy_ones)
    assert (quorum.size, quorum.fault_tolerance, quorum.holds) == (size, tolerance, holds)


def test_learners_do_not_count():
    assert quorum_of(cluster(*voters(3, 1), learner("m4"), dead_learner("m5"), unstarted_learner(6))) == Quorum(3, 2)


def test_unstarted_voters_count_and_are_not_healthy():
    assert quorum_of(cluster(*voters(3), unstarted(4))) == Quorum(4, 3)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (healthy("m3"), ""),
        (healthy("m3", lag=5000), ""),
        (healthy("m3", lag=5001), "is 5001 raft entries behind the leader"),
        (dead("m3"), "refuses connections"),
        (unstarted("m3"), "never started"),
        (unstarted_learner("m3"), "never started"),
        (learner("m3"), ""),
        (leaderless("m3"), "sees no leader"),
        (alarmed("m3"), "raised the alarm NOSPACE"),
        (alarmed("m3", "CORRUPT"), "raised the alarm CORRUPT"),
    ],
)
def test_what_ails_a_member(host, words):
    assert unhealthy_reason(cluster(healthy("m1"), healthy("m2"), host), host.record) == words


def with_status(observed, name, **changes):
    return replace(
        observed,
        statuses=tuple(replace(one, **changes) if one.member_id == id_of(name) else one for one in observed.statuses),
    )


def test_who_follows_another_leader_is_not_healthy():
    observed = with_status(cluster(*voters(3)), "m3", leader_id=0xBAD)
    assert unhealthy_reason(observed, observed.members[2]) == "follows another leader (bad)"


def test_who_answers_for_another_cluster_is_not_healthy():
    observed = with_status(cluster(*voters(3)), "m3", cluster_id=0xBAD)
    assert unhealthy_reason(observed, observed.members[2]) == "answers for another cluster (bad)"


def test_an_alarm_ails_only_who_raised_it():
    observed = cluster(healthy("m1"), alarmed("m2"), healthy("m3"))
    assert [bool(unhealthy_reason(observed, member)) for member in observed.members] == [False, True, False]


def test_both_alarms_of_one_member():
    observed = cluster(
        healthy("m1"), healthy("m2"), alarms=(Alarm(id_of("m2"), "NOSPACE"), Alarm(id_of("m2"), "CORRUPT"))
    )
    assert unhealthy_reason(observed, observed.members[1]) == "raised the alarm CORRUPT and NOSPACE"


def test_who_was_not_asked_is_not_taken_for_healthy():
    observed = replace(cluster(*voters(3)), statuses=(), silences=())
    assert unhealthy_reason(observed, observed.members[0]) == "was not asked"


def test_alarms_are_read_from_the_status_texts_of_all_members():
    texts = (f"memberID:{id_of('m2')} alarm:NOSPACE ", "etcdserver: no leader")
    observed = with_status(cluster(*voters(3)), "m1", errors=texts)
    observed = with_status(
        observed, "m3", errors=(f"memberID:{id_of('m3')} alarm:CORRUPT", f"memberID:{id_of('m2')} alarm:NOSPACE")
    )
    assert set(alarms_of(observed)) == {Alarm(id_of("m2"), "NOSPACE"), Alarm(id_of("m3"), "CORRUPT")}
    assert unhealthy_reason(observed, observed.members[1]) == "raised the alarm NOSPACE"


def test_a_part_of_an_id_in_a_status_text_is_no_alarm_of_its_owner():
    observed = cluster(healthy("m1", member_id=12), healthy("m2", member_id=123))
    observed = replace(
        observed, statuses=tuple(replace(one, errors=("memberID:123 alarm:NOSPACE",)) for one in observed.statuses)
    )
    assert [bool(unhealthy_reason(observed, member)) for member in observed.members] == [False, True]


def test_the_lag_is_measured_from_the_leader():
    observed = cluster(healthy("m1", lag=10), healthy("m2"), healthy("m3", lag=25), leader="m1")
    assert raft_index_of_leader(observed) == NEWEST_INDEX - 10
    assert [lag_of(observed, status) for status in observed.statuses] == [0, 0, 15]


def test_the_lag_is_measured_from_the_newest_where_the_leader_does_not_answer():
    observed = cluster(dead("m1"), healthy("m2"), healthy("m3", lag=25), leader="m1")
    assert raft_index_of_leader(observed) == NEWEST_INDEX


def test_another_clusters_index_is_no_measure():
    observed = with_status(
        cluster(dead("m1"), healthy("m2", lag=5), healthy("m3"), leader="m1"), "m3", cluster_id=CLUSTER_ID + 1
    )
    assert raft_index_of_leader(observed) == NEWEST_INDEX - 5


def test_nobody_is_behind_where_nobody_answers():
    assert raft_index_of_leader(replace(cluster(*voters(3)), statuses=())) == 0


@pytest.mark.parametrize(
    ("hosts", "chosen"),
    [
        ([healthy("m2", lag=5), healthy("m3", lag=2)], "m3"),
        ([lagging("m2"), healthy("m3", lag=4000)], "m3"),
        ([dead("m2"), learner("m3")], None),
        ([alarmed("m2"), healthy("m3")], "m3"),
    ],
)
def test_the_most_caught_up_voter(hosts, chosen):
    observed = cluster(healthy("m1"), healthy("m9"), *hosts, leader="m1")
    found = most_caught_up(observed, tuple(host.record for host in hosts))
    assert (found.name if found else None) == chosen


def test_what_was_applied_counts_more_than_what_was_received():
    observed = with_status(cluster(*voters(3)), "m2", raft_applied_index=NEWEST_INDEX - 40)
    assert most_caught_up(observed, observed.members[1:]) == observed.members[2]


def test_a_cluster_is_settled_when_all_who_answer_follow_one_leader():
    assert is_settled(cluster(*voters(3)))
    assert is_settled(cluster(*voters(3, 1)))
    assert not is_settled(cluster(healthy("m1"), healthy("m2"), leaderless("m3")))
    assert not is_settled(with_status(cluster(*voters(3)), "m3", leader_id=0xBAD))


@pytest.mark.parametrize(
    ("observed", "is_whole"),
    [
        (cluster(*voters(3)), True),
        (cluster(*voters(3), learner("m4")), True),
        (cluster(*voters(3), dead_learner("m4")), False),
        (cluster(healthy("m1"), healthy("m2"), dead("m3")), False),
        (cluster(healthy("m1"), healthy("m2"), unstarted(3)), False),
        (cluster(leaderless("m1"), leaderless("m2"), leaderless("m3")), False),
    ],
    ids=["voters", "and a learner", "and a dead learner", "a dead voter", "an unstarted voter", "no leader"],
)
def test_a_cluster_is_healthy_if_it_has_a_quorum_and_every_member_is(observed, is_whole):
    assert is_healthy_cluster(observed) is is_whole
