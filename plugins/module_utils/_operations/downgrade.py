# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Enabling a downgrade, cancelling it, and waiting for its end: look, ask, and look again until every member says so.

A run that is killed anywhere leaves a cluster that the next run looks at and goes on with. What an answer says is never
enough: etcd acknowledges a cancellation that failed, and lowers its data some seconds after it acknowledged.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .._client import errors
from .._client.errors import EtcdError
from .._membership import downgrade, server_refusals
from .._membership.downgrade import CANCEL_DOWNGRADE, ENABLE_DOWNGRADE
from .._membership.model import Cluster
from .._membership.preconditions import can_be_changed
from .._membership.refusal import Refusal
from .._membership.steps import Step
from .._membership.storage import is_lowered
from .._membership.versions import Minor, minor_words
from .endpoint_pool import EndpointPool
from .exceptions import ApplyFailed, Refused, Wait
from .lock import MembershipLock
from .observe import observe
from .waiting import SECONDS_FOR_AN_ELECTION, Clock, Waiting

if t.TYPE_CHECKING:
    from .._client.endpoint import Endpoint

# A request whose answer is lost this often is given up.
MOST_ATTEMPTS = 3
SECONDS_BEFORE_ANOTHER_LOOK = 0.2


@dataclass(frozen=True)
class Outcome:
    """What came of it; in check mode `after` is as it would be. `steps` are those that were needed."""

    before: Cluster
    after: Cluster
    steps: tuple[Step, ...]
    done: tuple[Step, ...]
    waits: tuple[Wait, ...]


def enable(
    pool: EndpointPool, minor: Minor, wait_timeout: float, check_mode: bool = False, clock: Clock = time
) -> Outcome:
    """Enables the downgrade to this minor release, and returns when every member has lowered its data. Does nothing
    where they have, or where all run that release.

    In check mode it returns where it would change something or wait. Raises ApplyFailed.
    """
    run = _Run(pool, wait_timeout, check_mode, clock)
    return run.run(lambda: run.enable(minor))


def cancel(pool: EndpointPool, wait_timeout: float, check_mode: bool = False, clock: Clock = time) -> Outcome:
    """Cancels the downgrade that is on, and returns when no member says any more that one is. Raises ApplyFailed."""
    run = _Run(pool, wait_timeout, check_mode, clock)
    return run.run(run.cancel)


def wait_for_end(pool: EndpointPool, minor: Minor, wait_timeout: float, clock: Clock = time) -> Outcome:
    """Returns when every member runs this minor release, and etcd has ended the downgrade. Raises ApplyFailed."""
    run = _Run(pool, wait_timeout, False, clock)
    return run.run(lambda: run.wait_for_end(minor))


