# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole cases of operators, as far as the plan decides them: start, operation, expected.

The numbers are those of the case list.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.decision import (
    learner_to_prove,
    peer_urls_to_prove,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import Quorum
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import ELECTION, FINAL, WAIT

from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    alarmed,
    cluster,
    dead,
    dead_learner,
    healthy,
    id_of,
    lagging,
    leaderless,
    learner,
    present,
    promoted,
    reached,
    refusal,
    unreached,
    unstarted,
    unstarted_learner,
    url,
    verdict,
    voters,
    warnings,
)

JOIN_M4 = present("m4", [url(4)])


# Adding


def test_1_a_cluster_of_one_grows_by_a_learner_that_is_promoted():
    assert verdict(cluster(healthy("m1")), present("m2", [url(2)])) == "add_learner m2"
    assert verdict(cluster(healthy("m1"), learner("m2")), promoted("m2")) == "promote m2"
    assert verdict(cluster(healthy("m1"), healthy("m2")), promoted("m2")) == "nothing to do"


def test_2_a_direct_voter_beside_a_single_one_is_refused_unless_the_user_knows():
    one = cluster(healthy("m1"))
    assert verdict(one, present("m2", [url(2)], learner=False)) == "would_lose_quorum"
    assert "learner: true" in refusal(one, present("m2", [url(2)], learner=False)).next_step
    assert verdict(one, present("m2", [url(2)], learner=False, accept=("would_lose_quorum",))) == "add_voter m2"


def test_3_three_healthy_voters_take_a_fourth():
    assert verdict(cluster(*voters(3)), JOIN_M4) == "add_learner m4"


def test_4_a_fourth_beside_a_dead_third_is_refused_and_the_dead_one_named():
    found = refusal(cluster(*voters(3, 1)), JOIN_M4)
    assert found.code == "would_lose_quorum"
    assert "Remove m3 first" in found.next_step
    assert "m3 refuses connections" in found.message
    assert (found.before, found.after) == (Quorum(3, 2), Quorum(4, 2))


@pytest.mark.parametrize(("version", "fixed"), [("3.5.29", "3.5.30"), ("3.6.10", "3.6.11")])
def test_5_four_voters_with_one_dead_depend_on_the_release_and_both_are_named(version, fixed):
    found = refusal(cluster(*voters(4, 1), version=version), present("m5", [url(5)]))
    assert found.code == "remove_unhealthy_first"
    assert version in found.message
    assert "m4" in found.message
    assert fixed in found.next_step
    assert verdict(cluster(*voters(4, 1), version=fixed), present("m5", [url(5)])) == "add_learner m5"


@pytest.mark.parametrize(
    "goal", [JOIN_M4, present("m2", [url(9)]), promoted("m1"), absent("m1"), absent("m2"), present("m1", [url(1)])]
)
def test_7_without_a_quorum_nothing_is_decided_and_the_way_to_recover_is_named(goal):
    found = refusal(cluster(healthy("m1"), dead("m2")), goal)
    assert found.code == "no_quorum"
    assert "1 of 2 voters answer, 2 are needed" in found.message
    assert "recover" in found.next_step
    assert found.patience == ELECTION


def test_7_a_quorum_that_answers_without_a_leader_is_told_from_one_that_is_gone():
    found = refusal(cluster(leaderless("m1"), leaderless("m2"), dead("m3")), JOIN_M4)
    assert found.code == "no_quorum"
    assert "2 of 3 voters answer" in found.message
    assert "--force-new-cluster" not in found.next_step


def test_9_who_is_a_member_already_is_left_alone():
    assert verdict(cluster(*voters(3)), present("m2", [url(2)])) == "nothing to do"
    assert verdict(cluster(*voters(3, 1)), present("m3", [url(3)])) == "nothing to do"


@pytest.mark.parametrize("waiting", [unstarted_learner(4), unstarted(4)])
def test_11_a_registration_that_a_crashed_run_left_is_adopted(waiting):
    assert verdict(cluster(*voters(3), waiting), JOIN_M4) == "nothing to do"


def test_11_it_is_adopted_from_a_single_voter_too():
    assert verdict(cluster(healthy("m1"), unstarted_learner(4)), JOIN_M4) == "nothing to do"


