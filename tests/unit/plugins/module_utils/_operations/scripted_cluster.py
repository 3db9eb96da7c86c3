# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster without etcd, for what a real one cannot be made to answer at a chosen attempt.

It keeps a member list, and answers each change as the script says. Its clock stands still unless somebody sleeps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection, Endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm, Member, MemberList, Status
from ansible_collections.quorum.etcd.plugins.module_utils._operations.endpoint_pool import EndpointPool

CLUSTER_ID = 0xC1
OK = "ok"
LOST = "lost"
"""The change is made, and its answer does not arrive."""
LATE = "late"
"""The answer does not arrive, and the change is made while the run pauses."""

MOST_PAUSES = 5000
MOST_CALLS = 20_000


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []
        self.while_asleep: list[Callable[[], object]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert len(self.pauses) < MOST_PAUSES, "it waits without end"
        self.now += seconds
        self.pauses.append(round(seconds, 3))
        for change in self.while_asleep:
            change()
        self.while_asleep.clear()


class ScriptedCluster:
    """Voters m1, m2, … of which the first leads. ``script`` maps a call to its answers in turn; then all go through.

    An answer is OK, LOST, LATE, or an error code: the change is not made then. A function is called instead. Members
    that are ``behind`` still have these lists.
    """

    def __init__(self, voters: int, learners: int = 0, **script: list) -> None:
        self.clock = Clock()
        self.members = {
            number: Member(number, f"m{number}", (peer_url(number),), (client_url(number),), number > voters)
            for number in range(1, voters + learners + 1)
        }
        self.leader = 1
        self.calls: list[str] = []
        self.asked: list[str] = []
        self.lease_ends = 0.0
        self.is_silent = False
        self.version = "3.5.30"
        self.storage_version = self.downgrade_target = ""
        self.revision = 1
        self.compacted = 0
        self.sizes: dict[int, int] = {}
        self.alarms: set[Alarm] = set()
        self.users: dict[str, str] = {}
        self.roles: dict[str, None] = {}
        self.root_roles: dict[str, None] = {}
        self.demands_users = False
        self.behind: dict[int, tuple[Member, ...]] = {}
        self._script = {call: list(answers) for call, answers in script.items()}

    def pool(self, username: str | None = None, password: str | None = None) -> EndpointPool:
        connection = Connection(endpoints=(client_url(1),), username=username, password=password, request_timeout=5.0)
        return EndpointPool(connection, lambda url, _connection, _login: ScriptedEndpoint(self, url))

    def script(self, call: str, *answers: Any) -> None:
        self._script.setdefault(call, []).extend(answers)

    def change(self, url: str, call: str, make: Callable[[], object]) -> None:
        """One change: what the script says of it, and the record of it."""
        assert len(self.calls) < MOST_CALLS, "it tries without end"
        self.calls.append(call)
        self.asked.append(url)
        answers = self._script.get(call)
        answer = answers.pop(0) if answers else OK
        if callable(answer):
            answer = answer() or OK
        if answer in (OK, LOST):
            make()
        if answer == LATE:
            self.clock.while_asleep.append(make)
        if answer != OK:
            code = errors.TIMEOUT if answer in (LOST, LATE) else answer
            raise EtcdError(code, f"{call} at {url}: {code}", url, server_words=f"etcdserver: {code}")

    def add(self, peer_urls: tuple[str, ...], is_learner: bool = True, name: str = "") -> None:
        number = max(self.members) + 1
        self.members[number] = Member(number, name, peer_urls, (), is_learner)

    @property
    def has_quorum(self) -> bool:
        """A member without a name has not started."""
        voters = [member for member in self.members.values() if not member.is_learner]
        return 2 * sum(1 for voter in voters if voter.name) > len(voters)

    def count(self, call: str) -> int:
        return self.calls.count(call)


def peer_url(number: int) -> str:
    return f"http://10.0.0.{number}:2380"


def client_url(number: int) -> str:
    return f"http://10.0.0.{number}:2379"


class ScriptedEndpoint(Endpoint):
    """One member's endpoint. Only what a change of the membership asks for is answered."""

    def __init__(self, cluster: ScriptedCluster, url: str) -> None:
        self._cluster = cluster
        self.url = url

    @property
    def _number(self) -> int:
        return int(self.url.partition("10.0.0.")[2].partition(":")[0])

    def status(self, timeout: float | None = None) -> Status:
        self._cluster.calls.append("look")
        if self._cluster.is_silent or self._number not in self._cluster.members:
            raise EtcdError(errors.CONNECTION_REFUSED, "nobody listens", self.url, sent=False)
        is_learner = self._cluster.members[self._number].is_learner
        return Status(
            CLUSTER_ID,
            self._number,
            self._cluster.version,
            self._cluster.leader,
            2,
            50,
            50,
            self._cluster.revision,
            storage_version=self._cluster.storage_version,
            downgrade_target=self._cluster.downgrade_target,
            db_size=self._cluster.sizes.get(self._number, 0),
            db_size_in_use=min(self._cluster.sizes.get(self._number, 0), 10),
            db_size_quota=100,
            errors=tuple(f"memberID:{alarm.member_id} alarm:{alarm.kind} " for alarm in self._cluster.alarms),
            is_learner=is_learner,
        )

    def member_list(self, linearizable: bool = True, timeout: float | None = None) -> MemberList:
        if linearizable and not self._cluster.has_quorum:
            raise EtcdError(errors.TIMEOUT, "no quorum answers", self.url)
        members = self._cluster.behind.get(self._number) or tuple(self._cluster.members.values())
        return MemberList(CLUSTER_ID, self._number, members, 2)

    def member_add(self, peer_urls: Any, is_learner: bool, timeout: float | None = None) -> Any:
        self._cluster.change(self.url, "add", lambda: self._cluster.add(tuple(peer_urls), is_learner))

    def member_update(self, member_id: int, peer_urls: Any, timeout: float | None = None) -> Any:
        self._cluster.change(self.url, "update", lambda: self._replace(member_id, peer_urls=tuple(peer_urls)))

    def member_promote(self, member_id: int, timeout: float | None = None) -> Any:
        self._cluster.change(self.url, "promote", lambda: self._replace(member_id, is_learner=False))

    def member_remove(self, member_id: int, timeout: float | None = None) -> Any:
        self._cluster.change(self.url, "remove", lambda: self._cluster.members.pop(member_id))

    def compact(self, revision: int, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "compact", lambda: setattr(self._cluster, "compacted", revision))

    def defragment(self, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "defragment", lambda: self._cluster.sizes.update({self._number: 10}))

    def alarm_disarm(self, alarm: Alarm, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "disarm", lambda: self._cluster.alarms.discard(alarm))

    def move_leader(self, target_id: int, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "move", lambda: setattr(self._cluster, "leader", target_id))

    def lease_grant(self, lease_id: int, ttl: int, timeout: float | None = None) -> int:
        self._cluster.change(self.url, "lock", lambda: self._grant(ttl))
        return lease_id

    def lease_revoke(self, lease_id: int, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "unlock", lambda: setattr(self._cluster, "lease_ends", 0.0))

    def _grant(self, ttl: int) -> None:
        if self._cluster.lease_ends > self._cluster.clock.now:
            raise EtcdError(errors.LEASE_EXISTS, "lease already exists", self.url)
        self._cluster.lease_ends = self._cluster.clock.now + ttl

    def _replace(self, member_id: int, **changes: Any) -> None:
        self._cluster.members[member_id] = replace(self._cluster.members[member_id], **changes)

    def downgrade_validate(self, version: str, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "validate", lambda: None)

    def downgrade_enable(self, version: str, timeout: float | None = None) -> None:
        self._cluster.change(
            self.url, "enable downgrade", lambda: setattr(self._cluster, "downgrade_target", f"{version}.0")
        )

    def downgrade_cancel(self, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "cancel", lambda: setattr(self._cluster, "downgrade_target", ""))

    def alarms(self, timeout: float | None = None) -> tuple:
        return ()

    def hash_kv(self, revision: int = 0, timeout: float | None = None) -> Any:
        raise NotImplementedError

    def requires_users(self, timeout: float | None = None) -> bool:
        return self._cluster.demands_users

    def auth_enable(self, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "enable", lambda: setattr(self._cluster, "demands_users", True))

    def user_list(self, timeout: float | None = None) -> tuple:
        return tuple(self._cluster.users)

    def user_roles(self, user: str, timeout: float | None = None) -> tuple:
        return tuple(self._cluster.root_roles)

    def user_add(self, user: str, password: str, timeout: float | None = None) -> None:
        self._taken(user in self._cluster.users, errors.USER_EXISTS)
        self._cluster.change(self.url, "add user", lambda: self._cluster.users.update({user: password}))

    def user_change_password(self, user: str, password: str, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "set password", lambda: self._cluster.users.update({user: password}))

    def user_grant_role(self, user: str, role: str, timeout: float | None = None) -> None:
        self._cluster.change(self.url, "grant", lambda: self._cluster.root_roles.update({role: None}))

    def role_list(self, timeout: float | None = None) -> tuple:
        return tuple(self._cluster.roles)

    def role_add(self, role: str, timeout: float | None = None) -> None:
        self._taken(role in self._cluster.roles, errors.ROLE_EXISTS)
        self._cluster.change(self.url, "add role", lambda: self._cluster.roles.update({role: None}))

    def role_delete(self, role: str, timeout: float | None = None) -> None:
        self._taken(role not in self._cluster.roles, errors.ROLE_NOT_FOUND)
        self._cluster.change(self.url, "delete role", lambda: self._cluster.roles.pop(role))

    def _taken(self, is_so: bool, code: str) -> None:
        if is_so:
            raise EtcdError(code, f"{self.url}: {code}", self.url)

    def close(self) -> None:
        pass
