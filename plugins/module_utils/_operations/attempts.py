# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The attempts at one change: what a request that was not acknowledged calls for.

A change whose answer was lost may have been made. So nothing is requested again before the member list was read again,
and a change that shows in the list counts as done, whoever was heard to say so.
"""

from __future__ import annotations

import typing as t

from .._client import errors
from .._client.errors import EtcdError
from .._membership import server_refusals, steps
from .._membership.model import Cluster
from .._membership.projection import is_done
from .._membership.refusal import Refusal
from .._membership.steps import Step
from .waiting import SECONDS_TO_SETTLE

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
# An id is made of the peer URLs and the second: after add and remove in one second, the next second gives another one.
SECONDS_TO_ANOTHER_ID = 1.1
SECONDS_BEFORE_ANOTHER_LOOK = 0.2


class WaitFor(t.NamedTuple):
    """Wait until the refusal passes, for at most `limit` seconds, and plan again."""

    refusal: Refusal
    limit: float


class Refuse(t.NamedTuple):
    """Give up: etcd turned the change down for a reason that does not pass."""

    refusal: Refusal


class LookAgain(t.NamedTuple):
    """Pause for so many seconds, read the list again, and plan from it."""

    pause: float


class Fail(t.NamedTuple):
    """Give up with this error."""

    error: EtcdError


Reaction = t.Union[WaitFor, Refuse, LookAgain, Fail]


class Attempts:
    """What was requested and not acknowledged, and how often."""

    def __init__(self) -> None:
        self._tried: Step | None = None
        self._is_retry = False
        self._uncertain = 0
        self.turned_down = 0

    def begin(self, step: Step) -> None:
        self._is_retry = self._tried == step
        self._tried = step

    def acknowledged(self) -> None:
        self._tried = None
        self._uncertain = self.turned_down = 0

    def found_done(self, cluster: Cluster) -> Step | None:
        """The step whose answer was lost, if the cluster shows its effect now."""
        step = self._tried
        if step is None or not is_done(cluster, step):
            return None
        self._tried = None
        return step

    def failed(self, error: EtcdError, step: Step, cluster: Cluster, look: t.Callable[[], Cluster]) -> Reaction:
        """What the error calls for. `look` reads the cluster again, where the error alone does not tell."""
        if error.code in OVERTAKEN and not self._is_retry:
            self._tried = None  # somebody else's change, then, and not a lost answer of our own
        if error.code == errors.UNHEALTHY_CLUSTER:
            self._tried = None
            self.turned_down += 1
            return WaitFor(server_refusals.unsettled(step, cluster, error.server_words), SECONDS_TO_SETTLE)
        if error.code == errors.NOT_ENOUGH_STARTED:
            return Refuse(server_refusals.not_enough_started(step, cluster, error.server_words))
        if error.code == errors.NOT_A_LEARNER and not is_done(look(), step):
            return Refuse(server_refusals.not_a_learner(step, cluster, error.server_words))
        if error.code in errors.UNCERTAIN or error.code in OVERTAKEN or error.code == errors.NOT_A_LEARNER:
            return self._look_again(error, step)
        return Fail(error)

    def _look_again(self, error: EtcdError, step: Step) -> Reaction:
        self._uncertain += 1
        if self._uncertain >= MOST_UNCERTAIN_ATTEMPTS:
            code = errors.TIMEOUT if error.code in errors.UNCERTAIN else errors.SERVER_ERROR
            words = (
                f"{error.message}; tried {self._uncertain} times, and the list does not show it. "
                "It may still be applied: run this again"
            )
            return Fail(EtcdError(code, words, error.endpoint, error.server_words))
        is_id_taken = step.action in (steps.ADD_LEARNER, steps.ADD_VOTER) and error.code in (
            errors.MEMBER_NOT_FOUND,
            errors.MEMBER_ID_EXISTS,
        )
        return LookAgain(SECONDS_TO_ANOTHER_ID if is_id_taken else SECONDS_BEFORE_ANOTHER_LOOK * self._uncertain)