def test_14_a_second_learner_waits_for_the_first():
    observed = cluster(*voters(3), learner("m4"))
    found = refusal(observed, present("m5", [url(5)]))
    assert found.code == "another_learner"
    assert "m4" in found.message
    assert found.patience == WAIT
    assert verdict(cluster(*voters(4)), present("m5", [url(5)])) == "add_learner m5"


def test_16_a_learner_that_catches_up_is_waited_for_with_its_progress():
    found = refusal(cluster(*voters(3), learner("m4", lag=250_000, live=False)), promoted("m4"))
    assert found.code == "learner_not_ready"
    assert "750000 of 1000000 raft entries (75 per cent)" in found.message
    assert found.patience == WAIT


@pytest.mark.parametrize(
    ("lag", "expected"),
    [(0, "promote m4"), (1000, "promote m4"), (1001, "learner_not_ready"), (5001, "learner_not_ready")],
)
def test_16_how_close_is_close_enough(lag, expected):
    assert verdict(cluster(*voters(3), learner("m4", lag=lag)), promoted("m4")) == expected


@pytest.mark.parametrize(
    "goal", [promoted("m4", [url(4)]), promoted(peer_urls=[url(4)]), promoted(member_id=f"{id_of('unstarted 4'):x}")]
)
def test_17_a_learner_that_never_started_has_a_reason_of_its_own(goal):
    found = refusal(cluster(*voters(3), unstarted_learner(4)), goal)
    assert found.code == "learner_not_started"
    assert "never started" in found.message
    assert found.patience == WAIT


@pytest.mark.parametrize(("size", "down"), [(1, 0), (3, 0), (3, 1), (5, 2)])
def test_18_a_learner_that_was_in_sync_and_died_is_not_promoted(size, down):
    """etcd would: it looks at the index that the leader remembers. With a voter down that ends the cluster."""
    assert verdict(cluster(*voters(size, down), dead_learner("m9")), promoted("m9")) == "learner_not_live"


def test_18_a_learner_that_answers_and_does_not_follow_is_not_promoted_either():
    found = refusal(cluster(*voters(3), learner("m4", live=False)), promoted("m4"))
    assert found.code == "learner_not_live"
    assert "does not move" in found.message


def test_18_whoever_accepts_a_dead_learner_still_does_not_lose_the_quorum():
    accepted = promoted("m4", accept=("learner_not_live",))
    assert verdict(cluster(*voters(3), dead_learner("m4")), accepted) == "promote m4"
    assert verdict(cluster(*voters(3, 1), dead_learner("m4")), accepted) == "would_lose_quorum"
    assert verdict(cluster(healthy("m1"), dead_learner("m4")), accepted) == "would_lose_quorum"


@pytest.mark.parametrize(
    ("trouble", "alarm"),
    [({}, "CORRUPT"), ({"leader_id": 0}, ""), ({"leader_id": 0xBAD}, ""), ({"cluster_id": 0xC2}, "")],
)
def test_18_a_learner_in_trouble_is_not_live_however_far_behind_it_is(trouble, alarm):
    observed = cluster(*voters(3), replace(learner("m4", lag=90_000), alarm=alarm))
    observed = replace(observed, statuses=(*observed.statuses[:-1], replace(observed.statuses[-1], **trouble)))
    assert verdict(observed, promoted("m4")) == "learner_not_live"


def test_19_a_voter_is_promoted_already_and_a_stranger_is_not_found():
    assert verdict(cluster(*voters(3)), promoted("m2")) == "nothing to do"
    assert verdict(cluster(*voters(3, 1)), promoted("m3")) == "nothing to do"
    found = refusal(cluster(*voters(3)), promoted("m9"))
    assert found.code == "member_not_found"
    assert "m1" in found.next_step


def test_a_voter_that_never_started_is_not_promoted_yet():
    found = refusal(cluster(*voters(3), unstarted(4)), promoted("m4", [url(4)]))
    assert found.code == "member_unstarted"
    assert found.patience == WAIT
    assert (
        verdict(cluster(*voters(3), unstarted(4)), promoted("m4", [url(4)], accept=("member_unstarted",)))
        == "nothing to do"
    )


def test_a_name_that_nobody_has_needs_an_address_to_be_added_with():
    found = refusal(cluster(*voters(3)), present("m9"))
    assert found.code == "member_not_found"
    assert "peer URLs" in found.message
    assert verdict(cluster(*voters(3)), present("m2")) == "nothing to do"


