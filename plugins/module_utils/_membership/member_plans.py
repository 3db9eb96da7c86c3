# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""From a goal that is not reached to its steps, state by state; loaded only then, since most tasks find nothing to
do.
"""

from __future__ import annotations

import typing as t

from . import checks, gate, joiner_release, plan_warnings
from .identity import Identity
from .leadership import plan_follower, plan_leader
from .model import Cluster, Member
from .plan import (
    ABSENT,
    FOLLOWER,
    LEADER,
    PRESENT,
    PROMOTED,
    RUNNING,
    STARTED,
    STOPPABLE,
    Goal,
    Plan,
    Verdict,
)
from .quorum import most_caught_up
from .refusal import Check, Refusal, judge
from .steps import ADD_LEARNER, ADD_VOTER, MOVE_LEADER, PROMOTE, REMOVE, UPDATE_PEER_URLS, Step


def _plan_present(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    urls = goal.identity.peer_urls
    if target is None:
        return _plan_add(cluster, goal)
    step = Step(UPDATE_PEER_URLS, target.member_id, target.name or goal.identity.name, urls)
    return _settle(
        goal,
        Plan((step,), target),
        (
            lambda: checks.peer_url_free(cluster, step),
            lambda: checks.update_keeps_learner(cluster, target),
            lambda: checks.nothing_pending(cluster, step, target),
            lambda: checks.new_peer_urls_reachable(cluster, step, target),
            lambda: checks.update_keeps_quorum(cluster, step, target),
        ),
    )


def _plan_add(cluster: Cluster, goal: Goal) -> Verdict:
    if not goal.identity.peer_urls or goal.identity.member_ids:
        return checks.nothing_to_add(cluster, goal.identity)
    step = Step(ADD_LEARNER if goal.learner else ADD_VOTER, 0, goal.identity.name, goal.identity.peer_urls)
    return _settle(
        goal,
        Plan((step,), warnings=plan_warnings.joining_warnings(cluster, goal.release)),
        (
            *joiner_checks(cluster, step, goal),
            lambda: checks.peer_url_free(cluster, step),
            lambda: checks.learners_known(cluster, step),
            lambda: checks.nothing_pending(cluster, step, None),
            lambda: checks.add_keeps_quorum(cluster, step),
            lambda: checks.nobody_corrupt(cluster, step),
            lambda: checks.release_allows_add(cluster, step),
        ),
    )


def joiner_checks(cluster: Cluster, step: Step, goal: Goal) -> tuple[Check, ...]:
    """Whether a new member would survive its first start: etcd itself finds that out only after it was added."""
    return (
        lambda: checks.no_downgrade(cluster, step),
        lambda: joiner_release.joiner_fits(cluster, step, goal.release),
        lambda: joiner_release.joiner_is_sound(cluster, step, goal.release),
        lambda: joiner_release.joiner_can_read_the_log(cluster, step, goal.release, goal.is_log_clean),
    )


def _plan_promoted(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    if target is None:
        return checks.nothing_to_promote(cluster, goal.identity)
    if target.is_voter:
        return _settle(goal, Plan(target=target), (lambda: checks.voter_started(cluster, target),))
    step = Step(PROMOTE, target.member_id, target.name or goal.identity.name, target.peer_urls)
    return _settle(
        goal,
        Plan((step,), target, plan_warnings.promotion_warnings(cluster.versions)),
        (
            lambda: checks.learner_started(cluster, target),
            lambda: checks.learner_live(cluster, target),
            lambda: checks.learner_ready(cluster, target),
            lambda: checks.no_unstarted_voter(cluster, step),
            lambda: checks.leader_reachable_for_promotion(cluster, target),
            lambda: checks.promotion_keeps_quorum(cluster, step, target),
        ),
    )


def _plan_absent(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    if target is None:
        return Plan(warnings=plan_warnings.unnamed_warnings(cluster, goal.identity))
    remove = Step(REMOVE, target.member_id, target.name, target.peer_urls)
    warnings = (
        *plan_warnings.removal_warnings(cluster, remove, target),
        *(plan_warnings.leadership_warnings(cluster, target) if goal.move_leader else ()),
    )
    return _settle(
        goal,
        Plan((*_leadership_first(cluster, goal, target), remove), target, warnings),
        (
            lambda: checks.not_the_last(cluster, target),
            lambda: checks.nothing_pending(cluster, remove, target),
            lambda: checks.removal_keeps_quorum(cluster, remove, target),
            lambda: checks.removal_keeps_tolerance(cluster, remove, target, goal.min_fault_tolerance),
        ),
    )


def _plan_stoppable(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    if target is None:
        return gate.no_such_member(cluster, goal.identity)
    return _settle(
        goal, Plan(_leadership_first(cluster, goal, target), target), (lambda: gate.may_stop(cluster, target),)
    )


def _plan_running(cluster: Cluster, goal: Goal, target: Member | None) -> Verdict:
    if target is None and goal.identity != Identity():
        return gate.no_such_member(cluster, goal.identity)
    members = (target,) if target else cluster.members
    return _settle(
        goal, Plan(target=target), (lambda: gate.all_run(cluster, members, as_voters=goal.state == RUNNING),)
    )


def _leadership_first(cluster: Cluster, goal: Goal, target: Member) -> tuple[Step, ...]:
    if not goal.move_leader or cluster.leader_id != target.member_id or cluster.status_of(target.member_id) is None:
        return ()
    heir = most_caught_up(cluster, tuple(voter for voter in cluster.voters if voter is not target))
    return (Step(MOVE_LEADER, heir.member_id, heir.name, heir.peer_urls),) if heir else ()


def _settle(goal: Goal, plan_: Plan, tests: tuple[Check, ...]) -> Verdict:
    """The plan, if every check passes or its refusal was knowingly accepted; else the first refusal."""
    found = judge(tests, goal.accept)
    return found if isinstance(found, Refusal) else Plan(plan_.steps, plan_.target, (*plan_.warnings, *found))


PLANNERS: t.Mapping[str, t.Callable[[Cluster, Goal, Member | None], Verdict]] = {
    PRESENT: _plan_present,
    PROMOTED: _plan_promoted,
    ABSENT: _plan_absent,
    STOPPABLE: _plan_stoppable,
    RUNNING: _plan_running,
    STARTED: _plan_running,
    LEADER: plan_leader,
    FOLLOWER: plan_follower,
}
