# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What etcd's answers mean: from its gRPC code and its words to one of our error codes.

Never judged by the HTTP status, which differs between releases for the same refusal (412 up to 3.4, 400 from 3.5 on).
Words as in etcd api/v3rpc/rpctypes/error.go, 3.3 to 3.7.
"""

from __future__ import annotations

from . import errors

DEADLINE_EXCEEDED = 4
UNAVAILABLE = 14

# Words after the prefix `etcdserver: ` (or `auth: `, which releases up to 3.5 let through from the inside).
_BY_WORDS = {
    "re-configuration failed due to not enough started members": errors.NOT_ENOUGH_STARTED,
    "unhealthy cluster": errors.UNHEALTHY_CLUSTER,
    "no leader": errors.NO_LEADER,
    "server stopped": errors.SERVER_STOPPED,
    "leader changed": errors.REQUEST_TIMED_OUT,
    "member not found": errors.MEMBER_NOT_FOUND,
    "member ID already exist": errors.MEMBER_ID_EXISTS,
    "Peer URLs already exists": errors.PEER_URL_EXISTS,
    "given member URLs are invalid": errors.BAD_PEER_URL,
    "too many learner members in cluster": errors.TOO_MANY_LEARNERS,
    "can only promote a learner member which is in sync with leader": errors.LEARNER_NOT_READY,
    "can only promote a learner member": errors.NOT_A_LEARNER,
    "rpc not supported for learner": errors.NOT_FOR_LEARNER,
    "not leader": errors.NOT_LEADER,
    "bad leader transferee": errors.BAD_TRANSFEREE,
    "not capable": errors.NOT_CAPABLE,
    "user name is empty": errors.AUTH_REQUIRED,
    "user name not found": errors.AUTH_FAILED,
    "authentication failed, invalid user ID or password": errors.AUTH_FAILED,
    "permission denied": errors.PERMISSION_DENIED,
    "invalid auth token": errors.INVALID_TOKEN,
    "revision of auth store is old": errors.INVALID_TOKEN,
    "authentication is not enabled": errors.AUTH_NOT_ENABLED,
    "user name already exists": errors.USER_EXISTS,
    "role name already exists": errors.ROLE_EXISTS,
    "role name not found": errors.ROLE_NOT_FOUND,
    "lease already exists": errors.LEASE_EXISTS,
    "requested lease not found": errors.LEASE_NOT_FOUND,
    "mvcc: database space exceeded": errors.NO_SPACE,
    "corrupt cluster": errors.CORRUPT_CLUSTER,
    "mvcc: required revision is a future revision": errors.FUTURE_REVISION,
    "mvcc: required revision has been compacted": errors.COMPACTED_REVISION,
    "invalid downgrade target version": errors.BAD_DOWNGRADE_TARGET,
    "cluster has a downgrade job in progress": errors.DOWNGRADE_IN_PROGRESS,
    "no inflight downgrade job": errors.NO_DOWNGRADE,
    "context deadline exceeded": errors.TIMEOUT,
    "context canceled": errors.TIMEOUT,
}

_BY_GRPC_CODE = {
    1: errors.TIMEOUT,
    DEADLINE_EXCEEDED: errors.TIMEOUT,
    7: errors.PERMISSION_DENIED,
    12: errors.UNIMPLEMENTED,
    16: errors.INVALID_TOKEN,
}

_NEXT_STEPS = {
    errors.AUTH_REQUIRED: "Set username and password to those of a user with the root role.",
    errors.AUTH_FAILED: "Check username and password.",
    errors.PERMISSION_DENIED: "Use a user with the root role.",
    errors.NO_SPACE: "Compact and defragment, then disarm the alarm.",
}

# What leaves it open whether a change was, or will yet be, applied. All other answers are a definite no.
_LEAVES_IT_OPEN = frozenset((errors.TIMEOUT, errors.REQUEST_TIMED_OUT, errors.SERVER_STOPPED, errors.SERVER_ERROR))


def code_of(grpc_code: int, words: str) -> str:
    """Our code for what a server answered; `server_error` for what no table knows."""
    bare = words.strip()
    for prefix in ("etcdserver: ", "auth: "):
        if bare.startswith(prefix):
            bare = bare[len(prefix) :]
    if bare.startswith("request timed out"):
        return errors.REQUEST_TIMED_OUT
    return _BY_WORDS.get(bare) or _BY_GRPC_CODE.get(grpc_code, errors.SERVER_ERROR)


def refusal_of_server(attempt: str, endpoint: str, grpc_code: int, words: str) -> errors.EtcdError:
    """The error for an answer of etcd itself. `attempt` as in `listing the members at`."""
    code = code_of(grpc_code, words)
    return errors.EtcdError(
        code,
        f"{attempt} {endpoint}: {words or f'etcd answered with gRPC code {grpc_code} and no words'}",
        endpoint=endpoint,
        server_words=words,
        grpc_code=grpc_code,
        sent=code in _LEAVES_IT_OPEN,
        next_step=_NEXT_STEPS.get(code, ""),
    )
