# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""From a wish that is not fulfilled to its steps, state by state; loaded only then, since most tasks find nothing to do."""

from __future__ import annotations

import typing as t

from . import advice, checks, gate
from .identity import Identity
from .model import Cluster, Member
from .plan import ABSENT, PRESENT, PROMOTED, RUNNING, STOPPABLE, Verdict, Wish
from .quorum import most_caught_up
from .refusal import Check, Refusal, judge
from .steps import ADD_LEARNER, ADD_VOTER, MOVE_LEADER, PROMOTE, REMOVE, UPDATE_PEER_URLS, Plan, Step


def _plan_present(cluster: Cluster, wish: Wish, target: Member | None) -> Verdict:
    urls = wish.identity.peer_urls
    if target is None:
        return _plan_add(cluster, wish)
    step = Step(UPDATE_PEER_URLS, target.member_id, target.name or wish.identity.name, urls)
    return _settle(
        wish,
        Plan((step,), target),
        (
            lambda: checks.peer_url_free(cluster, step),
            lambda: checks.update_keeps_learner(cluster, target),
            lambda: checks.nothing_pending(cluster, step, target),
            lambda: checks.new_peer_urls_reachable(cluster, step, target),
            lambda: checks.update_keeps_quorum(cluster, step, target),
        ),
    )


def _plan_add(cluster: Cluster, wish: Wish) -> Verdict:
    if not wish.identity.peer_urls or wish.identity.member_ids:
        return checks.nothing_to_add(cluster, wish.identity)
    step = Step(ADD_LEARNER if wish.learner else ADD_VOTER, 0, wish.identity.name, wish.identity.peer_urls)
    return _settle(
        wish,
        Plan((step,)),
        (
            lambda: checks.peer_url_free(cluster, step),
            lambda: checks.learners_known(cluster, step),
            lambda: checks.nothing_pending(cluster, step, None),
            lambda: checks.add_keeps_quorum(cluster, step),
            lambda: checks.nobody_corrupt(cluster, step),
            lambda: checks.release_allows_add(cluster, step),
        ),
    )


def _plan_promoted(cluster: Cluster, wish: Wish, target: Member | None) -> Verdict:
    if target is None:
        return checks.nothing_to_promote(cluster, wish.identity)
    if target.is_voter:
        return _settle(wish, Plan(target=target), (lambda: checks.voter_started(cluster, target),))
    step = Step(PROMOTE, target.member_id, target.name or wish.identity.name, target.peer_urls)
    return _settle(
        wish,
        Plan((step,), target, advice.promotion_warnings(cluster.versions)),
        (
            lambda: checks.learner_started(cluster, target),
            lambda: checks.learner_live(cluster, target),
            lambda: checks.learner_ready(cluster, target),
            lambda: checks.no_unstarted_voter(cluster, step),
            lambda: checks.leader_reachable_for_promotion(cluster, target),
            lambda: checks.promotion_keeps_quorum(cluster, step, target),
        ),
    )


def _plan_absent(cluster: Cluster, wish: Wish, target: Member | None) -> Verdict:
    if target is None:
        return Plan(warnings=advice.unnamed_warnings(cluster, wish.identity))
    remove = Step(REMOVE, target.member_id, target.name, target.peer_urls)
    warnings = (*advice.removal_warnings(cluster, remove, target), *(advice.leadership_warnings(cluster, target) if wish.move_leader else ()))
    return _settle(
        wish,
        Plan((*_leadership_first(cluster, wish, target), remove), target, warnings),
        (
            lambda: checks.not_the_last(cluster, target),
            lambda: checks.nothing_pending(cluster, remove, target),
            lambda: checks.removal_keeps_quorum(cluster, remove, target),
            lambda: checks.removal_keeps_tolerance(cluster, remove, target, wish.min_fault_tolerance),
        ),
    )


def _plan_stoppable(cluster: Cluster, wish: Wish, target: Member | None) -> Verdict:
    if target is None:
        return gate.no_such_member(cluster, wish.identity)
    return _settle(wish, Plan(_leadership_first(cluster, wish, target), target), (lambda: gate.may_stop(cluster, target),))


def _plan_running(cluster: Cluster, wish: Wish, target: Member | None) -> Verdict:
    if target is None and wish.identity != Identity():
        return gate.no_such_member(cluster, wish.identity)
    return _settle(wish, Plan(target=target), (lambda: gate.all_run(cluster, (target,) if target else cluster.members),))


def _leadership_first(cluster: Cluster, wish: Wish, target: Member) -> tuple[Step, ...]:
    if not wish.move_leader or cluster.leader_id != target.member_id or cluster.status_of(target.member_id) is None:
        return ()
    heir = most_caught_up(cluster, tuple(voter for voter in cluster.voters if voter is not target))
    return (Step(MOVE_LEADER, heir.member_id, heir.name, heir.peer_urls),) if heir else ()


def _settle(wish: Wish, plan_: Plan, tests: tuple[Check, ...]) -> Verdict:
    """The plan, if every check passes or its refusal was knowingly accepted; else the first refusal."""
    found = judge(tests, wish.accept)
    return found if isinstance(found, Refusal) else Plan(plan_.steps, plan_.target, (*plan_.warnings, *found))


PLANNERS: t.Mapping[str, t.Callable[[Cluster, Wish, Member | None], Verdict]] = {
    PRESENT: _plan_present,
    PROMOTED: _plan_promoted,
    ABSENT: _plan_absent,
    STOPPABLE: _plan_stoppable,
    RUNNING: _plan_running,
}
