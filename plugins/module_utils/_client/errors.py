# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What can go wrong between us and one endpoint, in our words, with etcd's words kept."""

from __future__ import annotations

# Errors that users see by these codes (design: "nothing is wrong with the goal").
CONNECTION_REFUSED = "connection_refused"
TIMEOUT = "timeout"
TLS_ERROR = "tls_error"
AUTH_REQUIRED = "auth_required"
AUTH_FAILED = "auth_failed"
PERMISSION_DENIED = "permission_denied"
NOT_ETCD = "not_etcd"
TRANSPORT_UNAVAILABLE = "transport_unavailable"
SERVER_ERROR = "server_error"

PUBLIC_CODES = frozenset(
    (
        CONNECTION_REFUSED,
        TIMEOUT,
        TLS_ERROR,
        AUTH_REQUIRED,
        AUTH_FAILED,
        PERMISSION_DENIED,
        NOT_ETCD,
        TRANSPORT_UNAVAILABLE,
        SERVER_ERROR,
    )
)

# What an etcd server answers to a request that reached it and was turned down. These stay inside the collection:
# the operations judge them by re-reading the member list, and what is left becomes a refusal or `server_error`.
UNHEALTHY_CLUSTER = "unhealthy_cluster"
NOT_ENOUGH_STARTED = "not_enough_started"
NO_LEADER = "no_leader"
SERVER_STOPPED = "server_stopped"
REQUEST_TIMED_OUT = "request_timed_out"
MEMBER_NOT_FOUND = "member_not_found"
MEMBER_ID_EXISTS = "member_id_exists"
PEER_URL_EXISTS = "peer_url_exists"
BAD_PEER_URL = "bad_peer_url"
TOO_MANY_LEARNERS = "too_many_learners"
LEARNER_NOT_READY = "learner_not_ready"
NOT_A_LEARNER = "not_a_learner"
NOT_FOR_LEARNER = "not_for_learner"
NOT_LEADER = "not_leader"
BAD_TRANSFEREE = "bad_transferee"
NOT_CAPABLE = "not_capable"
INVALID_TOKEN = "invalid_token"
AUTH_NOT_ENABLED = "auth_not_enabled"
USER_EXISTS = "user_exists"
ROLE_EXISTS = "role_exists"
ROLE_NOT_FOUND = "role_not_found"
LEASE_EXISTS = "lease_exists"
LEASE_NOT_FOUND = "lease_not_found"
NO_SPACE = "no_space"
CORRUPT_CLUSTER = "corrupt_cluster"
FUTURE_REVISION = "future_revision"
COMPACTED_REVISION = "compacted_revision"
BAD_DOWNGRADE_TARGET = "bad_downgrade_target"
DOWNGRADE_IN_PROGRESS = "downgrade_in_progress"
NO_DOWNGRADE = "no_downgrade"
UNIMPLEMENTED = "unimplemented"

# Whether a change was applied, or will be yet, is open: only another look can tell.
UNCERTAIN = frozenset((TIMEOUT, REQUEST_TIMED_OUT, SERVER_STOPPED, NO_LEADER, CONNECTION_REFUSED, NOT_LEADER))


class EtcdError(Exception):
    """One request to one endpoint did not succeed.

    `code` is one of the constants above, `message` says what was attempted, at which endpoint and why it failed,
    `server_words` is etcd's own text (empty when no etcd answered), `endpoint` the URL that was asked, `next_step` what
    makes it possible (empty when we know none). `sent` tells whether the request may have reached the server, that is
    whether a change may yet be applied.
    """

    def __init__(
        self,
        code: str,
        message: str,
        endpoint: str = "",
        server_words: str = "",
        grpc_code: int | None = None,
        sent: bool = True,
        next_step: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.endpoint = endpoint
        self.server_words = server_words
        self.grpc_code = grpc_code
        self.sent = sent
        self.next_step = next_step

    def __repr__(self) -> str:
        return f"EtcdError({self.code!r}, {self.message!r})"