def test_a_second_unstarted_member_is_never_made():
    assert verdict(cluster(*voters(4), unstarted(5)), present("m6", [url(6)])) == "member_unstarted"
    assert verdict(cluster(*voters(4), unstarted_learner(5)), present("m6", [url(6)])) == "another_learner"


# Removing


def test_22_a_follower_leaves_and_stays_away():
    assert verdict(cluster(*voters(3)), absent("m3")) == "remove m3"
    assert "tolerates no failure: 2 of 2 voters healthy" in " ".join(warnings(cluster(*voters(3)), absent("m3")))
    assert verdict(cluster(*voters(2)), absent("m3")) == "nothing to do"


def test_22_enough_left_to_spare_is_no_warning():
    assert warnings(cluster(*voters(4)), absent("m4")) == ()


def test_23_the_leader_hands_over_to_the_voter_that_has_caught_up_most_before_it_leaves():
    observed = cluster(healthy("m1"), healthy("m2", lag=7), healthy("m3", lag=3), leader="m1")
    assert verdict(observed, absent("m1")) == "move_leader m3, remove m1"
    assert verdict(observed, absent("m1", move_leader=False)) == "remove m1"


@pytest.mark.parametrize("unfit", [dead("m2"), lagging("m2"), alarmed("m2"), leaderless("m2")])
def test_23_leadership_never_goes_to_one_who_cannot_be_counted_on(unfit):
    observed = cluster(healthy("m1"), unfit, healthy("m3", lag=900), healthy("m4", lag=901), leader="m1")
    assert verdict(observed, absent("m1")) == "move_leader m3, remove m1"


def test_23_leadership_never_goes_to_a_learner():
    observed = cluster(healthy("m1"), healthy("m2", lag=3), learner("m3"), leader="m1")
    assert verdict(observed, absent("m1", accept=("another_learner",))) == "move_leader m2, remove m1"


def test_23_of_two_who_are_level_the_lower_id_leads_whatever_the_order():
    a, b = healthy("m2", member_id=7), healthy("m3", member_id=8)
    for others in ((a, b), (b, a)):
        assert verdict(cluster(healthy("m1"), *others, leader="m1"), absent("m1")) == "move_leader m2, remove m1"


def test_a_leader_that_does_not_answer_here_cannot_be_asked_to_hand_over():
    observed = cluster(dead("m1"), healthy("m2"), healthy("m3"), leader="m1")
    assert verdict(observed, absent("m1")) == "remove m1"
    assert "leadership cannot be moved" in " ".join(warnings(observed, absent("m1")))
    assert "leadership" not in " ".join(warnings(observed, absent("m1", move_leader=False)))


def test_a_leader_in_trouble_hands_over_and_leaves():
    observed = cluster(alarmed("m1"), healthy("m2"), healthy("m3"), leader="m1")
    assert verdict(observed, absent("m1")) == "move_leader {}, remove m1".format(min(("m2", "m3"), key=id_of))


def test_of_two_the_one_with_an_alarm_leaves_also_when_it_leads():
    """Its removal is what brings one of one healthy back from one of two."""
    assert verdict(cluster(healthy("m1"), alarmed("m2"), leader="m2"), absent("m2")) == "move_leader m1, remove m2"
    assert verdict(cluster(healthy("m1"), alarmed("m2"), leader="m2"), absent("m1")) == "would_lose_quorum"


def test_24_a_dead_one_of_three_leaves_and_a_healthy_one_stays():
    assert verdict(cluster(*voters(3, 1)), absent("m3")) == "remove m3"
    found = refusal(cluster(*voters(3, 1)), absent("m2"))
    assert found.code == "would_lose_quorum"
    assert "m3" in found.next_step


def test_25_five_with_two_dead_lose_both_and_no_other():
    assert verdict(cluster(*voters(5, 2)), absent("m3")) == "would_lose_quorum"
    assert verdict(cluster(*voters(5, 2)), absent("m5")) == "remove m5"
    assert verdict(cluster(*voters(4, 1)), absent("m4")) == "remove m4"


