# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""One membership change at a time, across forks and controllers.

etcd drops a membership change that meets another one and lets the call hang (raft.go: "ignoring conf change").
The lock is a lease under one well-known id: granting it is linearizable, a second grant is refused while it lives, it
ends by itself when its holder dies, and it touches no key and no revision (etcd server/lease/lessor.go Grant).
"""

from __future__ import annotations

import typing as t

from .._client import errors
from .._client.errors import EtcdError

if t.TYPE_CHECKING:
    from .._client.endpoint import Endpoint

LEASE_ID = int.from_bytes(b"qrm.etcd", "big")

# Long enough for two looks or changes that each use up their time-outs, and one to spare; a killed run delays the next
# one by this.
LEASE_REQUESTS = 3
# A grant whose answer is lost this often in a row is given up.
MOST_UNCERTAIN_GRANTS = 3


class MembershipLock:
    """The right to change the membership. `clock` is a monotonic clock in seconds; `longer` is how many seconds one
    change may take beyond a request.
    """

    def __init__(self, clock: t.Callable[[], float], request_timeout: float, longer: float = 0.0) -> None:
        self._clock = clock
        self._ttl = max(int(LEASE_REQUESTS * request_timeout + longer), 5)
        self._request_timeout = request_timeout
        self._granted_at: float | None = None
        self._uncertain = 0
        self.is_unavailable = False
        self.times_taken = 0

    @property
    def is_held(self) -> bool:
        """Whether enough of the lease is left for one more change."""
        return self.is_unavailable or self._seconds_left() > self._request_timeout

    @property
    def may_be_our_own(self) -> bool:
        """Whether etcd may have granted it to this very run, in an answer that was lost: then it lasts until it ends by
        itself.
        """
        return self._uncertain > 0

    def acquire(self, endpoint: Endpoint) -> bool:
        """Takes the lock; False while another run holds it, or while that is uncertain. Raises EtcdError."""
        self.release(endpoint)
        if not self._grant(endpoint):
            return False
        self.times_taken += 1
        return True

    def renew(self, endpoint: Endpoint) -> None:
        """Takes the lock anew where too little is left of it for one more look and a change.

        Once it has run out it cannot be told from another run's, and would have to be waited for.
        """
        if self.is_held and not self.is_unavailable and self._seconds_left() <= 2 * self._request_timeout:
            self.release(endpoint)
            self._grant(endpoint)

    def _seconds_left(self) -> float:
        return 0.0 if self._granted_at is None else self._granted_at + self._ttl - self._clock()

    def _grant(self, endpoint: Endpoint) -> bool:
        asked_at = self._clock()
        try:
            endpoint.lease_grant(LEASE_ID, self._ttl)
        except EtcdError as error:
            return self._judge(error)
        self._granted_at = asked_at
        self._uncertain = 0
        return True

    def _judge(self, error: EtcdError) -> bool:
        """Whether the membership may be changed although the grant failed.

        Raises EtcdError where asking again cannot help.
        """
        if error.code in (errors.NO_SPACE, errors.CORRUPT_CLUSTER):
            # Under these alarms no lease is granted, yet the membership may have to change; raft still takes one change
            # at a time.
            self.is_unavailable = True
            return True
        if error.code in errors.UNCERTAIN:
            self._uncertain += 1
            if self._uncertain < MOST_UNCERTAIN_GRANTS:
                return False
        elif error.code == errors.LEASE_EXISTS:
            return False
        raise error

    def release(self, endpoint: Endpoint | None) -> None:
        """Gives the lock back, if it is still ours; a failure only means that it ends by itself a little later."""
        is_ours = self.is_held and not self.is_unavailable
        self._granted_at = None
        if not is_ours or endpoint is None:
            return
        try:
            endpoint.lease_revoke(LEASE_ID)
        except EtcdError:
            return
