# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Applying a goal: observe, plan, request one step, and again from the start until nothing is left to do.

Check mode leaves the same loop right before the first step, so it cannot disagree with the real run. A run that is
killed at any point leaves a cluster that the next run observes and finishes.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from .._client import errors
from .._client.errors import EtcdError
from .._membership import refusal as codes
from .._membership import steps
from .._membership.decision import learner_to_prove, peer_urls_to_prove, plan
from .._membership.identity import Identity, find
from .._membership.model import Cluster, Member
from .._membership.plan import PRESENT, Goal, Plan
from .._membership.refusal import Refusal
from .._membership.steps import Step
from .endpoint_pool import EndpointPool
from .exceptions import ApplyFailed, Refused, Wait
from .observe import observe
from .waiting import NOBODY, SECONDS_FOR_AN_ELECTION, Clock, Waiting

if t.TYPE_CHECKING:
    from .changes import Changes


class Outcome(t.NamedTuple):
    """What came of a goal: the cluster before and after, the plan, the steps taken, what was waited for."""

    before: Cluster
    after: Cluster
    plan: Plan
    done: tuple[Step, ...]
    waits: tuple[Wait, ...]
    warnings: tuple[str, ...]
    target: Member | None


def apply(
    pool: EndpointPool,
    goal: Goal,
    wait_timeout: float,
    stall_timeout: float,
    check_mode: bool,
    clock: Clock = time,
) -> Outcome:
    """Brings about what the goal says. Times in seconds. Raises ApplyFailed."""
    return _Loop(pool, goal, Waiting(clock, wait_timeout, stall_timeout), check_mode, clock).run()


class _Record:
    """What the run has seen and done so far. `plan` and `before` are those of the time before the first step."""

    def __init__(self) -> None:
        self.before: Cluster | None = None
        self.plan: Plan | None = None
        self.latest: Cluster | None = None
        self.done: list[Step] = []
        self.warnings: dict[str, None] = {}

    def planned(self, cluster: Cluster, found: Plan) -> None:
        self.warnings.update(dict.fromkeys(found.warnings))
        if self.plan is None or not self.done:
            self.before, self.plan = cluster, found

    @property
    def has_done_all(self) -> bool:
        return self.plan is not None and set(self.plan.steps) <= set(self.done)