class _Run:
    def __init__(self, pool: EndpointPool, wait_timeout: float, check_mode: bool, clock: Clock) -> None:
        self._pool = pool
        self._check_mode = check_mode
        self._clock = clock
        self._waiting = Waiting(clock, wait_timeout, wait_timeout)
        self._lock = MembershipLock(clock.monotonic, pool.connection.request_timeout)
        self._before: Cluster | None = None
        self._latest: Cluster | None = None
        self._done: list[Step] = []
        self._has_asked = False
        self._failures = 0

    def run(self, operation: t.Callable[[], Outcome]) -> Outcome:
        try:
            return operation()
        except (Refused, EtcdError) as cause:
            raise ApplyFailed(cause, tuple(self._done), tuple(self._waiting.waits), self._latest) from cause
        finally:
            self._lock.release(self._voter() if self._latest else None)

    # -- the three ways ------------------------------------------------------------------------------------------------

    def enable(self, minor: Minor) -> Outcome:
        step = Step(ENABLE_DOWNGRADE)
        while True:
            cluster = self._look(lambda seen: downgrade.obstacle(seen, minor))
            is_on = downgrade.is_on(cluster, minor)
            if is_on:
                self._note_lost_answer(step)
            if self._done and not is_on:
                raise Refused(downgrade.cancelled_by_another(cluster, minor))
            if is_lowered(cluster, minor) or (is_on and self._check_mode):
                return self._outcome(cluster)
            refusal = downgrade.not_lowered(cluster, minor) if is_on else downgrade.not_risen(cluster, minor)
            if refusal:
                self._waiting.wait_out(refusal, cluster)
            elif self._is_valid(minor, cluster):
                if self._check_mode:
                    return self._outcome(downgrade.enabled(cluster, minor), (step,))
                if self._has_lock(cluster):
                    self._ask(step, lambda: self._voter().downgrade_enable(minor_words(minor)))

    def cancel(self) -> Outcome:
        step = Step(CANCEL_DOWNGRADE)
        while True:
            cluster = self._look(can_be_changed)
            if not self._is_on(cluster):
                self._note_lost_answer(step)
                return self._outcome(cluster)
            if self._check_mode:
                return self._outcome(downgrade.cancelled(cluster), (step,))
            self._ask(step, lambda: self._voter().downgrade_cancel())
            if self._done:
                cluster = self._look(can_be_changed)
                if self._is_on(cluster):
                    self._waiting.wait_out(downgrade.still_on(cluster), cluster)

    def wait_for_end(self, minor: Minor) -> Outcome:
        while True:
            cluster = self._look(lambda seen: can_be_changed(seen) or downgrade.unfinished(seen, minor))
            why = self._why_not_ended(minor)
            if not why:
                return self._outcome(cluster)
            self._waiting.wait_out(downgrade.awaiting_end(cluster, minor, why), cluster)

    # -- asking etcd ---------------------------------------------------------------------------------------------------

    def _is_valid(self, minor: Minor, cluster: Cluster) -> bool:
        """Whether etcd would enable it; False where another look is needed. Changes nothing. Raises Refused."""
        try:
            self._voter().downgrade_validate(minor_words(minor))
        except EtcdError as error:
            if error.code == errors.BAD_DOWNGRADE_TARGET:
                raise Refused(downgrade.refused_by_etcd(cluster, minor, error.server_words)) from error
            self._look_again(error)
            return False
        return True

    def _is_on(self, cluster: Cluster) -> bool:
        """By the members' own word. Where all are older than 3.6, which do not say, by what etcd answers to the next
        downgrade.
        """
        if downgrade.tells_downgrade(cluster):
            return downgrade.is_on(cluster)
        error = self._answer_to_the_next(downgrade.lowest_of(cluster))
        if error is not None and error.code not in (*_NOT_ENDED, errors.UNIMPLEMENTED):
            raise error
        return error is not None and error.code == errors.DOWNGRADE_IN_PROGRESS

    def _why_not_ended(self, minor: Minor) -> str:
        """Words, empty where the downgrade has ended: a further one could then be enabled. Raises EtcdError."""
        error = self._answer_to_the_next(minor)
        if error is not None and error.code not in (*_NOT_ENDED, *errors.UNCERTAIN):
            raise error
        return _NOT_ENDED.get(error.code, error.message) if error else ""

    def _answer_to_the_next(self, minor: Minor) -> EtcdError | None:
        """Why etcd would not go on to the minor release before this one, read through the quorum."""
        try:
            self._voter().downgrade_validate(minor_words((minor[0], minor[1] - 1)))
        except EtcdError as error:
            return error
        return None

    def _ask(self, step: Step, request: t.Callable[[], None]) -> None:
        self._has_asked = True
        try:
            request()
        except EtcdError as error:
            self._look_again(error)
            return
        if step not in self._done:
            self._done.append(step)

    def _note_lost_answer(self, step: Step) -> None:
        """What shows in the cluster after this run asked for it counts as done by it."""
        if self._has_asked and not self._done:
            self._done.append(step)

    def _look_again(self, error: EtcdError) -> None:
        """Another run was faster, or an answer was lost: what became of it, only another look can tell."""
        overtaken = (errors.DOWNGRADE_IN_PROGRESS, errors.NO_DOWNGRADE)
        self._failures += 1
        if error.code not in (*errors.UNCERTAIN, *overtaken) or self._failures >= MOST_ATTEMPTS:
            raise error
        self._pool.remember(error.endpoint, error)
        self._clock.sleep(SECONDS_BEFORE_ANOTHER_LOOK)

    def _has_lock(self, cluster: Cluster) -> bool:
        """Whether nobody else changes the membership now: a member that was added at the same moment could not start.
        Just taken, the lock calls for one more look.
        """
        if self._lock.is_held:
            return True
        if not self._lock.acquire(self._voter()):
            self._waiting.wait_out(server_refusals.locked(cluster, self._lock.may_be_our_own), cluster)
        return False

    # -- looking -------------------------------------------------------------------------------------------------------

    def _look(self, stands_in_the_way: t.Callable[[Cluster], Refusal | None]) -> Cluster:
        """The cluster once nothing stands in the way. Raises Refused, EtcdError."""
        while True:
            cluster = self._latest = self._observed()
            self._before = self._before or cluster
            refusal = stands_in_the_way(cluster)
            if refusal is None:
                return cluster
            self._waiting.wait_out(refusal, cluster)

    def _observed(self) -> Cluster:
        """Members that answered before, and are silent all at once, get the time of an election to answer again."""
        while True:
            try:
                return observe(self._pool)
            except EtcdError as error:
                if self._latest is None or error.code not in errors.UNCERTAIN:
                    raise
                silence = server_refusals.silent(self._latest, error.message, error.next_step)
                self._waiting.wait_out(silence, self._latest, limit=SECONDS_FOR_AN_ELECTION)

    def _voter(self) -> Endpoint:
        """The leader, or another voter: where there is a quorum, one answers."""
        return t.cast("Endpoint", self._pool.voter_of(t.cast(Cluster, self._latest)))

    def _outcome(self, after: Cluster, steps: tuple[Step, ...] = ()) -> Outcome:
        return Outcome(
            self._before or after, after, steps or tuple(self._done), tuple(self._done), tuple(self._waiting.waits)
        )


_NOT_ENDED: t.Mapping[str, str] = {
    errors.DOWNGRADE_IN_PROGRESS: "it is still on",
    errors.BAD_DOWNGRADE_TARGET: "the version of the cluster is another one",
}
