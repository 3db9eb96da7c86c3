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
    from .._client.port import Endpoint

LEASE_ID = int.from_bytes(b"qrm.etcd", "big")

# Long enough for an observation and a change that each use up their time-outs; a killed run delays the next one by this.
LEASE_REQUESTS = 3


class MembershipLock:
    """The right to change the membership. `clock` is a monotonic clock in seconds."""

    def __init__(self, clock: t.Callable[[], float], request_timeout: float) -> None:
        self._clock = clock
        self._ttl = max(int(LEASE_REQUESTS * request_timeout), 5)
        self._request_timeout = request_timeout
        self._granted_at: float | None = None
        self.is_unavailable = False
        self.times_taken = 0

    @property
    def is_held(self) -> bool:
        """Whether enough of the lease is left for one more observation and change."""
        if self.is_unavailable:
            return True
        return self._granted_at is not None and self._clock() < self._granted_at + self._ttl - self._request_timeout

    def acquire(self, endpoint: Endpoint) -> bool:
        """Takes the lock; False while another run holds it. Raises EtcdError."""
        self.release(endpoint)
        asked_at = self._clock()
        try:
            endpoint.lease_grant(LEASE_ID, self._ttl)
        except EtcdError as error:
            if error.code == errors.LEASE_EXISTS:
                return False
            if error.code in (errors.NO_SPACE, errors.CORRUPT_CLUSTER):
                # Under these alarms no lease is granted, yet the membership may have to change; raft still takes one change at a time.
                self.is_unavailable = True
                return True
            raise
        self._granted_at = asked_at
        self.times_taken += 1
        return True

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
