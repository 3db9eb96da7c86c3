# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Fulfilling a goal: observe, plan, apply one step, and again from the start until nothing is left to do.

Check mode leaves the same loop right before the first step, so it cannot disagree with the real run. A run that is
killed at any point left a cluster that the next run observes and finishes.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, replace

from .._client import errors
from .._client.errors import EtcdError
from .._membership import refusal as codes
from .._membership import steps
from .._membership.decision import learner_to_prove, peer_urls_to_prove, plan
from .._membership.identity import Identity, find
from .._membership.model import Cluster, Member
from .._membership.plan import PRESENT, Goal, Plan
from .._membership.quorum import quorum_of
from .._membership.refusal import Refusal
from .._membership.steps import Step, is_done, project_all
from .endpoint_pool import EndpointPool
from .exceptions import ApplyFailed, Refused, Wait
from .lock import MembershipLock
from .observe import observe
from .waiting import SECONDS_FOR_AN_ELECTION, SECONDS_TO_SETTLE, Clock, Waiting

if t.TYPE_CHECKING:
    from .._client.endpoint import Endpoint

# The list has changed under us: plan again from what it is now.
OVERTAKEN = frozenset(
    (
        errors.MEMBER_ID_EXISTS,
        errors.PEER_URL_EXISTS,
        errors.MEMBER_NOT_FOUND,
        errors.TOO_MANY_LEARNERS,
        errors.LEARNER_NOT_READY,
        errors.NOT_CAPABLE,
    )
)

# A change whose outcome stays unknown this often is given up; each time the list was read again first.
MOST_UNCERTAIN_ATTEMPTS = 3
# A cluster that is looked at for longer than the lock lasts, this often in one run, is too slow to be changed safely.
MOST_LOCKS = 8
_SLOW = "Give only endpoints that answer, and look at why the others do not; then run this again."
# An id is made of the peer URLs and the second: after add and remove in one second, the next second gives another one.
SECONDS_TO_ANOTHER_ID = 1.1


@dataclass(frozen=True)
class Outcome:
    """What came of a goal: the cluster before and after, the plan, the steps taken, what was waited for."""

    before: Cluster
    after: Cluster
    plan: Plan
    done: tuple[Step, ...]
    waits: tuple[Wait, ...]
    warnings: tuple[str, ...]
    target: Member | None


def apply(
    pool: EndpointPool, goal: Goal, wait_timeout: float, stall_timeout: float, check_mode: bool, clock: Clock = time
) -> Outcome:
    """Brings about what the goal says. Times in seconds. Raises ApplyFailed."""
    return _Run(pool, goal, Waiting(clock, wait_timeout, stall_timeout), check_mode, clock).run()


