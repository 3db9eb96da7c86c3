# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Waiting for members that have just been started to say anything at all."""

from __future__ import annotations

import time

from .._client import errors
from .._client.errors import EtcdError
from .endpoint_pool import EndpointPool
from .exceptions import Refused
from .observe import observe
from .waiting import Clock

_POLL_SECONDS = 0.25
# What a member that is starting looks like: it does not listen yet, or takes connections and is not ready.
_STARTING = frozenset((errors.CONNECTION_REFUSED, errors.TIMEOUT))


def wait_for_answer(pool: EndpointPool, seconds: float, clock: Clock = time) -> None:
    """Returns when one of the endpoints can say something about its cluster.

    Raises EtcdError, or Refused where nobody can log in, after `seconds`; EtcdError at once for what will not pass.
    """
    deadline = clock.monotonic() + seconds
    while True:
        try:
            observe(pool)
            return
        except Refused:
            if clock.monotonic() >= deadline:
                raise
        except EtcdError as error:
            if error.code not in _STARTING:
                raise
            if clock.monotonic() >= deadline:
                raise EtcdError(
                    error.code,
                    f"{error.message}; waited {seconds:.0f} s for a member to answer",
                    error.endpoint,
                    next_step="Look at the log of etcd on its host (journalctl --unit etcd).",
                ) from error
        clock.sleep(_POLL_SECONDS)
