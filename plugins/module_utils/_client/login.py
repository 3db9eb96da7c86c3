# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The token that all endpoints of one run share."""

from __future__ import annotations

import threading
import time
import typing as t

from .errors import EtcdError

# How much of the time that is left a learner waits for a voter's token; the rest is for the call that needs it, or for
# saying why there is none.
_SHARE_OF_WAITING = 0.8
# How long a token takes at most to reach every live member through raft: some milliseconds, and more on a busy host.
_SECONDS_TO_SPREAD = 1.0

LogIn = t.Callable[[float], str]
"""Takes a token by a deadline (a reading of time.monotonic()). Raises EtcdError."""


class Login:
    """Whether authentication is on, and the token. Safe to use from several threads.

    etcd gives out tokens through raft, so that one is good at every member, also at a learner, which gives out none
    itself (etcd server/etcdserver/api/v3rpc/interceptor.go: only reads and the status are for learners). A snapshot
    holds no tokens (server/auth/simple_token.go keeps them in memory), so a member that was brought up to date by one
    knows only those that were given out since.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._renewing = threading.Lock()
        self._voters: dict[str, LogIn] = {}
        self._token: str | None = None
        self._published_at = 0.0
        self.is_off = False

    @property
    def token(self) -> str | None:
        return self._token

    def publish(self, token: str) -> None:
        with self._changed:
            self._token = token
            self._published_at = time.monotonic()
            self._changed.notify_all()

    def is_fresh(self, token: str | None) -> bool:
        """Whether the token is so new that a member may refuse it only because it has not applied it yet."""
        with self._changed:
            is_new = time.monotonic() - self._published_at < _SECONDS_TO_SPREAD
            return token is not None and token == self._token and is_new

    def add_voter(self, url: str, log_in: LogIn) -> None:
        """A voter, which gives out tokens; `log_in` takes a new one there, on a connection of its own."""
        with self._changed:
            self._voters.setdefault(url, log_in)

    def for_learner(self, refused: str | None, deadline: float) -> str | None:
        """A voter's token: for a learner that has refused one, a token that was given out after that. Several learners
        share it. None if there is none by the deadline.
        """
        if refused is not None and self._renewing.acquire(timeout=max(0.0, deadline - time.monotonic())):
            try:
                if self.other_than(refused) is None:
                    self._renew(deadline)
            finally:
                self._renewing.release()
        return self.other_than(refused, deadline)

    def _renew(self, deadline: float) -> None:
        """Logs in at the first voter that gives out a token; half of the time that is left goes to each."""
        with self._changed:
            voters = list(self._voters.items())
        for url, log_in in voters:
            now = time.monotonic()
            try:
                self.publish(log_in(now + (deadline - now) / 2))
                return
            except EtcdError:
                with self._changed:
                    self._voters.pop(url, None)

    def other_than(self, refused: str | None, deadline: float = 0.0) -> str | None:
        """A token that is not the refused one; waited for while `deadline` (a reading of time.monotonic()) is not too
        near, None if there is none by then.
        """
        seconds = max(0.0, deadline - time.monotonic()) * _SHARE_OF_WAITING
        with self._changed:
            self._changed.wait_for(lambda: self._token not in (None, refused), seconds)
            return self._token if self._token != refused else None
