# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole permission table: 1 to 7 voters, every number of dead ones, every change, and each release's own rule."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import checks

from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    cluster,
    dead_learner,
    learner,
    present,
    promoted,
    reached,
    unreached,
    unstarted,
    url,
    verdict,
    voters,
)

OK = "ok"
LOSES = "would_lose_quorum"
FIRST = "remove_unhealthy_first"
NONE = "no_quorum"
LAST = "last_member"

# Old: no addition while any voter is down (to 3.5.29, 3.6.10 and all of 3.4). New: a quorum of the larger cluster has
# to be up.
OLD = ("3.4.0", "3.4.23", "3.4.45", "3.5.0", "3.5.16", "3.5.29", "3.6.0", "3.6.10")
NEW = ("3.5.30", "3.5.33", "3.6.11", "3.6.14", "3.7.0", "3.7.1")

# voters, dead: add a learner (old, new), add a voter (old, new), promote, remove a healthy one, remove a dead one,
# update
PERMISSIONS = {
    (1, 0): (OK, OK, LOSES, LOSES, OK, LAST, None, OK),
    (1, 1): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
    (2, 0): (OK, OK, OK, OK, OK, OK, None, OK),
    (2, 1): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (2, 2): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
    (3, 0): (OK, OK, OK, OK, OK, OK, None, OK),
    (3, 1): (LOSES, LOSES, LOSES, LOSES, OK, LOSES, OK, OK),
    (3, 2): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (3, 3): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
    (4, 0): (OK, OK, OK, OK, OK, OK, None, OK),
    (4, 1): (FIRST, OK, FIRST, OK, OK, OK, OK, OK),
    (4, 2): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (4, 3): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (4, 4): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
    (5, 0): (OK, OK, OK, OK, OK, OK, None, OK),
    (5, 1): (FIRST, OK, FIRST, OK, OK, OK, OK, OK),
    (5, 2): (LOSES, LOSES, LOSES, LOSES, OK, LOSES, OK, OK),
    (5, 3): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (5, 4): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (5, 5): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
    (6, 0): (OK, OK, OK, OK, OK, OK, None, OK),
    (6, 1): (FIRST, OK, FIRST, OK, OK, OK, OK, OK),
    (6, 2): (FIRST, OK, FIRST, OK, OK, OK, OK, OK),
    (6, 3): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (6, 4): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (6, 5): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (6, 6): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
    (7, 0): (OK, OK, OK, OK, OK, OK, None, OK),
    (7, 1): (FIRST, OK, FIRST, OK, OK, OK, OK, OK),
    (7, 2): (FIRST, OK, FIRST, OK, OK, OK, OK, OK),
    (7, 3): (LOSES, LOSES, LOSES, LOSES, OK, LOSES, OK, OK),
    (7, 4): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (7, 5): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (7, 6): (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (7, 7): (NONE, NONE, NONE, NONE, NONE, None, NONE, None),
}
NEWCOMER = url(9)


def column(number):
    return {key: row[number] for key, row in PERMISSIONS.items() if row[number] is not None}


def outcome(found, step):
    return OK if found == step else found


def outcomes(number, start, goal, step):
    """What comes of the same goal for every row of the table: `start`, `goal` and `step` of the numbers of voters and
    dead ones.
    """
    return {
        (size, down): outcome(verdict(start(size, down), goal(size, down)), step(size, down))
        for size, down in column(number)
    }


def test_the_table_has_every_number_of_failures():
    assert list(PERMISSIONS) == [(size, down) for size in range(1, 8) for down in range(size + 1)]


@pytest.mark.parametrize(
    ("number", "version"), [*((0, version) for version in OLD), *((1, version) for version in NEW)]
)
def test_adding_a_learner(number, version):
    found = outcomes(
        number,
        start=lambda size, down: cluster(*voters(size, down), version=version),
        goal=lambda size, down: present("m9", [NEWCOMER]),
        step=lambda size, down: "add_learner m9",
    )
    assert found == column(number)


@pytest.mark.parametrize(
    ("number", "version"), [(2, "3.3.25"), *((2, version) for version in OLD), *((3, version) for version in NEW)]
)
def test_adding_a_voter(number, version):
    found = outcomes(
        number,
        start=lambda size, down: cluster(*voters(size, down), version=version),
        goal=lambda size, down: present("m9", [NEWCOMER], learner=False),
        step=lambda size, down: "add_voter m9",
    )
    assert found == column(number)


@pytest.mark.parametrize("version", [*OLD, *NEW])
def test_promoting_a_live_learner(version):
    found = outcomes(
        4,
        start=lambda size, down: cluster(*voters(size, down), learner("m9"), version=version),
        goal=lambda size, down: promoted("m9"),
        step=lambda size, down: "promote m9",
    )
    assert found == column(4)


def test_promoting_a_learner_that_died():
    found = outcomes(
        4,
        start=lambda size, down: cluster(*voters(size, down), dead_learner("m9")),
        goal=lambda size, down: promoted("m9"),
        step=lambda size, down: "promote m9",
    )
    assert found == {key: NONE if expected == NONE else "learner_not_live" for key, expected in column(4).items()}


@pytest.mark.parametrize("version", ["3.3.25", *OLD, *NEW])
def test_removing_a_healthy_voter(version):
    """The last healthy one in the list, which is the leader only in a cluster of one."""
    found = outcomes(
        5,
        start=lambda size, down: cluster(*voters(size, down), version=version),
        goal=lambda size, down: absent(f"m{size - down}"),
        step=lambda size, down: f"remove m{size - down}",
    )
    assert found == column(5)


@pytest.mark.parametrize("version", ["3.3.25", *OLD, *NEW])
def test_removing_a_dead_voter(version):
    found = outcomes(
        6,
        start=lambda size, down: cluster(*voters(size, down), version=version),
        goal=lambda size, down: absent(f"m{size}"),
        step=lambda size, down: f"remove m{size}",
    )
    assert found == column(6)


@pytest.mark.parametrize("version", ["3.3.25", *OLD, *NEW])
def test_updating_a_healthy_voter_that_listens_on_its_new_address(version):
    found = outcomes(
        7,
        start=lambda size, down: cluster(*voters(size, down), version=version, probes=reached(NEWCOMER)),
        goal=lambda size, down: present("m1", [NEWCOMER]),
        step=lambda size, down: "update_peer_urls m1",
    )
    assert found == column(7)


def test_updating_a_healthy_voter_that_does_not_listen_there():
    found = outcomes(
        7,
        start=lambda size, down: cluster(*voters(size, down), probes=unreached(NEWCOMER)),
        goal=lambda size, down: present("m1", [NEWCOMER]),
        step=lambda size, down: "update_peer_urls m1",
    )
    assert found == {key: NONE if expected == NONE else "peer_url_unreachable" for key, expected in column(7).items()}


# With the unreachable address accepted, the voter counts as down from then on; the only voter needs nobody to reach it.
UPDATE_UNPROVEN = {
    (1, 0): OK,
    (2, 0): LOSES,
    (3, 0): OK,
    (3, 1): LOSES,
    (4, 0): OK,
    (4, 1): LOSES,
    (5, 0): OK,
    (5, 1): OK,
    (5, 2): LOSES,
}


def test_an_unproven_address_costs_a_vote():
    goal = present("m1", [NEWCOMER], accept=("peer_url_unreachable",))
    found = {
        (n, down): outcome(verdict(cluster(*voters(n, down), probes=unreached(NEWCOMER)), goal), "update_peer_urls m1")
        for n, down in UPDATE_UNPROVEN
    }
    assert found == UPDATE_UNPROVEN


@pytest.mark.parametrize("version", ["3.0.17", "3.2.32", "3.3.0", "3.3.27"])
def test_a_release_that_knows_no_learners_is_not_asked_for_one(version):
    """It would ignore the field and add a voter, which stops a cluster of one."""
    assert verdict(cluster(*voters(1), version=version), present("m9", [NEWCOMER])) == "version_unsupported"
    assert (
        verdict(cluster(*voters(3), version=version), present("m9", [NEWCOMER], accept=("version_unsupported",)))
        == "version_unsupported"
    )


def test_one_member_of_an_old_release_is_enough_to_apply_its_rule():
    observed = cluster(*voters(4, 1), versions={"m3": "3.5.29"}, version="3.5.30")
    assert verdict(observed, present("m9", [NEWCOMER])) == FIRST


def test_a_voter_has_arrived_once_it_has_started():
    observed = cluster(*voters(3), unstarted(4))
    (waiting,) = (member for member in observed.members if not member.name)
    assert checks.voter_started(observed, observed.members[0]) is None
    assert checks.voter_started(observed, waiting).code == "member_unstarted"