class _Run:
    def __init__(self, pool: EndpointPool, goal: Goal, waiting: Waiting, check_mode: bool, clock: Clock) -> None:
        self._pool = pool
        self._goal = goal
        self._waiting = waiting
        self._check_mode = check_mode
        self._clock = clock
        self._lock = MembershipLock(clock.monotonic, pool.connection.request_timeout)
        self._before: Cluster | None = None
        self._plan: Plan | None = None
        self._latest: Cluster | None = None
        self._done: list[Step] = []
        self._warnings: dict[str, None] = {}
        self._tried: Step | None = None
        self._uncertain = 0
        self._refused_by_server = 0

    def run(self) -> Outcome:
        try:
            return self._run()
        except (Refused, EtcdError) as cause:
            raise ApplyFailed(cause, tuple(self._done), tuple(self._waiting.waits), self._latest) from cause
        finally:
            self._lock.release(self._any_endpoint())

    def _run(self) -> Outcome:
        while True:
            cluster = self._observe()
            verdict = plan(cluster, self._goal)
            if isinstance(verdict, Refusal):
                if verdict.code == codes.NO_QUORUM and self._gave_up_quorum():
                    return self._outcome(cluster)
                self._wait_out(verdict, cluster)
                continue
            self._warnings.update(dict.fromkeys(verdict.warnings))
            if self._plan is None or not self._done:
                self._before, self._plan = cluster, verdict
            if not verdict.steps or self._check_mode:
                return self._outcome(cluster)
            if self._has_lock(cluster):
                self._apply(verdict.steps[0], cluster)

    def _observe(self) -> Cluster:
        endpoint = self._any_endpoint()
        if endpoint is not None:
            self._lock.renew(endpoint)
        self._latest = self._with_proofs(self._look())
        self._note_uncertain_step(self._latest)
        return self._latest

    def _look(self) -> Cluster:
        """The cluster as it is now.

        One that answered before, and is silent all at once, gets the time of an election to answer again.
        """
        while True:
            try:
                return observe(self._pool)
            except EtcdError as error:
                if self._latest is None or error.code not in errors.UNCERTAIN:
                    raise
                self._wait_for_answer(error, self._latest)

    def _wait_for_answer(self, error: EtcdError, latest: Cluster) -> None:
        silence = Refusal(codes.NO_QUORUM, error.message, error.next_step, before=quorum_of(latest))
        try:
            self._waiting.wait_out(silence, latest, limit=SECONDS_FOR_AN_ELECTION)
        except Refused:
            raise error from None

    def _with_proofs(self, cluster: Cluster) -> Cluster:
        """The cluster with what the member list cannot tell, where this goal depends on it."""
        peer_urls, learner = peer_urls_to_prove(cluster, self._goal), learner_to_prove(cluster, self._goal)
        if not peer_urls and learner is None:
            return cluster
        # Here and in _apply: most tasks find nothing to do, and every import is paid at each task.
        from .liveness import with_live_learner, with_probes  # pylint: disable=import-outside-toplevel

        cluster = with_probes(self._pool, cluster, peer_urls)
        return with_live_learner(self._pool, cluster, learner) if learner else cluster

    def _gave_up_quorum(self) -> bool:
        """Whether all is done, and the quorum went with it, as the user accepted: it comes back when the new voter
        starts.
        """
        return (
            codes.WOULD_LOSE_QUORUM in self._goal.accept
            and self._plan is not None
            and set(self._plan.steps) <= set(self._done)
        )

    def _note_uncertain_step(self, cluster: Cluster) -> None:
        """A step whose answer was lost, and whose effect is there now, was done."""
        if self._tried is not None and is_done(cluster, self._tried):
            self._note_done(self._tried)
            self._tried = None

    def _note_done(self, step: Step) -> None:
        self._done.append(step)
        if step.action == steps.REMOVE:
            self._pool.forget(step.member_id)
            # Once its record is gone, its name alone could mean another member that has the same one.
            self._goal = replace(self._goal, identity=Identity(member_ids=(step.member_id,)))

    def _wait_out(self, refusal: Refusal, cluster: Cluster, limit: float | None = None) -> None:
        target = find(cluster, self._goal.identity, renames_urls=self._goal.state == PRESENT)
        learner_id = target.member_id if isinstance(target, Member) and target.is_learner else 0
        if refusal.code != codes.CLUSTER_UNSETTLED:
            self._lock.release(self._any_endpoint())
        self._waiting.wait_out(refusal, cluster, learner_id, limit)

    def _has_lock(self, cluster: Cluster) -> bool:
        """Whether this run may change the membership now.

        Just taken, the lock calls for one more look at the cluster.
        """
        if self._lock.is_held:
            return True
        endpoint = self._any_endpoint()
        if self._lock.times_taken >= MOST_LOCKS:
            raise EtcdError(
                errors.TIMEOUT,
                f"the lock on the membership ran out {MOST_LOCKS} times while the cluster was looked at",
                next_step=_SLOW,
            )
        if endpoint is not None and not self._lock.acquire(endpoint):
            holder = (
                "a request of this run whose answer was lost, or another run,"
                if self._lock.may_be_our_own
                else "another run"
            )
            self._waiting.wait_out(
                Refusal(
                    codes.CLUSTER_UNSETTLED,
                    f"{holder} is changing the membership of this cluster",
                    "Let it finish, or wait some seconds if it was killed: its lock ends by itself.",
                    before=quorum_of(cluster),
                ),
                cluster,
            )
        return False

    def _apply(self, step: Step, cluster: Cluster) -> None:
        from .change import endpoint_for, request, wait_until_spread  # pylint: disable=import-outside-toplevel

        endpoint = endpoint_for(self._pool, cluster, step, self._refused_by_server)
        if endpoint is None:
            raise EtcdError(errors.SERVER_ERROR, f"cannot {step}: no voter answers that could be asked for it")
        is_retry, self._tried = self._tried == step, step
        try:
            request(endpoint, step)
        except EtcdError as error:
            if error.code in OVERTAKEN and not is_retry:
                self._tried = None  # somebody else's change, then, and not a lost answer of our own
            self._judge(error, step, cluster)
            return
        self._tried = None
        self._note_done(step)
        self._uncertain = self._refused_by_server = 0
        warning = wait_until_spread(self._pool, cluster, step, self._clock)
        if warning:
            self._warnings[warning] = None

    def _judge(self, error: EtcdError, step: Step, cluster: Cluster) -> None:
        """Returns where looking again may help, raises where it cannot."""
        if error.code == errors.UNHEALTHY_CLUSTER:
            self._tried = None
            self._refused_by_server += 1
            self._wait_out(_unsettled(error, step, cluster), cluster, limit=SECONDS_TO_SETTLE)
        elif error.code == errors.NOT_ENOUGH_STARTED:
            raise Refused(_not_enough_started(error, step, cluster))
        elif error.code == errors.NOT_A_LEARNER and not is_done(self._look(), step):
            raise Refused(_not_a_learner(error, step, cluster))
        elif error.code in errors.UNCERTAIN or error.code in OVERTAKEN or error.code == errors.NOT_A_LEARNER:
            self._look_again(error, step)
        else:
            raise error

    def _look_again(self, error: EtcdError, step: Step) -> None:
        self._uncertain += 1
        if self._uncertain >= MOST_UNCERTAIN_ATTEMPTS:
            words = (
                f"{error.message}; tried {self._uncertain} times, and the list does not show it. It may still be "
                "applied: run this again"
            )
            raise EtcdError(
                errors.TIMEOUT if error.code in errors.UNCERTAIN else errors.SERVER_ERROR,
                words,
                error.endpoint,
                error.server_words,
            )
        self._pool.remember(error.endpoint, error)
        is_id_taken = step.action in (steps.ADD_LEARNER, steps.ADD_VOTER) and error.code in (
            errors.MEMBER_NOT_FOUND,
            errors.MEMBER_ID_EXISTS,
        )
        self._clock.sleep(SECONDS_TO_ANOTHER_ID if is_id_taken else 0.2 * self._uncertain)

    def _any_endpoint(self) -> Endpoint | None:
        return self._pool.voter_of(self._latest) if self._latest else None

    def _outcome(self, cluster: Cluster) -> Outcome:
        plan_ = self._plan or Plan()
        after = project_all(cluster, plan_.steps) if self._check_mode else cluster
        target = find(after, self._goal.identity, renames_urls=self._goal.state == PRESENT)
        return Outcome(
            before=self._before or cluster,
            after=after,
            plan=plan_,
            done=tuple(self._done),
            waits=tuple(self._waiting.waits),
            warnings=tuple(self._warnings),
            target=target if isinstance(target, Member) else None,
        )


def _unsettled(error: EtcdError, step: Step, cluster: Cluster) -> Refusal:
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"cannot {step}: etcd answers {error.server_words!r}, since not all of its voters have been connected to "
        "each other for 5 s",
        "If that lasts, look at the network between the peer URLs of all voters; a voter that is down has to be "
        "removed or started first.",
        before=quorum_of(cluster),
    )


def _not_enough_started(error: EtcdError, step: Step, cluster: Cluster) -> Refusal:
    return Refusal(
        codes.WOULD_LOSE_QUORUM,
        f"cannot {step}: etcd answers {error.server_words!r}",
        "Start the members that have not started, or remove them first.",
        before=quorum_of(cluster),
        after=quorum_of(steps.project(cluster, step)),
    )


def _not_a_learner(error: EtcdError, step: Step, cluster: Cluster) -> Refusal:
    return Refusal(
        codes.NOT_A_LEARNER,
        f"cannot {step}: etcd answers {error.server_words!r}, although its list shows a learner",
        "The record and raft disagree (etcd issue 21694). Remove the member and join it again with an empty data "
        "directory.",
        before=quorum_of(cluster),
    )
