# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from a cluster to the members that it should have: every move, in order."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.convergence import DesiredMember, moves

from tests.unit.plugins.module_utils._membership.clusters import (
    alarmed,
    cluster,
    dead,
    dead_learner,
    healthy,
    id_of,
    lagging,
    learner,
    reached,
    unreached,
    unstarted,
    unstarted_learner,
    url,
    voters,
)


def want(*names, has_data=None):
    """Desired members by name, each at its place; `m3@9` is m3 at the place 9."""
    parts = [name.split("@") for name in names]
    return tuple(DesiredMember(part[0], (url(part[-1]),), has_data) for part in parts)


def way(observed, desired, remove_unlisted=True):
    """The moves as text; the last is `action who: code` where the way is blocked."""
    found = moves(observed, desired, remove_unlisted)
    assert all(move.refusal is None for move in found[:-1])
    return [
        f"{move.action} {move.name or move.peer_urls[0]}" + (f": {move.refusal.code}" if move.refusal else "")
        for move in found
    ]


def blocked(observed, desired, remove_unlisted=True):
    """The move that the way ends with, and the refusal."""
    last = moves(observed, desired, remove_unlisted)[-1]
    assert last.refusal is not None
    return f"{last.action} {last.name}".strip(), last.refusal


def join(name):
    return [f"add_learner {name}", f"start {name}", f"promote {name}"]


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("remove_unlisted", [True, False])
def test_who_is_there_needs_no_move(size, remove_unlisted):
    names = [f"m{n}" for n in range(1, size + 1)]
    assert way(cluster(*voters(size)), want(*reversed(names)), remove_unlisted) == []


def test_the_order_in_the_inventory_means_nothing():
    assert way(cluster(*voters(2)), want("m2", "m1")) == []


# Growing and shrinking


def test_one_becomes_three_becomes_five_one_learner_at_a_time():
    assert way(cluster(*voters(1)), want("m1", "m2", "m3")) == [*join("m2"), *join("m3")]
    assert way(cluster(*voters(3)), want("m1", "m2", "m3", "m4", "m5")) == [*join("m4"), *join("m5")]


def test_five_become_three_become_one_the_leader_last():
    found = way(cluster(*voters(5), leader="m4"), want("m1", "m2", "m3"))
    assert (found[0], found[1].split()[0], found[2]) == ("remove m5", "move_leader", "remove m4")
    assert way(cluster(*voters(3), leader="m1"), want("m1")) == [
        f"remove {name}" for name in sorted(("m2", "m3"), key=id_of)
    ]


def test_the_leader_that_leaves_hands_over_first_and_leaves_last():
    by_id = sorted(("m2", "m3"), key=id_of)
    assert way(cluster(*voters(4), leader="m1"), want("m4")) == [
        f"remove {by_id[0]}",
        f"remove {by_id[1]}",
        "move_leader m4",
        "remove m1",
    ]


def test_who_is_not_listed_stays_where_nobody_is_to_be_removed():
    assert way(cluster(*voters(3)), want("m1"), remove_unlisted=False) == []
    assert way(cluster(*voters(3)), want("m4"), remove_unlisted=False) == join("m4")


def test_nobody_desired_ends_at_the_last_member():
    assert way(cluster(*voters(2)), ())[-1] == "remove m1: last_member"


# Moving to other hosts


# the matrix of moves over four hosts: from, leader, to: the moves
MATRIX = {
    "move the only member": (["h1"], "h1", ["h2"], [*join("h2"), "move_leader h2", "remove h1"]),
    "swap roles": (["h1", "h2"], "h1", ["h2", "h1"], []),
    "redeploy in place": (["h3", "h4"], "h3", ["h3", "h4"], []),
    "two new": (
        ["h1", "h4"],
        "h1",
        ["h3", "h2"],
        [*join("h3"), "remove h4", *join("h2"), "move_leader h3", "remove h1"],
    ),
    "two new, the other leads": (
        ["h1", "h4"],
        "h4",
        ["h3", "h2"],
        [*join("h3"), "remove h1", *join("h2"), "move_leader h3", "remove h4"],
    ),
    "keep the leader": (["h4", "h2"], "h4", ["h4", "h1"], [*join("h1"), "remove h2"]),
    "keep the follower": (["h4", "h2"], "h4", ["h1", "h2"], [*join("h1"), "move_leader h2", "remove h4"]),
    "two to one": (["h1", "h2"], "h1", ["h1"], ["remove h2"]),
    "two to one, the leader leaves": (["h1", "h2"], "h1", ["h2"], ["move_leader h2", "remove h1"]),
    "one to two": (["h1"], "h1", ["h1", "h2"], join("h2")),
}


