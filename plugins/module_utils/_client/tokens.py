# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Calls to one endpoint with a token, where authentication is on: fetched when a call needs one, renewed once."""

from __future__ import annotations

import time
import typing as t

from . import errors, responses, rpcs
from .login import Login
from .transport import Fields, Transport, failure

if t.TYPE_CHECKING:
    from .endpoint import Connection

# A member that is behind the entry by which a token was given out waits for it, and refuses the token when the time of
# the call is up (etcd server/auth/simple_token.go isValidSimpleToken). Behind by one entry, or with all of them, it
# refuses at once what it does not know.
_SHARE_OF_A_REFUSAL = 0.5
_SECONDS_BETWEEN_ATTEMPTS = 0.02
# Codes by which a server asks for a token, or for a fresh one, before it does anything.
_ASKS_FOR_TOKEN = (errors.INVALID_TOKEN, errors.AUTH_REQUIRED, errors.PERMISSION_DENIED)


class Tokens:
    """The calls of a user. `login` is shared by all endpoints of the cluster; None for one of its own."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        login: Login | None,
        open_another: t.Callable[[], Transport],
    ) -> None:
        self._url = transport.url
        self._connection = connection
        self._transport = transport
        self.login = login or Login()
        self._open_another = open_another
        self._own_token: str | None = None

    def call(self, rpc: rpcs.Rpc, request: Fields, deadline: float) -> Fields:
        """Makes a call, and makes it again with a token, or with another one, where the server asks for that."""
        token = self._current_token(rpc, deadline)
        try:
            return self._with_token(rpc, request, deadline, token)
        except errors.EtcdError as error:
            may_need_token = error.code == errors.INVALID_TOKEN or (token is None and error.code in _ASKS_FOR_TOKEN)
            if not self._may_log_in or not may_need_token:
                raise
        return self._with_token(rpc, request, deadline, self._authenticate(deadline, refused=token))

    def _with_token(self, rpc: rpcs.Rpc, request: Fields, deadline: float, token: str | None) -> Fields:
        """Sends a call once more while its token may be too new for this member: what is refused has done nothing.

        Raises TIMEOUT, which another login would not help, where the member waited for the token in vain.
        """
        now = time.monotonic()
        waits_from = now + (deadline - now) * _SHARE_OF_A_REFUSAL
        while True:
            try:
                return self._transport.unary(rpc, request, deadline, token)
            except errors.EtcdError as error:
                if error.code != errors.INVALID_TOKEN or token in (None, self._own_token):
                    raise
                if time.monotonic() > waits_from:
                    why = "it has not heard of our token in time, so it is cut off from the leader or far behind"
                    raise failure(errors.TIMEOUT, rpc, self._url, why, sent=False) from error
                if not self.login.is_fresh(token):
                    raise
            time.sleep(_SECONDS_BETWEEN_ATTEMPTS)

    def met_voter(self) -> None:
        """This endpoint is a voter's, which gives out tokens."""
        if self.login.token is not None:
            self.login.add_voter(self._url, self._log_in_apart)

    def are_required(self, deadline: float) -> bool:
        """Whether authentication is on, found out by a login."""
        self.login.is_off = False
        self._authenticate(deadline)
        return not self.login.is_off

    def expect_to_be_required(self) -> None:
        """Authentication has been switched on."""
        self.login.is_off = False

    @property
    def _may_log_in(self) -> bool:
        return bool(self._connection.username) and not self.login.is_off

    def _current_token(self, rpc: rpcs.Rpc, deadline: float) -> str | None:
        """The token to send. A call that some releases answer to anyone goes without one first: a token costs a
        quorum.
        """
        if self.login.token is None and self._may_log_in and not rpc.is_open:
            return self._authenticate(deadline)
        return self.login.token

    def _authenticate(self, deadline: float, refused: str | None = None) -> str | None:
        """A token that was not refused: the one that another endpoint has got meanwhile, or a new one."""
        token = self.login.other_than(refused)
        if token is not None:
            return token
        try:
            self._own_token = self._log_in(self._transport, deadline)
            self.login.publish(self._own_token)
            self.login.add_voter(self._url, self._log_in_apart)
        except errors.EtcdError as error:
            if error.code == errors.AUTH_NOT_ENABLED:
                self.login.is_off = True
            elif error.code != errors.NOT_FOR_LEARNER or self.login.for_learner(refused, deadline) is None:
                error.lacks_token = error.code in errors.UNCERTAIN
                raise
        return self.login.token

    def _log_in(self, transport: Transport, deadline: float) -> str:
        request = {"name": self._connection.username, "password": self._connection.password or ""}
        return responses.understood(
            rpcs.AUTHENTICATE, self._url, transport.unary(rpcs.AUTHENTICATE, request, deadline, None), responses.token
        )

    def _log_in_apart(self, deadline: float) -> str:
        """A token, taken on a connection of its own: another thread may be asking on ours."""
        transport = self._open_another()
        try:
            return self._log_in(transport, deadline)
        finally:
            transport.close()
