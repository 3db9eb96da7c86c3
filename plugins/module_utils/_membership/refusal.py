# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A refusal: a goal that is not reached, with its code, its arithmetic and the way out."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .check_table import Finding
    from .quorum import Quorum

WOULD_LOSE_QUORUM = "would_lose_quorum"
NO_QUORUM = "no_quorum"
LAST_MEMBER = "last_member"
BELOW_MIN_FAULT_TOLERANCE = "below_min_fault_tolerance"
REMOVE_UNHEALTHY_FIRST = "remove_unhealthy_first"
MEMBER_UNSTARTED = "member_unstarted"
ANOTHER_LEARNER = "another_learner"
LEARNER_NOT_STARTED = "learner_not_started"
LEARNER_NOT_LIVE = "learner_not_live"
LEARNER_NOT_READY = "learner_not_ready"
LEARNER_STALLED = "learner_stalled"
CLUSTER_UNSETTLED = "cluster_unsettled"
AMBIGUOUS_IDENTITY = "ambiguous_identity"
PEER_URL_IN_USE = "peer_url_in_use"
INVALID_PEER_URL = "invalid_peer_url"
PEER_URL_UNREACHABLE = "peer_url_unreachable"
NOT_A_LEARNER = "not_a_learner"
MEMBER_NOT_FOUND = "member_not_found"
CLUSTER_ID_MISMATCH = "cluster_id_mismatch"
SPLIT_BRAIN = "split_brain"
STALE_DATA = "stale_data"
DATA_LOST = "data_lost"
DATA_DIR_CHANGED = "data_dir_changed"
WAL_DIR_CHANGED = "wal_dir_changed"
UNTRUSTED_CERTIFICATE = "untrusted_certificate"
UNUSABLE_CERTIFICATE = "unusable_certificate"
CA_LOST = "ca_lost"
WOULD_LOCK_OUT_CLIENTS = "would_lock_out_clients"
ROOT_PASSWORD_UNKNOWN = "root_password_unknown"
VERSION_UNSUPPORTED = "version_unsupported"
VERSION_BUG = "version_bug"
DOWNGRADE_IN_PROGRESS = "downgrade_in_progress"
V2_KEYS = "v2_keys"
V2_REQUESTS_IN_LOG = "v2_requests_in_log"
RAFT_FILES_UNREAD = "raft_files_unread"
RUN_IN_PROGRESS = "run_in_progress"
LEASE_LOST = "lease_lost"
MASKED_RESULT = "masked_result"
NOT_A_VOTER = "not_a_voter"
MEMBER_UNHEALTHY = "member_unhealthy"
WOULD_STOP_WRITES = "would_stop_writes"
SPACE_NOT_FREED = "space_not_freed"
QUOTA_UNKNOWN = "quota_unknown"
CORRUPTION_PASSED = "corruption_passed"
MEMBER_CORRUPT = "member_corrupt"
CORRUPTION_UNDECIDED = "corruption_undecided"

# How long a refusal may be waited out.
FINAL = "final"  # waiting changes nothing
ELECTION = "election"  # passes within a few election timeouts or not at all
WAIT = "wait"  # passes by itself, within the user's wait_timeout


class CodeRule(t.NamedTuple):
    """What a refusal code allows: `acceptable` by the user's `accept`, and how long it may be waited out."""

    acceptable: bool
    patience: str = FINAL