def hosts(*names):
    return [healthy(name, [url(name[1:])], member_id=0x100 + int(name[1:])) for name in names]


@pytest.mark.parametrize("row", MATRIX)
def test_moves_over_four_hosts(row):
    start, leader, target, expected = MATRIX[row]
    desired = tuple(DesiredMember(name, (url(name[1:]),)) for name in target)
    found = way(cluster(*hosts(*start), leader=leader), desired)
    # Whichever of two voters that are level takes over, the move is the same.
    assert [move for move in found if "move_leader" not in move] == [
        move for move in expected if "move_leader" not in move
    ]
    assert [n for n, move in enumerate(found) if "move_leader" in move] == [
        n for n, move in enumerate(expected) if "move_leader" in move
    ]


def test_three_move_to_three_new_hosts_with_an_addition_before_each_removal():
    observed = cluster(*hosts("h1", "h2", "h3"), leader="h1")
    desired = tuple(DesiredMember(f"h{n}", (url(n),)) for n in (4, 5, 6))
    found = way(observed, desired)
    assert found[:12] == [*join("h4"), "remove h2", *join("h5"), "remove h3", *join("h6"), found[11]]
    assert found[11].startswith("move_leader h")
    assert found[12:] == ["remove h1"]


def test_where_there_are_more_than_desired_a_removal_comes_before_an_addition():
    observed = cluster(*hosts("h1", "h2", "h3", "h4", "h5"), leader="h1")
    desired = tuple(DesiredMember(f"h{n}", (url(n),)) for n in (1, 6, 7))
    assert way(observed, desired) == ["remove h2", "remove h3", *join("h6"), "remove h4", *join("h7"), "remove h5"]


# The dead


def test_a_dead_host_is_replaced_by_one_of_another_name_dead_first():
    assert way(cluster(*voters(3, 1)), want("m1", "m2", "m4")) == ["remove m3", *join("m4")]


@pytest.mark.parametrize("version", ["3.4.45", "3.5.16", "3.5.30"])
def test_a_dead_fifth_is_replaced_on_every_release(version):
    assert way(cluster(*voters(5, 1), version=version), want("m1", "m2", "m3", "m4", "m6")) == [
        "remove m5",
        *join("m6"),
    ]


def test_a_dead_member_that_is_wanted_is_started():
    assert way(cluster(*voters(3, 1)), want("m1", "m2", "m3")) == ["start m3"]


def test_a_dead_member_whose_host_lost_its_data_is_removed_and_joins_anew():
    desired = (*want("m1", "m2"), *want("m3", has_data=False))
    assert way(cluster(*voters(3, 1)), desired) == ["remove m3", *join("m3")]
    assert way(cluster(*voters(3, 1)), desired, remove_unlisted=False) == ["remove m3", *join("m3")]


def test_a_dead_members_name_at_a_new_address_is_its_replacement():
    assert way(cluster(*voters(3, 1)), want("m1", "m2", "m3@9")) == ["remove m3", *join("m3")]


def test_a_dead_members_name_at_a_new_address_is_no_replacement_where_nobody_is_to_be_removed():
    assert way(cluster(*voters(3, 1)), want("m1", "m2", "m3@9"), remove_unlisted=False) == [
        "update_peer_urls m3: peer_url_unreachable"
    ]


def test_a_dead_member_whose_data_moved_with_it_starts_there_and_is_updated():
    desired = (*want("m1", "m2"), *want("m3@9", has_data=True))
    assert way(cluster(*voters(3, 1)), desired) == ["start m3", "update_peer_urls m3"]


def test_a_silent_member_that_listens_at_its_new_address_is_updated():
    assert way(cluster(*voters(3, 1), probes=reached(url(9))), want("m1", "m2", "m3@9")) == [
        "update_peer_urls m3",
        "start m3",
    ]


