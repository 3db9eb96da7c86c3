# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Enabling authentication: observe, plan, take the steps, and observe again.

A run that is killed between the steps leaves a cluster that the next run observes and finishes. Two runs at once end in
the same state: whoever is overtaken observes again.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .._client import errors
from .._client.errors import EtcdError
from .._membership import authentication
from .._membership.authentication import Authentication, AuthenticationPlan, plan_authentication
from .._membership.model import Cluster
from .._membership.preconditions import can_be_changed
from .._membership.refusal import Refusal
from .._membership.steps import Step
from .endpoint_pool import EndpointPool
from .exceptions import ApplyFailed, Refused
from .observe import observe
from .waiting import NOBODY, Clock, Waiting

if t.TYPE_CHECKING:
    from .._client.endpoint import Endpoint

# Another run was faster, or an answer was lost: what became of it, only another look can tell.
_LOOK_AGAIN = errors.UNCERTAIN | {
    errors.USER_EXISTS,
    errors.ROLE_EXISTS,
    errors.ROLE_NOT_FOUND,
    errors.AUTH_REQUIRED,
}
MOST_ATTEMPTS = 3
SECONDS_BEFORE_ANOTHER_LOOK = 0.2


@dataclass(frozen=True)
class Enabled:
    """What came of it: users before and after (in check mode: as they would be), and the plan."""

    before: Authentication
    after: Authentication
    plan: AuthenticationPlan


def enable_authentication(
    pool: EndpointPool, accept: t.Container[str], wait_timeout: float, check_mode: bool, clock: Clock = time
) -> Enabled:
    """Enables authentication for a root with the password of the pool's connection. Raises ApplyFailed, and without
    having changed anything Refused or EtcdError.
    """
    return _Run(pool, accept, Waiting(clock, wait_timeout, wait_timeout), clock).run(check_mode)


class _Run:
    def __init__(self, pool: EndpointPool, accept: t.Container[str], waiting: Waiting, clock: Clock) -> None:
        self._pool = pool
        self._accept = accept
        self._waiting = waiting
        self._clock = clock
        self._done: list[Step] = []
        self._cluster: Cluster | None = None

    def run(self, check_mode: bool) -> Enabled:
        try:
            return self._run(check_mode)
        except (Refused, EtcdError) as cause:
            if not self._done:
                raise
            raise ApplyFailed(cause, tuple(self._done), tuple(self._waiting.waits), self._cluster) from cause

    def _run(self, check_mode: bool) -> Enabled:
        before, plan, endpoint = self._planned()
        if check_mode or not plan.steps:
            return Enabled(before, authentication.enabled(before), plan)
        first = plan
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                self._take(endpoint, plan)
            except EtcdError as error:
                if error.code not in _LOOK_AGAIN or attempt == MOST_ATTEMPTS:
                    raise
                self._clock.sleep(SECONDS_BEFORE_ANOTHER_LOOK * attempt)
            after, plan, endpoint = self._planned()
            if not plan.steps:
                return Enabled(before, after, first)
        raise EtcdError(
            errors.SERVER_ERROR,
            f"tried {MOST_ATTEMPTS} times to enable authentication, and some steps are left: {', '.join(plan.steps)}",
            next_step="Look for another run, or a person, that changes users and roles; then run this again.",
        )

    def _planned(self) -> tuple[Authentication, AuthenticationPlan, Endpoint]:
        """What is there, what is to be done, and the voter to ask for it. Raises Refused, EtcdError."""
        endpoint = self._voter()
        seen = _seen(endpoint, self._revision())
        verdict = plan_authentication(seen, self._accept)
        if isinstance(verdict, Refusal):
            raise Refused(verdict)
        return seen, verdict, endpoint

    def _voter(self) -> Endpoint:
        while True:
            try:
                self._cluster = cluster = observe(self._pool)
            except Refused as refused:
                self._waiting.wait_out(refused.refusal, self._cluster or NOBODY)
                continue
            refusal = can_be_changed(cluster)
            if refusal is None:
                return t.cast("Endpoint", self._pool.voter_of(cluster))  # where there is a quorum, some voter answers
            self._waiting.wait_out(refusal, cluster)

    def _revision(self) -> int:
        statuses = self._cluster.statuses if self._cluster else ()
        return max((status.revision for status in statuses), default=authentication.FIRST_REVISION)

    def _take(self, endpoint: Endpoint, plan: AuthenticationPlan) -> None:
        password = self._pool.connection.password or ""
        for step in plan.steps:
            _REQUESTS[step](endpoint, password)
            self._done.append(Step(step))


def _seen(endpoint: Endpoint, revision: int) -> Authentication:
    is_enabled = endpoint.requires_users()
    users = endpoint.user_list()
    root_roles = endpoint.user_roles(authentication.ROOT) if authentication.ROOT in users else ()
    return Authentication(is_enabled, users, endpoint.role_list(), root_roles, revision)


_REQUESTS: t.Mapping[str, t.Callable[[Endpoint, str], None]] = {
    authentication.MARK_UNFINISHED: lambda endpoint, _password: endpoint.role_add(authentication.UNFINISHED_ROLE),
    authentication.ADD_ROOT: lambda endpoint, password: endpoint.user_add(authentication.ROOT, password),
    authentication.SET_ROOT_PASSWORD: lambda endpoint, password: endpoint.user_change_password(
        authentication.ROOT, password
    ),
    authentication.GRANT_ROLE_ROOT: lambda endpoint, _password: endpoint.user_grant_role(
        authentication.ROOT, authentication.ROOT
    ),
    authentication.ENABLE: lambda endpoint, _password: endpoint.auth_enable(),
    authentication.UNMARK: lambda endpoint, _password: endpoint.role_delete(authentication.UNFINISHED_ROLE),
}
