# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The port: everything that the collection asks of one etcd endpoint, whatever the wire."""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from .._membership.model import Alarm, MemberList, Status


@dataclass(frozen=True)
class Connection:
    """How to reach a cluster.

    Paths are of files on this host; `request_timeout` is seconds for one request to one endpoint.
    """

    endpoints: tuple[str, ...] = ("http://127.0.0.1:2379",)
    transport: str = "auto"
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    validate_certs: bool = True
    username: str | None = None
    password: str | None = None
    request_timeout: float = 5.0

    @property
    def default_scheme(self) -> str:
        """The scheme of an endpoint that was given without one (`host:port`, as etcdctl takes it): https where TLS
        files are given.
        """
        return "https" if any((self.ca_cert, self.client_cert, self.client_key)) else "http"

    def __repr__(self) -> str:
        return f"Connection(endpoints={self.endpoints!r}, transport={self.transport!r})"


class KeyspaceHash(t.NamedTuple):
    """A member's HashKV answer: the hash of all keys up to `revision`, compacted up to `compact_revision`."""

    member_id: int
    hash: int
    revision: int
    compact_revision: int


class Endpoint(abc.ABC):
    """One endpoint of an etcd cluster. Safe to use from one thread at a time.

    Every method takes at most `timeout` seconds (None: the connection's `request_timeout`), asks for a leader where
    it needs one, and raises EtcdError. A token is fetched when the first call needs one and renewed once when it has
    expired.
    """

    url: str
    # A reading of time.monotonic() by which every call ends, whatever its own timeout (see `ask.ask_each`).
    budget_ends: float | None = None

    @abc.abstractmethod
    def status(self, timeout: float | None = None) -> Status:
        """The member's own view; answered without quorum, by learners too."""

    @abc.abstractmethod
    def member_list(self, linearizable: bool = True, timeout: float | None = None) -> MemberList:
        """The member list. Linearizable: confirmed by the quorum now (before 3.5, where the list itself cannot be, by a
        linearizable read of one key on the same endpoint just before it). Otherwise as this member has it, perhaps
        stale."""

    @abc.abstractmethod
    def member_add(
        self, peer_urls: t.Sequence[str], is_learner: bool, timeout: float | None = None
    ) -> tuple[int, MemberList]:
        """Registers a member. Returns its id and the list with it."""

    @abc.abstractmethod
    def member_update(self, member_id: int, peer_urls: t.Sequence[str], timeout: float | None = None) -> MemberList:
        """Replaces a member's peer URLs. THE SERVER DOES NOT VALIDATE THEM: a malformed one ends the cluster for good
        (etcd server/etcdserver/api/v3rpc/member.go), so only lists that passed `peer_urls.normalise` may come here."""

    @abc.abstractmethod
    def member_promote(self, member_id: int, timeout: float | None = None) -> MemberList: ...

    @abc.abstractmethod
    def member_remove(self, member_id: int, timeout: float | None = None) -> MemberList: ...

    @abc.abstractmethod
    def move_leader(self, target_id: int, timeout: float | None = None) -> None:
        """Hands leadership to a voter; only the leader's own endpoint can."""

    @abc.abstractmethod
    def downgrade_validate(self, version: str, timeout: float | None = None) -> None:
        """Whether the cluster could go down to `version` (3.6 or 3.6.16): BAD_DOWNGRADE_TARGET unless it is one minor
        release below the cluster version, else DOWNGRADE_IN_PROGRESS while a downgrade is on. Changes nothing. 3.5 on.
        """

    @abc.abstractmethod
    def downgrade_enable(self, version: str, timeout: float | None = None) -> None:
        """From now on the cluster goes down to `version`. Errors as of `downgrade_validate`."""

    @abc.abstractmethod
    def downgrade_cancel(self, timeout: float | None = None) -> None:
        """SUCCEEDS ALSO WHERE IT FAILED, from 3.6 on (server/etcdserver/v3_server.go, downgradeCancel): ask the status
        afterwards. 3.5 answers NO_DOWNGRADE where none is on.
        """

    @abc.abstractmethod
    def alarms(self, timeout: float | None = None) -> tuple[Alarm, ...]:
        """All alarms that are on. Goes through raft, so it needs a quorum and advances the raft index by one
        without touching the keyspace (etcd server/etcdserver/v3_server.go Alarm)."""

    @abc.abstractmethod
    def alarm_disarm(self, alarm: Alarm, timeout: float | None = None) -> None:
        """Does nothing where the alarm is off."""

    @abc.abstractmethod
    def compact(self, revision: int, timeout: float | None = None) -> None:
        """Drops the history before `revision`; returns when this member has freed its room, and not before.
        COMPACTED_REVISION where that was done already. Watchers that stand before `revision` are cancelled."""

    @abc.abstractmethod
    def defragment(self, timeout: float | None = None) -> None:
        """Rewrites this member's database without its free pages. Until then the member applies nothing, so whoever
        asked it for something waits; that takes seconds for each GiB. Works without a quorum, and not on a learner."""

    @abc.abstractmethod
    def hash_kv(self, revision: int = 0, timeout: float | None = None) -> KeyspaceHash:
        """Hash of the keyspace up to `revision` (0: the member's newest)."""

    @abc.abstractmethod
    def lease_grant(self, lease_id: int, ttl: int, timeout: float | None = None) -> int:
        """Grants a lease under a chosen id, `ttl` in seconds.

        LEASE_EXISTS while another holds it. Changes no key and no revision.
        """

    @abc.abstractmethod
    def lease_revoke(self, lease_id: int, timeout: float | None = None) -> None: ...

    @abc.abstractmethod
    def requires_users(self, timeout: float | None = None) -> bool:
        """Whether authentication is on, found out by a login as the connection's user, which every release answers:
        AUTH_FAILED where it is on and the password is another one. While it is off etcd does not look at the password
        (etcd server/auth/store.go CheckPassword)."""

    @abc.abstractmethod
    def auth_enable(self, timeout: float | None = None) -> None:
        """From now on every call needs a user. The user root must exist and have the role root."""

    @abc.abstractmethod
    def user_list(self, timeout: float | None = None) -> tuple[str, ...]: ...

    @abc.abstractmethod
    def user_roles(self, user: str, timeout: float | None = None) -> tuple[str, ...]: ...

    @abc.abstractmethod
    def user_add(self, user: str, password: str, timeout: float | None = None) -> None:
        """USER_EXISTS where there is one."""

    @abc.abstractmethod
    def user_change_password(self, user: str, password: str, timeout: float | None = None) -> None: ...

    @abc.abstractmethod
    def user_grant_role(self, user: str, role: str, timeout: float | None = None) -> None:
        """Does nothing where the user has the role. The role root needs no definition."""

    @abc.abstractmethod
    def role_list(self, timeout: float | None = None) -> tuple[str, ...]: ...

    @abc.abstractmethod
    def role_add(self, role: str, timeout: float | None = None) -> None:
        """ROLE_EXISTS where there is one. A new role permits nothing."""

    @abc.abstractmethod
    def role_delete(self, role: str, timeout: float | None = None) -> None:
        """ROLE_NOT_FOUND where there is none."""

    @abc.abstractmethod
    def close(self) -> None: ...