def test_data_that_is_said_to_be_gone_is_not_believed_of_a_member_that_answers():
    assert way(cluster(*voters(3)), want("m1", "m2", "m3", has_data=False)) == []


def test_the_dead_go_before_the_living():
    observed = cluster(healthy("m1"), healthy("m2"), healthy("m3"), healthy("m4"), dead("m5"))
    assert way(observed, want("m1", "m2", "m3"))[0] == "remove m5"


# Whoever is on the way


@pytest.mark.parametrize(
    ("pending", "expected"),
    [
        (unstarted_learner(4), ["start m4", "promote m4"]),
        (unstarted(4), ["start m4"]),
        (learner("m4"), ["promote m4"]),
        (learner("m4", lag=90_000, live=False), ["promote m4"]),
        (dead_learner("m4"), ["start m4", "promote m4"]),
    ],
)
def test_a_join_that_a_killed_run_left_is_finished_first(pending, expected):
    assert way(cluster(*voters(3), pending), want("m1", "m2", "m3", "m4", "m5")) == [*expected, *join("m5")]


@pytest.mark.parametrize("pending", [unstarted_learner(4), unstarted(4), learner("m4"), dead_learner("m4")])
def test_a_join_that_is_not_wanted_is_taken_back_first(pending):
    found = way(cluster(*voters(3), pending), want("m1", "m2", "m3", "m5"))
    assert found[0].startswith("remove ")
    assert found[1:] == join("m5")


def test_a_learner_that_is_neither_wanted_nor_to_be_removed_blocks_the_way():
    observed = cluster(*voters(3), learner("m9"))
    assert way(observed, want("m1", "m2", "m3"), remove_unlisted=False) == []
    assert way(observed, want("m1", "m2", "m3", "m4"), remove_unlisted=False) == ["add_learner m4: another_learner"]


def test_a_learner_whose_data_is_gone_joins_anew():
    desired = (*want("m1", "m2", "m3"), *want("m4", has_data=False))
    assert way(cluster(*voters(3), dead_learner("m4")), desired) == ["remove m4", *join("m4")]


def test_a_replacement_that_was_registered_beside_the_dead_one_of_its_name_is_finished():
    observed = cluster(*voters(3), dead("m4"), unstarted_learner(9))
    assert way(observed, want("m1", "m2", "m3", "m4@9")) == ["start m4", "promote m4", "remove m4"]


# Addresses


def test_addresses_change_one_at_a_time_and_the_leaders_last():
    found = way(
        cluster(*voters(3), leader="m1"),
        tuple(DesiredMember(f"m{n}", (f"https://10.0.0.{n}:2380",)) for n in (1, 2, 3)),
    )
    assert sorted(found[:2]) == ["update_peer_urls m2", "update_peer_urls m3"]
    assert found[2:] == ["update_peer_urls m1"]


def test_addresses_change_before_members_do():
    assert way(cluster(*voters(3)), want("m1", "m2", "m3@9", "m4")) == ["update_peer_urls m3", *join("m4")]


def test_an_address_that_is_known_to_be_unreachable_ends_the_way():
    assert way(cluster(*voters(3), probes=unreached(url(9))), want("m1", "m2", "m3@9")) == [
        "update_peer_urls m3: peer_url_unreachable"
    ]


def test_an_address_that_another_member_gives_up_is_free_after_that():
    observed = cluster(*voters(3))
    assert sorted(way(observed, want("m1@9", "m2@1", "m3"))) == ["update_peer_urls m1", "update_peer_urls m2"]
    assert way(observed, want("m1@9", "m2@1", "m3"))[0] == "update_peer_urls m1"


def test_two_members_cannot_swap_their_addresses():
    found = way(cluster(*voters(3)), want("m1@2", "m2@1", "m3"))
    assert len(found) == 1
    assert found[0].endswith(": peer_url_in_use")


def test_another_name_on_a_members_address_takes_its_place_after_it_is_gone():
    assert way(cluster(*voters(3)), want("m1", "m2", "new@3")) == ["remove m3", *join("new")]
    assert way(cluster(*voters(3, 1)), want("m1", "m2", "new@3")) == ["remove m3", *join("new")]


