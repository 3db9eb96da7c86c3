# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the releases of etcd answer, and what we call it.

Rows: cases.md part 2; words of etcd api/v3rpc/rpctypes/error.go.
"""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors, server_errors

# gRPC code per group of releases -> words -> our code. The code of one refusal may differ between releases; the words
# do not.
ALL, TO_3_5, SINCE_3_6 = "all", "3.3 to 3.5", "3.6 on"
TABLE = [
    (ALL, 2, "etcdserver: re-configuration failed due to not enough started members", errors.NOT_ENOUGH_STARTED),
    (ALL, 14, "etcdserver: unhealthy cluster", errors.UNHEALTHY_CLUSTER),
    (ALL, 14, "etcdserver: no leader", errors.NO_LEADER),
    (ALL, 14, "etcdserver: server stopped", errors.SERVER_STOPPED),
    (ALL, 14, "etcdserver: request timed out", errors.REQUEST_TIMED_OUT),
    (ALL, 14, "etcdserver: request timed out, possibly due to previous leader failure", errors.REQUEST_TIMED_OUT),
    (ALL, 14, "etcdserver: request timed out, possibly due to connection lost", errors.REQUEST_TIMED_OUT),
    (ALL, 14, "etcdserver: leader changed", errors.REQUEST_TIMED_OUT),
    (ALL, 4, "context deadline exceeded", errors.TIMEOUT),
    ("3.4", 2, "context deadline exceeded", errors.TIMEOUT),
    (ALL, 1, "context canceled", errors.TIMEOUT),
    (ALL, 5, "etcdserver: member not found", errors.MEMBER_NOT_FOUND),
    (ALL, 9, "etcdserver: member ID already exist", errors.MEMBER_ID_EXISTS),
    (ALL, 9, "etcdserver: Peer URLs already exists", errors.PEER_URL_EXISTS),
    (ALL, 3, "etcdserver: given member URLs are invalid", errors.BAD_PEER_URL),
    (ALL, 9, "etcdserver: too many learner members in cluster", errors.TOO_MANY_LEARNERS),
    (ALL, 9, "etcdserver: can only promote a learner member which is in sync with leader", errors.LEARNER_NOT_READY),
    (ALL, 9, "etcdserver: can only promote a learner member", errors.NOT_A_LEARNER),
    (TO_3_5, 14, "etcdserver: rpc not supported for learner", errors.NOT_FOR_LEARNER),
    (SINCE_3_6, 9, "etcdserver: rpc not supported for learner", errors.NOT_FOR_LEARNER),
    (ALL, 9, "etcdserver: not leader", errors.NOT_LEADER),
    (ALL, 9, "etcdserver: bad leader transferee", errors.BAD_TRANSFEREE),
    (TO_3_5, 14, "etcdserver: not capable", errors.NOT_CAPABLE),
    (SINCE_3_6, 9, "etcdserver: not capable", errors.NOT_CAPABLE),
    (ALL, 3, "etcdserver: user name is empty", errors.AUTH_REQUIRED),
    (TO_3_5, 2, "auth: user name is empty", errors.AUTH_REQUIRED),
    (ALL, 16, "etcdserver: invalid auth token", errors.INVALID_TOKEN),
    (TO_3_5, 2, "auth: invalid auth token", errors.INVALID_TOKEN),
    (ALL, 3, "etcdserver: revision of auth store is old", errors.INVALID_TOKEN),
    (ALL, 7, "etcdserver: permission denied", errors.PERMISSION_DENIED),
    (TO_3_5, 2, "auth: permission denied", errors.PERMISSION_DENIED),
    (ALL, 3, "etcdserver: authentication failed, invalid user ID or password", errors.AUTH_FAILED),
    (ALL, 9, "etcdserver: user name not found", errors.AUTH_FAILED),
    (ALL, 9, "etcdserver: authentication is not enabled", errors.AUTH_NOT_ENABLED),
    (ALL, 9, "etcdserver: user name already exists", errors.USER_EXISTS),
    (ALL, 9, "etcdserver: role name already exists", errors.ROLE_EXISTS),
    (ALL, 9, "etcdserver: role name not found", errors.ROLE_NOT_FOUND),
    (ALL, 9, "etcdserver: lease already exists", errors.LEASE_EXISTS),
    (ALL, 5, "etcdserver: requested lease not found", errors.LEASE_NOT_FOUND),
    (ALL, 3, "etcdserver: invalid downgrade target version", errors.BAD_DOWNGRADE_TARGET),
    (ALL, 9, "etcdserver: cluster has a downgrade job in progress", errors.DOWNGRADE_IN_PROGRESS),
    (ALL, 9, "etcdserver: no inflight downgrade job", errors.NO_DOWNGRADE),
    (ALL, 8, "etcdserver: mvcc: database space exceeded", errors.NO_SPACE),
    (ALL, 15, "etcdserver: corrupt cluster", errors.CORRUPT_CLUSTER),
    (ALL, 11, "etcdserver: mvcc: required revision is a future revision", errors.FUTURE_REVISION),
    (ALL, 11, "etcdserver: mvcc: required revision has been compacted", errors.COMPACTED_REVISION),
    ("3.3", 12, "unknown method MemberPromote", errors.UNIMPLEMENTED),
    (ALL, 8, "etcdserver: too many requests", errors.SERVER_ERROR),
    (ALL, 13, "something new", errors.SERVER_ERROR),
    (ALL, 14, "", errors.SERVER_ERROR),
    # Words that only resemble others are not taken for them.
    (ALL, 9, "etcdserver: not leader yet", errors.SERVER_ERROR),
    (ALL, 9, "member not found in this test", errors.SERVER_ERROR),
]


@pytest.mark.parametrize(
    ("releases", "grpc_code", "words", "code"), TABLE, ids=[f"{row[0]}: {row[1]} {row[2]}" for row in TABLE]
)
def test_an_answer_has_one_code(releases, grpc_code, words, code):
    error = server_errors.refusal_of_server("adding a member at", "http://h:1", grpc_code, words)
    assert error.code == code
    assert error.server_words == words
    assert error.grpc_code == grpc_code
    assert error.message.startswith("adding a member at http://h:1: ")
    assert words in error.message


MAY_YET_BE_APPLIED = {errors.TIMEOUT, errors.REQUEST_TIMED_OUT, errors.SERVER_STOPPED, errors.SERVER_ERROR}


@pytest.mark.parametrize(
    ("releases", "grpc_code", "words", "code"), TABLE, ids=[f"{row[0]}: {row[1]} {row[2]}" for row in TABLE]
)
def test_only_an_answer_that_leaves_it_open_may_yet_be_applied(releases, grpc_code, words, code):
    assert server_errors.refusal_of_server("x", "y", grpc_code, words).sent is (code in MAY_YET_BE_APPLIED)


def test_every_code_of_a_server_is_reached_by_the_table():
    internal = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str)} - {
        errors.CONNECTION_REFUSED,
        errors.TLS_ERROR,
        errors.NOT_ETCD,
        errors.TRANSPORT_UNAVAILABLE,
    }
    assert {row[3] for row in TABLE} == internal


def test_the_repr_of_an_error_holds_code_and_message_only():
    assert repr(errors.EtcdError("timeout", "why", server_words="words")) == "EtcdError('timeout', 'why')"
