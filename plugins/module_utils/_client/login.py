# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The token that all endpoints of one run share."""

from __future__ import annotations

import threading
import time

# How much of the time that is left a learner waits for a voter's token; the rest is for the call that needs it, or for
# saying why there is none.
_SHARE_OF_WAITING = 0.8


class Login:
    """Whether authentication is on, and the token. Safe to use from several threads.

    etcd gives out tokens through raft, so that one is good at every member, also at a learner, which gives out none
    itself (etcd server/etcdserver/api/v3rpc/interceptor.go: only reads and the status are for learners).
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._token: str | None = None
        self.is_off = False

    @property
    def token(self) -> str | None:
        return self._token

    def publish(self, token: str) -> None:
        with self._changed:
            self._token = token
            self._changed.notify_all()

    def other_than(self, refused: str | None, deadline: float = 0.0) -> str | None:
        """A token that is not the refused one; waited for while `deadline` (a reading of time.monotonic()) is not too
        near, None if there is none by then.
        """
        seconds = max(0.0, deadline - time.monotonic()) * _SHARE_OF_WAITING
        with self._changed:
            self._changed.wait_for(lambda: self._token not in (None, refused), seconds)
            return self._token if self._token != refused else None