@pytest.mark.parametrize(
    ("size", "down", "minimum", "expected"),
    [
        (5, 1, 0, "remove m2"),  # 3 of 4 healthy: tolerates none
        (5, 1, 1, "below_min_fault_tolerance"),
        (5, 0, 1, "remove m2"),  # 4 of 4: tolerates one
        (5, 0, 2, "below_min_fault_tolerance"),
        (4, 0, 1, "remove m2"),  # 3 of 3: tolerates one, as before
        (3, 0, 1, "below_min_fault_tolerance"),
        (2, 0, 1, "below_min_fault_tolerance"),  # neither two nor one tolerate any, and one is to be tolerated
        (2, 0, 0, "remove m2"),
        (6, 1, 1, "remove m2"),  # 4 of 5
        (6, 1, 2, "below_min_fault_tolerance"),
        (7, 0, 2, "remove m2"),  # 6 of 6: tolerates two
        (7, 0, 3, "below_min_fault_tolerance"),
        (7, 3, 0, "would_lose_quorum"),
    ],
)
def test_26_a_wanted_fault_tolerance_holds(size, down, minimum, expected):
    assert verdict(cluster(*voters(size, down)), absent("m2", min_fault_tolerance=minimum)) == expected


@pytest.mark.parametrize(("size", "down"), [(3, 1), (5, 2), (4, 1), (7, 3)])
def test_26_the_dead_may_always_leave_since_that_never_costs_tolerance(size, down):
    assert verdict(cluster(*voters(size, down)), absent(f"m{size}", min_fault_tolerance=3)) == f"remove m{size}"


def test_26_a_learner_may_always_leave_since_it_has_no_vote():
    assert verdict(cluster(*voters(3), learner("m4")), absent("m4", min_fault_tolerance=3)) == "remove m4"


def test_27_the_second_leaves_with_a_warning_and_the_last_never():
    assert verdict(cluster(*voters(2)), absent("m2")) == "remove m2"
    assert "tolerates no failure" in " ".join(warnings(cluster(*voters(2)), absent("m2")))
    for accept in ((), ("last_member",), ("last_member", "would_lose_quorum", "below_min_fault_tolerance")):
        assert verdict(cluster(healthy("m1")), absent("m1", accept=accept)) == "last_member"


def test_27_the_last_voter_is_the_last_member_although_learners_are_there():
    assert verdict(cluster(healthy("m1"), learner("m2")), absent("m1", accept=("another_learner",))) == "last_member"


@pytest.mark.parametrize(
    "others",
    [voters(1), voters(3), voters(3, 1), [healthy("m1"), alarmed("m2"), alarmed("m3")], [healthy("m1"), lagging("m2")]],
)
@pytest.mark.parametrize("leaving", [learner("m9"), learner("m9", lag=90_000, live=False), dead_learner("m9")])
def test_28_a_learner_leaves_whatever_the_voters_health(others, leaving):
    assert verdict(cluster(*others, leaving), absent("m9")) == "remove m9"


@pytest.mark.parametrize("down", [0, 1])
@pytest.mark.parametrize(
    ("pending", "code"),
    [
        (learner("m9"), "another_learner"),
        (unstarted_learner(9), "another_learner"),
        (dead_learner("m9"), "another_learner"),
        (unstarted(9), "member_unstarted"),
    ],
)
def test_29_no_voter_leaves_before_whoever_is_joining_has_arrived(pending, code, down):
    assert verdict(cluster(*voters(5, down), pending), absent("m5")) == code


def test_30_an_unhealthy_voter_is_named_before_a_healthy_one_may_leave():
    observed = cluster(healthy("m1"), healthy("m2"), alarmed("m3"))
    found = refusal(observed, absent("m2"))
    assert found.code == "would_lose_quorum"
    assert "m3 raised the alarm NOSPACE" in found.message


def test_32_a_host_that_is_offline_is_removed_like_any_dead_one():
    assert verdict(cluster(dead("m1"), healthy("m2"), healthy("m3")), absent("m1", [url(1)])) == "remove m1"


@pytest.mark.parametrize(
    "goal", [absent(peer_urls=[url(4)]), absent("m4", [url(4)]), absent(member_id=f"{id_of('unstarted 4'):x}")]
)
@pytest.mark.parametrize("waiting", [unstarted(4), unstarted_learner(4)])
def test_34_a_member_that_never_started_is_removed_by_its_address_or_id(goal, waiting):
    assert verdict(cluster(*voters(3), waiting), goal) == f"remove {id_of('unstarted 4'):x}"


