# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Waiting with reasons: what is waited for, for how long, how far it has come, and when to give up."""

from __future__ import annotations

import typing as t

from .._membership import refusal as codes
from .._membership.model import Cluster
from .._membership.quorum import is_settled
from .._membership.refusal import Refusal
from .exceptions import Refused, Wait

# Three election time-outs of etcd's defaults, with room: an election that can succeed has done so by then.
SECONDS_FOR_AN_ELECTION = 5.0
# etcd refuses changes until its streams are 5 s old (etcdserver.HealthInterval); three times that is no passing state.
SECONDS_TO_SETTLE = 15.0
# For waiting while nothing is known of the cluster.
NOBODY = Cluster(0, ())
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 0.5

_ABOUT_A_LEARNER = (codes.LEARNER_NOT_STARTED, codes.LEARNER_NOT_LIVE, codes.LEARNER_NOT_READY)


class Clock(t.Protocol):
    """The two things that waiting needs; `time` is one."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Waiting:
    """How long one run has waited for what.

    `wait_timeout` bounds the run, `stall_timeout` a learner without progress (seconds).
    """

    def __init__(self, clock: Clock, wait_timeout: float, stall_timeout: float) -> None:
        self._clock = clock
        self._wait_timeout = wait_timeout
        self._stall_timeout = stall_timeout
        self._started = clock.monotonic()
        self._code = ""
        self._code_since = self._started
        self._pause = _FIRST_PAUSE
        self._raft_index = -1
        self._progress_at = self._started
        self.waits: list[Wait] = []

    def wait_out(self, refusal: Refusal, cluster: Cluster, learner_id: int = 0, limit: float | None = None) -> None:
        """Returns after a short pause while there is hope that the refusal passes. Raises Refused when there is none.

        `limit` is how many seconds this refusal may last where that is less than the rest of `wait_timeout`.
        """
        now = self._clock.monotonic()
        self._note(refusal, now)
        if learner_id and refusal.code in _ABOUT_A_LEARNER:
            self._watch_progress(refusal, cluster, learner_id, now)
        elapsed = now - self._code_since
        if now - self._started >= self._wait_timeout or elapsed >= self._limit_of(refusal, cluster, limit):
            raise Refused(self._with_time(refusal, elapsed))
        self._clock.sleep(self._pause)
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)

    def _limit_of(self, refusal: Refusal, cluster: Cluster, limit: float | None) -> float:
        if limit is not None:
            return limit
        if refusal.patience == codes.FINAL:
            return 0.0 if refusal.final or is_settled(cluster) else SECONDS_FOR_AN_ELECTION
        return SECONDS_FOR_AN_ELECTION if refusal.patience == codes.ELECTION else self._wait_timeout

    def _note(self, refusal: Refusal, now: float) -> None:
        if refusal.code != self._code:
            self._code, self._code_since, self._pause = refusal.code, now, _FIRST_PAUSE
            self.waits.append(Wait(refusal.code, refusal.message, 0.0))
        self.waits[-1] = Wait(refusal.code, refusal.message, round(now - self._code_since, 2))

    def _watch_progress(self, refusal: Refusal, cluster: Cluster, learner_id: int, now: float) -> None:
        status = cluster.status_of(learner_id)
        if status is not None and status.raft_index > self._raft_index:
            self._raft_index, self._progress_at = status.raft_index, now
        stalled = now - self._progress_at
        if stalled < self._stall_timeout:
            return
        if refusal.code == codes.LEARNER_NOT_READY:
            raise Refused(
                refusal._replace(
                    code=codes.LEARNER_STALLED,
                    message=f"{refusal.message}; its raft index has been {self._raft_index} for {stalled:.0f} s",
                    next_step="Look at the learner's log and at the network to its peer URLs. "
                    "If it stays, remove it and join it again with an empty data directory.",
                )
            )
        if refusal.code == codes.LEARNER_NOT_LIVE:
            raise Refused(self._with_time(refusal, now - self._code_since))

    @staticmethod
    def _with_time(refusal: Refusal, seconds: float) -> Refusal:
        return (
            refusal._replace(message=f"{refusal.message}; waited {seconds:.0f} s for that to change")
            if seconds >= 1
            else refusal
        )
