# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The calls of etcd's API that the collection makes (etcd api/etcdserverpb/rpc.proto), whatever carries them."""

from __future__ import annotations

import typing as t


class Rpc(t.NamedTuple):
    """One call. `path` is the gateway's, after its prefix; `attempt` is how messages name it.

    `needs_leader`: ask the server to refuse at once when it sees no leader; without that, remove, update and
    move-leader hang for as long as the client waits (etcd server/etcdserver/server.go sets them no time limit).
    `is_read`: may be sent again after a lost connection. `is_open`: some releases answer it to anyone, with auth on,
    too.
    """

    service: str
    method: str
    path: str
    attempt: str
    needs_leader: bool = True
    is_read: bool = False
    is_open: bool = False

    @property
    def grpc_path(self) -> str:
        return f"/etcdserverpb.{self.service}/{self.method}"

    @property
    def message(self) -> str:
        """How the names of its two messages begin: those of the service Auth repeat its name (AuthUserAddRequest)."""
        return f"Auth{self.method}" if self.service == "Auth" and not self.method.startswith("Auth") else self.method


AUTHENTICATE = Rpc("Auth", "Authenticate", "/auth/authenticate", "authenticating at", is_read=True)
RANGE = Rpc("KV", "Range", "/kv/range", "reading through the quorum at", is_read=True)
STATUS = Rpc(
    "Maintenance",
    "Status",
    "/maintenance/status",
    "asking the status of",
    needs_leader=False,
    is_read=True,
    is_open=True,
)
MEMBER_LIST = Rpc("Cluster", "MemberList", "/cluster/member/list", "listing the members at", is_read=True)
MEMBER_LIST_LOCAL = Rpc(
    "Cluster",
    "MemberList",
    "/cluster/member/list",
    "listing the members at",
    needs_leader=False,
    is_read=True,
    is_open=True,
)
MEMBER_ADD = Rpc("Cluster", "MemberAdd", "/cluster/member/add", "adding a member at")
MEMBER_UPDATE = Rpc("Cluster", "MemberUpdate", "/cluster/member/update", "updating a member at")
MEMBER_PROMOTE = Rpc("Cluster", "MemberPromote", "/cluster/member/promote", "promoting a member at")
MEMBER_REMOVE = Rpc("Cluster", "MemberRemove", "/cluster/member/remove", "removing a member at")
MOVE_LEADER = Rpc("Maintenance", "MoveLeader", "/maintenance/transfer-leadership", "moving the leadership at")
# One call for three purposes. To validate it reads through the quorum and changes nothing (server/etcdserver/version/
# version.go, DowngradeValidate).
DOWNGRADE_VALIDATE = Rpc(
    "Maintenance", "Downgrade", "/maintenance/downgrade", "validating the downgrade at", is_read=True
)
DOWNGRADE_ENABLE = Rpc("Maintenance", "Downgrade", "/maintenance/downgrade", "enabling the downgrade at")
DOWNGRADE_CANCEL = Rpc("Maintenance", "Downgrade", "/maintenance/downgrade", "cancelling the downgrade at")
DEFRAGMENT = Rpc("Maintenance", "Defragment", "/maintenance/defragment", "defragmenting", needs_leader=False)
COMPACT = Rpc("KV", "Compact", "/kv/compaction", "compacting the keyspace at")
ALARM_DISARM = Rpc("Maintenance", "Alarm", "/maintenance/alarm", "disarming an alarm at")
ALARMS = Rpc("Maintenance", "Alarm", "/maintenance/alarm", "asking for alarms at", is_read=True)
HASH_KV = Rpc(
    "Maintenance", "HashKV", "/maintenance/hashkv", "hashing the keyspace at", needs_leader=False, is_read=True
)
LEASE_GRANT = Rpc("Lease", "LeaseGrant", "/lease/grant", "taking the lease at")
# Later releases have /lease/revoke too, 3.3 this one alone.
LEASE_REVOKE = Rpc("Lease", "LeaseRevoke", "/kv/lease/revoke", "giving back the lease at")
# Not a call of the API, but the pages beside it, which are for anyone; for messages alone.
OPEN_PAGES = Rpc("", "", "", "reading the open pages of", needs_leader=False, is_read=True, is_open=True)
# Users and roles. Anyone may make these calls while authentication is off, and only root while it is on.
AUTH_ENABLE = Rpc("Auth", "AuthEnable", "/auth/enable", "enabling authentication at")
USER_LIST = Rpc("Auth", "UserList", "/auth/user/list", "listing the users at", is_read=True)
USER_GET = Rpc("Auth", "UserGet", "/auth/user/get", "asking for the roles of a user at", is_read=True)
USER_ADD = Rpc("Auth", "UserAdd", "/auth/user/add", "adding a user at")
USER_CHANGE_PASSWORD = Rpc("Auth", "UserChangePassword", "/auth/user/changepw", "setting the password of a user at")
USER_GRANT_ROLE = Rpc("Auth", "UserGrantRole", "/auth/user/grant", "granting a role at")
ROLE_LIST = Rpc("Auth", "RoleList", "/auth/role/list", "listing the roles at", is_read=True)
ROLE_ADD = Rpc("Auth", "RoleAdd", "/auth/role/add", "adding a role at")
ROLE_DELETE = Rpc("Auth", "RoleDelete", "/auth/role/delete", "deleting a role at")
