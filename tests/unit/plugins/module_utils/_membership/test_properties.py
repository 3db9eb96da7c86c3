# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for any cluster and any goal."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.decision import plan
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity, find
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster, Member
from ansible_collections.quorum.etcd.plugins.module_utils._membership.peer_urls import (
    InvalidPeerURLError,
    comparable,
    normalise,
    normalise_one,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.projection import project
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import Quorum, is_healthy, quorum_of
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import ACCEPTABLE, CODES, Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.steps import (
    ADD_LEARNER,
    ADD_VOTER,
    MOVE_LEADER,
    PROMOTE,
    REMOVE,
    UPDATE_PEER_URLS,
    Step,
)
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership.anything import clusters, situations
from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    cluster,
    healthy,
    learner,
    present,
    promoted,
    reached,
    url,
    verdict,
    voters,
)

NEW_ID = 0xABCDEF


def steps_of(observed: Cluster, goal) -> tuple[Step, ...]:
    found = plan(observed, goal)
    event(
        found.code if isinstance(found, Refusal) else ", ".join(step.action for step in found.steps) or "nothing to do"
    )
    return () if isinstance(found, Refusal) else found.steps


def each_step(observed: Cluster, steps: tuple[Step, ...]):
    """Each step with the cluster before and after it; a newcomer gets an id."""
    for step in steps:
        before, observed = observed, project(observed, step._replace(member_id=step.member_id or NEW_ID))
        yield step, before, observed


def promised(step: Step, after: Cluster) -> Quorum:
    """The quorum after a step, with a newcomer counted as the voter that it is to become."""
    quorum = quorum_of(after)
    return Quorum(quorum.voters + 1, quorum.healthy) if step.action == ADD_LEARNER else quorum


def leaves_enough_healthy_voters(step: Step, before: Cluster, after: Cluster) -> bool:
    """But for a learner beside a single voter, which gets its vote only once it runs, and where no vote changes: a
    learner leaves, another leads.
    """
    if step.action == MOVE_LEADER:
        return quorum_of(after) == quorum_of(before)
    is_second_member = step.action == ADD_LEARNER and quorum_of(before) == Quorum(1, 1)
    is_a_learners_removal = step.action == REMOVE and step.member_id in [member.member_id for member in before.learners]
    return is_second_member or is_a_learners_removal or promised(step, after).holds


def makes_no_second_newcomer(step: Step, before: Cluster, after: Cluster) -> bool:
    waiting = [member for member in after.members if not member.is_started]
    if step.action in (ADD_LEARNER, ADD_VOTER):
        return waiting == [after.members[-1]] and not before.learners
    return len(waiting) <= len([member for member in before.members if not member.is_started])


def keeps_a_voter(step: Step, before: Cluster, after: Cluster) -> bool:
    return len(after.voters) > 0


def gives_no_address_to_two_members(step: Step, before: Cluster, after: Cluster) -> bool:
    urls = [url for member in after.members for url in comparable(member.peer_urls)]
    return len(urls) == len(set(urls))


def leads_by_a_healthy_voter(step: Step, before: Cluster, after: Cluster) -> bool:
    heir = before.member(step.member_id)
    return step.action != MOVE_LEADER or (heir is not None and heir.is_voter and is_healthy(before, heir))


def sends_no_voter_where_nobody_got(step: Step, before: Cluster, after: Cluster) -> bool:
    target = before.member(step.member_id)
    if step.action != UPDATE_PEER_URLS or target is None or not target.is_started:
        return True
    return all(any(probe.reachable and probe.url == url for probe in before.probes) for url in step.peer_urls)


def changes_no_learner_where_that_ends_it(step: Step, before: Cluster, after: Cluster) -> bool:
    target = before.member(step.member_id)
    is_learner = target is not None and target.is_learner
    return (
        step.action != UPDATE_PEER_URLS or not is_learner or before.statuses[0].version in ("3.5.33", "3.6.14", "3.7.1")
    )


SAFE = (
    leaves_enough_healthy_voters,
    makes_no_second_newcomer,
    keeps_a_voter,
    gives_no_address_to_two_members,
    leads_by_a_healthy_voter,
    sends_no_voter_where_nobody_got,
    changes_no_learner_where_that_ends_it,
)


# One situation for each step, so that none goes untried however the search goes.
SITUATIONS = {
    ADD_LEARNER: (cluster(*voters(3)), present("m4", [url(4)])),
    ADD_VOTER: (cluster(*voters(3)), present("m4", [url(4)], learner=False)),
    UPDATE_PEER_URLS: (cluster(*voters(3), probes=reached(url(9))), present("m1", [url(9)])),
    PROMOTE: (cluster(*voters(3), learner("m4")), promoted("m4")),
    MOVE_LEADER: (cluster(*voters(3), leader="m1"), absent("m1")),
    REMOVE: (cluster(*voters(3)), absent("m2")),
}


@settings(max_examples=2 * settings().max_examples)
@given(situations())
@example(SITUATIONS[ADD_LEARNER])
@example(SITUATIONS[ADD_VOTER])
@example(SITUATIONS[UPDATE_PEER_URLS])
@example(SITUATIONS[PROMOTE])
@example(SITUATIONS[MOVE_LEADER])
@example(SITUATIONS[REMOVE])
def test_every_step_of_every_plan_is_safe(situation):
    observed, goal = situation
    for step, before, after in each_step(observed, steps_of(observed, goal)):
        assert [rule.__name__ for rule in SAFE if not rule(step, before, after)] == []


