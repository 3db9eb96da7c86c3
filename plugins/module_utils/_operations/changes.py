# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What one run requests of a cluster: under the lock on the membership, one step after the other.

Apart from `apply`, since most tasks find nothing to do, and every import is paid at each task.
"""

from __future__ import annotations

import typing as t

from .._client import errors
from .._client.errors import EtcdError
from .._membership import server_refusals
from .attempts import Attempts, LookAgain, Refuse, WaitFor
from .change import endpoint_for, request, wait_until_spread
from .exceptions import Refused
from .lock import MembershipLock

if t.TYPE_CHECKING:
    from .._membership.model import Cluster
    from .._membership.refusal import Refusal
    from .._membership.steps import Step
    from .endpoint_pool import EndpointPool
    from .waiting import Clock, Waiting

# A cluster that is looked at for longer than the lock lasts, this often in one run, is too slow to be changed safely.
MOST_LOCKS = 8
_SLOW = "Give only endpoints that answer, and find out why the others do not; then run this again."


class Changes:
    """The lock, what was requested under it, and what came of that.

    `look` reads the cluster again; `wait_out` waits while a refusal may pass, for at most so many seconds.
    """

    def __init__(
        self,
        pool: EndpointPool,
        waiting: Waiting,
        clock: Clock,
        look: t.Callable[[], Cluster],
        wait_out: t.Callable[[Refusal, Cluster, float], None],
    ) -> None:
        self._pool = pool
        self._waiting = waiting
        self._clock = clock
        self._look = look
        self._wait_out = wait_out
        self._lock = MembershipLock(clock.monotonic, pool.connection.request_timeout)
        self._attempts = Attempts()

    def has_lock(self, cluster: Cluster) -> bool:
        """Whether this run may change the membership now. Just taken, the lock calls for one more look at the
        cluster.
        """
        if self._lock.is_held:
            return True
        endpoint = self._pool.voter_of(cluster)
        if self._lock.times_taken >= MOST_LOCKS:
            words = f"the lock on the membership ran out {MOST_LOCKS} times while the cluster was queried"
            raise EtcdError(errors.TIMEOUT, words, next_step=_SLOW)
        if endpoint is not None and not self._lock.acquire(endpoint):
            self._waiting.wait_out(server_refusals.locked(cluster, self._lock.may_be_our_own), cluster)
        return False

    def renew_lock(self, cluster: Cluster) -> None:
        endpoint = self._pool.voter_of(cluster)
        if endpoint is not None:
            self._lock.renew(endpoint)

    def release_lock(self, cluster: Cluster) -> None:
        self._lock.release(self._pool.voter_of(cluster))

    def found_done(self, cluster: Cluster) -> Step | None:
        """The step whose answer was lost, if the cluster shows its effect now."""
        return self._attempts.found_done(cluster)

    def request(self, step: Step, cluster: Cluster) -> bool:
        """Whether etcd said that the step is done. Returns where planning again may help, raises where it cannot."""
        endpoint = endpoint_for(self._pool, cluster, step, self._attempts.turned_down)
        if endpoint is None:
            raise EtcdError(errors.SERVER_ERROR, f"cannot {step}: no voter answers that could carry it out")
        self._attempts.begin(step)
        try:
            request(endpoint, step)
        except EtcdError as error:
            self._react(error, step, cluster)
            return False
        self._attempts.acknowledged()
        return True

    def _react(self, error: EtcdError, step: Step, cluster: Cluster) -> None:
        reaction = self._attempts.failed(error, step, cluster, self._look)
        if isinstance(reaction, WaitFor):
            self._wait_out(reaction.refusal, cluster, reaction.limit)
        elif isinstance(reaction, LookAgain):
            self._pool.remember(error.endpoint, error)
            self._clock.sleep(reaction.pause)
        elif isinstance(reaction, Refuse):
            raise Refused(reaction.refusal)
        else:
            raise reaction.error

    def wait_until_spread(self, step: Step, cluster: Cluster) -> str:
        """Until all members know of a step that is done; a warning where some do not."""
        return wait_until_spread(self._pool, cluster, step, self._clock)