def test_34_beside_a_single_voter_an_unstarted_voter_cannot_be_removed_any_more():
    assert verdict(cluster(healthy("m1"), unstarted(2)), absent(peer_urls=[url(2)])) == "no_quorum"
    assert verdict(cluster(healthy("m1"), unstarted_learner(2)), absent(peer_urls=[url(2)])).startswith("remove ")


# Replacing


def test_36_a_dead_third_is_replaced_by_removing_it_first():
    assert verdict(cluster(*voters(3, 1)), JOIN_M4) == "would_lose_quorum"
    assert verdict(cluster(*voters(3, 1)), absent("m3")) == "remove m3"
    assert verdict(cluster(*voters(2)), JOIN_M4) == "add_learner m4"
    assert verdict(cluster(*voters(2), learner("m4")), promoted("m4")) == "promote m4"


@pytest.mark.parametrize("version", ["3.4.45", "3.5.16", "3.5.30", "3.7.0"])
def test_37_a_dead_fifth_is_replaced_on_every_release(version):
    assert verdict(cluster(*voters(5, 1), version=version), absent("m5")) == "remove m5"
    assert verdict(cluster(*voters(4), version=version), present("m6", [url(6)])) == "add_learner m6"


def test_38_a_wiped_host_keeps_its_old_record_until_that_is_removed():
    """Same name, same address: etcd cannot start on the old record, and the goal looks reached."""
    assert verdict(cluster(*voters(3, 1)), present("m3", [url(3)])) == "nothing to do"
    assert verdict(cluster(*voters(3, 1)), absent("m3")) == "remove m3"
    assert verdict(cluster(*voters(2)), present("m3", [url(3)])) == "add_learner m3"


def test_the_name_of_a_dead_member_at_a_new_address_is_not_taken_for_a_mere_move():
    """An update would leave a voter that nobody can reach.

    Nothing listens there, since the new host has yet to join.
    """
    found = refusal(cluster(*voters(3, 1), probes=unreached(url(9))), present("m3", [url(9)]))
    assert found.code == "peer_url_unreachable"
    assert "remove the old member" in found.next_step
    assert f"{id_of('m3'):x}" in found.next_step


def test_a_dead_voter_that_listens_at_a_new_address_already_moves_there():
    assert verdict(cluster(*voters(3, 1), probes=reached(url(9))), present("m3", [url(9)])) == "update_peer_urls m3"


def test_43_two_removals_are_judged_one_after_the_other():
    assert verdict(cluster(*voters(4, 1)), absent("m2")) == "remove m2"
    after_that = cluster(healthy("m1"), healthy("m3"), dead("m4"))
    assert verdict(after_that, absent("m3")) == "would_lose_quorum"


# Updating


def test_44_http_becomes_https_one_member_at_a_time():
    https = ["https://10.0.0.1:2380"]
    assert verdict(cluster(*voters(3), probes=reached(*https)), present("m1", https)) == "update_peer_urls m1"


def test_45_an_address_that_cannot_be_reached_is_refused_although_etcd_would_take_it():
    found = refusal(cluster(*voters(3), probes=unreached(url(22))), present("m2", [url(22)]))
    assert found.code == "peer_url_unreachable"
    assert "refuses connections" in found.message


def test_45_an_address_that_was_not_tried_out_is_not_proven():
    found = refusal(cluster(*voters(3)), present("m2", [url(22)]))
    assert found.code == "peer_url_unreachable"
    assert "not tried out" in found.message


@pytest.mark.parametrize("proven", [[], [url(2)], [url(22)]])
def test_45_every_address_has_to_be_proven_also_one_that_the_member_has_already(proven):
    assert (
        verdict(cluster(*voters(3), probes=reached(*proven)), present("m2", [url(2), url(22)]))
        == "peer_url_unreachable"
    )
    assert (
        verdict(cluster(*voters(3), probes=reached(url(2), url(22))), present("m2", [url(2), url(22)]))
        == "update_peer_urls m2"
    )


def test_45_an_address_that_is_given_up_may_be_all_that_a_member_is_reached_by():
    """m2 lives at .2 and .22, and .2 is dead: without .22 it would be cut off."""
    observed = cluster(healthy("m1"), healthy("m2", [url(2), url(22)]), healthy("m3"))
    assert peer_urls_to_prove(observed, present("m2", [url(2)])) == (url(2),)
    assert verdict(observed, present("m2", [url(2)])) == "peer_url_unreachable"