class _Loop:
    def __init__(self, pool: EndpointPool, goal: Goal, waiting: Waiting, check_mode: bool, clock: Clock) -> None:
        self._pool = pool
        self._goal = goal
        self._waiting = waiting
        self._check_mode = check_mode
        self._clock = clock
        self._record = _Record()
        self._changes: Changes | None = None

    def run(self) -> Outcome:
        record = self._record
        try:
            return self._run()
        except (Refused, EtcdError) as cause:
            raise ApplyFailed(cause, tuple(record.done), tuple(self._waiting.waits), record.latest) from cause
        finally:
            self._release_lock()

    def _run(self) -> Outcome:
        while True:
            cluster = self._observe()
            verdict = plan(cluster, self._goal)
            if isinstance(verdict, Refusal):
                if verdict.code == codes.NO_QUORUM and self._gave_up_quorum():
                    return self._outcome(cluster)
                self._wait_out(verdict, cluster)
                continue
            self._record.planned(cluster, verdict)
            if not verdict.steps or self._check_mode:
                return self._outcome(cluster)
            changes = self._begin_changes()
            if changes.has_lock(cluster):
                self._take(changes, verdict.steps[0], cluster)

    def _gave_up_quorum(self) -> bool:
        """Whether all is done, and the quorum went with it, as the user accepted: it comes back when the new voter
        starts.
        """
        return codes.WOULD_LOSE_QUORUM in self._goal.accept and self._record.has_done_all

    # -- observing -----------------------------------------------------------------------------------------------------

    def _observe(self) -> Cluster:
        if self._changes is not None and self._record.latest is not None:
            self._changes.renew_lock(self._record.latest)
        cluster = self._record.latest = self._with_proofs(self._look())
        done = self._changes.found_done(cluster) if self._changes is not None else None
        if done is not None:
            self._note_done(done)
        return cluster

    def _look(self) -> Cluster:
        """The cluster as it is now. One that answered before, and is silent all at once, gets the time of an election
        to answer again; so does one that lets nobody log in.
        """
        while True:
            try:
                return observe(self._pool)
            except Refused as refused:
                self._waiting.wait_out(refused.refusal, self._record.latest or NOBODY)
            except EtcdError as error:
                latest = self._record.latest
                if latest is None or error.code not in errors.UNCERTAIN:
                    raise
                # Here, in _with_proofs and in _begin_changes: most tasks find a cluster that answers and nothing to do,
                # and every import is paid at each task.
                from .._membership.server_refusals import silent  # pylint: disable=import-outside-toplevel

                silence = silent(latest, error.message, error.next_step)
                try:
                    self._waiting.wait_out(silence, latest, limit=SECONDS_FOR_AN_ELECTION)
                except Refused:
                    raise error from None

    def _with_proofs(self, cluster: Cluster) -> Cluster:
        """The cluster with what the member list cannot tell, where this goal depends on it."""
        peer_urls, learner = peer_urls_to_prove(cluster, self._goal), learner_to_prove(cluster, self._goal)
        if not peer_urls and learner is None:
            return cluster
        from .liveness import with_live_learner, with_probes  # pylint: disable=import-outside-toplevel

        cluster = with_probes(self._pool, cluster, peer_urls)
        return with_live_learner(self._pool, cluster, learner) if learner else cluster

    # -- changing ------------------------------------------------------------------------------------------------------

    def _begin_changes(self) -> Changes:
        from .changes import Changes  # pylint: disable=import-outside-toplevel

        if self._changes is None:
            self._changes = Changes(self._pool, self._waiting, self._clock, self._look, self._wait_out)
        return self._changes

    def _take(self, changes: Changes, step: Step, cluster: Cluster) -> None:
        if not changes.request(step, cluster):
            return
        self._note_done(step)
        warning = changes.wait_until_spread(step, cluster)
        if warning:
            self._record.warnings[warning] = None

    def _release_lock(self) -> None:
        if self._changes is not None and self._record.latest is not None:
            self._changes.release_lock(self._record.latest)

    def _note_done(self, step: Step) -> None:
        self._record.done.append(step)
        if step.action == steps.REMOVE:
            self._pool.forget(step.member_id)
            # Once its record is gone, its name alone could mean another member that has the same one.
            self._goal = replace(self._goal, identity=Identity(member_ids=(step.member_id,)))

    def _wait_out(self, refusal: Refusal, cluster: Cluster, limit: float | None = None) -> None:
        target = self._target(cluster)
        if refusal.code != codes.CLUSTER_UNSETTLED:
            self._release_lock()
        learner_id = target.member_id if target is not None and target.is_learner else 0
        self._waiting.wait_out(refusal, cluster, learner_id, limit)

    # -- reporting -----------------------------------------------------------------------------------------------------

    def _target(self, cluster: Cluster) -> Member | None:
        found = find(cluster, self._goal.identity, renames_urls=self._goal.state == PRESENT)
        return found if isinstance(found, Member) else None

    def _outcome(self, cluster: Cluster) -> Outcome:
        record = self._record
        found = record.plan or Plan()
        after = self._foreseen(cluster, found) if self._check_mode and found.steps else cluster
        return Outcome(
            before=record.before or cluster,
            after=after,
            plan=found,
            done=tuple(record.done),
            waits=tuple(self._waiting.waits),
            warnings=tuple(record.warnings),
            target=self._target(after),
        )

    @staticmethod
    def _foreseen(cluster: Cluster, found: Plan) -> Cluster:
        from .._membership.projection import project_all  # pylint: disable=import-outside-toplevel

        return project_all(cluster, found.steps)