@pytest.mark.parametrize("action", SITUATIONS)
def test_every_step_is_planned_somewhere(action):
    assert f"{action} " in verdict(*SITUATIONS[action])


@given(situations())
def test_leadership_moves_only_before_the_leader_leaves(situation):
    observed, goal = situation
    actions = [step.action for step in steps_of(observed, goal)]
    assert MOVE_LEADER not in actions or actions == [MOVE_LEADER, REMOVE]
    if actions == [MOVE_LEADER, REMOVE]:
        assert steps_of(observed, goal)[1].member_id == observed.leader_id


@settings(max_examples=2 * settings().max_examples)
@given(situations())
def test_planning_again_after_a_plan_is_applied_finds_nothing_to_do(situation):
    """Only a name that a second member bears can make a part of the goal ambiguous, once the member it meant is
    gone.
    """
    observed, goal = situation
    steps = steps_of(observed, goal)
    if not steps:
        return
    *_, (_step, _before, applied) = each_step(observed, steps)
    again = plan(applied, goal)
    if isinstance(again, Refusal):
        assert again.code == "ambiguous_identity"
        assert sum(1 for member in observed.members if member.name and member.name == goal.identity.name) > 1
    else:
        assert again.steps == ()


@given(situations(), st.randoms(use_true_random=False))
def test_a_verdict_is_complete_and_the_same_every_time_and_in_every_order(situation, dice: random.Random):
    observed, goal = situation
    untouched = copy.deepcopy(observed)
    found = plan(observed, goal)
    shuffled = {
        name: tuple(dice.sample(value, len(value)))
        for name, value in vars(observed).items()
        if isinstance(value, tuple)
    }
    assert plan(replace(observed, **shuffled), goal) == found
    assert observed == untouched
    if isinstance(found, Refusal):
        assert found.code in CODES
        assert found.message
        assert found.next_step


@given(situations(), st.sets(st.sampled_from(sorted(CODES))))
def test_accepting_never_overrides_what_cannot_be(situation, codes):
    observed, goal = situation
    found = plan(observed, replace(goal, accept=frozenset(codes)))
    if isinstance(found, Refusal):
        assert found.code not in codes & set(ACCEPTABLE)
    else:
        assert observed.has_quorum
        assert all(keeps_a_voter(*row) for row in each_step(observed, found.steps))


# Identity

ALIKE = st.text("a1-.", min_size=1, max_size=4)
HOSTS = st.sampled_from(
    ["10.0.0.2", "10.0.0.21", "110.0.0.2", "0.0.0.2", "h", "h.h", "hh", "[::1]", "[::11]", "[fd::1]"]
)
URLS = st.builds(
    "{}://{}:{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    HOSTS,
    st.sampled_from(["1", "11", "2380", "23800"]),
)


@st.composite
def look_alikes(draw: st.DrawFn) -> Cluster:
    names = draw(st.lists(ALIKE, min_size=1, max_size=6))
    ids = draw(st.lists(st.integers(1, 0x1111), min_size=len(names), max_size=len(names), unique=True))
    return cluster(
        *(
            healthy(name, draw(st.lists(URLS, min_size=1, max_size=2)), number)
            for name, number in zip(names, ids, strict=True)
        )
    )


def is_meant_by(member: Member, identity: Identity) -> bool:
    same_urls = {normalise_one(url) for url in member.peer_urls} == {normalise_one(url) for url in identity.peer_urls}
    return member.member_id in identity.member_ids or member.name == identity.name or same_urls


@given(
    look_alikes(),
    st.one_of(st.just(""), ALIKE),
    st.lists(URLS, max_size=2),
    st.sets(st.integers(1, 0x1111), max_size=2),
    st.booleans(),
)
def test_nobody_is_meant_by_a_part_of_a_name_an_address_or_an_id(observed, name, urls, ids, renames_urls):
    identity = Identity(name, tuple(sorted({normalise_one(url) for url in urls})), tuple(sorted(ids)))
    found = find(observed, identity, renames_urls)
    exact = [member for member in observed.members if is_meant_by(member, identity)]
    if isinstance(found, Member):
        assert found in exact
        # Whatever was given is not somebody else's.
        assert not identity.member_ids or found.member_id in identity.member_ids
        assert not identity.name or not found.name or found.name == identity.name
    elif found is None:
        assert exact == []


@given(clusters())
def test_every_member_is_found_by_its_id(observed):
    for member in observed.members:
        assert find(observed, Identity(member_ids=(member.member_id,)), renames_urls=False) == member


# Peer URLs


@given(URLS)
def test_a_normalised_url_stays_as_it_is(url):
    once = normalise_one(url)
    assert normalise_one(once) == once
    assert comparable([url]) == comparable([once])


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.booleans())
def test_any_text_is_a_url_that_etcd_takes_or_one_clear_error(text, with_scheme):
    given_text = f"http://{text}" if with_scheme else text
    try:
        (url,) = normalise([given_text])
    except InvalidPeerURLError as problem:
        message = str(problem)
    else:
        scheme, rest = url.split("://")
        host, port = rest.rsplit(":", 1)
        assert scheme in ("http", "https")
        assert 1 <= int(port) <= 65535
        assert host.isascii()
        assert not set(host) & set("/?#@ ,")
        return
    assert repr(given_text) in message