def test_45_nothing_is_tried_out_where_nothing_changes_or_nobody_listens_yet():
    observed = cluster(*voters(3), unstarted_learner(4))
    assert peer_urls_to_prove(observed, present("m2", [url(2)])) == ()
    assert peer_urls_to_prove(observed, present("m9", [url(9)])) == ()
    assert peer_urls_to_prove(observed, present(peer_urls=[url(44)], member_id=f"{id_of('unstarted 4'):x}")) == ()
    assert peer_urls_to_prove(observed, absent("m2")) == ()
    assert peer_urls_to_prove(observed, present("m2", [url(22)])) == (url(22),)


def test_a_registration_with_a_wrong_address_is_corrected_before_the_start():
    observed = cluster(*voters(3), unstarted_learner(4))
    assert verdict(observed, present(peer_urls=[url(44)], member_id=f"{id_of('unstarted 4'):x}")).startswith(
        "update_peer_urls "
    )


def test_the_only_voter_gets_a_new_address():
    assert verdict(cluster(healthy("m1"), probes=reached(url(11))), present("m1", [url(11)])) == "update_peer_urls m1"
    unproven = cluster(healthy("m1"), probes=unreached(url(11)))
    assert verdict(unproven, present("m1", [url(11)])) == "peer_url_unreachable"
    assert verdict(unproven, present("m1", [url(11)], accept=("peer_url_unreachable",))) == "update_peer_urls m1"


def test_46_a_learners_address_is_not_updated_where_that_would_end_it():
    found = refusal(
        cluster(*voters(3), learner("m4"), version="3.5.30", probes=reached(url(44))), present("m4", [url(44)])
    )
    assert found.code == "version_bug"
    assert "3.5.31 and 3.6.12" in found.next_step


def test_an_update_waits_for_whoever_is_joining():
    observed = cluster(*voters(3), learner("m4"), probes=reached(url(22)))
    assert verdict(observed, present("m2", [url(22)])) == "another_learner"


# Health


@pytest.mark.parametrize("kind", ["NOSPACE", "CORRUPT"])
def test_55_a_single_voter_with_an_alarm_is_to_lose_the_alarm_not_the_voter(kind):
    found = refusal(cluster(alarmed("m1", kind)), present("m2", [url(2)]))
    assert found.code == "would_lose_quorum"
    assert found.next_step == "Remove the cause of the alarm of m1 first, then disarm it (quorum.etcd.etcd_alarm)."
    assert found.patience == FINAL


def test_55_beside_two_alarms_even_the_dead_stay_until_one_is_cleared():
    observed = cluster(healthy("m1"), alarmed("m2"), dead("m3"))
    found = refusal(observed, absent("m3"))
    assert found.code == "would_lose_quorum"
    assert "alarm of m2" in found.next_step
    assert verdict(observed, absent("m3", accept=("would_lose_quorum",))) == "remove m3"


def test_a_corrupt_cluster_does_not_grow_although_etcd_would_let_it():
    observed = cluster(*voters(4), alarmed("m5", "CORRUPT"))
    found = refusal(observed, present("m6", [url(6)]))
    assert found.code == "remove_unhealthy_first"
    assert "remove m5" in found.next_step
    assert verdict(observed, present("m6", [url(6)], accept=("remove_unhealthy_first",))) == "add_learner m6"
    assert verdict(observed, absent("m5")) == "remove m5"
    assert verdict(cluster(*voters(4), alarmed("m5", "NOSPACE")), present("m6", [url(6)])) == "add_learner m6"


def test_an_alarm_that_a_removed_member_left_still_tells_of_data_that_differ():
    observed = cluster(*voters(4), alarms=(Alarm(0xAB, "CORRUPT"),))
    assert "alarm CORRUPT of ab" in refusal(observed, present("m6", [url(6)])).message


def test_a_voter_that_lags_counts_as_down_and_is_waited_for():
    found = refusal(cluster(healthy("m1"), healthy("m2"), lagging("m3")), JOIN_M4)
    assert found.code == "would_lose_quorum"
    assert found.patience == WAIT
    assert "m3 is 6000 raft entries behind" in found.message
    assert found.next_step == "Wait until m3 has caught up."