# Only what the user can judge better than we can is acceptable. The rest either ends clusters, or etcd itself turns it
# down.
CODES: t.Mapping[str, CodeRule] = {
    WOULD_LOSE_QUORUM: CodeRule(acceptable=True),
    NO_QUORUM: CodeRule(acceptable=False, patience=ELECTION),
    LAST_MEMBER: CodeRule(acceptable=False),
    BELOW_MIN_FAULT_TOLERANCE: CodeRule(acceptable=True),
    REMOVE_UNHEALTHY_FIRST: CodeRule(acceptable=True),
    MEMBER_UNSTARTED: CodeRule(acceptable=True, patience=WAIT),
    ANOTHER_LEARNER: CodeRule(acceptable=True, patience=WAIT),
    LEARNER_NOT_STARTED: CodeRule(acceptable=False, patience=WAIT),
    LEARNER_NOT_LIVE: CodeRule(acceptable=True, patience=WAIT),
    LEARNER_NOT_READY: CodeRule(acceptable=True, patience=WAIT),
    LEARNER_STALLED: CodeRule(acceptable=False),
    CLUSTER_UNSETTLED: CodeRule(acceptable=False, patience=WAIT),
    AMBIGUOUS_IDENTITY: CodeRule(acceptable=False),
    PEER_URL_IN_USE: CodeRule(acceptable=False),
    INVALID_PEER_URL: CodeRule(acceptable=False),
    PEER_URL_UNREACHABLE: CodeRule(acceptable=True),
    NOT_A_LEARNER: CodeRule(acceptable=False),
    MEMBER_NOT_FOUND: CodeRule(acceptable=False),
    CLUSTER_ID_MISMATCH: CodeRule(acceptable=False),
    SPLIT_BRAIN: CodeRule(acceptable=False),
    STALE_DATA: CodeRule(acceptable=False),
    DATA_LOST: CodeRule(acceptable=True),
    DATA_DIR_CHANGED: CodeRule(acceptable=False),
    WAL_DIR_CHANGED: CodeRule(acceptable=False),
    UNTRUSTED_CERTIFICATE: CodeRule(acceptable=False),
    UNUSABLE_CERTIFICATE: CodeRule(acceptable=False),
    CA_LOST: CodeRule(acceptable=False),
    WOULD_LOCK_OUT_CLIENTS: CodeRule(acceptable=True),
    ROOT_PASSWORD_UNKNOWN: CodeRule(acceptable=True),
    VERSION_UNSUPPORTED: CodeRule(acceptable=False),
    VERSION_BUG: CodeRule(acceptable=True),
    DOWNGRADE_IN_PROGRESS: CodeRule(acceptable=False),
    V2_KEYS: CodeRule(acceptable=False),
    V2_REQUESTS_IN_LOG: CodeRule(acceptable=False),
    RAFT_FILES_UNREAD: CodeRule(acceptable=True),
    RUN_IN_PROGRESS: CodeRule(acceptable=False),
    LEASE_LOST: CodeRule(acceptable=False),
    MASKED_RESULT: CodeRule(acceptable=False),
    NOT_A_VOTER: CodeRule(acceptable=False),
    MEMBER_UNHEALTHY: CodeRule(acceptable=False, patience=ELECTION),
    WOULD_STOP_WRITES: CodeRule(acceptable=True),
    SPACE_NOT_FREED: CodeRule(acceptable=False),
    QUOTA_UNKNOWN: CodeRule(acceptable=True),
    CORRUPTION_PASSED: CodeRule(acceptable=True),
    MEMBER_CORRUPT: CodeRule(acceptable=False),
    CORRUPTION_UNDECIDED: CodeRule(acceptable=False),
}

ACCEPTABLE: tuple[str, ...] = tuple(sorted(code for code, rule in CODES.items() if rule.acceptable))


class Refusal(t.NamedTuple):
    """Why a goal is not reached. `message` says what was attempted, on what, and why not; `next_step` what makes it
    possible.

    `before` and `after` are the quorum as it is and as it would be. `final` and `passing` override the patience of the
    code: nothing can change it, or its cause goes away by itself. `findings` are those of all checks of the same kind,
    also of the ones that passed.
    """

    code: str
    message: str
    next_step: str
    before: Quorum | None = None
    after: Quorum | None = None
    final: bool = False
    passing: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def patience(self) -> str:
        if self.final:
            return FINAL
        return WAIT if self.passing else CODES[self.code].patience


Check = t.Callable[[], t.Optional[Refusal]]


def judge(checks: t.Iterable[Check], accept: t.Container[str]) -> Refusal | tuple[str, ...]:
    """The first refusal that is not knowingly accepted; else a warning for each that is."""
    warnings: list[str] = []
    for check in checks:
        refusal = check()
        if refusal is None:
            continue
        if refusal.code not in accept or not CODES[refusal.code].acceptable:
            return refusal
        warnings.append(f"Accepted {refusal.code}: {refusal.message}.")
    return tuple(warnings)
