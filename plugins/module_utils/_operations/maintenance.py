# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Maintenance: observe, plan, make one step, and again from the start until nothing is left to do.

A run that is killed leaves a cluster that the next run looks at and goes on with.
"""

from __future__ import annotations

import time
import typing as t

from .._client import errors
from .._client.errors import EtcdError
from .._membership import server_refusals, steps
from .._membership.alarms import KIND_OF
from .._membership.defragmentation import MIB
from .._membership.model import Alarm, Cluster
from .._membership.plan import Plan, Verdict
from .._membership.refusal import Refusal
from .._membership.steps import Step
from .change import endpoint_for, request, wait_until_spread
from .endpoint_pool import EndpointPool
from .exceptions import ApplyFailed, Freed, Refused, Wait
from .lock import MembershipLock
from .observe import observe
from .waiting import NOBODY, SECONDS_FOR_AN_ELECTION, Clock, Waiting

if t.TYPE_CHECKING:
    from .._client.endpoint import Endpoint

# A slow disk rewrites so much in a second, and a busy member may take so long to begin.
SLOWEST_BYTES_PER_SECOND = 10 * MIB
SECONDS_TO_BEGIN = 30.0
# A compaction pauses between its batches (etcd server/storage/mvcc/kvstore_compaction.go: 10 ms for each 1000 keys), so
# two looks this far apart tell whether it goes on.
SECONDS_BETWEEN_SIZES = 0.5
SECONDS_TO_COMPACT = 300.0
MOST_ATTEMPTS = 3
SECONDS_BEFORE_ANOTHER_LOOK = 0.2


class Outcome(t.NamedTuple):
    """What came of it. `plan` is that of the time before the first step; `after` is `before` in check mode."""

    before: Cluster
    after: Cluster
    plan: Plan
    done: tuple[Step, ...]
    freed: tuple[Freed, ...]
    waits: tuple[Wait, ...]
    warnings: tuple[str, ...]


def maintain(
    pool: EndpointPool,
    plan: t.Callable[[Cluster, t.Sequence[Step]], Verdict],
    wait_timeout: float,
    check_mode: bool,
    look: t.Callable[[EndpointPool], Cluster] = observe,
    clock: Clock = time,
) -> Outcome:
    """Makes the steps that `plan` finds, given the cluster and what was done. Times in seconds.

    Raises ApplyFailed.
    """
    return _Run(pool, plan, Waiting(clock, wait_timeout, wait_timeout), check_mode, look, clock).run()


class _Run:
    def __init__(
        self,
        pool: EndpointPool,
        plan: t.Callable[[Cluster, t.Sequence[Step]], Verdict],
        waiting: Waiting,
        check_mode: bool,
        look: t.Callable[[EndpointPool], Cluster],
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._plan = plan
        self._waiting = waiting
        self._check_mode = check_mode
        self._look = look
        self._clock = clock
        self._lock: MembershipLock | None = None
        self._latest: Cluster | None = None
        self._done: list[Step] = []
        self._freed: list[Freed] = []
        self._failures = 0

    def run(self) -> Outcome:
        try:
            return self._run()
        except (Refused, EtcdError) as cause:
            waits = tuple(self._waiting.waits)
            raise ApplyFailed(cause, tuple(self._done), waits, self._latest, tuple(self._freed)) from cause
        finally:
            if self._lock is not None and self._latest is not None:
                self._lock.release(self._pool.voter_of(self._latest))

    def _run(self) -> Outcome:
        before, first, warnings = None, None, dict[str, None]()
        while True:
            cluster = self._latest = self._observed()
            before = before or cluster
            verdict = self._plan(cluster, tuple(self._done))
            if isinstance(verdict, Refusal):
                self._waiting.wait_out(verdict, cluster)
                continue
            first = first or verdict
            warnings.update(dict.fromkeys(verdict.warnings))
            if not verdict.steps or self._check_mode:
                waits = tuple(self._waiting.waits)
                return Outcome(before, cluster, first, tuple(self._done), tuple(self._freed), waits, tuple(warnings))
            if self._has_lock(cluster):
                self._take(verdict.steps[0], cluster)

    def _observed(self) -> Cluster:
        """Members that answered before, and are silent all at once, get the time of an election to answer again."""
        while True:
            try:
                return self._look(self._pool)
            except Refused as refused:
                self._waiting.wait_out(refused.refusal, self._latest or NOBODY)
            except EtcdError as error:
                if self._latest is None or error.code not in errors.UNCERTAIN:
                    raise
                silence = server_refusals.silent(self._latest, error.message, error.next_step)
                self._waiting.wait_out(silence, self._latest, limit=SECONDS_FOR_AN_ELECTION)

    def _has_lock(self, cluster: Cluster) -> bool:
        """Whether nobody else changes or maintains the cluster now: two members that are defragmented at once may be
        the quorum. Just taken, the lock calls for one more look.
        """
        if self._lock is not None and self._lock.is_held:
            return True
        if self._lock is None:
            largest = max(status.db_size for status in cluster.statuses)
            self._lock = MembershipLock(
                self._clock.monotonic, self._pool.connection.request_timeout, largest / SLOWEST_BYTES_PER_SECOND
            )
        if not self._lock.acquire(self._voter(cluster)):
            self._waiting.wait_out(server_refusals.locked(cluster, self._lock.may_be_our_own), cluster)
        return False

    def _voter(self, cluster: Cluster) -> Endpoint:
        """The leader, or another voter: where there is a quorum, one answers."""
        return t.cast("Endpoint", self._pool.voter_of(cluster))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _take(self, step: Step, cluster: Cluster) -> None:
        if step.action == steps.DEFRAGMENT:
            # Not tried again: a member that does not come through it is for a person to look at.
            self._defragment(step, cluster)
        elif not self._request(step, cluster):
            return
        if step not in self._done:
            self._done.append(step)
        if step.action == steps.DEFRAGMENT and self._lock is not None:
            # What is left of it may not last for the next member.
            self._lock.release(self._pool.voter_of(cluster))

    def _request(self, step: Step, cluster: Cluster) -> bool:
        """Whether etcd said that it is done; else the cluster is looked at again. Raises EtcdError."""
        try:
            _REQUESTS[step.action](self, step, cluster)
        except EtcdError as error:
            self._failures += 1
            if error.code not in errors.UNCERTAIN or self._failures >= MOST_ATTEMPTS:
                raise
            self._pool.remember(error.endpoint, error)
            self._clock.sleep(SECONDS_BEFORE_ANOTHER_LOOK)
            return False
        return True

    def _defragment(self, step: Step, cluster: Cluster) -> None:
        before = next(status.db_size for status in cluster.statuses if status.member_id == step.member_id)
        endpoint = t.cast("Endpoint", self._pool.member(step.member_id))
        began = self._clock.monotonic()
        endpoint.defragment(timeout=SECONDS_TO_BEGIN + before / SLOWEST_BYTES_PER_SECOND)
        seconds = round(self._clock.monotonic() - began, 3)
        self._freed.append(Freed(step.member_id, step.name, before, endpoint.status().db_size, seconds))

    def _move_leader(self, step: Step, cluster: Cluster) -> None:
        request(t.cast("Endpoint", endpoint_for(self._pool, cluster, step)), step)
        wait_until_spread(self._pool, cluster, step, self._clock)

    def _compact(self, _step: Step, cluster: Cluster) -> None:
        """Every member compacts for itself; returns when none frees anything any more."""
        revision = max(status.revision for status in cluster.statuses)
        ends = self._clock.monotonic() + SECONDS_TO_COMPACT
        try:
            self._voter(cluster).compact(revision, timeout=SECONDS_TO_COMPACT)
        except EtcdError as error:
            if error.code != errors.COMPACTED_REVISION:
                raise
        used: dict[int, int] = {}
        while self._clock.monotonic() < ends:
            now = {status.member_id: status.db_size_in_use for status in self._observed().statuses}
            if used == now:
                return
            used = now
            self._clock.sleep(SECONDS_BETWEEN_SIZES)

    def _disarm(self, step: Step, cluster: Cluster) -> None:
        self._voter(cluster).alarm_disarm(Alarm(step.member_id, KIND_OF[step.action]))


_REQUESTS: t.Mapping[str, t.Callable[[_Run, Step, Cluster], None]] = {
    steps.MOVE_LEADER: _Run._move_leader,
    steps.COMPACT: _Run._compact,
    steps.DISARM_NOSPACE: _Run._disarm,
    steps.DISARM_CORRUPT: _Run._disarm,
}
