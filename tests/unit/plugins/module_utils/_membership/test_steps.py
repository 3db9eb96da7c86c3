# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps: what each leaves behind, and whether somebody has done it already."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.projection import is_done, project, project_all
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import Quorum, quorum_of
from ansible_collections.quorum.etcd.plugins.module_utils._membership.steps import Step

from tests.unit.plugins.module_utils._membership.clusters import cluster, dead, healthy, id_of, learner, url, voters

THREE = cluster(*voters(3))


@pytest.mark.parametrize(
    ("action", "voters_after", "learners_after", "quorum"),
    [("add_learner", 3, 1, Quorum(3, 3)), ("add_voter", 4, 0, Quorum(4, 3))],
)
def test_an_added_member_has_not_started(action, voters_after, learners_after, quorum):
    after = project(THREE, Step(action, 0xA, "m4", (url(4),)))
    newcomer = after.members[-1]
    assert (len(after.voters), len(after.learners), quorum_of(after)) == (voters_after, learners_after, quorum)
    assert (newcomer.member_id, newcomer.name, newcomer.peer_urls) == (0xA, "", (url(4),))


def test_a_removed_member_is_forgotten():
    after = project(cluster(*voters(3, 1)), Step("remove", id_of("m3")))
    assert [member.name for member in after.members] == ["m1", "m2"]
    assert after.silences == ()
    assert quorum_of(after) == Quorum(2, 2)


def test_a_promoted_member_has_a_vote():
    after = project(cluster(*voters(3), learner("m4")), Step("promote", id_of("m4")))
    assert quorum_of(after) == Quorum(4, 4)


def test_an_updated_member_is_the_same_elsewhere():
    after = project(THREE, Step("update_peer_urls", id_of("m2"), "m2", (url(22),)))
    assert [member.peer_urls for member in after.members] == [(url(1),), (url(22),), (url(3),)]
    assert quorum_of(after) == Quorum(3, 3)


def test_all_follow_a_new_leader():
    after = project_all(THREE, (Step("move_leader", id_of("m2")), Step("remove", id_of("m1"))))
    assert after.leader == THREE.members[1]
    assert quorum_of(after) == Quorum(2, 2)


# step, undone, done
DONE = {
    "add_learner": (Step("add_learner", 0, "m4", (url(4),)), THREE, cluster(*voters(3), learner("m4"))),
    "add_voter": (Step("add_voter", 0, "m4", (url(4),)), THREE, cluster(*voters(4))),
    "update_peer_urls": (
        Step("update_peer_urls", id_of("m2"), "m2", (url(22),)),
        THREE,
        cluster(healthy("m1"), healthy("m2", ["HTTP://10.0.0.22:2380/"]), healthy("m3")),
    ),
    "promote": (Step("promote", id_of("m4")), cluster(*voters(3), learner("m4")), cluster(*voters(4))),
    "move_leader": (Step("move_leader", id_of("m2")), THREE, cluster(*voters(3), leader="m2")),
    "remove": (Step("remove", id_of("m3")), cluster(*voters(3, 1)), cluster(*voters(2))),
}


@pytest.mark.parametrize("action", DONE)
def test_whether_a_step_is_done_whoever_did_it(action):
    step, undone, done = DONE[action]
    assert not is_done(undone, step)
    assert is_done(done, step)
    assert is_done(project(undone, step), step)


@pytest.mark.parametrize("action", ["promote", "update_peer_urls"])
def test_a_step_on_a_member_that_is_gone_is_not_done(action):
    assert not is_done(cluster(healthy("m1"), dead("m2")), Step(action, 0xDEAD, "m9", (url(9),)))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("remove", 0xAB, "m3", (url(3),)), "remove m3"),
        (Step("remove", 0xAB, "", (url(3),)), "remove ab"),
        (Step("add_learner", 0, "", (url(3), url(4))), f"add {url(3)}, {url(4)} as a learner"),
        (Step("add_voter", 0, "m4", (url(4),)), "add m4 as a voter"),
        (Step("update_peer_urls", 0xAB, "m3", (url(9),)), "update the peer URLs of m3"),
        (Step("promote", 0xAB, "m3", (url(3),)), "promote m3"),
        (Step("move_leader", 0xAB, "m3", (url(3),)), "move leadership to m3"),
        (Step("upgrade", 0xAB, "m3", (url(3),)), "upgrade m3"),
    ],
)
def test_how_messages_call_a_step(step, words):
    assert str(step) == words