def test_a_lag_is_not_waited_out_where_somebody_dead_stands_in_the_way_as_well():
    assert refusal(cluster(*voters(3), lagging("m4"), dead("m5")), present("m6", [url(6)])).patience == WAIT
    assert (
        refusal(
            cluster(healthy("m1"), healthy("m2"), healthy("m3"), dead("m4"), dead("m5")), present("m6", [url(6)])
        ).patience
        == FINAL
    )
    assert refusal(cluster(healthy("m1"), lagging("m2"), dead("m3")), JOIN_M4).patience == FINAL


@pytest.mark.parametrize(("lag", "expected"), [(5000, "add_learner m4"), (5001, "would_lose_quorum")])
def test_how_far_behind_is_too_far(lag, expected):
    assert verdict(cluster(*voters(2), lagging("m3", lag)), JOIN_M4) == expected


def test_a_voter_that_answers_and_is_cut_off_from_the_leader_counts_for_etcds_own_rule():
    four = (*voters(3), leaderless("m4"))
    assert verdict(cluster(*four, version="3.5.29"), present("m5", [url(5)])) == "remove_unhealthy_first"
    assert verdict(cluster(*four, version="3.5.30"), present("m5", [url(5)])) == "add_learner m5"


def test_a_voter_with_an_alarm_is_connected_and_does_not_count_for_etcds_own_rule():
    assert verdict(cluster(*voters(3), alarmed("m4"), version="3.4.45"), present("m5", [url(5)])) == "add_learner m5"


def test_a_voter_that_never_started_counts_for_etcds_own_rule():
    goal = present("m6", [url(6)], accept=("member_unstarted",))
    assert verdict(cluster(*voters(4), unstarted(5), version="3.5.29"), goal) == "remove_unhealthy_first"
    assert verdict(cluster(*voters(4), unstarted(5), version="3.5.30"), goal) == "add_learner m6"


# One cluster


def test_endpoints_of_two_clusters_are_no_cluster():
    observed = cluster(*voters(3), foreign_cluster_ids=(0xC2,))
    for goal in (JOIN_M4, absent("m1"), promoted("m1"), present("m1", [url(1)])):
        found = refusal(observed, goal)
        assert found.code == "cluster_id_mismatch"
        assert "c1" in found.message
        assert "c2" in found.message


def test_two_halves_with_a_leader_each_are_no_cluster():
    found = refusal(cluster(*voters(3), rival_leader_ids=(0xA, 0xB)), present("m1", [url(1)]))
    assert found.code == "split_brain"
    assert "a, b" in found.message


def test_a_member_whose_address_is_served_by_another_cluster_is_not_healthy():
    observed = cluster(*voters(3))
    observed = replace(observed, statuses=(*observed.statuses[:-1], replace(observed.statuses[-1], cluster_id=0xC2)))
    assert verdict(observed, JOIN_M4) == "would_lose_quorum"
    assert verdict(observed, absent("m3")) == "remove m3"


# What has to be proven before a decision


def test_a_learner_is_proven_once_it_is_close_enough():
    observed = cluster(*voters(3), learner("m4", live=False))
    assert learner_to_prove(observed, promoted("m4")) == observed.learners[0]


@pytest.mark.parametrize(
    ("observed", "goal"),
    [
        (cluster(*voters(3), learner("m4", lag=90_000, live=False)), promoted("m4")),
        (cluster(*voters(3), dead_learner("m4")), promoted("m4")),
        (cluster(*voters(3), unstarted_learner(4)), promoted("m4", [url(4)])),
        (cluster(*voters(3), learner("m4")), absent("m4")),
        (cluster(*voters(3), learner("m4")), present("m4", [url(4)])),
        (cluster(*voters(3)), promoted("m3")),
        (cluster(healthy("m1"), dead("m2"), learner("m4")), promoted("m4")),
    ],
)
def test_no_entry_is_written_where_no_promotion_depends_on_it(observed, goal):
    assert learner_to_prove(observed, goal) is None


@pytest.mark.parametrize("version", ["3.5.1", "3.5.16", "3.5.19"])
def test_a_promotion_that_is_not_stored_is_warned_of(version):
    assert "3.5.20" in " ".join(warnings(cluster(*voters(1), learner("m2"), version=version), promoted("m2")))


@pytest.mark.parametrize("version", ["3.4.45", "3.5.0", "3.5.20", "3.6.0", "3.7.0"])
def test_a_promotion_that_is_stored_is_not(version):
    assert warnings(cluster(*voters(1), learner("m2"), version=version), promoted("m2")) == ()
