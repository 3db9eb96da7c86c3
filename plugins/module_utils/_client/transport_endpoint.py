# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""One endpoint of etcd: the port's questions put as calls of its API, with a token where it wants one."""

from __future__ import annotations

import time
import typing as t

from . import errors, responses, rpcs
from .endpoint import Endpoint
from .transport import Fields, Transport

if t.TYPE_CHECKING:
    from .._membership.model import Alarm, MemberList, Status
    from .endpoint import Connection, KeyspaceHash
    from .login import Login
    from .tokens import Tokens

Value = t.TypeVar("Value")

# The first release whose member list can be asked for linearizably (etcd api/etcdserverpb/rpc.proto).
_LINEARIZABLE_LIST_SINCE = (3, 5)


class TransportEndpoint(Endpoint):
    """An endpoint over any transport."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        login: Login | None,
        open_another: t.Callable[[], Transport],
    ) -> None:
        """`login` is that of all endpoints of the cluster, None for one of its own; `open_another` opens a second
        transport to the same place, for use from another thread.
        """
        self.url = transport.url
        self._connection = connection
        self._transport = transport
        self._login = login
        self._open_another = open_another
        self._version: tuple[int, int] | None = None
        self._given_tokens: Tokens | None = None

    def __repr__(self) -> str:
        return f"TransportEndpoint({self.url!r})"

    def status(self, timeout: float | None = None) -> Status:
        answer = self._ask(rpcs.STATUS, {}, self._deadline(timeout), responses.status)
        self._version = responses.release(answer.version)
        if self._connection.username and not answer.is_learner:
            self._tokens.met_voter()
        return answer

    def member_list(self, linearizable: bool = True, timeout: float | None = None) -> MemberList:
        deadline = self._deadline(timeout)
        if not linearizable:
            return self._ask(rpcs.MEMBER_LIST_LOCAL, {}, deadline, responses.member_list)
        if self._release(deadline) < _LINEARIZABLE_LIST_SINCE:
            self._confirm_by_quorum(deadline)
        return self._ask(rpcs.MEMBER_LIST, {"linearizable": True}, deadline, responses.member_list)

    def member_add(
        self, peer_urls: t.Sequence[str], is_learner: bool, timeout: float | None = None
    ) -> tuple[int, MemberList]:
        request = {"peerURLs": list(peer_urls), "isLearner": is_learner}
        return self._ask(rpcs.MEMBER_ADD, request, self._deadline(timeout), responses.added_member)

    def member_update(self, member_id: int, peer_urls: t.Sequence[str], timeout: float | None = None) -> MemberList:
        request = {"ID": member_id, "peerURLs": list(peer_urls)}
        return self._ask(rpcs.MEMBER_UPDATE, request, self._deadline(timeout), responses.member_list)

    def member_promote(self, member_id: int, timeout: float | None = None) -> MemberList:
        return self._ask(rpcs.MEMBER_PROMOTE, {"ID": member_id}, self._deadline(timeout), responses.member_list)

    def member_remove(self, member_id: int, timeout: float | None = None) -> MemberList:
        return self._ask(rpcs.MEMBER_REMOVE, {"ID": member_id}, self._deadline(timeout), responses.member_list)

    def move_leader(self, target_id: int, timeout: float | None = None) -> None:
        self._ask(rpcs.MOVE_LEADER, {"targetID": target_id}, self._deadline(timeout), _nothing)

    def downgrade_validate(self, version: str, timeout: float | None = None) -> None:
        request = {"action": "VALIDATE", "version": version}
        self._ask(rpcs.DOWNGRADE_VALIDATE, request, self._deadline(timeout), _nothing)

    def downgrade_enable(self, version: str, timeout: float | None = None) -> None:
        request = {"action": "ENABLE", "version": version}
        self._ask(rpcs.DOWNGRADE_ENABLE, request, self._deadline(timeout), _nothing)

    def downgrade_cancel(self, timeout: float | None = None) -> None:
        self._ask(rpcs.DOWNGRADE_CANCEL, {"action": "CANCEL"}, self._deadline(timeout), _nothing)

    def alarms(self, timeout: float | None = None) -> tuple[Alarm, ...]:
        return self._ask(rpcs.ALARMS, {}, self._deadline(timeout), responses.alarms)

    def alarm_disarm(self, alarm: Alarm, timeout: float | None = None) -> None:
        request = {"action": "DEACTIVATE", "memberID": alarm.member_id, "alarm": alarm.kind}
        self._ask(rpcs.ALARM_DISARM, request, self._deadline(timeout), _nothing)

    def compact(self, revision: int, timeout: float | None = None) -> None:
        self._ask(rpcs.COMPACT, {"revision": revision, "physical": True}, self._deadline(timeout), _nothing)

    def defragment(self, timeout: float | None = None) -> None:
        self._ask(rpcs.DEFRAGMENT, {}, self._deadline(timeout), _nothing)

    def hash_kv(self, revision: int = 0, timeout: float | None = None) -> KeyspaceHash:
        answer = self._ask(rpcs.HASH_KV, {"revision": revision}, self._deadline(timeout), responses.keyspace_hash)
        return answer._replace(revision=revision) if revision else answer

    def lease_grant(self, lease_id: int, ttl: int, timeout: float | None = None) -> int:
        return self._ask(rpcs.LEASE_GRANT, {"ID": lease_id, "TTL": ttl}, self._deadline(timeout), responses.lease_id)

    def lease_revoke(self, lease_id: int, timeout: float | None = None) -> None:
        self._ask(rpcs.LEASE_REVOKE, {"ID": lease_id}, self._deadline(timeout), _nothing)

    def requires_users(self, timeout: float | None = None) -> bool:
        return self._tokens.are_required(self._deadline(timeout))

    def auth_enable(self, timeout: float | None = None) -> None:
        self._ask(rpcs.AUTH_ENABLE, {}, self._deadline(timeout), _nothing)
        self._tokens.expect_to_be_required()

    def user_list(self, timeout: float | None = None) -> tuple[str, ...]:
        return self._ask(rpcs.USER_LIST, {}, self._deadline(timeout), responses.users)

    def user_roles(self, user: str, timeout: float | None = None) -> tuple[str, ...]:
        return self._ask(rpcs.USER_GET, {"name": user}, self._deadline(timeout), responses.roles)

    def user_add(self, user: str, password: str, timeout: float | None = None) -> None:
        request = {"name": user, "password": password}
        self._ask(rpcs.USER_ADD, request, self._deadline(timeout), _nothing)

    def user_change_password(self, user: str, password: str, timeout: float | None = None) -> None:
        request = {"name": user, "password": password}
        self._ask(rpcs.USER_CHANGE_PASSWORD, request, self._deadline(timeout), _nothing)

    def user_grant_role(self, user: str, role: str, timeout: float | None = None) -> None:
        self._ask(rpcs.USER_GRANT_ROLE, {"user": user, "role": role}, self._deadline(timeout), _nothing)

    def role_list(self, timeout: float | None = None) -> tuple[str, ...]:
        return self._ask(rpcs.ROLE_LIST, {}, self._deadline(timeout), responses.roles)

    def role_add(self, role: str, timeout: float | None = None) -> None:
        self._ask(rpcs.ROLE_ADD, {"name": role}, self._deadline(timeout), _nothing)

    def role_delete(self, role: str, timeout: float | None = None) -> None:
        self._ask(rpcs.ROLE_DELETE, {"role": role}, self._deadline(timeout), _nothing)

    def close(self) -> None:
        self._transport.close()

    def _deadline(self, timeout: float | None) -> float:
        own = time.monotonic() + (self._connection.request_timeout if timeout is None else timeout)
        return own if self.budget_ends is None else min(own, self.budget_ends)

    def _ask(self, rpc: rpcs.Rpc, request: Fields, deadline: float, read: t.Callable[[Fields], Value]) -> Value:
        return responses.understood(rpc, self.url, self._answer(rpc, request, deadline), read)

    def _answer(self, rpc: rpcs.Rpc, request: Fields, deadline: float) -> Fields:
        if not self._connection.username:
            return self._transport.unary(rpc, request, deadline, None)
        return self._tokens.call(rpc, request, deadline)

    @property
    def _tokens(self) -> Tokens:
        # Only here: most clusters know no users, and every import is paid at each task.
        from .tokens import Tokens  # pylint: disable=import-outside-toplevel

        if self._given_tokens is None:
            self._given_tokens = Tokens(self._connection, self._transport, self._login, self._open_another)
        return self._given_tokens

    def _release(self, deadline: float) -> tuple[int, int]:
        if self._version is None:
            try:
                self.status(max(0.0, deadline - time.monotonic()))
            except errors.EtcdError as error:
                if error.code != errors.PERMISSION_DENIED:
                    raise
        return self._version or (0, 0)

    def _confirm_by_quorum(self, deadline: float) -> None:
        """Reads one key through the quorum. A refusal for want of rights will do: the server asks the quorum first and
        looks at the rights after (etcd server/etcdserver/v3_server.go Range)."""
        try:
            self._ask(rpcs.RANGE, {"key": b"\0", "limit": 1, "keys_only": True}, deadline, _nothing)
        except errors.EtcdError as error:
            if error.code != errors.PERMISSION_DENIED:
                raise


def _nothing(_answer: Fields) -> None:
    """For an answer of which only the coming matters."""
