# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's own tables, replayed through the planner.

What etcd refuses we never plan. Where etcd would agree and we do not, the row says why: members that have not arrived
yet, and clusters whose quorum is gone, on which etcd's check passes and the call then hangs.
"""

from __future__ import annotations

import pytest

from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    alarmed,
    cluster,
    dead,
    healthy,
    learner,
    present,
    promoted,
    reached,
    unstarted,
    unstarted_learner,
    url,
    verdict,
    voters,
)

STARTED, OK = "E_STARTED", "ok"


def state(started, unstarted_ones, started_learners=0, unstarted_learners=0):
    """v1, v2… started voters, then unstarted ones, then learners l1…"""
    return cluster(
        *(healthy(f"v{n}", [url(n)]) for n in range(1, started + 1)),
        *(unstarted(n) for n in range(20, 20 + unstarted_ones)),
        *(learner(f"l{n}", peer_urls=[url(40 + n)]) for n in range(1, started_learners + 1)),
        *(unstarted_learner(n) for n in range(60, 60 + unstarted_learners)),
    )


ADD = present("new", [url(99)], learner=False)
REMOVE_STARTED = absent("v1", move_leader=False)
REMOVE_UNSTARTED = absent(peer_urls=[url(20)])
PROMOTE = promoted("l1")

# cluster_test.go TestIsReadyToAddVotingMember (A), TestIsReadyToRemoveVotingMember (R), TestIsReadyToPromoteMember (P):
# voters started + unstarted, learners started + unstarted, operation, what etcd says, what we say
STARTED_ARITHMETIC = {
    "A1": ((0, 3), (0, 0), ADD, STARTED, "no_quorum"),
    "A2": ((1, 1), (0, 0), ADD, STARTED, "no_quorum"),
    "A3": ((1, 2), (0, 0), ADD, STARTED, "no_quorum"),
    "A4": ((1, 0), (0, 0), ADD, OK, "would_lose_quorum"),  # a second voter that never starts stops the cluster
    "A5": ((2, 1), (0, 0), ADD, STARTED, "member_unstarted"),
    "A6": ((3, 0), (0, 0), ADD, OK, "add_voter new"),
    "A7": ((3, 1), (0, 0), ADD, OK, "member_unstarted"),  # a second unstarted voter would leave no failure to spare
    "A8": ((0, 0), (0, 0), ADD, STARTED, "no_quorum"),
    "A9": ((2, 0), (0, 2), ADD, OK, "another_learner"),  # whoever joins arrives first
    "A10": ((1, 1), (2, 0), ADD, STARTED, "no_quorum"),
    "R1": ((1, 0), (0, 0), REMOVE_STARTED, STARTED, "last_member"),
    "R2": ((0, 3), (0, 0), REMOVE_UNSTARTED, STARTED, "no_quorum"),
    "R3": ((1, 1), (0, 0), REMOVE_UNSTARTED, OK, "no_quorum"),  # etcd's call hangs: 1 of 2 is no quorum
    "R4": ((2, 1), (0, 0), REMOVE_STARTED, STARTED, "member_unstarted"),
    "R5": ((3, 0), (0, 0), REMOVE_STARTED, OK, "remove v1"),
    "R6": ((3, 1), (0, 0), REMOVE_STARTED, OK, "member_unstarted"),  # whoever joins arrives first
    "R7": ((3, 1), (0, 0), REMOVE_UNSTARTED, OK, "remove unstarted"),
    "R8": ((1, 0), (1, 0), REMOVE_STARTED, STARTED, "last_member"),
    "R9": ((1, 1), (1, 0), REMOVE_STARTED, STARTED, "no_quorum"),
    "R10": ((1, 1), (1, 0), REMOVE_UNSTARTED, OK, "no_quorum"),  # hangs
    "R11": ((1, 1), (0, 1), REMOVE_UNSTARTED, OK, "no_quorum"),  # hangs
    "P1": ((1, 0), (1, 0), PROMOTE, OK, "promote l1"),
    "P2": ((0, 1), (1, 0), PROMOTE, STARTED, "no_quorum"),
    "P3": ((2, 0), (1, 0), PROMOTE, OK, "promote l1"),
    "P4": ((1, 1), (1, 0), PROMOTE, OK, "no_quorum"),  # hangs
    "P5": ((1, 2), (1, 0), PROMOTE, STARTED, "no_quorum"),
    "P6": ((2, 1), (1, 0), PROMOTE, OK, "member_unstarted"),  # whoever joins arrives first
    "P7": ((2, 2), (1, 0), PROMOTE, OK, "no_quorum"),  # hangs
}


def test_all_28_rows_of_the_started_arithmetic_are_here():
    names = [f"A{n}" for n in range(1, 11)] + [f"R{n}" for n in range(1, 12)] + [f"P{n}" for n in range(1, 8)]
    assert list(STARTED_ARITHMETIC) == names


@pytest.mark.parametrize("row", STARTED_ARITHMETIC)
def test_started_arithmetic(row):
    (started, waiting), learners, goal, etcd_says, expected = STARTED_ARITHMETIC[row]
    found = verdict(state(started, waiting, *learners), goal)
    assert ("remove unstarted" if found.startswith("remove ") and goal is REMOVE_UNSTARTED else found) == expected
    if etcd_says == STARTED:
        assert found in ("no_quorum", "member_unstarted", "last_member")


UNHEALTHY = "E_UNHEALTHY"

# server.go mayAddMember, mayRemoveMember, util.go. Voters, connected ones: add by the old rule, by the new one,
# remove a connected voter, remove a disconnected one.
CONNECTIONS = {
    (1, 1): (OK, OK, STARTED, None),
    (2, 2): (OK, OK, OK, None),
    (3, 2): (UNHEALTHY, UNHEALTHY, UNHEALTHY, OK),
    (3, 3): (OK, OK, OK, None),
    (4, 3): (UNHEALTHY, OK, OK, OK),
    (4, 4): (OK, OK, OK, None),
    (5, 3): (UNHEALTHY, UNHEALTHY, UNHEALTHY, OK),
    (5, 4): (UNHEALTHY, OK, OK, OK),
    (5, 5): (OK, OK, OK, None),
    (6, 4): (UNHEALTHY, OK, OK, OK),
    (6, 5): (UNHEALTHY, OK, OK, OK),
    (6, 6): (OK, OK, OK, None),
    (7, 4): (UNHEALTHY, UNHEALTHY, UNHEALTHY, OK),
    (7, 5): (UNHEALTHY, OK, OK, OK),
    (7, 6): (UNHEALTHY, OK, OK, OK),
    (7, 7): (OK, OK, OK, None),
}


@pytest.mark.parametrize(("count", "connected"), CONNECTIONS)
def test_connections_decide_as_etcd_does_and_before_it_is_asked(count, connected):
    old, new, remove_connected, remove_disconnected = CONNECTIONS[count, connected]
    down = count - connected
    add, victim = present("new", [url(99)]), f"m{connected}"
    in_etcds_words = {"add_learner new": OK, f"remove {victim}": OK, f"remove m{count}": OK, "last_member": STARTED}

    def ours(version, goal):
        found = verdict(cluster(*voters(count, down), version=version), goal)
        return in_etcds_words.get(
            found, UNHEALTHY if found in ("would_lose_quorum", "remove_unhealthy_first") else found
        )

    for version in ("3.4.45", "3.5.29", "3.6.10"):
        assert ours(version, add) == old
    for version in ("3.5.30", "3.6.11", "3.7.0"):
        assert ours(version, add) == new
    assert ours("3.5.30", absent(victim, move_leader=False)) == remove_connected
    if remove_disconnected:
        assert ours("3.5.30", absent(f"m{count}")) == remove_disconnected


# cli (size, down): a learner is added or not, by etcd's ctl_v3_member_test.go
# TestCtlV3MemberAddAsLearnerWithOneMemberDown
@pytest.mark.parametrize(
    ("size", "down", "agreed"), [(1, 0, True), (3, 1, False), (4, 1, True), (5, 1, True), (5, 2, False)]
)
def test_adding_a_learner_with_members_down_as_upstream_tests_it(size, down, agreed):
    found = verdict(cluster(*voters(size, down), version="3.5.30"), present("new", [url(99)]))
    assert (found == "add_learner new") is agreed


# cluster_test.go TestClusterValidateConfigurationChangeV3: learner 1, voters 2 and 3, member 4 was removed.
def place(number):
    return [f"http://h:{number}"]


def validated(version="3.6.14", **facts):
    one = learner("m1", peer_urls=place(1))
    return cluster(one, healthy("m2", place(2)), healthy("m3", place(3)), version=version, **facts)


def settled(**facts):
    """The same with the learner promoted."""
    return cluster(healthy("m1", place(1)), healthy("m2", place(2)), healthy("m3", place(3)), **facts)


def test_c1_removing_a_voter_waits_for_the_learner_and_is_fine_without_it():
    assert verdict(validated(), absent("m3")) == "another_learner"
    assert verdict(settled(), absent("m3")) == "remove m3"


def test_c2_a_removed_id_cannot_be_added_again():
    assert verdict(settled(), present(peer_urls=place(4), member_id="4")) == "member_not_found"


def test_c3_removing_what_is_removed_changes_nothing():
    assert verdict(settled(), absent(member_id="4")) == "nothing to do"


def test_c4_adding_what_is_there_changes_nothing():
    assert verdict(validated(), present("m1", place(1))) == "nothing to do"
    assert verdict(validated(), present(peer_urls=place(1))) == "nothing to do"


def test_c5_another_name_on_a_members_address_is_no_new_member():
    assert verdict(validated(), present("m5", place(1))) == "ambiguous_identity"
    assert verdict(settled(), present("m5", [*place(1), *place(5)])) == "peer_url_in_use"


def test_c6_removing_what_never_was_changes_nothing():
    assert verdict(settled(), absent(member_id="5")) == "nothing to do"


def test_c7_adding_with_a_free_address_waits_for_the_learner_and_is_fine_without_it():
    assert verdict(validated(), present("m5", place(5), learner=False)) == "another_learner"
    assert verdict(settled(), present("m5", place(5), learner=False)) == "add_voter m5"


def test_c8_updating_what_never_was():
    assert verdict(settled(), present(peer_urls=place(5), member_id="5")) == "member_not_found"


def test_c9_updating_to_the_address_of_another():
    assert verdict(settled(), present("m2", place(3))) == "peer_url_in_use"


def test_c10_updating_to_a_free_address():
    assert verdict(settled(probes=reached(*place(5))), present("m2", place(5))) == "update_peer_urls m2"


def test_c11_updating_to_its_own_address_changes_nothing():
    assert verdict(settled(), present("m2", place(2))) == "nothing to do"


def test_c12_promoting_a_voter_changes_nothing():
    assert verdict(settled(), promoted("m3")) == "nothing to do"


def test_c13_promoting_what_never_was():
    assert verdict(settled(), promoted(member_id="6")) == "member_not_found"


def test_c14_promoting_what_is_removed():
    assert verdict(settled(), promoted(member_id="4")) == "member_not_found"


def test_c15_a_second_learner():
    assert verdict(validated(), present("m7", place(7))) == "another_learner"


def test_c16_promoting_a_learner_in_sync():
    assert verdict(validated(), promoted("m1")) == "promote m1"


def test_c17_updating_what_is_removed():
    assert verdict(settled(), present(peer_urls=place(9), member_id="4")) == "member_not_found"


@pytest.mark.parametrize("version", ["3.4.23", "3.4.45", "3.5.0", "3.5.16", "3.5.30", "3.6.0", "3.6.11"])
def test_c18_updating_a_learner_ends_it_on_older_releases(version):
    observed = validated(version, probes=reached(*place(8)))
    assert verdict(observed, present("m1", place(8))) == "version_bug"


@pytest.mark.parametrize("version", ["3.5.31", "3.5.33", "3.6.12", "3.7.0"])
def test_c18_updating_a_learner_is_fixed(version):
    observed = validated(version, probes=reached(*place(8)))
    assert verdict(observed, present("m1", place(8))) == "update_peer_urls m1"


@pytest.mark.parametrize("version", ["3.4.23", "3.5.30", "3.7.0"])
def test_i15_a_voter_beside_a_learner_waits_although_etcd_would_add_it(version):
    assert (
        verdict(cluster(*voters(3), learner("m4"), version=version), present("m5", [url(5)], learner=False))
        == "another_learner"
    )


def test_i16_promoting_a_learner_that_never_started():
    assert verdict(cluster(*voters(3), unstarted_learner(4)), promoted("m4", [url(4)])) == "learner_not_started"


@pytest.mark.parametrize("version", ["3.4.23", "3.5.16", "3.5.27", "3.6.5"])
def test_i20_a_promotion_with_authentication_has_to_reach_the_leader_on_older_releases(version):
    observed = cluster(
        dead("m1"), healthy("m2"), healthy("m3"), learner("m4"), leader="m1", version=version, authenticated=True
    )
    assert verdict(observed, promoted("m4")) == "version_bug"


@pytest.mark.parametrize(
    ("version", "authenticated"), [("3.5.28", True), ("3.6.6", True), ("3.7.0", True), ("3.5.27", False)]
)
def test_i20_a_promotion_through_a_follower_is_fine(version, authenticated):
    observed = cluster(
        dead("m1"),
        healthy("m2"),
        healthy("m3"),
        learner("m4"),
        leader="m1",
        version=version,
        authenticated=authenticated,
    )
    assert verdict(observed, promoted("m4")) == "promote m4"


def test_i21_with_authentication_a_promotion_through_the_leader_is_fine_on_every_release():
    assert (
        verdict(cluster(*voters(2), learner("m3"), version="3.4.23", authenticated=True), promoted("m3"))
        == "promote m3"
    )


def test_i29_i30_five_voters_with_two_down_lose_the_dead_one_by_one():
    five = voters(5, 2)
    assert verdict(cluster(*five), absent("m1")) == "would_lose_quorum"
    assert verdict(cluster(*five), absent("m5")) == "remove m5"
    assert verdict(cluster(*five[:4]), absent("m4")) == "remove m4"


def test_i31_four_healthy_voters_lose_one():
    assert verdict(cluster(*voters(4)), absent("m4")) == "remove m4"


def test_i59_an_alarm_counts_as_one_down():
    """etcd itself lets alarms pass; an alarmed voter cannot be counted on, so that three with one are like three with
    one dead.
    """
    three = (healthy("m1"), healthy("m2"), alarmed("m3"))
    assert verdict(cluster(*three), present("m4", [url(4)])) == "would_lose_quorum"
    assert verdict(cluster(*three), absent("m3")) == "remove m3"
    assert verdict(cluster(*three), absent("m2")) == "would_lose_quorum"