def test_the_only_member_cannot_give_its_address_to_another_name():
    assert way(cluster(*voters(1)), want("new@1")) == ["remove m1: last_member"]


def test_a_free_address_is_used_before_one_that_has_to_be_cleared():
    found = way(cluster(*voters(3)), want("m1", "new@3", "m5"))
    assert found == [*join("m5"), "remove m3", *join("new"), "remove m2"]


def test_two_members_of_one_name_give_way_to_one_of_that_name():
    twins = cluster(
        healthy("m1", member_id=0x10),
        healthy("m2", member_id=0x20),
        healthy("m2", [url(22)], member_id=0x22),
        leader="m1",
    )
    assert way(twins, want("m1", "m2")) == ["remove m2"]
    assert way(twins, want("m1", "m2@9")) == ["remove m2", "update_peer_urls m2"]


# Where the way is blocked


def test_the_reason_is_that_of_etcd_member():
    move, why = blocked(cluster(healthy("m1"), healthy("m2"), alarmed("m3")), want("m1", "m2", "m3", "m4"))
    assert (move, why.code) == ("add_learner m4", "would_lose_quorum")
    assert "the alarm of m3" in why.next_step


def test_what_passes_by_itself_says_so():
    _move, why = blocked(cluster(healthy("m1"), healthy("m2"), lagging("m3")), want("m1", "m2", "m3", "m4"))
    assert why.patience == "wait"


@pytest.mark.parametrize("version", ["3.3.25"])
def test_a_release_without_learners_loses_nobody_for_an_addition_that_cannot_follow(version):
    assert way(cluster(*voters(3), version=version), want("m4", "m5", "m6")) == ["add_learner m4: version_unsupported"]


def test_an_older_release_waits_for_a_dead_member_that_is_wanted():
    assert way(cluster(*voters(4, 1), version="3.5.16"), want("m1", "m2", "m3", "m4", "m5")) == [
        "start m4",
        *join("m5"),
    ]


@pytest.mark.parametrize("facts", [{"foreign_cluster_ids": (0xC2,)}, {"rival_leader_ids": (1, 2)}])
def test_what_is_not_one_cluster_is_left_alone(facts):
    for desired in (want("m1", "m2", "m3", "m4"), want("m1"), want("m9")):
        assert way(cluster(*voters(3), **facts), desired)[0].endswith((": cluster_id_mismatch", ": split_brain"))


def test_a_lost_quorum_comes_back_by_starting_its_members():
    assert way(cluster(*voters(3, 2)), want("m1", "m2", "m3")) == [
        f"start {name}" for name in sorted(("m2", "m3"), key=lambda name: name)
    ]
    assert way(cluster(*voters(3, 3)), want("m1", "m2", "m3")) == ["start m1", "start m2", "start m3"]


def test_a_quorum_that_is_lost_for_good_ends_the_way():
    found = way(cluster(*voters(3, 2)), want("m1", "m4"))
    assert len(found) == 1
    assert found[0].endswith(": no_quorum")


@pytest.mark.parametrize(
    "desired",
    [want("m1", "m1@9"), want("m1", "m2@1"), (*want("m1"), DesiredMember("m2", ("https://10.0.0.1:2380", url(9))))],
)
def test_desired_members_that_contradict_each_other(desired):
    _move, why = blocked(cluster(*voters(1)), desired)
    assert why.code == "ambiguous_identity"


# What a move carries


def test_a_member_that_is_yet_to_be_added_has_no_id():
    found = moves(cluster(*voters(1)), want("m1", "m2"))
    assert [(move.action, move.member_id, move.name, move.peer_urls) for move in found] == [
        ("add_learner", 0, "m2", (url(2),)),
        ("start", 0, "m2", (url(2),)),
        ("promote", 0, "m2", (url(2),)),
    ]


def test_a_member_that_is_there_has_its_id_and_an_update_its_new_address():
    found = moves(cluster(*voters(3)), want("m1", "m2", "m3@9"))
    assert [(move.action, move.member_id, move.peer_urls) for move in found] == [
        ("update_peer_urls", id_of("m3"), (url(9),))
    ]
